"""Why this process died and not the one that held most."""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING

from ingest.analysis.badness import killable
from ingest.analysis.room import share
from ingest.cgroup import is_within
from ingest.model import ChosenBy, Code, Finding, Outcome, ReaperOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ingest.model import Report, Task, Tasks

_PROTECTED = -500
"""From here down an adjustment protects: half of the memory allowed is taken off."""
_PREFERRED = 300
"""From here up an adjustment decides: Kubernetes gives best-effort pods 1000, burstable ones 2 to 999."""
_MUCH = 2
"""A protected process that holds so many times what the victim held is the real user."""


def chosen(report: Report, points: Mapping[int, int]) -> Iterator[Finding]:
    """Findings about the choice.

    Args:
        report: The report.
        points: What each row counted, by pid (``badness``).
    """
    victim = report.victims[0] if report.victims else None
    row = report.tasks.of(victim.pid) if victim else None
    if report.chosen_by is ChosenBy.ASKING:
        yield Finding(code=Code.ALLOCATING_TASK)
    elif row is not None:
        yield from _ranked(report, row, points)
        yield from _protected(report, row)
    elif victim and report.chosen_by is ChosenBy.IMPORTANCE and (victim.score_adj or 0) >= _PREFERRED:
        yield Finding(code=Code.PREFERRED_VICTIM, name=victim.name, size=victim.sizes.rss)
    if report.passed_over:
        yield Finding(code=Code.CHOSEN_PASSED_OVER, name=f"{report.passed_over.name}, pid {report.passed_over.pid}")
    killed = report.cgroup.killed_path if report.cgroup and report.outcome is not Outcome.NO_VICTIM else None
    if report.cgroup and (report.cgroup.group_kill or killed):
        yield Finding(code=Code.GROUP_KILL, name=killed or report.cgroup.limit_path)
    if victim and victim.cgroup and report.cgroup and report.cgroup.limit_path:
        path, limit = victim.cgroup, report.cgroup.limit_path
        if path != limit and is_within(path, limit):
            yield Finding(code=Code.PARENT_LIMIT, name=limit)
    if report.no_killable and not report.victims:
        yield Finding(code=Code.NO_KILLABLE)
    if report.panicked:
        yield Finding(code=Code.PANIC)
    for each in report.victims:
        if each.gone is False or (each.reaper and each.reaper.outcome is ReaperOutcome.UNABLE):
            yield Finding(code=Code.VICTIM_STUCK, name=each.name)


def _ranked(report: Report, victim: Task, points: Mapping[int, int]) -> Iterator[Finding]:
    """Whether the victim counted most of all rows that may be killed."""
    if victim.pid not in points:
        return
    tasks = report.tasks
    most = max(points.values())
    over = report.passed_over
    if points[victim.pid] < most:
        highest = next(pid for pid, each in points.items() if each == most)
        first = tasks.pid.index(highest)
        yield Finding(code=Code.VICTIM_NOT_LARGEST, name=tasks.name[first], size=tasks.held[first])
    elif not (over and report.table_lack and over.pid not in tasks.pid):  # else the row that counted more is cut off
        yield Finding(code=Code.VICTIM_LARGEST, name=victim.name, size=victim.held)
    if (victim.score_adj or 0) >= _PREFERRED and max(compress(tasks.held, killable(tasks))) > victim.held:
        yield Finding(code=Code.PREFERRED_VICTIM, name=victim.name, size=victim.held)


def _protected(report: Report, victim: Task) -> Iterator[Finding]:
    tasks = report.tasks
    shielded = [at for at in _shielded(tasks) if tasks.held[at] >= _MUCH * victim.held]
    if not shielded:
        return
    largest = tasks.row(max(shielded, key=tasks.held.__getitem__))
    if largest.pid != victim.pid:
        part = None if report.table_lack else share(largest.held, sum(tasks.held))  # rows before may be cut off
        yield Finding(code=Code.PROTECTED_TASKS, name=largest.name, size=largest.held, share=part)


def _shielded(tasks: Tasks) -> Sequence[int]:
    """The rows that an adjustment protects, by their places."""
    if tasks.score_adj is not None:
        return [at for at, adj in enumerate(tasks.score_adj) if adj <= _PROTECTED]
    return [at for at, may_die in enumerate(killable(tasks)) if not may_die]
