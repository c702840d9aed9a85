"""Who used the memory: findings over one report. Pure functions; each finding names its rule and how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.model import Culprit

if TYPE_CHECKING:
    from ingest.model import Report, Sizes, Task


def culprit(report: Report) -> Culprit | None:
    """The process that held most memory in the report's process table; ``None`` without a table.

    The trigger is never taken for it. ``share`` is of the cgroup's limit, where one was hit and is said.
    """
    if not report.tasks:
        return None
    largest = max(report.tasks, key=held)
    limit = report.cgroup.memory.limit if report.cgroup and report.cgroup.memory else None
    return Culprit(
        name=largest.name,
        pid=largest.pid,
        rss=largest.sizes.rss,
        share=share(largest.sizes.rss, limit),
        confidence="medium",
        rule="largest_task",
        is_victim=any(victim.pid == largest.pid for victim in report.victims),
    )


def largest_tasks(report: Report, count: int) -> list[Task]:
    """The rows of the process table that hold most memory, largest first; equal ones in the table's order."""
    return sorted(report.tasks, key=held, reverse=True)[:count]


def held(task: Task) -> int:
    """Bytes that the kernel would get back: resident, swapped out and page tables (``oom_badness``, 4.17 to 7.x)."""
    return sum(part or 0 for part in _parts(task.sizes))


def share(part: int | None, whole: int | None) -> float | None:
    """A ratio with four decimals; ``None`` where either is unknown or the whole is nothing."""
    return round(part / whole, 4) if part is not None and whole else None


def _parts(sizes: Sizes) -> tuple[int | None, int | None, int | None]:
    return sizes.rss, sizes.swap, sizes.page_tables
