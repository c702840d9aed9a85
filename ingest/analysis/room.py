"""The memory that a report is about: how much there was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from ingest.model import Constraint, ScopeKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.model import CgroupState, Counter, Report, SystemMemory

_MOST_NODES = 1024
"""MAX_NUMNODES of the largest configurations."""
_TAKEN = 1.1
"""Zones that tell so many times the RAM that is not reserved: more of it than a kernel reserves at boot."""
_KERNEL = ("kernel_stack", "pagetables", "percpu", "vmalloc", "slab")


class Room(Struct, frozen=True, kw_only=True):
    """Bytes; ``None`` where the report does not tell.

    Attributes:
        capacity: What there was to be held: a cgroup's limit or what it held at it, or the machine's RAM without what
            the kernel reserved.
        swap: Swap that could be used beside it; 0 where there is none.
        swap_used: How much of that was in use.
        counted: RAM of the whole machine that processes may have held: all their pages, files and page tables, each
            counted once.
    """

    capacity: int | None
    swap: int | None
    swap_used: int | None
    counted: int | None = None

    @property
    def allowed(self) -> int | None:
        """``totalpages`` of ``oom_badness`` in bytes: memory and swap together (constrained_alloc, mm/oom_kill.c)."""
        return None if self.capacity is None else self.capacity + (self.swap or 0)

    @property
    def held(self) -> int | None:
        """What there was for processes to hold: memory, and the swap that was in use."""
        return None if self.capacity is None else self.capacity + self._swapped

    @property
    def most(self) -> int | None:
        """What processes can have held together at most; their rows sum up to more where they share pages."""
        return self.held if self.counted is None else self.counted + self._swapped

    @property
    def _swapped(self) -> int:
        used = self.swap_used or 0
        return used if self.swap is None else min(used, self.swap)

    def part(self, size: int) -> float | None:
        """The share of a process or of some; ``None`` where it may have had memory of other nodes than those meant."""
        whole, most = self.held, self.most
        if whole is None or (size > whole and most is not None and most > whole):
            return None
        return portion(size, whole)


def room(report: Report) -> Room:
    """The room of a report: the cgroup's where one was at its limit, that of some nodes, else the machine's."""
    if report.scope.kind in (ScopeKind.CGROUP, ScopeKind.CONTAINER):
        return _cgroup(report)
    if report.constraint in (Constraint.MEMORY_POLICY, Constraint.CPUSET):
        return _of_nodes(report)
    return machine(report)


def totals(report: Report) -> tuple[int, ...]:
    """What the killer may have divided by, in bytes, the likeliest first (constrained_alloc, mm/oom_kill.c).

    Lines before 5.0 do not tell everything: a cgroup of v1 has its limit of memory and swap only where it may swap and
    the host has as much, and some nodes instead of the machine may have been meant.
    """
    there = room(report)
    if there.capacity is None:
        return ()
    if report.scope.kind in (ScopeKind.CGROUP, ScopeKind.CONTAINER):
        others = [there.capacity, there.capacity + (machine(report).swap or 0)]
    else:
        others = [_of_nodes(report).allowed or 0]
    return tuple(dict.fromkeys(each for each in (there.allowed, *others) if each))


def _of_nodes(report: Report) -> Room:
    """The nodes that a request could use, by its own mask or that of its cpuset."""
    whole, nodes = machine(report), _nodes(report)
    zones = report.machine.zones if report.machine else ()
    size = sum(zone.sizes.get("managed", zone.sizes.get("present", 0)) for zone in zones if zone.node in nodes)
    return replace(whole, capacity=size) if size else whole


def machine(report: Report) -> Room:
    """The machine's memory from Mem-Info."""
    state = report.machine
    if state is None:
        return Room(capacity=None, swap=None, swap_used=None)
    total, reserved = state.memory.total, state.memory.reserved
    swap, free = state.swap.total, state.swap.free
    # Pages in the swap cache count as used, though they are in memory too.
    used = None if swap is None or free is None else max(0, swap - free)
    capacity = max(0, (total or 0) - (reserved or 0)) or None
    return Room(capacity=capacity, swap=swap, swap_used=used, counted=_counted(state.memory))


