"""What a report means: what ran out, what filled it, why this victim, who used the memory, what it cannot say.

Pure functions over one report each; ``analyse`` puts them together. Texts and advice stand in
``ingest.explanation.verdicts``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.analysis.badness import badness
from ingest.analysis.culprit import culprit
from ingest.analysis.evidence import limits
from ingest.analysis.exhausted import exhausted
from ingest.analysis.filled import filled
from ingest.analysis.room import room, share
from ingest.analysis.table import table
from ingest.analysis.victim import chosen
from ingest.model import Analysis

if TYPE_CHECKING:
    from ingest.model import Report

__all__ = ["analyse", "room", "share"]


def analyse(report: Report) -> Analysis:
    """Everything that a report lets us find."""
    there = room(report)
    rows = table(report.tasks, there)
    points, allowed = badness(report)
    ran_out = [exhausted(report), *filled(report, there, rows)]
    return Analysis(
        findings=(*ran_out, *chosen(report, points), *limits(report)),
        culprit=culprit(report, there, rows, ran_out),
        points=points,
        allowed=allowed,
    )
