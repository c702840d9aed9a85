"""The Linux kernel's OOM killer, 5.0 to 7.x (mm/oom_kill.c).

Order of lines: header, stack, memcg counters or Mem-Info, process table, ``oom-kill:`` summary, kill line, reaper.

    go-oom-test invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=-997
    oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=c,mems_allowed=0,oom_memcg=/p,task_memcg=/p/c,task=x,pid=7,uid=0
    Memory cgroup out of memory: Killed process 7 (x) total-vm:3950264kB, anon-rss:204516kB, file-rss:1256kB, shmem-rss:0kB, UID:0 pgtables:488kB oom_score_adj:-997
    oom_reaper: reaped process 7 (x), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB

The trigger is whoever asked for memory; the victim stands in the summary, kill and reaper lines, any of which is enough.
The values of the lines and their assembly into a report stand in ``_linux_parts`` and ``_linux_report``.
"""  # noqa: E501  real lines are as long as they are

from __future__ import annotations

import pyparsing as pp

from ingest.formats import _linux_parts as parts
from ingest.formats._elements import integer, kibibytes, name_until
from ingest.formats._linux_report import LinuxProgress, report
from ingest.formats._types import Format, Wording
from ingest.model import Role

_HEX = pp.Regex(r"0x[0-9a-fA-F]+")
_NODES = pp.Regex(r"\(null\)|\d+(?:[,-]\d+)*")


def _header() -> pp.ParserElement:
    flags = pp.Suppress("(") + pp.Regex(r"[^)]*")("flags") + pp.Suppress(")")
    return (
        name_until(" invoked oom-killer: gfp_mask=")
        + pp.Suppress("invoked oom-killer: gfp_mask=")
        + _HEX("mask")
        + flags
        + pp.Suppress(", order=")
        + integer("order")
        + pp.Suppress(", oom_score_adj=")
        + integer("score_adj")
    )


def _cpu() -> pp.ParserElement:
    untainted = pp.Suppress(pp.Optional("Kdump: loaded") + "Not tainted")
    tainted = pp.Suppress(pp.Optional("Kdump: loaded") + "Tainted:") + pp.Regex(r"[A-Z][A-Z\s-]*(?=\s)")("taint")
    return (
        pp.Suppress(pp.Regex(r"CPU: \d+"))
        + pp.Optional(pp.Suppress("UID:") + integer("uid"))
        + pp.Suppress("PID:")
        + integer("pid")
        + pp.Suppress("Comm: ")
        + name_until(r" (?:Kdump: loaded )?(?:Not tainted|Tainted:) ")
        + (untainted | tainted)
        + pp.Regex(r"\d+\.\S+")("release")
        + pp.Suppress(pp.rest_of_line)
    )


def _counter() -> pp.ParserElement:
    return (
        pp.one_of("memory+swap memory swap kmem")("counter")
        + pp.Suppress(":")
        + _kibibytes_after("usage")
        + pp.Suppress(",")
        + _kibibytes_after("limit")
        + pp.Suppress(",")
        + pp.Suppress("failcnt")
        + integer("failcnt")
    )


def _kibibytes_after(word: str) -> pp.ParserElement:
    """``usage 123kB`` as the plain number of kB: a limit may stand for "none", so it is converted later."""
    return pp.Suppress(word) + integer(word) + pp.Suppress("kB")


def _summary() -> pp.ParserElement:
    """The ``oom-kill:`` line, split on its known keys in order; its paths and names may hold commas and equal signs."""
    whose = pp.Literal(",global_oom")("machine") | (
        pp.Suppress(",oom_memcg=") + pp.Regex(r".*?(?=,task_memcg=)")("limit")
    )
    return (
        pp.Suppress("oom-kill:constraint=CONSTRAINT_")
        + pp.one_of("NONE CPUSET MEMORY_POLICY MEMCG")("constraint")
        + pp.Suppress(",nodemask=")
        + _NODES("nodemask")
        + pp.Suppress(",cpuset=")
        + pp.Regex(r".*?(?=,mems_allowed=[\d,-]*,(?:global_oom|oom_memcg=))")("cpuset")
        + pp.Suppress(",mems_allowed=")
        + pp.Optional(pp.Regex(r"\d[\d,-]*(?=,)"))("mems")
        + whose
        + pp.Suppress(",task_memcg=")
        # A name has at most 15 bytes (60 characters when none is UTF-8), so the path ends as early as that allows.
        + pp.Regex(r".*?(?=,task=.{0,60},pid=\d+,uid=\d+$)")("path")
        + pp.Suppress(",task=")
        + pp.Regex(r".*(?=,pid=\d+,uid=\d+$)").leave_whitespace()("name")
        + pp.Suppress(",pid=")
        + integer("pid")
        + pp.Suppress(",uid=")
        + integer("uid")
    )