def _counted(memory: SystemMemory) -> int | None:
    """The LRU lists, on which shared memory lies too, and page tables."""
    lists = (
        memory.active, memory.inactive, memory.active_anon, memory.inactive_anon, memory.isolated_anon,
        memory.active_file, memory.inactive_file, memory.isolated_file, memory.unevictable,
    )  # fmt: skip
    pages = sum(each for each in lists if each is not None)
    return pages + (memory.page_tables or 0) if pages else None


def ram(report: Report) -> int | None:
    """The machine's RAM without what the kernel reserved at boot.

    A driver may have marked pages reserved that it took later: zones of kernels before 3.9 tell what there was.
    """
    told, zones = machine(report).capacity, report.machine.zones if report.machine else ()
    present = sum(zone.sizes.get("present", 0) for zone in zones if "managed" not in zone.sizes)
    return present if present > (told or 0) * _TAKEN else told


def share(part: int | None, whole: int | None) -> float | None:
    """A ratio with four decimals; ``None`` where either is unknown or the whole is nothing."""
    return round(part / whole, 4) if part is not None and whole else None


def portion(part: int | None, whole: int | None) -> float | None:
    """A share of what is part of the whole, and so not more than all of it: counters move while they are printed."""
    told = share(part, whole)
    return None if told is None else min(told, 1.0)


def _nodes(report: Report) -> set[int]:
    """The memory nodes of a list such as ``0-1,3``."""
    text = (report.request.nodemask or report.request.mems_allowed) if report.request else None
    found: set[int] = set()
    for piece in (text or "").split(","):
        first, _, last = piece.partition("-")
        if first.isdigit() and (not last or last.isdigit()):
            found |= set(range(int(first), min(int(last or first), int(first) + _MOST_NODES) + 1))
    return found


def _cgroup(report: Report) -> Room:
    state = report.cgroup
    memory = state.memory if state else None
    capacity = _limit(state.bound if state else None) or _charged(state)
    if report.machine is not None and report.machine.swap.total == 0:
        return Room(capacity=capacity, swap=0, swap_used=0)
    if state is None or capacity is None:
        return Room(capacity=capacity, swap=None, swap_used=None)
    if state.swap is not None:
        return Room(capacity=capacity, swap=_limit(state.swap), swap_used=state.swap.usage)
    both = state.memory_swap
    if both is None or memory is None or state.full_with_swap:  # What of both together is swap has no limit of its own.
        return Room(capacity=capacity, swap=None, swap_used=None)
    limit = _limit(both)
    used = None if both.usage is None or memory.usage is None else max(0, both.usage - memory.usage)
    return Room(capacity=capacity, swap=None if limit is None else max(0, limit - capacity), swap_used=used)


def of_stat(stat: Mapping[str, int], *names: str) -> int | None:
    """The first of some keys of memory.stat that is told: with all cgroups below where v1 says that by ``total_``."""
    return next((stat[key] for name in names for key in (f"total_{name}", name) if key in stat), None)


def kernel_of(state: CgroupState) -> int | None:
    """Kernel memory that is charged to a cgroup: ``kernel`` of memory.stat (5.18) or v1's kmem counter, else its parts.

    The parts are those that Documentation/admin-guide/cgroup-v2.rst names; buffers of sockets are charged beside them.
    """
    kernel = state.stat.get("kernel")
    if kernel is None and state.kmem is not None:
        kernel = state.kmem.usage
    parts = _KERNEL if kernel is None else ()
    told = [kernel, *(state.stat.get(name) for name in (*parts, "sock"))]
    there = [part for part in told if part is not None]
    return sum(there) if there else None


def _charged(state: CgroupState | None) -> int | None:
    """What a cgroup at its limit holds by memory.stat of v2, which counts those below it too; v1 does not."""
    stat = state.stat if state else {}
    if state is None or "anon" not in stat or "file" not in stat:
        return None
    return stat["anon"] + stat["file"] + (kernel_of(state) or 0) or None


def _limit(counter: Counter | None) -> int | None:
    return None if counter is None or counter.unlimited else counter.limit
