"""Who or what used the memory: a process, a group of one name, files, the kernel, a cgroup. Never the trigger.

Each rule says how sure its answer can be at most, and every doubt is named.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from msgspec import Struct

from ingest.analysis.badness import may_be_killed
from ingest.analysis.filled import largest_victims, tells_of_machine_only
from ingest.analysis.openvz import only_exit, returned
from ingest.analysis.room import portion
from ingest.analysis.zones import usable
from ingest.model import (
    ChosenBy,
    Code,
    Completeness,
    Confidence,
    Culprit,
    CulpritKind,
    Doubt,
    Group,
    Outcome,
    ScopeKind,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.analysis.room import Room
    from ingest.analysis.table import Table
    from ingest.model import Finding, Report, Victim

_CLEAR = 0.5
"""This part of the room is most of it, whoever holds the rest."""
_LARGE = 0.25
_NEXT_TO_NOTHING = 0.01
"""Whoever held most and no more than this did not fill the room: rows are missing, or none tells of what did."""
_LEAST_MACHINE = 16 << 20
"""Bytes of the smallest machine that kills by scores."""
_SMALL_SCORE = 100
"""Permille of memory and swap: a chosen victim that held less filled no machine, nor did anybody who may be killed."""
_SMALL = 256 << 20
"""Bytes: who held less filled no machine of these days."""

_BIG = 1 << 30
"""Bytes: a process that holds so much in a cgroup of its own is most of it in all likelihood."""

_NOBODY = frozenset({Code.FRAGMENTATION, Code.REQUESTED})
"""Where nobody's use was the reason."""

_FILES = (Code.SHARED_MEMORY, Code.PAGE_CACHE)
_KERNEL = (Code.SLAB, Code.HUGE_PAGES, Code.KERNEL_MEMORY, Code.UNACCOUNTED)


class _Claim(Struct, frozen=True, kw_only=True):
    kind: CulpritKind
    name: str | None
    size: int
    rule: str
    pid: int | None = None


def culprit(report: Report, room: Room, table: Table | None, findings: Sequence[Finding]) -> Culprit | None:
    """Who used the memory of a report; ``None`` where nothing points to anybody.

    Args:
        report: The report.
        room: The memory that there was.
        table: Its process table as a whole.
        findings: What was found in it so far: what ran out, and what filled the memory.
    """
    code = findings[0].code
    if code in _NOBODY:
        return None
    if code is Code.LOW_ZONE:
        return _low_zone(report, findings)
    if tells_of_machine_only(report):
        return None
    if found := returned(report) or only_exit(report):
        return found
    if report.table_lack and _chosen_is_cut_off(report):
        return _of_victims(report, room)
    outside = [*_outside(report, table)]
    claims = [*_of_processes(table), *_of_findings(findings), *outside]
    if claims:
        most = max(claims, key=lambda claim: claim.size)
        part = portion(most.size, room.capacity)
        if part is not None and part < _NEXT_TO_NOTHING:
            return None
        if part is None and report.table_lack and _is_little(report, most):
            return None
        if report.table_lack and outside and most.rule == "largest_task":
            most = next((claim for claim in outside if _counted_more(report, claim, most)), most)
        return _judged(report, room, table, most, findings, cut=bool(outside))
    return _of_victims(report, room) or _of_cgroup(report)


# ---------------------------------------------------------------- with a table, or counters


def _of_processes(table: Table | None) -> Iterator[_Claim]:
    if table is None:
        return
    group, largest = table.group, table.largest
    size = group.rss or 0
    if table.is_group and size > largest.held:
        yield _Claim(kind=CulpritKind.GROUP, name=group.name, size=size, rule="largest_group")
    else:
        yield _Claim(
            kind=CulpritKind.PROCESS, name=largest.name, pid=largest.pid, size=largest.held, rule="largest_task"
        )


