"""The Linux kernel's OOM killer, 2.4 to 7.x (mm/oom_kill.c), with the lines that vendors and OpenVZ changed.

Order of lines: header, stack, memcg counters or Mem-Info, process table, ``oom-kill:`` summary, kill line, reaper.

    go-oom-test invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=-997
    oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=c,mems_allowed=0,oom_memcg=/p,task_memcg=/p/c,task=x,pid=7,uid=0
    Memory cgroup out of memory: Killed process 7 (x) total-vm:3950264kB, anon-rss:204516kB, file-rss:1256kB, shmem-rss:0kB, UID:0 pgtables:488kB oom_score_adj:-997
    oom_reaper: reaped process 7 (x), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB

The trigger is whoever asked for memory; the victim stands in the summary, kill and reaper lines, any of which is enough.
Each file here reads one part of a report; ``report`` puts them together, ``progress`` says which line belongs.
"""  # noqa: E501  real lines are as long as they are

from __future__ import annotations

from ingest.formats._types import Format
from ingest.formats.linux import header, kernel_memory, kill, memcg, memory, notices, reaper, summary, tasks
from ingest.formats.linux.progress import LinuxProgress
from ingest.formats.linux.report import report

FORMAT = Format(
    name="linux",
    title="Linux kernel",
    versions="2.4 to 7.1; RHEL 5 to 9, SLES, Ubuntu, Android; OpenVZ and Virtuozzo kernels",
    tags=frozenset({"kernel"}),
    progress=LinuxProgress,
    add_rows=LinuxProgress.add_rows,
    report=report,
    head_ends_report=False,
    pause=10,
    # Shapes that fit nearly any line (a row, a frame, a name and a number) come last.
    wordings=(
        *summary.WORDINGS,
        *kill.WORDINGS,
        *reaper.WORDINGS,
        *notices.WORDINGS,
        *[wording for wording in header.WORDINGS if wording.id != "linux.stack"],
        *tasks.WORDINGS,
        *[wording for wording in memcg.WORDINGS if wording.id != "linux.memcg_stat"],
        *memory.WORDINGS,
        *kernel_memory.WORDINGS,
        *[
            wording
            for wording in (*memcg.WORDINGS, *header.WORDINGS)
            if wording.id in ("linux.memcg_stat", "linux.stack")
        ],
    ),
)
