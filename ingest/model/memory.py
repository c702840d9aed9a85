"""Memory as a report tells it: of a process, a cgroup, the machine, its zones. Bytes throughout."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping


class PageSizeSource(StrEnum):
    """How the page size of a report is known."""

    LOGGED = "logged"
    CONFIGURED = "configured"
    ASSUMED = "assumed"


class PageSize(Struct, frozen=True):
    """Bytes in a page, and how that is known."""

    bytes: int
    source: PageSizeSource


ASSUMED_PAGE = PageSize(4096, PageSizeSource.ASSUMED)
"""x86 and most arm64 kernels; arm64 and ppc64 may use 16 or 64 KiB: a free list, "no limit" or a kill line tells."""


class Sizes(Struct, frozen=True, kw_only=True, gc=False):
    """Memory of one process, in bytes."""

    total_vm: int | None = None
    rss: int | None = None
    anon_rss: int | None = None
    file_rss: int | None = None
    shmem_rss: int | None = None
    page_tables: int | None = None
    swap: int | None = None


_AT_LIMIT = 0.98


class Counter(Struct, frozen=True, kw_only=True):
    """A cgroup's memory counter, in bytes. ``limit`` is ``None`` and ``unlimited`` true where no limit is set."""

    usage: int | None
    limit: int | None
    unlimited: bool
    failcnt: int | None

    @property
    def is_full(self) -> bool:
        """Whether usage is at the limit: charges come in batches of up to 64 pages, so a little may be missing."""
        if self.usage is None or not self.limit:
            return False
        return self.usage >= self.limit * _AT_LIMIT


class SystemMemory(Struct, frozen=True, kw_only=True):
    """The machine's memory at the moment of the report, from Mem-Info, in bytes."""

    total: int | None = None
    reserved: int | None = None
    high: int | None = None
    cma_reserved: int | None = None
    hwpoisoned: int | None = None
    free: int | None = None
    free_pcp: int | None = None
    free_cma: int | None = None
    active: int | None = None
    inactive: int | None = None
    active_anon: int | None = None
    inactive_anon: int | None = None
    isolated_anon: int | None = None
    active_file: int | None = None
    inactive_file: int | None = None
    isolated_file: int | None = None
    unevictable: int | None = None
    dirty: int | None = None
    writeback: int | None = None
    unstable: int | None = None
    mapped: int | None = None
    shmem: int | None = None
    slab: int | None = None
    slab_reclaimable: int | None = None
    slab_unreclaimable: int | None = None
    kernel_misc_reclaimable: int | None = None
    kernel_stack: int | None = None
    page_tables: int | None = None
    sec_page_tables: int | None = None
    bounce: int | None = None
    page_cache: int | None = None


class SystemSwap(Struct, frozen=True, kw_only=True):
    """The machine's swap, in bytes."""

    total: int | None = None
    free: int | None = None
    cached: int | None = None


class FreeBlocks(Struct, frozen=True, gc=False):
    """Free blocks of one size in a zone. ``types`` are migrate type letters, empty on old kernels."""

    size: int
    count: int
    types: str


class Zone(Struct, frozen=True, kw_only=True):
    """One zone of one node. ``sizes`` holds what its line says, by the kernel's own words, in bytes."""

    node: int | None
    name: str
    sizes: Mapping[str, int]
    all_unreclaimable: bool | None = None
    lowmem_reserve_pages: tuple[int, ...] = ()
    free_blocks: tuple[FreeBlocks, ...] = ()


class HugePages(Struct, frozen=True):
    """Huge pages of one node and size; ``size`` in bytes, the rest are counts."""

    node: int | None
    total: int
    free: int
    surplus: int
    size: int


class Slab(Struct, frozen=True):
    """One cache of unreclaimable kernel memory, in bytes."""

    name: str
    used: int
    total: int


class Allocation(Struct, frozen=True):
    """One allocation site of the kernel: bytes held, calls, place in the source."""

    size: int
    calls: int
    place: str
    module: str | None
    function: str


class MachineState(Struct, frozen=True, kw_only=True):
    """Everything a report says of the machine's memory."""

    memory: SystemMemory = SystemMemory()
    swap: SystemSwap = SystemSwap()
    zones: tuple[Zone, ...] = ()
    huge_pages: tuple[HugePages, ...] = ()
    slabs: tuple[Slab, ...] = ()
    allocations: tuple[Allocation, ...] = ()


class CgroupState(Struct, frozen=True, kw_only=True):
    """The cgroup whose limit was hit, and its counters.

    ``stat`` is in bytes, ``events`` are counts (``pgfault``, ``workingset_refault_anon``), by the kernel's own words.
    ``killed_path`` is a cgroup that was killed as a whole.
    """

    limit_path: str | None = None
    killed_path: str | None = None
    memory: Counter | None = None
    swap: Counter | None = None
    memory_swap: Counter | None = None
    kmem: Counter | None = None
    group_kill: bool | None = None
    stat: Mapping[str, int] = {}
    events: Mapping[str, int] = {}

    @property
    def full_with_swap(self) -> bool:
        """Whether memory and swap together reached their limit (memory.memsw of v1), and memory alone did not."""
        memory, both = self.memory, self.memory_swap
        return both is not None and both.is_full and memory is not None and not memory.is_full

    @property
    def bound(self) -> Counter | None:
        """The counter whose limit was reached."""
        return self.memory_swap if self.full_with_swap else self.memory


class Pressure(Struct, frozen=True, kw_only=True):
    """Memory pressure stall averages in percent, and the limit that was crossed."""

    avg10: float | None = None
    avg60: float | None = None
    avg300: float | None = None
    limit: float | None = None
