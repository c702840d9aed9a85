"""Where the memory was at the moment of a report: parts that add up to the room, for a bar."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from ingest.analysis.room import kernel_of, of_stat, ram, room
from ingest.model import ScopeKind

if TYPE_CHECKING:
    from ingest.model import Report


class Kind(StrEnum):
    """What a part of the memory is."""

    PROCESSES = "memory of processes"
    USER = "processes and files"
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
    of_cgroup = report.scope.kind in (ScopeKind.CGROUP, ScopeKind.CONTAINER)
    found = _cgroup(report) if of_cgroup else _machine(report)
    return tuple(Part(kind, size) for kind, size in found.items() if size > 0)


def unaccounted(report: Report) -> int | None:
    """RAM that is in no counter: drivers, balloons, graphics, network buffers (reference, part 6.1)."""
    return _machine(report).get(Kind.UNKNOWN)


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
    found[Kind.FREE] = max(0, capacity - usage) if capacity and not state.full_with_swap else 0
    return found


def _machine(report: Report) -> dict[Kind, int]:
    """Mem-Info's counters. Shared memory lies on the lists of anonymous pages; up to 2.6.27 files do too."""
    state, whole = report.machine, ram(report)
    if state is None or whole is None or state.memory.free is None:
        return {}
    memory = state.memory
    user = _sum(memory.active, memory.inactive)
    if None in (memory.active_anon, memory.inactive_anon, memory.active_file, memory.inactive_file) and not user:
        return {}
    shared = memory.shmem or 0
    anon = _sum(memory.active_anon, memory.inactive_anon, memory.isolated_anon)
    found = {
        Kind.PROCESSES: max(0, anon - shared) + (memory.unevictable or 0),
        Kind.USER: user,
        Kind.SHARED: shared,
        Kind.FILES: _sum(memory.active_file, memory.inactive_file, memory.isolated_file),
        Kind.KERNEL: _sum(
            memory.slab_reclaimable, memory.slab_unreclaimable, memory.slab, memory.kernel_stack, memory.bounce,
            memory.kernel_misc_reclaimable,
        ),
        Kind.TABLES: _sum(memory.page_tables, memory.sec_page_tables),
        Kind.HUGE: sum(pages.total * pages.size for pages in state.huge_pages),
        Kind.FREE: _sum(memory.free, memory.free_pcp),
    }  # fmt: skip
    found[Kind.UNKNOWN] = max(0, whole - sum(found.values()))
    return {kind: found[kind] for kind in Kind}


def _sum(*counters: int | None) -> int:
    return sum(counter for counter in counters if counter is not None)