def _kill() -> pp.ParserElement:
    message = pp.one_of(["Out of memory (oom_kill_allocating_task)", "Out of memory", "Memory cgroup out of memory"])(
        "message"
    ) + pp.Suppress(":")
    sizes = (
        kibibytes("total-vm", "total_vm")
        + pp.Suppress(",")
        + kibibytes("anon-rss", "anon_rss")
        + pp.Suppress(",")
        + kibibytes("file-rss", "file_rss")
        + pp.Suppress(",")
        + kibibytes("shmem-rss", "shmem_rss")
    )
    since_5_4 = (
        pp.Suppress(",")
        + pp.Suppress("UID:")
        + integer("uid")
        + kibibytes("pgtables", "page_tables")
        + pp.Suppress("oom_score_adj:")
        + integer("score_adj")
    )
    return (
        pp.Optional(message)
        + pp.Suppress("Killed process")
        + integer("pid")
        + pp.Suppress("(")
        + name_until(r"\) total-vm:")
        + pp.Suppress(")")
        + sizes
        + pp.Optional(since_5_4)
    )


def _group() -> pp.ParserElement:
    return (
        pp.Suppress("Tasks in ")
        + pp.Regex(r".*(?= are going to be killed due to memory\.oom\.group set)")("path")
        + pp.Suppress("are going to be killed due to memory.oom.group set")
    )


def _reaped() -> pp.ParserElement:
    return (
        pp.Suppress("oom_reaper: reaped process")
        + integer("pid")
        + pp.Suppress("(")
        + name_until(r"\), now anon-rss:")
        + pp.Suppress("), now")
        + kibibytes("anon-rss", "anon_rss")
        + pp.Suppress(",")
        + kibibytes("file-rss", "file_rss")
        + pp.Suppress(",")
        + kibibytes("shmem-rss", "shmem_rss")
    )


def _unable() -> pp.ParserElement:
    return (
        pp.Suppress("oom_reaper: unable to reap pid:")
        + integer("pid")
        + pp.Suppress("(")
        + name_until(r"\)$")
        + pp.Suppress(")")
    )


def _heading() -> pp.ParserElement:
    columns = pp.Regex(r"uid\s[\sa-z_]*\bname\b")("columns")
    return pp.Suppress(pp.Regex(r"\[\s*pid\s*\]")) + columns


def _row() -> pp.ParserElement:
    """A row as far as every table has it; the heading says how many numbers stand before the name."""
    pid = pp.Regex(r"\d+(?=\])").set_parse_action(lambda t: int(t[0]))("pid")
    return pp.Suppress("[") + pid + pp.Suppress("]") + pp.Regex(r"-?\d+\s.*")("rest")


def _tasks_intro() -> pp.ParserElement:
    return pp.Suppress("Tasks state (memory values in pages):")


def _buddy() -> pp.ParserElement:
    """A free list line, whose first block size is the page size."""
    return (
        pp.Suppress(pp.Regex(r"(?:Node \d+ )?\w+: \d+\*"))
        + pp.Regex(r"\d+(?=kB )").set_parse_action(lambda t: int(t[0]) * 1024)("page_size")
        + pp.Suppress(pp.rest_of_line)
    )