def _outside(report: Report, table: Table | None) -> Iterator[_Claim]:
    """The victims that a table does not have: the kernel lists whom it may kill, so that rows of it are lost.

    In a whole table the row of a victim may have the pid of another of its threads; of the end of one its row is as
    likely to be cut off, and others of its name are others.
    """
    if table is None:
        return
    for victim in report.victims:
        if victim.pid not in report.tasks.pid and (report.table_lack or victim.name not in report.tasks.name):
            size = victim.sizes.rss or 0
            yield _Claim(kind=CulpritKind.PROCESS, name=victim.name, pid=victim.pid, size=size, rule="victim")


def _chosen_is_cut_off(report: Report) -> bool:
    """Whether a high score is all that tells of whom the killer chose: what is left of the table tells of others."""
    over = report.passed_over
    chosen = [(over.pid, (over.share or 0) * 1000)] if over else []
    chosen += [(victim.pid, victim.score or 0) for victim in report.victims if victim.sizes.rss is None and not over]
    return any(pid not in report.tasks.pid and score >= _SMALL_SCORE for pid, score in chosen)


def _counted_more(report: Report, cut_off: _Claim, row: _Claim) -> bool:
    """Whether a victim without a row held no less than that of a row, whatever its kill line says, which tells no swap.

    The killer chose it of all: with the same adjustment or a lower one it held most.
    """
    told = report.tasks.of(row.pid) if row.pid is not None else None
    chosen = next((victim for victim in report.victims if victim.pid == cut_off.pid), None)
    if told is None or chosen is None or chosen.sizes.rss is None or report.passed_over or report.chosen_by is not None:
        return False
    return may_be_killed(told) and (chosen.score_adj or 0) <= (told.score_adj or 0)


def _is_little(report: Report, claim: _Claim) -> bool:
    """Whether the largest of what is left of a table held too little to have filled a machine of an unknown size."""
    if report.scope.kind is not ScopeKind.MACHINE:
        return False
    over = report.passed_over
    if over and over.pid == claim.pid and over.share is not None:
        return over.share * 1000 < _SMALL_SCORE
    victim = next((each for each in report.victims if each.pid == claim.pid and each.score is not None), None)
    return claim.size < _SMALL if victim is None else _is_small(report, victim, None)


def _of_findings(findings: Sequence[Finding]) -> Iterator[_Claim]:
    for finding in findings:
        if finding.code in (*_FILES, *_KERNEL) and finding.size is not None:
            kind = CulpritKind.FILES if finding.code in _FILES else CulpritKind.KERNEL
            name = finding.name or finding.code.value
            yield _Claim(kind=kind, name=name, size=finding.size, rule=finding.code.value)


def _judged(
    report: Report, room: Room, table: Table | None, claim: _Claim, findings: Sequence[Finding], *, cut: bool
) -> Culprit:
    """A claim with its share and how sure it is; ``cut`` is whether the table has lost rows for sure.

    Where only the end of a table is there, what share of it a row held tells nothing of the rows before it.
    """
    by_processes = claim.kind in (CulpritKind.PROCESS, CulpritKind.GROUP)
    part = room.part(claim.size) if by_processes else portion(claim.size, room.capacity)
    told = part if part is not None or cut or report.table_lack else portion(claim.size, table.total if table else 0)
    private = room.part(min(claim.size, _private(report, room))) if by_processes else part
    doubts = list(_doubts(report, table, claim, findings, cut=cut, unknown=part is None))
    confidence = Confidence.LOW
    if told is not None and told >= _LARGE:
        sure = private is not None and private >= _CLEAR and not doubts
        confidence = Confidence.HIGH if sure else Confidence.MEDIUM
    elif told is not None:
        doubts.append(Doubt.SMALL_SHARE)
    elif any(victim.pid == claim.pid and _is_most(report, victim, part) for victim in report.victims):
        confidence = Confidence.MEDIUM
    of_group = claim.kind is CulpritKind.GROUP
    first = table.group if table else None
    return Culprit(
        kind=claim.kind,
        name=claim.name,
        pid=claim.pid,
        rss=claim.size,
        share=part,
        confidence=confidence,
        rule=claim.rule,
        is_victim=_is_victim(report, claim),
        group=first if first and (of_group or (first.count > 1 and first.name != claim.name)) else None,
        doubts=tuple(doubts),
    )


