"""Lines that a Linux 5.15 kernel would print for an OOM kill, made from its format strings (mm/oom_kill.c).

These lines are made, not recorded: the demo and the tests need reports whose truth is known.
"""

from __future__ import annotations

from msgspec import Struct

_HEADING = "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name"


class Process(Struct, frozen=True, kw_only=True):
    """A process at the moment of the kill. Memory in pages of 4 KiB, page tables in bytes."""

    pid: int
    name: str
    uid: int = 0
    total_vm: int
    anon: int
    file: int = 300
    page_tables: int = 491_520
    score_adj: int = 0


class Kill(Struct, frozen=True, kw_only=True):
    """One invocation of the killer: the trigger asks, the victim dies.

    ``limit_path`` and ``limit_kb`` are set for a memory cgroup at its limit, unset where the whole machine ran out.
    """

    trigger: str
    victim: Process
    others: tuple[Process, ...] = ()
    task_path: str
    limit_path: str | None = None
    limit_kb: int = 0
    ram: int = 4_194_304
    """Pages of the machine; told where the machine ran out."""
    kernel: str = "5.15.0-91-generic #101-Ubuntu"


def report(kill: Kill, uptime: float) -> list[str]:
    """The kernel's lines with their ``[uptime]``, from header to reaper."""
    texts = [*_head(kill), *_table(kill), _summary(kill), _killed(kill)]
    lines = [f"[{uptime + 0.0001 * at:12.6f}] {text}" for at, text in enumerate(texts)]
    reaped = f"oom_reaper: reaped process {kill.victim.pid} ({kill.victim.name}), now {_kb(0, 0)}"
    return [*lines, f"[{uptime + 0.05:12.6f}] {reaped}"]


def _head(kill: Kill) -> list[str]:
    gfp = "0xcc0(GFP_KERNEL)" if kill.limit_path else "0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP)"
    lines = [
        f"{kill.trigger} invoked oom-killer: gfp_mask={gfp}, order=0, oom_score_adj=0",
        f"CPU: 1 PID: {kill.victim.pid + 7} Comm: {kill.trigger} Not tainted {kill.kernel}",
        "Call Trace:",
        " <TASK>",
        " dump_stack_lvl+0x4a/0x63",
        " oom_kill_process.cold+0xb/0x10",
        " </TASK>",
    ]
    if kill.limit_path:
        lines.append(f"memory: usage {kill.limit_kb}kB, limit {kill.limit_kb}kB, failcnt 41")
        lines.append("swap: usage 0kB, limit 9007199254740988kB, failcnt 0")
        lines += _memory_stat(kill)
    else:
        lines += _mem_info(kill)
    return lines


def _memory_stat(kill: Kill) -> list[str]:
    """memory.stat of the cgroup that is full: next to all of it is of its processes."""
    processes = (*kill.others, kill.victim)
    anon = 4_096 * sum(process.anon for process in processes)
    file = 4_096 * sum(process.file for process in processes)
    tables = sum(process.page_tables for process in processes)
    stat = {"anon": anon, "file": file, "kernel_stack": 393_216, "pagetables": tables, "sock": 12_288, "shmem": 0,
            "file_mapped": file // 2, "slab_reclaimable": 610_304, "slab_unreclaimable": 417_792}  # fmt: skip
    return [f"Memory cgroup stats for {kill.limit_path}:", *(f"{name} {value}" for name, value in stat.items())]


def _mem_info(kill: Kill) -> list[str]:
    """The machine's memory: nothing left but what the kernel keeps back for itself."""
    processes = (*kill.others, kill.victim)
    anon = sum(process.anon for process in processes)
    tables = sum(process.page_tables for process in processes) // 4_096
    return [
        "Mem-Info:",
        f"active_anon:{anon // 10} inactive_anon:{anon - anon // 10} isolated_anon:0",
        " active_file:412 inactive_file:687 isolated_file:0",
        " unevictable:4612 dirty:0 writeback:0",
        " slab_reclaimable:9118 slab_unreclaimable:21877",
        f" mapped:2011 shmem:4130 pagetables:{tables} bounce:0",
        " kernel_misc_reclaimable:0",
        " free:33914 free_pcp:118 free_cma:0",
        "Node 0 DMA: 1*4kB (U) 0*8kB 1*16kB (U) 0*32kB 2*64kB (U) = 148kB",
        "5230 total pagecache pages",
        "0 pages in swap cache",
        "Swap cache stats: add 0, delete 0, find 0/0",
        "Free swap  = 0kB",
        "Total swap = 0kB",
        f"{kill.ram} pages RAM",
        "0 pages HighMem/MovableOnly",
        f"{kill.ram // 48} pages reserved",
    ]


def _table(kill: Kill) -> list[str]:
    rows = [
        f"[{p.pid:7d}] {p.uid:5d} {p.pid:5d} {p.total_vm:8d} {p.anon + p.file:8d} {p.page_tables:8d} {0:8d}"
        f"         {p.score_adj:5d} {p.name}"
        for p in (*kill.others, kill.victim)
    ]
    return ["Tasks state (memory values in pages):", _HEADING, *rows]


def _summary(kill: Kill) -> str:
    whose = f"oom_memcg={kill.limit_path}" if kill.limit_path else "global_oom"
    constraint = "CONSTRAINT_MEMCG" if kill.limit_path else "CONSTRAINT_NONE"
    cpuset = kill.task_path.rsplit("/", 1)[-1] or "/"
    return (
        f"oom-kill:constraint={constraint},nodemask=(null),cpuset={cpuset},mems_allowed=0,{whose},"
        f"task_memcg={kill.task_path},task={kill.victim.name},pid={kill.victim.pid},uid={kill.victim.uid}"
    )


def _killed(kill: Kill) -> str:
    victim = kill.victim
    message = "Memory cgroup out of memory" if kill.limit_path else "Out of memory"
    return (
        f"{message}: Killed process {victim.pid} ({victim.name}) total-vm:{victim.total_vm * 4}kB, "
        f"{_kb(victim.anon, victim.file)}, UID:{victim.uid} pgtables:{victim.page_tables // 1024}kB "
        f"oom_score_adj:{victim.score_adj}"
    )


def _kb(anon: int, file: int) -> str:
    return f"anon-rss:{anon * 4}kB, file-rss:{file * 4}kB, shmem-rss:0kB"