FORMAT = Format(
    name="linux",
    title="Linux kernel",
    tags=frozenset({"kernel"}),
    progress=LinuxProgress,
    report=report,
    head_ends_report=False,
    wordings=(
        Wording(
            id="linux.header",
            role=Role.OPENS,
            anchors=(" invoked oom-killer: gfp_mask=",),
            grammar=_header,
            part=parts.Header.read,
            source="dump_header, 5.0 to 7.x",
            example="go-oom-test invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=-997",
        ),
        Wording(
            id="linux.summary",
            role=Role.VICTIM,
            anchors=("oom-kill:constraint=",),
            grammar=_summary,
            part=parts.Summary.read,
            source="dump_oom_summary, 5.0 to 7.x",
            example="oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0-1,global_oom,"
            "task_memcg=/system.slice/mysql.service,task=mysqld,pid=1873,uid=27",
        ),
        Wording(
            id="linux.kill",
            role=Role.VICTIM,
            anchors=("Killed process ",),
            grammar=_kill,
            part=parts.Kill.read,
            source="__oom_kill_process; without message 5.0, without UID 5.1 to 5.3, whole 5.4 to 7.x",
            example="Memory cgroup out of memory: Killed process 63214 (uwsgi) total-vm:3149468kB, anon-rss:164992kB, "
            "file-rss:52176kB, shmem-rss:92kB, UID:0 pgtables:1372kB oom_score_adj:986",
        ),
        Wording(
            id="linux.reaped",
            role=Role.VICTIM,
            anchors=("oom_reaper: reaped process ",),
            grammar=_reaped,
            part=parts.Reaped.read,
            source="oom_reap_task_mm, 4.6 to 7.x",
            example="oom_reaper: reaped process 238343 (go-oom-test), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
        ),
        Wording(
            id="linux.unable_to_reap",
            role=Role.VICTIM,
            anchors=("oom_reaper: unable to reap pid:",),
            grammar=_unable,
            part=parts.Reaped.read_unable,
            source="oom_reap_task, 4.6 to 7.x",
            example="oom_reaper: unable to reap pid:4123 (java)",
        ),
        Wording(
            id="linux.group",
            role=Role.BODY,
            anchors=(" are going to be killed due to memory.oom.group set",),
            grammar=_group,
            part=parts.Group.read,
            source="mem_cgroup_print_oom_group, 4.19 to 7.x",
            example="Tasks in /kubepods/pod7/c1 are going to be killed due to memory.oom.group set",
        ),
        Wording(
            id="linux.cpu",
            role=Role.BODY,
            anchors=(" Comm: ",),
            grammar=_cpu,
            part=parts.Cpu.read,
            source="dump_stack_print_info (lib/dump_stack.c), 3.10 to 7.x; UID since 6.11",
            example="CPU: 3 PID: 238350 Comm: go-oom-test Not tainted 5.15.0-91-generic #101-Ubuntu",
        ),
        Wording(
            id="linux.memcg_counter",
            role=Role.BODY,
            anchors=("memory: usage ", "memory+swap: usage ", "swap: usage ", "kmem: usage "),
            grammar=_counter,
            part=parts.MemcgCounter.read,
            source="mem_cgroup_print_oom_meminfo (mm/memcontrol.c), 2.6.30 to 7.x",
            example="memory: usage 204800kB, limit 204800kB, failcnt 41",
        ),
        Wording(
            id="linux.buddy",
            role=Role.BODY,
            anchors=("kB = ", "kB (", "kB 0*"),
            grammar=_buddy,
            part=parts.Buddy.read,
            source="show_free_areas (mm/page_alloc.c, mm/show_mem.c)",
            example="Node 0 DMA: 1*4kB (U) 0*8kB 1*16kB (U) 0*32kB = 15908kB",
        ),
        Wording(
            id="linux.tasks_intro",
            role=Role.BODY,
            anchors=("Tasks state (memory values in pages):",),
            grammar=_tasks_intro,
            part=parts.TasksIntro.read,
            source="dump_tasks, 4.19 to 7.x",
            example="Tasks state (memory values in pages):",
        ),
        Wording(
            id="linux.tasks_heading",
            role=Role.BODY,
            anchors=("total_vm",),
            grammar=_heading,
            part=parts.Heading.read,
            source="dump_tasks; rss_anon, rss_file and rss_shmem since 6.8",
            example="[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
        ),
        Wording(
            id="linux.tasks_row",
            role=Role.BODY,
            anchors=("[",),
            grammar=_row,
            part=parts.Row.read,
            source="dump_task",
            example="[  19331]  1000 19331   226026    29603  1314816        0           999 npm start",
        ),
    ),
)
