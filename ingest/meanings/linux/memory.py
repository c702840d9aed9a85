"""Mem-Info: the machine's memory counters, nodes, zones, free blocks, swap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.meanings._types import About, Meaning, shape

if TYPE_CHECKING:
    from collections.abc import Mapping

_COUNTERS: Mapping[str, tuple[str, str]] = {
    "active": ("active", "Pages used lately, of programs and of files (until 2.6.27)."),
    "inactive": ("inactive", "Pages not used for a while, of programs and of files (until 2.6.27)."),
    "active_anon": (
        "active anonymous",
        "Memory of programs (heap, stacks, tmpfs), used lately. Only swap or a kill gets it back.",
    ),
    "inactive_anon": (
        "inactive anonymous",
        "The same, not used for a while: first to be swapped out, if there is swap.",
    ),
    "active_file": ("active page cache", "Cached file data, used lately: can be dropped, after writing what is dirty."),
    "inactive_file": ("inactive page cache", "Cached file data, not used for a while: the first that is dropped."),
    "isolated_anon": ("isolated anonymous", "Pages of programs taken off the lists while reclaim works on them."),
    "isolated_file": ("isolated page cache", "Cached file pages taken off the lists while reclaim works on them."),
    "isolated(anon)": ("isolated anonymous", "Pages of programs taken off the lists while reclaim works on them."),
    "isolated(file)": ("isolated page cache", "Cached file pages taken off the lists while reclaim works on them."),
    "unevictable": ("unevictable", "Memory that cannot be reclaimed: locked by programs (mlock), ramfs."),
    "mlocked": ("locked", "Memory that programs have locked into RAM."),
    "dirty": ("dirty", "File data changed in memory and not yet being written."),
    "writeback": ("being written", "File data that is being written now."),
    "writepending": ("to be written", "File data dirty or being written."),
    "writeback_tmp": ("being written by FUSE", "Temporary copies for file systems in user space."),
    "unstable": ("unstable", "NFS pages sent to the server and not yet confirmed."),
    "slab": ("slab", "The kernel's own caches of objects, reclaimable or not."),
    "slab_reclaimable": ("reclaimable slab", "Kernel caches that can be dropped, such as names of files."),
    "slab_unreclaimable": (
        "unreclaimable slab",
        "Kernel caches that cannot be dropped. Above 10 to 20 % of RAM: the kernel itself is the hog.",
    ),
    "mapped": ("mapped", "File pages that programs have mapped."),
    "mapped-file": ("mapped", "File pages that programs have mapped."),
    "mapped-anon": ("mapped anonymous", "Pages of programs that no file backs."),
    "shmem": (
        "shared memory",
        "tmpfs and shared memory. Counted as page cache by some tools, but it cannot be dropped.",
    ),
    "pagetables": ("page tables", "Memory that describes address spaces: much of it means many processes or mappings."),
    "sec_pagetables": ("secondary page tables", "Page tables for guests of KVM and for devices."),
    "kernel_stack": ("kernel stacks", "One stack of the kernel for each thread: much of it means very many threads."),
    "bounce": ("bounce buffers", "Copies for devices that cannot reach high memory."),
    "kernel_misc_reclaimable": ("other reclaimable", "Kernel memory that can be given back and is no slab."),
    "free": ("free", "Free memory. At or below min an ordinary request fails, though it is not 0."),
    "freepages": ("free", "Free memory."),
    "free_pcp": ("free, per CPU", "Free pages kept aside for single processors."),
    "local_pcp": ("free, this CPU", "Free pages kept aside for the processor that printed the report."),
    "free_cma": ("free in CMA", "Free pages of the contiguous area: only movable memory may use them."),
    "boost": ("boost", "How much the marks are raised for a while after fragmentation."),
    "min": (
        "min mark",
        "Below it ordinary requests wait or fail: free at or below min is what out of memory looks like.",
    ),
    "low": ("low mark", "Below it the kernel starts to reclaim in the background."),
    "high": ("high mark", "Above it the kernel stops reclaiming."),
    "reserved_highatomic": (
        "reserved for urgent requests",
        "Blocks kept for requests of several pages that may not wait.",
    ),
    "free_highatomic": ("free of the urgent reserve", "What of these blocks is free."),
    "present": ("present", "Memory that is physically there."),
    "managed": ("managed", "Of it, what the kernel hands out; the rest was set aside at boot."),
    "zspages": ("compressed", "Memory that holds compressed pages (zswap, zram)."),
    "shmem_thp": ("huge shared memory", "Shared memory in huge pages."),
    "shmem_pmdmapped": ("mapped huge shared memory", "Shared memory mapped as huge pages."),
    "anon_thp": ("huge anonymous", "Memory of programs in huge pages."),
    "pages_scanned": ("pages scanned", "Pages looked at since one was last freed: a count, no size."),
    "Balloon": ("balloon", "Memory that the hypervisor took away from this guest."),
    "gpu_active": ("graphics", "Memory in use by graphics drivers."),
    "gpu_reclaim": ("reclaimable graphics", "Memory of graphics drivers that can be given back."),
}
_COUNTED = ("pages_scanned",)


def _keys(unit: str, names: str) -> dict[str, Meaning]:
    """The meanings of these counters, in this unit."""
    return {name: Meaning(*_COUNTERS[name], unit="" if name in _COUNTED else unit) for name in names.split()}


_TOTALS: Mapping[str, Meaning] = {
    "pages RAM": Meaning("RAM", "All memory of the machine.", "pages"),
    "pages of RAM": Meaning("RAM", "All memory of the machine.", "pages"),
    "pages HighMem": Meaning("high memory", "RAM that a 32-bit kernel reaches only in part.", "pages"),
    "pages of HIGHMEM": Meaning("high memory", "RAM that a 32-bit kernel reaches only in part.", "pages"),
    "pages HighMem/MovableOnly": Meaning("high or movable memory", "RAM that only programs may use.", "pages"),
    "pages reserved": Meaning("reserved", "RAM that the kernel set aside at boot.", "pages"),
    "reserved pages": Meaning("reserved", "RAM that the kernel set aside at boot.", "pages"),
    "pages cma reserved": Meaning("CMA", "RAM kept in one piece for devices; movable memory may borrow it.", "pages"),
    "pages hwpoisoned": Meaning("broken", "RAM taken out of use after hardware errors.", "pages"),
    "total pagecache pages": Meaning("page cache", "Cached file data, shared memory and tmpfs included.", "pages"),
    "pages in swap cache": Meaning("swap cache", "Pages that are in swap and in RAM at once.", "pages"),
    "pages swap cached": Meaning("swap cache", "Pages that are in swap and in RAM at once.", "pages"),
    "pages in pagetable cache": Meaning("page table cache", "Spare page tables.", "pages"),
    "pages shared": Meaning("shared", "Pages with more than one user.", "pages"),
    "pages non-shared": Meaning("not shared", "Pages with one user.", "pages"),
    "pages dirty": Meaning("dirty", "Pages changed and not yet being written.", "pages"),
    "pages writeback": Meaning("being written", "Pages that are being written now.", "pages"),
    "pages mapped": Meaning("mapped", "File pages that programs have mapped.", "pages"),
    "pages slab": Meaning("slab", "The kernel's own caches of objects.", "pages"),
    "pages pagetables": Meaning("page tables", "Memory that describes address spaces.", "pages"),
}

WORDINGS: Mapping[str, About] = {
    "linux.mem_info": About(
        text="The machine's memory at that moment follows.",
        shapes=(
            shape(r"UB-(?P<ub>\d{1,10})-Mem-Info", "The memory of one OpenVZ container follows, not of the machine."),
        ),
    ),
    "linux.per_cpu": About(
        text="Free pages kept aside for one processor and zone (until 4.0). Rarely of use.",
        names={
            "stock_high": Meaning("high", "Above it pages are given back to the zone.", "pages"),
            "batch": Meaning("batch", "How many pages are moved at once.", "pages"),
            "used": Meaning("used", "Pages kept aside now.", "pages"),
        },
        shapes=(
            shape(r"hi: {0,8}(?P<stock_high>\d{1,9}), btch: {0,8}(?P<batch>\d{1,9}) usd: {0,8}(?P<used>\d{1,9})"),
            shape(r"high (?P<stock_high>\d{1,9}), batch (?P<batch>\d{1,9})(?: used:(?P<used>\d{1,9}))?"),
        ),
    ),
    "linux.pages": About(
        text="Counters of the whole machine, in pages (mostly 4 KiB; a buddy line's first block tells).",
        keys=_keys(
            "pages",
            "active inactive active_anon inactive_anon active_file inactive_file isolated_anon isolated_file "
            "unevictable dirty writeback unstable slab slab_reclaimable slab_unreclaimable mapped mapped-file "
            "mapped-anon shmem pagetables sec_pagetables bounce free free_pcp free_cma",
        ),
    ),
    "linux.pages_single": About(
        text="One more counter of the whole machine, in pages.",
        keys=_keys("pages", "free_cma kernel_misc_reclaimable"),
    ),
    "linux.free_pages": About(
        text="Free memory of the machine, and how much of it is high memory (until 2.6.18).",
        names={
            "size": Meaning("free", "All free memory of the machine.", "bytes"),
            "high": Meaning("free high memory", "Of it, what a 32-bit kernel reaches only in part.", "kB"),
        },
        shapes=(shape(r"\( {0,16}(?P<high>\d{1,25})kB HighMem\)"),),
    ),
    "linux.node": About(
        text="One memory node (NUMA): what its pages are used for (4.8 and later).",
        keys=_keys(
            "bytes",
            "active_anon inactive_anon active_file inactive_file unevictable isolated(anon) isolated(file) mapped "
            "dirty writeback shmem shmem_thp shmem_pmdmapped anon_thp writeback_tmp unstable pages_scanned "
            "kernel_stack pagetables sec_pagetables Balloon gpu_active gpu_reclaim",
        ),
    ),
    "linux.zone": About(
        text="One zone: its free memory, its marks (min, low, high) and what it holds. Free at or below min: it is "
        "empty.",
        keys=_keys(
            "bytes",
            "free freepages boost min low high reserved_highatomic free_highatomic active inactive active_anon "
            "inactive_anon active_file inactive_file unevictable isolated(anon) isolated(file) writepending present "
            "managed mlocked dirty writeback mapped shmem slab_reclaimable slab_unreclaimable kernel_stack pagetables "
            "unstable bounce writeback_tmp free_pcp local_pcp free_cma zspages pages_scanned",
        ),
    ),
    "linux.lowmem_reserve": About(
        text="How much of the zone above is kept from requests that could use a higher zone.",
        names={
            "numbers": Meaning(
                "kept back",
                "One number for each higher zone: added to min for requests that prefer that zone.",
                "pages",
            )
        },
    ),
    "linux.buddy": About(
        text="Free memory of a zone by the size of its blocks. No block of the size asked for: memory is in pieces, "
        "though some is free.",
        names={
            "blocks": Meaning(
                "free blocks",
                "Count * size of one block; the first is the page. Letters: U unmovable, E reclaimable, M movable, H "
                "urgent, C CMA.",
            ),
            "free": Meaning("free", "Sum of the blocks.", "bytes"),
        },
    ),
    "linux.huge_pages": About(
        text="Huge pages of one memory node. Reserved ones are of no use to anybody else, free or not.",
        names={
            "total": Meaning("total", "Huge pages set aside. Times their size: memory that others cannot have."),
            "free": Meaning("free", "Of them, those that nobody uses: wasted while memory is short."),
            "surplus": Meaning("surplus", "Huge pages above the number set aside."),
            "size": Meaning("size", "Size of one huge page.", "bytes"),
        },
    ),
    "linux.totals": About(
        text="A total of the machine, in pages.",
        names={"count": Meaning("pages", "How many pages; the words after it say of what.", "pages")},
        keys=_TOTALS,
        keyed="what",
        counted="count",
    ),
    "linux.swap": About(
        text="Swap of the machine. Total 0: there is none, so programs' memory cannot be moved out. Free 0: it is "
        "full.",
        names={"size": Meaning("swap", "Size of what the words before it say.", "bytes")},
        keys={
            "Free swap": Meaning("free swap", "Swap that is not in use.", "bytes"),
            "Total swap": Meaning("swap", "All swap of the machine.", "bytes"),
        },
        keyed="what",
        counted="size",
    ),
    "linux.swap_cache": About(
        text="How often pages went into the swap cache, left it and were found there, since boot: counts, no sizes.",
        names={
            "added": Meaning("added", "Pages put into the swap cache since boot."),
            "deleted": Meaning("deleted", "Pages taken out of it since boot."),
            "hits": Meaning("found", "Searches in it that found a page; the number after it is all searches."),
        },
        shapes=(shape(r"add (?P<added>\d{1,25}), delete (?P<deleted>\d{1,25}), find (?P<hits>\d{1,25})/"),),
    ),
}
