"""The cgroup at its limit: whose limit, its counters, its memory.stat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.meanings._types import About, Meaning, shape

if TYPE_CHECKING:
    from collections.abc import Mapping

STAT: Mapping[str, Meaning] = {
    "anon": Meaning("anonymous", "Memory of programs: heap, stacks. Near the limit: the programs outgrew it.", "bytes"),
    "file": Meaning("page cache", "Cached file data, shared memory and tmpfs included.", "bytes"),
    "kernel": Meaning("kernel memory", "All kernel memory that is counted for the cgroup.", "bytes"),
    "kernel_stack": Meaning("kernel stacks", "One for each thread of the cgroup.", "bytes"),
    "pagetables": Meaning("page tables", "Memory that describes address spaces.", "bytes"),
    "sec_pagetables": Meaning("secondary page tables", "Page tables for guests of KVM and for devices.", "bytes"),
    "percpu": Meaning("per-CPU memory", "Kernel data kept once for each processor.", "bytes"),
    "sock": Meaning("network buffers", "Memory in sockets.", "bytes"),
    "vmalloc": Meaning("vmalloc", "Large areas of the kernel.", "bytes"),
    "shmem": Meaning("shared memory", "tmpfs and shared memory: it stays when its writer is killed.", "bytes"),
    "zswap": Meaning("compressed swap", "RAM that holds compressed pages.", "bytes"),
    "zswapped": Meaning("swapped to RAM", "Pages that are held compressed in RAM, at their full size.", "bytes"),
    "file_mapped": Meaning("mapped files", "Cached file data that programs have mapped.", "bytes"),
    "file_dirty": Meaning("dirty", "Cached file data not yet being written.", "bytes"),
    "file_writeback": Meaning("being written", "Cached file data that is being written.", "bytes"),
    "swapcached": Meaning("swap cache", "Pages that are in swap and in RAM at once.", "bytes"),
    "anon_thp": Meaning("huge anonymous", "Memory of programs in huge pages.", "bytes"),
    "file_thp": Meaning("huge page cache", "Cached file data in huge pages.", "bytes"),
    "shmem_thp": Meaning("huge shared memory", "Shared memory in huge pages.", "bytes"),
    "inactive_anon": Meaning(
        "inactive anonymous", "Programs' memory and shared memory, not used for a while.", "bytes"
    ),
    "active_anon": Meaning("active anonymous", "Programs' memory and shared memory, used lately.", "bytes"),
    "inactive_file": Meaning(
        "inactive page cache", "Cached file data not used for a while: the first to be dropped.", "bytes"
    ),
    "active_file": Meaning("active page cache", "Cached file data used lately.", "bytes"),
    "unevictable": Meaning("unevictable", "Memory that cannot be reclaimed, such as locked memory.", "bytes"),
    "slab": Meaning("slab", "Kernel caches counted for the cgroup.", "bytes"),
    "slab_reclaimable": Meaning("reclaimable slab", "Kernel caches that can be dropped.", "bytes"),
    "slab_unreclaimable": Meaning("unreclaimable slab", "Kernel caches that cannot be dropped.", "bytes"),
    "hugetlb": Meaning("huge pages", "Reserved huge pages in use, where they are counted.", "bytes"),
    "cache": Meaning("page cache (v1)", "Cached file data, shared memory and tmpfs included.", "bytes"),
    "rss": Meaning("anonymous (v1)", "Memory of programs: heap, stacks. Not the resident size that ps shows.", "bytes"),
    "rss_huge": Meaning("huge anonymous (v1)", "Memory of programs in huge pages.", "bytes"),
    "mapped_file": Meaning("mapped files (v1)", "Cached file data that programs have mapped.", "bytes"),
    "swap": Meaning("swap (v1)", "What the cgroup has in swap.", "bytes"),
    "dirty": Meaning("dirty (v1)", "Cached file data not yet being written.", "bytes"),
    "writeback": Meaning("being written (v1)", "Cached file data that is being written.", "bytes"),
    "hierarchical_memory_limit": Meaning("limit (v1)", "The lowest limit of the cgroup and those above it.", "bytes"),
    "hierarchical_memsw_limit": Meaning("limit with swap (v1)", "The same for memory and swap together.", "bytes"),
    "workingset_*": Meaning(
        "cache that came back", "Count: pages read again soon after they were dropped. High: thrashing."
    ),
    "pg*": Meaning("pages, counted", "Count since the cgroup was made: pages read, faulted, scanned, stolen, moved."),
    "psw*": Meaning("swapped, counted", "Count since the cgroup was made: pages swapped in or out."),
    "swp*": Meaning("swapped, counted", "Count since the cgroup was made: pages of zeroes that needed no swap."),
    "zsw*": Meaning(
        "compressed swap, counted", "Count since the cgroup was made: pages that went in, out, or on to disk."
    ),
    "thp_*": Meaning("huge pages, counted", "Count since the cgroup was made: huge pages made, split, swapped."),
    "numa_*": Meaning("memory nodes, counted", "Count since the cgroup was made: pages moved between memory nodes."),
}
"""Keys of memory.stat. ``total_`` before a v1 key means: with all cgroups below."""

WORDINGS: Mapping[str, About] = {
    "linux.task_in": About(
        text="A cgroup hit its limit. First path: the victim's cgroup; second: the one whose limit was hit, often a "
        "parent."
    ),
    "linux.task_in_first": About(text="First part of a torn line: the victim's cgroup (3.15 to 3.17)."),
    "linux.task_in_second": About(text="Second part of a torn line: the cgroup whose limit was hit (3.15 to 3.17)."),
    "linux.limit_reached": About(text="A cgroup hit its limit, and no victim is named."),
    "linux.memcg_counter": About(
        text="A counter of the cgroup at its limit. Usage equal to limit says which one ran out.",
        names={
            "usage": Meaning("usage", "In use by the cgroup and all below it.", "kB"),
            "limit": Meaning("limit", "Above 9,000,000,000,000,000 kB: no limit is set.", "kB"),
            "failcnt": Meaning("failures", "How often the limit was hit so far; newest kernels: events of max."),
        },
        keys={
            "memory": Meaning("memory", "Programs' memory, page cache and what is counted of the kernel."),
            "memory+swap": Meaning("memory and swap", "Both together (cgroup v1)."),
            "swap": Meaning("swap", "Swap alone (cgroup v2)."),
            "kmem": Meaning("kernel memory", "Kernel memory alone (cgroup v1)."),
        },
        keyed="counter",
    ),
    "linux.memcg_stats": About(
        text="What the cgroup's memory consists of (memory.stat), on this line or on those that follow. Up to 5.2 each "
        "cgroup below has a line too.",
        names={"path": Meaning("cgroup", "The cgroup that the numbers are of.")},
        keys=STAT,
    ),
    "linux.memcg_stat": About(
        text="One line of memory.stat of the cgroup at its limit: bytes, or a count of events.",
        names={
            "name": Meaning("key", "A key of memory.stat."),
            "value": Meaning("value", "Bytes, or a count of events, as the key says."),
        },
        keys=STAT,
        keyed="name",
        counted="value",
    ),
    "linux.group": About(
        text="All processes of this cgroup are killed, one kill line each: memory.oom.group is set. That is one event.",
    ),
    "linux.protection": About(
        text="How much of the cgroup's memory is protected from reclaim (memory.min, memory.low).",
        names={
            "protected_min": Meaning("min", "Never reclaimed.", "kB"),
            "protected_low": Meaning("low", "Reclaimed only if nothing else is left.", "kB"),
        },
        shapes=(
            shape(r"min protection (?P<protected_min>\d{1,25})kB -- low protection (?P<protected_low>\d{1,25})kB"),
        ),
    ),
}
