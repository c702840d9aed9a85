"""The catalogue of verdict codes, doubts and advice: what each means to a person. The one home of these texts.

``docs/verdicts.md`` is generated from here. Codes never change their meaning; new ones may come.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from ingest.model import Code, Doubt


class Question(StrEnum):
    """Which question a code answers."""

    EXHAUSTED = "What ran out?"
    FILLED = "What filled it?"
    VICTIM = "Why this victim?"
    EVIDENCE = "What can the record not say?"
    EPISODE = "What do the reports say together?"


class Advice(StrEnum):
    """What to do next. Texts in ``ADVICE``."""

    RAISE_OR_FIT_LIMIT = "raise_or_fit_limit"
    FIND_LEAK = "find_leak"
    BOUND_WORKERS = "bound_workers"
    EMPTY_TMPFS = "empty_tmpfs"
    CHECK_WRITEBACK = "check_writeback"
    CHECK_KERNEL_CACHES = "check_kernel_caches"
    USE_HUGE_PAGES_FOR_SHARED_MEMORY = "use_huge_pages_for_shared_memory"
    FREE_HUGE_PAGES = "free_huge_pages"
    CHECK_DRIVERS = "check_drivers"
    ADD_SWAP = "add_swap"
    ALLOW_SWAP = "allow_swap"
    SIZE_SWAP = "size_swap"
    CHECK_NEIGHBOURS = "check_neighbours"
    CHECK_BINDING = "check_binding"
    MOVE_TO_64_BITS = "move_to_64_bits"
    AVOID_HIGH_ORDER = "avoid_high_order"
    CHOOSE_BY_SCORE = "choose_by_score"
    LOWER_PROTECTION = "lower_protection"
    CHECK_PANIC = "check_panic"
    CHECK_STUCK_IO = "check_stuck_io"
    ADD_MEMORY_OR_MOVE_LOAD = "add_memory_or_move_load"
    STOP_RESTARTS = "stop_restarts"
    KEEP_INFO_LINES = "keep_info_lines"
    CHECK_SHIPPING = "check_shipping"
    TUNE_DAEMON = "tune_daemon"
    CHECK_CONTAINER_LIMIT = "check_container_limit"


class Verdict(Struct, frozen=True):
    """One code for people: which question it answers, a title, what it means, and what to do next."""

    question: Question
    title: str
    text: str
    advice: tuple[Advice, ...] = ()


_OUT, _FILLED, _VICTIM = Question.EXHAUSTED, Question.FILLED, Question.VICTIM
_EVIDENCE, _EPISODE = Question.EVIDENCE, Question.EPISODE

VERDICTS: dict[Code, Verdict] = {
    Code.CGROUP_LIMIT: Verdict(
        _OUT,
        "a cgroup reached its memory limit",
        "The cgroup used all that its own limit allows. The machine may have had plenty of memory.",
        (Advice.RAISE_OR_FIT_LIMIT,),
    ),
    Code.CGROUP_SWAP_LIMIT: Verdict(
        _OUT,
        "a cgroup reached its limit of memory and swap",
        "Memory and swap together reached the limit (memory.memsw), memory alone did not.",
        (Advice.RAISE_OR_FIT_LIMIT,),
    ),
    Code.CONTAINER_LIMIT: Verdict(
        _OUT,
        "a container reached its limit",
        "The OpenVZ or Virtuozzo container used all that it was given. The node itself was not out of memory.",
        (Advice.CHECK_CONTAINER_LIMIT,),
    ),
    Code.MACHINE_MEMORY: Verdict(
        _OUT,
        "the whole machine ran out of memory",
        "No zone that the allocation could use had a page left above its reserve, and reclaim found nothing more.",
        (Advice.ADD_MEMORY_OR_MOVE_LOAD,),
    ),
    Code.MEMORY_NODE: Verdict(
        _OUT,
        "a memory node ran out",
        "The memory nodes that the allocation was bound to were empty, while others had memory.",
        (Advice.CHECK_BINDING,),
    ),
    Code.CPUSET_NODES: Verdict(
        _OUT,
        "the memory nodes of a cpuset ran out",
        "The task may use the memory of its cpuset only, and that was gone.",
        (Advice.CHECK_BINDING,),
    ),
    Code.LOW_ZONE: Verdict(
        _OUT,
        "a low memory zone ran out",
        "Kernel memory must come from a low zone (Normal on 32 bits, DMA or DMA32 for some devices). It was empty, "
        "though higher zones were not.",
        (Advice.MOVE_TO_64_BITS,),
    ),
    Code.FRAGMENTATION: Verdict(
        _OUT,
        "memory was free, but in pieces too small",
        "The allocation asked for several adjoining pages. Enough pages were free, none of them side by side.",
        (Advice.AVOID_HIGH_ORDER,),
    ),
    Code.PRESSURE: Verdict(
        _OUT,
        "memory pressure crossed a daemon's limit",
        "A userspace killer acted because tasks waited for memory too long, before the kernel had to.",
        (Advice.TUNE_DAEMON,),
    ),
    Code.THRESHOLD: Verdict(
        _OUT,
        "available memory fell below a killer's own threshold",
        "A daemon, or a driver on Android, killed at its own threshold of free memory, swap or page cache, before the "
        "kernel's OOM killer had to.",
        (Advice.TUNE_DAEMON,),
    ),
    Code.SWAP_SPACE: Verdict(
        _OUT, "swap space ran out", "Neither memory nor swap could take another page.", (Advice.SIZE_SWAP,)
    ),
    Code.REQUESTED: Verdict(_OUT, "somebody asked for a kill", "SysRq-f was pressed or written: nothing ran out."),
    Code.UNKNOWN: Verdict(_OUT, "the record does not say what ran out", "The lines that would say it are missing."),
    Code.SINGLE_PROCESS: Verdict(
        _FILLED,
        "one process held most",
        "One process held at least half of what all processes held together.",
        (Advice.FIND_LEAK,),
    ),
    Code.PROCESS_GROUP: Verdict(
        _FILLED,
        "many processes of one name held most",
        "No single process is large; together those of one name hold at least half of what all processes held.",
        (Advice.BOUND_WORKERS,),
    ),
    Code.PAGE_CACHE: Verdict(
        _FILLED,
        "file pages are a large part",
        "The page cache held much and could not be written back or dropped fast enough.",
        (Advice.CHECK_WRITEBACK,),
    ),
    Code.SHARED_MEMORY: Verdict(
        _FILLED,
        "shared memory or tmpfs is a large part",
        "Shared memory, /dev/shm and files in tmpfs count as memory. Killing a process does not free tmpfs files.",
        (Advice.EMPTY_TMPFS,),
    ),
    Code.KERNEL_MEMORY: Verdict(
        _FILLED,
        "kernel memory is a large part",
        "The kernel holds memory for the cgroup (dentries, inodes, sockets, stacks, page tables) or of threads.",
        (Advice.CHECK_KERNEL_CACHES,),
    ),
    Code.SLAB: Verdict(
        _FILLED,
        "unreclaimable kernel memory is a large part",
        "Slab that cannot be reclaimed holds much of the RAM: often a leak in the kernel or a driver.",
        (Advice.CHECK_KERNEL_CACHES,),
    ),
    Code.PAGE_TABLES: Verdict(
        _FILLED,
        "page tables are a large part",
        "Many processes map much memory: each mapping costs page tables, also where the memory is shared.",
        (Advice.USE_HUGE_PAGES_FOR_SHARED_MEMORY,),
    ),
    Code.HUGE_PAGES: Verdict(
        _FILLED,
        "huge pages are a large part",
        "Memory set aside as huge pages cannot be used for anything else, whether they are in use or free.",
        (Advice.FREE_HUGE_PAGES,),
    ),
    Code.UNACCOUNTED: Verdict(
        _FILLED,
        "much memory is in none of the counters",
        "Drivers, a balloon, graphics or network buffers hold RAM that the kernel's report does not name.",
        (Advice.CHECK_DRIVERS,),
    ),
    Code.SWAP_FULL: Verdict(
        _FILLED, "swap was full", "There was swap, and (nearly) all of it was in use.", (Advice.SIZE_SWAP,)
    ),
    Code.NO_SWAP: Verdict(
        _FILLED,
        "there was no swap",
        "Without swap, memory of processes cannot be moved out: only files can be dropped.",
        (Advice.ADD_SWAP,),
    ),
    Code.NO_SWAP_ALLOWED: Verdict(
        _FILLED,
        "the cgroup was allowed no swap",
        "Its own limit allows it no swap, whatever the machine has, so memory of its processes cannot be moved out.",
        (Advice.ALLOW_SWAP,),
    ),
    Code.PARENT_LIMIT: Verdict(
        _VICTIM,
        "the limit of a parent cgroup was hit",
        "The limit belongs to a cgroup above the victim's: what its neighbours use counts as well.",
        (Advice.CHECK_NEIGHBOURS,),
    ),
    Code.VICTIM_LARGEST: Verdict(
        _VICTIM,
        "the victim had the highest OOM score",
        "No process that may be killed counted more by the kernel's own score.",
    ),
    Code.VICTIM_NOT_LARGEST: Verdict(
        _VICTIM,
        "another process had a higher OOM score",
        "A child was sacrificed, or the table is older than the choice.",
    ),
    Code.CHOSEN_PASSED_OVER: Verdict(
        _VICTIM,
        "the victim died in place of the process that was chosen",
        "Up to 5.0 a child of the chosen process dies first, so that what the chosen one holds does not come back.",
    ),
    Code.ALLOCATING_TASK: Verdict(
        _VICTIM,
        "whoever asked for memory was killed, as vm.oom_kill_allocating_task has it",
        "The process whose request failed died, or a child of it; how much it held did not matter.",
        (Advice.CHOOSE_BY_SCORE,),
    ),
    Code.PROTECTED_TASKS: Verdict(
        _VICTIM,
        "a larger process was protected",
        "Its oom_score_adj keeps it from being killed, so somebody smaller died in its place.",
        (Advice.LOWER_PROTECTION,),
    ),
    Code.PREFERRED_VICTIM: Verdict(
        _VICTIM,
        "the victim was preferred by its oom_score_adj",
        "Its adjustment, not its size, made it the victim. Kubernetes sets such values by QoS class.",
    ),
    Code.GROUP_KILL: Verdict(
        _VICTIM, "a whole group was killed on purpose", "All processes of the cgroup die together (memory.oom.group)."
    ),
    Code.NO_KILLABLE: Verdict(
        _VICTIM,
        "nobody could be killed",
        "No process was left that may be killed, so nothing was freed.",
        (Advice.LOWER_PROTECTION,),
    ),
    Code.PANIC: Verdict(
        _VICTIM,
        "the kernel panicked",
        "Where vm.panic_on_oom is set, the kernel panics in place of a kill; else it does where no process is left "
        "that may be killed. All that ran on the host ended.",
        (Advice.CHECK_PANIC,),
    ),
    Code.VICTIM_STUCK: Verdict(
        _VICTIM,
        "the victim did not go",
        "Its memory was not given back: it hangs in the kernel, mostly in input and output.",
        (Advice.CHECK_STUCK_IO,),
    ),
    Code.NO_PROCESS_TABLE: Verdict(
        _EVIDENCE,
        "no process table in this record",
        "Who else held memory cannot be known. Where the kernel killed, the source drops severities above err, the "
        "table is switched off (vm.oom_dump_tasks) or unknown to it (before 2.6.25), or it is missing with the head.",
        (Advice.KEEP_INFO_LINES,),
    ),
    Code.TABLE_HEADING_MISSING: Verdict(
        _EVIDENCE,
        "the heading of the process table is missing",
        "Rows are read as far as their numbers tell what they are. Others may be missing with the heading.",
        (Advice.CHECK_SHIPPING,),
    ),
    Code.TABLE_ROWS_MISSING: Verdict(
        _EVIDENCE,
        "the process table has a heading and no row that can be read",
        "Who else held memory cannot be known: lines were lost, or there was no process to list.",
        (Advice.CHECK_SHIPPING,),
    ),
    Code.HEAD_MISSING: Verdict(
        _EVIDENCE,
        "the head is missing",
        "Who asked and for what cannot be known: this is the end of a longer log, lines were lost, or the kernel "
        "limits the rate of reports.",
        (Advice.CHECK_SHIPPING,),
    ),
    Code.TAIL_MISSING: Verdict(
        _EVIDENCE,
        "the end is missing",
        "What came of it cannot be known: lines were lost, or the machine went down.",
        (Advice.CHECK_SHIPPING,),
    ),
    Code.MIXED_UP: Verdict(
        _EVIDENCE,
        "lines of two reports could not be told apart",
        "Two reports ran side by side. Only what names a victim is trusted.",
    ),
    Code.LINES_SUPPRESSED: Verdict(
        _EVIDENCE,
        "the log says that lines or reports were suppressed",
        "The kernel printed more than its rate limit allows.",
    ),
    Code.RESTART_LOOP: Verdict(
        _EPISODE,
        "the same workload was killed again and again",
        "It was started anew after each kill and ran into the same limit.",
        (Advice.STOP_RESTARTS,),
    ),
    Code.STORM: Verdict(
        _EPISODE,
        "many kills in a short time",
        "A limit that is far too low, or a load that no single kill relieves.",
        (Advice.ADD_MEMORY_OR_MOVE_LOAD,),
    ),
}

DOUBTS: dict[Doubt, str] = {
    Doubt.NODE_WIDE_COUNTER: "`free` counts pages of the whole node, not of the container",
    Doubt.OTHER_CONTAINERS: "other containers allocate and free between two lines",
    Doubt.DEFERRED_FREES: "pages on per-CPU lists and deferred frees come back with a later line",
    Doubt.FIRST_RETURN_UNKNOWN: "what the first victim gave back cannot be known: no `free` stands before it",
    Doubt.NO_PROCESS_TABLE: "no process table can be read",
    Doubt.VICTIM_IS_ALL_THAT_IS_NAMED: "only the victim is named, others may have held more",
    Doubt.SMALL_SHARE: "it held only a small share",
    Doubt.SHARED_PAGES: "shared pages count for every process that maps them",
    Doubt.TABLE_CUT: "lines were suppressed or lost, so the table may be incomplete",
    Doubt.HOLDER_NOT_NAMED: "which part of the kernel holds it is not told",
    Doubt.MIXED_UP: "lines of two reports could not be told apart",
}

ADVICE: dict[Advice, str] = {
    Advice.RAISE_OR_FIT_LIMIT: "Compare the limit with what the workload needs: raise it, or need less.",
    Advice.FIND_LEAK: "See whether this process grows from report to report. If it does, look for the leak; if not, it "
    "needs this much.",
    Advice.BOUND_WORKERS: "Bound the number of workers (pool size, MaxRequestWorkers, max_children) so that all fit.",
    Advice.EMPTY_TMPFS: "Look at `df -h -t tmpfs` and `ipcs -m`: delete files or segments, or set size=.",
    Advice.CHECK_WRITEBACK: "Look for slow storage and for writers that outrun it; bound dirty memory "
    "(vm.dirty_bytes, memory.high).",
    Advice.CHECK_KERNEL_CACHES: "Look at `slabtop -sc` and /proc/meminfo over time, and at known leaks of this kernel.",
    Advice.USE_HUGE_PAGES_FOR_SHARED_MEMORY: "Map large shared segments by huge pages, or in fewer processes.",
    Advice.FREE_HUGE_PAGES: "Reserve no more huge pages than are used (vm.nr_hugepages); where all are, see whether "
    "those who use them need so much.",
    Advice.CHECK_DRIVERS: "Look at the balloon of the hypervisor, graphics and network drivers; from 6.10 on at "
    "/proc/allocinfo.",
    Advice.ADD_SWAP: "A little swap (or zram) gives the kernel time and room for idle memory.",
    Advice.ALLOW_SWAP: "Where the machine has swap, let the cgroup have some (memory.swap.max; memory.memsw of v1): "
    "it gives room for idle memory.",
    Advice.SIZE_SWAP: "Swap ran full: more of it only delays this; find who filled it.",
    Advice.CHECK_NEIGHBOURS: "Look at all cgroups below the limit, not at the victim's alone.",
    Advice.CHECK_BINDING: "Look at numactl, cpuset.mems and memory policies: allow more nodes or spread the load.",
    Advice.MOVE_TO_64_BITS: "Use a 64-bit kernel; until then reduce kernel memory (fewer mappings, sockets, caches).",
    Advice.AVOID_HIGH_ORDER: "Find who asks for large blocks (the trigger's stack), raise vm.min_free_kbytes, compact "
    "memory.",
    Advice.CHOOSE_BY_SCORE: "With vm.oom_kill_allocating_task=0 the kernel kills who holds most, not who asks.",
    Advice.LOWER_PROTECTION: "Protect less: an oom_score_adj of -1000 on the largest process makes others die for it.",
    Advice.CHECK_PANIC: "Decide whether this host is to panic: with vm.panic_on_oom=0 it kills a process where it can. "
    "kernel.panic brings it back by itself, kdump keeps what held the memory.",
    Advice.CHECK_STUCK_IO: "Look for tasks in state D (`echo w > /proc/sysrq-trigger`), NFS and failing disks.",
    Advice.ADD_MEMORY_OR_MOVE_LOAD: "Find what held the memory first; if all is needed, add memory or move load.",
    Advice.STOP_RESTARTS: "Fix the limit or the workload before it is started again; bound restarts "
    "(StartLimitBurst, CrashLoopBackOff).",
    Advice.KEEP_INFO_LINES: "Ship kernel lines down to severity info, and set vm.oom_dump_tasks=1.",
    Advice.CHECK_SHIPPING: "Look for the missing lines in the log of the host itself (`journalctl -k`). If they are "
    "not there either, a rate limit or the kernel's buffer took them, else something on the way.",
    Advice.TUNE_DAEMON: "If the kill came too early, let the daemon wait longer: a lower minimum of free memory, a "
    "higher limit of pressure or use. If it hit the wrong one, set its preferences.",
    Advice.CHECK_CONTAINER_LIMIT: "Compare the container's limits (/proc/user_beancounters, SLM) with what runs in it.",
}


_OF_THE_KERNEL = frozenset({Advice.KEEP_INFO_LINES, Advice.CHECK_SHIPPING})
"""What is missing in a record of the kernel may be had; other killers print no more than they do."""


_REPEAT = frozenset({"containerd", "kubelet", "node-problem-detector", "systemd"})
"""Families that only repeat what a killer did."""


def meaning(code: Code, family: str) -> str:
    """What a code means in a report of a family: only the kernel's process table can be switched off or get lost."""
    if code is not Code.NO_PROCESS_TABLE or family == "linux":
        return VERDICTS[code].text
    unknown = "Who else held memory cannot be known"
    if family in _REPEAT:
        return f"{unknown}: only the killer's own lines could tell, and they are not in this log."
    return f"{unknown}: the lines of this killer do not tell."


def advice(codes: tuple[Code, ...], family: str) -> tuple[Advice, ...]:
    """What to do next after a report of a family, in the order of the codes, each once."""
    every = dict.fromkeys(each for code in codes for each in VERDICTS[code].advice)
    return tuple(each for each in every if family == "linux" or each not in _OF_THE_KERNEL)
