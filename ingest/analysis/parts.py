"""Where the memory was at the moment of a report: parts that add up to the room, for a bar."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from ingest.analysis.room import kernel_of, machine, of_stat, room
from ingest.model import ScopeKind

if TYPE_CHECKING:
    from ingest.model import MachineState, Report


class Kind(StrEnum):
    """What a part of the memory is."""

    PROCESSES = "memory of processes"
    SHARED = "shared memory and tmpfs"
    FILES = "page cache"
    KERNEL = "kernel"
    TABLES = "page tables"
    HUGE = "huge pages"
    UNKNOWN = "in no counter"
    FREE = "free"


class Part(Struct, frozen=True):
    """One part, in bytes."""

    kind: Kind
    size: int


def parts(report: Report) -> tuple[Part, ...]:
    """The parts of the cgroup at its limit or of the machine, none of them empty; nothing where no counter tells."""
    if report.scope.kind in (ScopeKind.CGROUP, ScopeKind.CONTAINER):
        found = _cgroup(report)
    else:
        found = _machine(report.machine, machine(report).capacity) if report.machine else {}
    return tuple(Part(kind, size) for kind, size in found.items() if size > 0)


def _cgroup(report: Report) -> dict[Kind, int]:
    """memory.stat of v2 or v1, the rest of the usage, and what was left of the limit."""
    state = report.cgroup
    usage = state.memory.usage if state and state.memory else None
    if state is None or usage is None or not state.stat:
        return {}
    shared = of_stat(state.stat, "shmem") or 0
    files = of_stat(state.stat, "file", "cache") or 0
    found = {
        Kind.PROCESSES: of_stat(state.stat, "anon", "rss") or 0,
        Kind.SHARED: shared,
        Kind.FILES: max(0, files - shared),
        Kind.KERNEL: kernel_of(state) or 0,
    }
    capacity = room(report).capacity
    found[Kind.UNKNOWN] = max(0, usage - sum(found.values()))
    found[Kind.FREE] = max(0, capacity - usage) if capacity else 0
    return found


def _machine(state: MachineState, ram: int | None) -> dict[Kind, int]:
    """Mem-Info's counters. Shared memory lies on the lists of anonymous pages."""
    memory = state.memory
    if ram is None or memory.free is None:
        return {}
    shared = memory.shmem or 0
    anon = sum(each or 0 for each in (memory.active_anon, memory.inactive_anon, memory.isolated_anon))
    files = sum(each or 0 for each in (memory.active_file, memory.inactive_file, memory.isolated_file))
    kernel = (
        memory.slab_reclaimable, memory.slab_unreclaimable, memory.slab, memory.kernel_stack, memory.bounce,
        memory.kernel_misc_reclaimable,
    )  # fmt: skip
    found = {
        Kind.PROCESSES: max(0, anon - shared) + (memory.unevictable or 0),
        Kind.SHARED: shared,
        Kind.FILES: files,
        Kind.KERNEL: sum(each or 0 for each in kernel),
        Kind.TABLES: (memory.page_tables or 0) + (memory.sec_page_tables or 0),
        Kind.HUGE: sum(pages.total * pages.size for pages in state.huge_pages),
        Kind.FREE: memory.free + (memory.free_pcp or 0),
    }
    found[Kind.UNKNOWN] = max(0, ram - sum(found.values()))
    return {kind: found[kind] for kind in Kind}
