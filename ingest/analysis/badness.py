"""The score by which the killer chose, recomputed from the process table for the kernel that printed it.

``oom_badness`` (mm/oom_kill.c) changed with the kernel; what each generation adds up stands in ``_GENERATIONS``. Up to
2.6.35 it counted run times and children, which no report prints, so there is nothing to recompute.
"""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from ingest.analysis.room import totals
from ingest.model import Tasks, kernel_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.model import Report, Task

_NEVER = -1000
"""``OOM_SCORE_ADJ_MIN``: never killed."""
_NEVER_LEGACY = -17
"""``OOM_DISABLE`` of oom_adj."""

_NEAR = 50
"""A printed score and the recomputed one may differ by one in so many: processes go on while the table is printed."""


class Generation(Struct, frozen=True):
    """How a range of kernels counts.

    Attributes:
        since: The first kernel of the range.
        root_points: Permille that a process of root is spared (CAP_SYS_ADMIN, 3 %), of the memory allowed.
        root_percent: The same as percent of its own memory.
        signed: Whether points may be negative; else the least is one.
    """

    since: tuple[int, int, int]
    root_points: int = 0
    root_percent: int = 0
    signed: bool = False


_GENERATIONS = (
    Generation((5, 9, 0), signed=True),
    Generation((4, 17, 0)),
    Generation((3, 13, 0), root_percent=3),
    Generation((2, 6, 36), root_points=30),
)
"""Newest first. RHEL 7 (3.10) has the rule of 3.13, RHEL 6 (2.6.32) that of 2.6.39, RHEL 8 (4.18) that of 4.17."""


def generation(release: str | None) -> Generation | None:
    """The rule of a kernel release; the newest but one where none is told, ``None`` before 2.6.36."""
    version = kernel_version(release)
    if release is None or version is None:
        return _GENERATIONS[1]
    if ".el6" in release:
        return _GENERATIONS[3]
    if ".el7" in release or ".vz7" in release:
        return _GENERATIONS[2]
    return next((each for each in _GENERATIONS if version >= each.since), None)


def badness(report: Report) -> tuple[dict[int, int], int | None]:
    """Points in bytes for each row that may be killed, by pid, and the memory allowed, of which they are a part.

    The kernel prints them as permille of it. An adjustment is a part of it too: where it is not told, points leave
    adjustments out, and there are some only where one row is first with any. Where the kernel printed another score of
    the victim than any way of counting gives, no memory allowed is told.

    Args:
        report: One with a process table.
    """
    rule = generation(report.kernel.release if report.kernel else None)
    tasks, allowed = report.tasks, next(iter(totals(report)), None)
    if rule is None or (not allowed and not _one_is_first(tasks)):
        return {}, allowed
    victim = next((each for each in report.victims if each.score is not None and each.pid in tasks.pid), None)
    if victim is not None and victim.score is not None and allowed:
        found = _by_score(report, rule, victim.pid, victim.score)
        rule, allowed = found or (rule, allowed)
        return _points(tasks, allowed, rule), allowed if found else None
    return _points(tasks, allowed or 0, rule), allowed


def _points(tasks: Tasks, allowed: int, rule: Generation) -> dict[int, int]:
    counted = _counted(tasks, allowed // 1000, rule)
    points = dict(compress(zip(tasks.pid, counted, strict=True), killable(tasks)))
    return points if rule.signed else {pid: max(each, 1) for pid, each in points.items()}


def _by_score(report: Report, rule: Generation, pid: int, score: int) -> tuple[Generation, int] | None:
    """The way of counting that gives the score which the kernel printed: that of the report's room, or the only other.

    A process of root is spared for its CAP_SYS_ADMIN, which the root of a container does not have.
    """
    at = report.tasks.pid.index(pid)
    row = Tasks(
        pid=(pid,),
        held=(report.tasks.held[at],),
        uid=report.tasks.uid and (report.tasks.uid[at],),
        score_adj=report.tasks.score_adj and (report.tasks.score_adj[at],),
    )
    rules = rule, replace(rule, root_points=0, root_percent=0)
    first, *others = totals(report)
    for near in (1, score // _NEAR):
        told = [
            (each, allowed)
            for allowed in (first, *others)
            for each in rules
            if abs(max(_counted(row, allowed // 1000, each)[0], 1) * 1000 // allowed - score) <= near
        ]
        if told and (told[0][1] == first or len({allowed for _, allowed in told}) == 1):
            return told[0]
    return None


def killable(tasks: Tasks) -> list[bool]:
    """Of each row whether it is no exception from killing."""
    if tasks.score_adj is not None:
        return [adj != _NEVER for adj in tasks.score_adj]
    if tasks.adj_legacy is not None:
        return [adj != _NEVER_LEGACY for adj in tasks.adj_legacy]
    return [True] * len(tasks)


def may_be_killed(task: Task) -> bool:
    """Whether a row is no exception from killing."""
    return task.score_adj != _NEVER and (task.score_adj is not None or task.adj_legacy != _NEVER_LEGACY)


def _one_is_first(tasks: Tasks) -> bool:
    """Whether the largest row also has the highest adjustment: then it counts most whatever memory is allowed."""
    rows = list(compress(range(len(tasks)), killable(tasks)))
    if tasks.score_adj is None or not rows:
        return True
    largest = max(rows, key=tasks.held.__getitem__)
    return tasks.score_adj[largest] == max(tasks.score_adj[at] for at in rows)


def _counted(tasks: Tasks, unit: int, rule: Generation) -> Sequence[int]:
    """What each row counts, whether it may be killed or not; a process of root is spared a part."""
    counted: Sequence[int] = tasks.held
    if tasks.score_adj is not None:
        counted = [held + adj * unit for held, adj in zip(tasks.held, tasks.score_adj, strict=True)]
    if tasks.uid is not None and (rule.root_percent or rule.root_points):
        spared = [held * rule.root_percent // 100 + rule.root_points * unit for held in tasks.held]
        counted = [
            each - spare if uid == 0 else each for each, spare, uid in zip(counted, spared, tasks.uid, strict=True)
        ]
    return counted