def _is_victim(report: Report, claim: _Claim) -> bool:
    """Whether the process died, or one of the group."""
    victims = {victim.pid for victim in report.victims}
    if claim.kind is not CulpritKind.GROUP:
        return claim.pid in victims
    if report.table_lack:
        return any(victim.name == claim.name for victim in report.victims)
    rows = zip(report.tasks.name, report.tasks.pid, strict=True)
    return any(name == claim.name and pid in victims for name, pid in rows)


def _private(report: Report, room: Room) -> int:
    """Memory and swap of processes that is nobody else's: no group can hold more, though its rows may say so."""
    memory = report.machine.memory if report.machine else None
    if memory is None or memory.active_anon is None or memory.inactive_anon is None:
        return sys.maxsize
    private = memory.active_anon + memory.inactive_anon - (memory.shmem or 0) + (memory.unevictable or 0)
    return private + (room.swap_used or 0)


def _doubts(
    report: Report, table: Table | None, claim: _Claim, findings: Sequence[Finding], *, cut: bool, unknown: bool
) -> Iterator[Doubt]:
    """What speaks against a claim; ``unknown`` is whether nobody knows what share it held of what there was."""
    by_processes = claim.kind in (CulpritKind.PROCESS, CulpritKind.GROUP)
    shares = table is not None and (table.shares or (unknown and report.table_lack is not None))
    counted_often = claim.kind is CulpritKind.GROUP and shares
    if counted_often or (by_processes and any(finding.code is Code.SHARED_MEMORY for finding in findings)):
        yield Doubt.SHARED_PAGES
    if claim.rule == Code.UNACCOUNTED and claim.name == Code.UNACCOUNTED:
        yield Doubt.HOLDER_NOT_NAMED
    if report.completeness is Completeness.INTERLEAVED:
        yield Doubt.MIXED_UP
    if by_processes and (report.lost_lines or cut or report.table_lack):
        yield Doubt.TABLE_CUT


def _low_zone(report: Report, findings: Sequence[Finding]) -> Culprit | None:
    """User pages can go to higher zones; what must be in a low one is the kernel's."""
    memory = report.machine.memory if report.machine else None
    if memory is None:
        return None
    parts = (memory.slab_unreclaimable, memory.slab_reclaimable, memory.slab, memory.kernel_stack, memory.page_tables)
    slab = next((finding for finding in findings if finding.code is Code.SLAB and finding.name), None)
    size = slab.size if slab and slab.size else sum(part or 0 for part in parts)
    low = sum(zone.sizes.get("managed", zone.sizes.get("present", 0)) for zone in usable(report))
    part = portion(size, low)
    sure = slab is not None and part is not None and part >= _CLEAR
    return Culprit(
        kind=CulpritKind.KERNEL,
        name=slab.name if slab else "low memory",
        rss=size,
        share=part,
        confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
        rule=Code.LOW_ZONE.value,
        doubts=() if slab else (Doubt.HOLDER_NOT_NAMED,),
    )


# ---------------------------------------------------------------- without a table


