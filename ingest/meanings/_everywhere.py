"""Names that mean the same in whichever line they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.meanings._types import Meaning

if TYPE_CHECKING:
    from collections.abc import Mapping

EVERYWHERE: Mapping[str, Meaning] = {
    "pid": Meaning("process id", "The victim's process id as the host counts; inside a container it has another."),
    "name": Meaning(
        "process name",
        "The victim's name: at most 15 bytes, chosen by the process itself, so it can repeat and can deceive.",
    ),
    "uid": Meaning("user id", "The user that the victim ran as, as the host numbers users."),
    "score_adj": Meaning(
        "oom_score_adj",
        "The victim's setting, -1000 (never kill) to 1000 (kill first): each point counts as 0.1 % of the memory.",
    ),
    "message": Meaning(
        "what ran out", "Out of memory: the machine. Memory cgroup out of memory: a limit. In UB: an OpenVZ container."
    ),
    "total_vm": Meaning(
        "virtual size", "Addresses that the victim had mapped, used or not. Never a measure of guilt.", "bytes"
    ),
    "anon_rss": Meaning(
        "anonymous memory", "Its own memory (heap, stacks) that was in RAM: mostly the number that counts.", "bytes"
    ),
    "file_rss": Meaning(
        "file pages", "Pages of mapped files (programs, libraries, data) that were in RAM; mostly reclaimable.", "bytes"
    ),
    "shmem_rss": Meaning(
        "shared memory", "Its pages of tmpfs, System V and POSIX shared memory; they may outlive the process.", "bytes"
    ),
    "rss": Meaning("resident memory", "What the victim held in RAM.", "bytes"),
    "swap": Meaning("swapped out", "What the victim had in swap.", "bytes"),
    "page_tables": Meaning("page tables", "Kernel memory that describes the victim's address space.", "bytes"),
    "signal": Meaning("signal", "SIGTERM (15) asks a process to end, SIGKILL (9) does not ask."),
    "seconds": Meaning("seconds", "Time since the signal was sent.", "seconds"),
    "reason": Meaning("reason", "Why, in the killer's own words."),
    "path": Meaning("cgroup", "The cgroup that the line is about. The whole group was killed where a killer says so."),
    "monitored": Meaning("watched cgroup", "The ancestor whose memory pressure was too high."),
    "avg10": Meaning(
        "pressure of 10 s", "Share of the last 10 seconds in which tasks stood still for memory (PSI).", "percent"
    ),
    "share": Meaning("limit", "The share of memory or swap in use above which it kills.", "percent"),
    "ve": Meaning("container", "Number or name of the OpenVZ or Virtuozzo container; 0 is the node itself."),
    "ub": Meaning("container", "Number of the OpenVZ container (user beancounter); -1 is the whole node."),
    "mask": Meaning(
        "allocation flags", "How memory was asked for, as bits. Their numbers change with the kernel: read the names."
    ),
    "flags": Meaning(
        "allocation flags by name",
        "How memory was asked for. GFP_HIGHUSER_MOVABLE: for a program; GFP_KERNEL: for the kernel itself.",
    ),
    "order": Meaning(
        "order", "2^order pages in a row were asked for: 0 is one page. -1: somebody asked for a kill by SysRq."
    ),
    "adj_legacy": Meaning(
        "oom_adj", "Setting of the task that asked, -17 (never kill) to 15; says nothing of the victim."
    ),
    "nodemask": Meaning("memory nodes", "NUMA nodes that the request was bound to; (null) is no binding."),
    "cpuset": Meaning("cpuset", "Cpuset of the task that asked: only the last part of its path."),
    "mems": Meaning("allowed memory nodes", "NUMA nodes that this cpuset may use."),
    "task_path": Meaning("victim's cgroup", "The cgroup that the victim was in."),
    "limit_path": Meaning("cgroup at its limit", "The cgroup whose limit was hit: the victim's own, or one above it."),
    "node": Meaning("memory node", "Number of the NUMA node."),
    "zone": Meaning(
        "zone", "Range of memory: DMA and DMA32 for old devices, Normal for most, HighMem only on 32 bits, Movable."
    ),
    "unreclaimable": Meaning("all_unreclaimable", "yes: the kernel has given up looking for pages to reclaim here."),
    "what": Meaning("counter", "Which of the machine's counters it is."),
}
