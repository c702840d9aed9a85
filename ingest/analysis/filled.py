"""What filled the memory: processes, files, kernel, swap. Each finding has its size and its share of the room.

The thresholds are those at which people who read such reports begin to look at a line (Red Hat's and OOMAnalyser's
reading order); below them a share says nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.analysis.parts import unaccounted
from ingest.analysis.room import kernel_of, machine, of_stat, portion, ram
from ingest.model import Code, Finding, Group, ScopeKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.analysis.room import Room
    from ingest.analysis.table import Table
    from ingest.model import MachineState, Report

_MOST = 0.5
"""One process or one name holds most of the room; where the room is not known, of what all rows hold together."""
_LARGE = 0.2
"""Files or shared memory: a part that a kill does not give back, large enough to matter."""
_KERNEL = 0.15
"""Kernel memory: normal machines have less (reference: 10 to 20 % of RAM)."""
_TABLES = 0.05
"""Page tables: normal machines have well under 1 %."""
_UNACCOUNTED = 0.2
_FULL = 0.95
_IN_COUNTERS = ("mm/", "arch/x86/mm/", "include/", "kernel/fork.c")
"""Where pages are allocated that Mem-Info counts: of processes, files, slab, page tables, kernel stacks."""
_ROUNDED = 1.1
"""Sizes of allocation sites have three digits, and counters move while they are printed."""


def filled(report: Report, room: Room, table: Table | None) -> Iterator[Finding]:
    """Every finding about what held the memory, largest kinds first.

    Args:
        report: The report.
        room: The memory that there was.
        table: Its process table as a whole.
    """
    yield from _processes(report, room, table)
    if report.scope.kind in (ScopeKind.CGROUP, ScopeKind.CONTAINER):
        yield from _of_cgroup(report)
    else:
        yield from _of_machine(report)
    yield from _swap(report, room)


def tells_of_machine_only(report: Report) -> bool:
    """Whether a cgroup's limit was hit, and table and counters are those of the whole machine (check_panic_on_oom).

    The end of a table has no counters before it: then such a panic leaves open whose table it was.
    """
    if report.scope.kind is not ScopeKind.CGROUP or report.cgroup is not None:
        return False
    return report.machine is not None or (report.panicked and report.table_lack is not None)


def _processes(report: Report, room: Room, table: Table | None) -> Iterator[Finding]:
    if tells_of_machine_only(report):
        return
    if table is None:
        yield from _of_victims(report, room)
        return
    whole = room.held or (0 if report.table_lack else table.total)
    if not whole:
        return  # What the rows at the end of a table hold together says nothing.
    group, largest = table.group, table.largest
    if largest.held >= _MOST * whole and not table.is_group:
        yield Finding(code=Code.SINGLE_PROCESS, name=largest.name, size=largest.held, share=room.part(largest.held))
    elif (group.rss or 0) >= _MOST * whole and table.is_group:
        yield Finding(code=Code.PROCESS_GROUP, name=group.name, size=group.rss, share=group.share)


def _of_victims(report: Report, room: Room) -> Iterator[Finding]:
    """A whole cgroup dies, each process with its size: then the kill lines are as good as a table."""
    group = largest_victims(report, room)
    if room.capacity and group and (group.rss or 0) >= _MOST * room.capacity:
        yield Finding(code=Code.PROCESS_GROUP, name=group.name, size=group.rss, share=group.share)


def largest_victims(report: Report, room: Room) -> Group | None:
    """The name whose victims held most together, where there are several of it."""
    names: dict[str, list[int]] = {}
    for victim in report.victims:
        if victim.sizes.rss is not None:
            names.setdefault(victim.name, []).append(victim.sizes.rss)
    several = {name: sizes for name, sizes in names.items() if len(sizes) > 1}
    if not several:
        return None
    name, sizes = max(several.items(), key=lambda item: (sum(item[1]), item[0]))
    held = sum(sizes) if room.most is None else min(sum(sizes), room.most)
    return Group(name=name, count=len(sizes), rss=held, share=portion(held, room.capacity))


# ---------------------------------------------------------------- a cgroup


def _of_cgroup(report: Report) -> Iterator[Finding]:
    """memory.stat of v2 (``anon file kernel shmem slab``) and of v1 (``cache rss shmem``), and the kmem counter."""
    state = report.cgroup
    if state is None:
        return
    usage = state.memory.usage if state.memory else None
    shmem = of_stat(state.stat, "shmem")
    files = of_stat(state.stat, "file", "cache")
    cache = None if files is None else files - (shmem or 0)
    for code, size, least in (
        (Code.SHARED_MEMORY, shmem, _LARGE),
        (Code.PAGE_CACHE, cache, _LARGE),
        (Code.KERNEL_MEMORY, kernel_of(state), _LARGE),
    ):
        part = portion(size, usage)
        if part is not None and part >= least:
            yield Finding(code=code, size=size, share=part)


def _sum(*parts: int | None) -> int | None:
    there = [part for part in parts if part is not None]
    return sum(there) if there else None


# ---------------------------------------------------------------- the machine


def _of_machine(report: Report) -> Iterator[Finding]:
    if report.machine is None:
        return
    memory, capacity = report.machine.memory, machine(report).capacity
    huge = sum(pages.total * pages.size for pages in report.machine.huge_pages)
    cache = _sum(memory.active_file, memory.inactive_file)
    for code, size, least in (
        (Code.SLAB, memory.slab_unreclaimable, _KERNEL),
        (Code.KERNEL_MEMORY, memory.kernel_stack, _KERNEL),
        (Code.SHARED_MEMORY, memory.shmem, _LARGE),
        (Code.HUGE_PAGES, huge or None, _LARGE),
        (Code.PAGE_TABLES, memory.page_tables, _TABLES),
        (Code.PAGE_CACHE, cache, _LARGE),
        (Code.UNACCOUNTED, unaccounted(report), _UNACCOUNTED),
    ):
        part = portion(size, ram(report) if code is Code.UNACCOUNTED else capacity)
        told = code is Code.SLAB and bool(report.machine.slabs)
        if size is not None and part is not None and (part >= least or told):
            yield Finding(code=code, size=size, share=part, name=_holder(report.machine, code, size))


def _holder(state: MachineState, code: Code, size: int) -> str | None:
    """The largest cache of slab, stacks, and the allocation site (6.10) that holds most of what is in no counter."""
    if code is Code.KERNEL_MEMORY:
        return "kernel stacks"
    if code is Code.SLAB and state.slabs:
        return max(state.slabs, key=lambda slab: slab.total).name
    if code is not Code.UNACCOUNTED:
        return None
    sites = [
        site
        for site in state.allocations
        if not site.place.startswith(_IN_COUNTERS) and _MOST * size <= site.size <= _ROUNDED * size
    ]
    first = max(sites, key=lambda site: site.size, default=None)
    if first is None or first.module is None:
        return first.function if first else None
    return f"{first.function} [{first.module}]"


# ---------------------------------------------------------------- swap


def _swap(report: Report, room: Room) -> Iterator[Finding]:
    if room.swap is None:
        return
    if room.swap == 0:
        # Of a cgroup it is its own limit that says so, unless the machine has none either.
        by_limit = report.scope.kind is ScopeKind.CGROUP and machine(report).swap != 0
        yield Finding(code=Code.NO_SWAP_ALLOWED if by_limit else Code.NO_SWAP, size=0)
    elif room.swap_used is not None and room.swap_used >= _FULL * room.swap:
        yield Finding(code=Code.SWAP_FULL, size=room.swap_used, share=portion(room.swap_used, room.swap))