def _of_victims(report: Report, room: Room) -> Culprit | None:
    """Only the victims are named: what they held against what there was. One without a size is not a culprit."""
    if report.passed_over and report.passed_over.share and report.passed_over.share * 1000 >= _SMALL_SCORE:
        return Culprit(
            kind=CulpritKind.PROCESS,
            name=report.passed_over.name,
            pid=report.passed_over.pid,
            share=report.passed_over.share,
            confidence=Confidence.LOW,
            rule="chosen",
            doubts=(Doubt.TABLE_CUT if report.tasks else Doubt.NO_PROCESS_TABLE,),
        )
    sized = [victim for victim in report.victims if victim.sizes.rss is not None or report.chosen_by is ChosenBy.SCORE]
    if not sized or report.chosen_by is ChosenBy.IMPORTANCE:
        return None
    group = largest_victims(report, room)
    largest = max(sized, key=lambda victim: victim.sizes.rss or 0)
    if group and group.rss and group.rss > (largest.sizes.rss or 0) and (group.share or 0) >= _CLEAR:
        return _victim_group(group)
    part = portion(largest.sizes.rss, room.capacity)
    if report.chosen_by is ChosenBy.ASKING and (part is None or part < _CLEAR):
        return None  # Anybody may ask; only who held most of what there was is known to have used it.
    if report.chosen_by is not ChosenBy.SCORE and _is_small(report, largest, part):
        return _limited_cgroup(report)
    return Culprit(
        kind=CulpritKind.PROCESS,
        name=largest.name,
        pid=largest.pid,
        rss=largest.sizes.rss,
        share=part,
        confidence=Confidence.MEDIUM if _is_most(report, largest, part) else Confidence.LOW,
        rule="victim",
        is_victim=True,
        group=group,
        doubts=(Doubt.NO_PROCESS_TABLE, Doubt.VICTIM_IS_ALL_THAT_IS_NAMED),
    )


def _victim_group(group: Group) -> Culprit:
    return Culprit(
        kind=CulpritKind.GROUP,
        name=group.name,
        rss=group.rss,
        share=group.share,
        confidence=Confidence.MEDIUM,
        rule="victims",
        is_victim=True,
        group=group,
        doubts=(Doubt.NO_PROCESS_TABLE,),
    )


def _is_most(report: Report, victim: Victim, part: float | None) -> bool:
    """Whether a victim held most of the room; where that is not told, whether it is large in a cgroup of its own."""
    if part is not None:
        return part >= _CLEAR
    limit = report.cgroup.limit_path if report.cgroup else None
    return limit is not None and victim.cgroup == limit and (victim.sizes.rss or 0) >= _BIG


def _is_small(report: Report, victim: Victim, part: float | None) -> bool:
    """Whether a victim held too little of the room, or of a machine of an unknown size, to have filled it."""
    if part is not None:
        return part * 1000 < _SMALL_SCORE
    if report.scope.kind is not ScopeKind.MACHINE:
        return False
    if victim.score is None:
        return (victim.sizes.rss or 0) < _SMALL
    if victim.sizes.rss is not None and victim.sizes.rss * 1000 < min(victim.score, 1000) * _LEAST_MACHINE:
        return True  # Its score is not of what it held: swapoff has the highest there is, others an oom_score_adj.
    return victim.score < _SMALL_SCORE


def _limited_cgroup(report: Report) -> Culprit | None:
    """A cgroup at its limit, of which the victim held next to nothing and the record names nobody else."""
    state = report.cgroup
    if report.scope.kind is not ScopeKind.CGROUP or state is None or state.limit_path is None:
        return None
    return Culprit(
        kind=CulpritKind.CGROUP,
        name=state.limit_path.rpartition("/")[2] or state.limit_path,
        rss=state.memory.usage if state.memory else None,
        confidence=Confidence.MEDIUM,
        rule="limited_cgroup",
        doubts=(Doubt.NO_PROCESS_TABLE,),
    )


def _of_cgroup(report: Report) -> Culprit | None:
    """A cgroup that was killed as a whole, or a container over its limit: nothing smaller is named."""
    state = report.cgroup
    if state is not None and state.killed_path is not None:
        if report.outcome is Outcome.NO_VICTIM:
            return None  # A trial run, or nobody was left in it.
        return Culprit(
            kind=CulpritKind.CGROUP,
            name=state.killed_path,
            rss=state.memory.usage if state.memory else None,
            confidence=Confidence.LOW,
            rule="killed_cgroup",
            is_victim=True,
            doubts=(Doubt.NO_PROCESS_TABLE,),
        )
    if report.scope.kind is ScopeKind.CONTAINER and report.scope.name is not None and report.ran_out is None:
        return Culprit(
            kind=CulpritKind.CGROUP,
            name=report.scope.name,
            confidence=Confidence.MEDIUM,
            rule="limited_container",
            doubts=(Doubt.NO_PROCESS_TABLE,),
        )
    return None
