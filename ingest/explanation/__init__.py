"""A report or an episode explained in a few plain sentences: what ran out, who died, who used the memory.

Trigger, victim and culprit are three answers. Who asked for memory is named last, and never as the cause.
"""

from __future__ import annotations

from ingest.explanation.episode import of_episode, used_by
from ingest.explanation.report import of_report

__all__ = ["of_episode", "of_report", "used_by"]
