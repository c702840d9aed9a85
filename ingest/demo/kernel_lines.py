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
    else:
        lines += ["Mem-Info:", "Node 0 DMA: 1*4kB (U) 0*8kB 1*16kB (U) 0*32kB 2*64kB (U) = 148kB"]
    return lines


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
