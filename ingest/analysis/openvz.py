"""OpenVZ 2.6.18: what came back when each killed process exited, from consecutive ``free=`` of the exit lines.

``free`` counts free pages of the whole node (nr_free_pages in ub_oom_task_dead, kernel/ub/ub_oom.c), taken after the
address space was gone. The difference of two lines is what came back between them: mostly the process's own memory,
but other containers allocate and free meanwhile, and pages on per-CPU lists come back later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.model import Confidence, Culprit, CulpritKind, Doubt, Group

if TYPE_CHECKING:
    from ingest.model import Report, Victim

_DOUBTS = (Doubt.NODE_WIDE_COUNTER, Doubt.OTHER_CONTAINERS, Doubt.DEFERRED_FREES, Doubt.FIRST_RETURN_UNKNOWN)
_SEVERAL = 2


def returned(report: Report) -> Culprit | None:
    """The process whose exit gave back most, and the name that gave back most; ``None`` where no return is known.

    Returns:
        Low confidence where it gave back less than half, and another name more; medium never turns to high, since the
        counter is the node's.
    """
    known = [victim for victim in report.victims if _pages(victim) is not None]
    if not known:
        return None
    largest = max(known, key=lambda victim: _pages(victim) or 0)
    pages = _pages(largest) or 0
    if pages <= 0:
        return None
    total = sum(max(0, _pages(victim) or 0) for victim in known)
    group = largest_group(known)
    return Culprit(
        kind=CulpritKind.PROCESS,
        name=largest.name,
        pid=largest.pid,
        freed_pages=pages,
        share=round(pages / total, 4) if total else None,
        confidence=Confidence.LOW if pages * _SEVERAL < total and group and group.name != largest.name else _MEDIUM,
        rule="returned_pages",
        is_victim=True,
        group=group,
        doubts=_DOUBTS,
    )


def only_exit(report: Report) -> Culprit | None:
    """The one process that left after a container's round; what came back with it is not known."""
    if len(report.victims) != 1:
        return None
    victim = report.victims[0]
    if victim.openvz is None or victim.openvz.free_pages is None or _pages(victim) is not None:
        return None
    return Culprit(
        kind=CulpritKind.PROCESS,
        name=victim.name,
        pid=victim.pid,
        confidence=Confidence.LOW,
        rule="only_exit",
        is_victim=True,
        doubts=(Doubt.FIRST_RETURN_UNKNOWN, Doubt.VICTIM_IS_ALL_THAT_IS_NAMED),
    )


def largest_group(victims: list[Victim]) -> Group | None:
    """The name whose processes gave back most together, where it is more than one process."""
    names: dict[str, list[int]] = {}
    for victim in victims:
        names.setdefault(victim.name, []).append(_pages(victim) or 0)
    name, pages = max(names.items(), key=lambda item: (sum(item[1]), item[0]))
    return Group(name=name, count=len(pages), freed_pages=sum(pages)) if len(pages) >= _SEVERAL else None


_MEDIUM = Confidence.MEDIUM


def _pages(victim: Victim) -> int | None:
    return victim.openvz.freed_pages if victim.openvz else None
