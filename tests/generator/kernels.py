"""Whole reports of every kernel generation, line by line as ``dump_header`` and ``oom_kill_process`` print them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from ingest.cgroup import ancestors
from tests.generator.printf import printf
from tests.generator.values import cgroup, comm
from tests.generator.wordings import line, printed

PAGE_KB = 4


@dataclass(frozen=True)
class Generation:
    """What one range of kernels prints. Names are ids of formats; ``None`` and empty mean that it prints none."""

    name: str
    release: str
    header: str
    kill: str
    cpu: str | None = None
    cpuset: bool = False
    taskin: bool = False
    select: str | None = None
    summary: bool = False
    memory: tuple[str, ...] = ()
    memory_with_memcg: bool = False
    counters: tuple[str, ...] = ()
    stats: str | None = None
    slab: bool = False
    table: str | None = None
    reaper: bool = False
    protection: bool = False


@dataclass(frozen=True)
class Process:
    """A process at the moment of the kill. Memory in pages, page tables in bytes."""

    pid: int
    name: str
    uid: int
    total_vm: int
    anon: int
    file: int
    shmem: int
    page_tables: int
    swap: int
    score_adj: int


@dataclass(frozen=True)
class Truth:
    """What a report is about. ``limit`` is a cgroup at its limit of ``limit_kb``; without it the machine ran out."""

    generation: Generation
    trigger: str
    victim: Process
    others: tuple[Process, ...]
    task_path: str
    limit: str | None
    limit_kb: int
    child_of: int | None
    """Pid of the selected process, where a child of it dies in its place."""


_OLD = ("linux.mem_info.old", "linux.per_cpu.zone", "linux.per_cpu.used", "linux.free_pages.new", "linux.pages.v2_6_11",
        "linux.zone.v2_6", "linux.lowmem_reserve.pages", "linux.buddy.plain", "linux.swap_cache.old", "linux.swap.free",
        "linux.swap.total", "linux.totals.ram_old", "linux.totals.high_old", "linux.totals.reserved_old",
        "linux.totals.shared", "linux.totals.swap_cached", "linux.totals.dirty", "linux.totals.writeback",
        "linux.totals.mapped", "linux.totals.slab", "linux.totals.pagetables")  # fmt: skip
_RHEL5 = tuple(each.replace("v2_6_11", "rhel5") for each in _OLD)
_SWAP = (
    "linux.totals.pagecache",
    "linux.totals.in_swap_cache",
    "linux.swap_cache.stats",
    "linux.swap.free",
    "linux.swap.total",
)
_2_6_27 = (
    "linux.totals.ram",
    "linux.totals.high",
    "linux.totals.reserved",
    "linux.totals.shared",
    "linux.totals.non_shared",
)
_3_19 = (
    "linux.totals.ram",
    "linux.totals.high_movable",
    "linux.totals.reserved",
    "linux.totals.cma",
    "linux.totals.hwpoisoned",
)
_2_6_32 = ("linux.mem_info.new", "linux.per_cpu.zone_node", "linux.per_cpu.hi", "linux.pages.anon", "linux.pages.file",
           "linux.pages.dirty_unstable", "linux.pages.free_slab", "linux.pages.mapped", "linux.zone.v2_6_32",
           "linux.lowmem_reserve.pages", "linux.buddy.node", *_SWAP, *_2_6_27)  # fmt: skip
_3_8 = ("linux.mem_info.new", "linux.per_cpu.zone_node", "linux.per_cpu.hi", "linux.pages.anon", "linux.pages.file",
        "linux.pages.dirty_unstable", "linux.pages.free_slab", "linux.pages.mapped", "linux.pages_single.free_cma",
        "linux.zone.v3_8", "linux.lowmem_reserve.pages", "linux.buddy.types", "linux.huge_pages.node", *_SWAP, *_3_19,
        "linux.totals.pagetable_cache")  # fmt: skip


def _modern(
    node: str | None, zone: str, *, dirty: str, mapped: tuple[str, ...], swap: tuple[str, ...]
) -> tuple[str, ...]:
    return ("linux.mem_info.new", "linux.pages.anon", "linux.pages.file", f"linux.pages.{dirty}", "linux.pages.slab",
            *mapped, "linux.pages.free", *([node] if node else []), zone, "linux.lowmem_reserve.pages",
            "linux.buddy.types", "linux.huge_pages.node", *swap, *_3_19)  # fmt: skip


_MAPPED = ("linux.pages.mapped",)
_MAPPED_6 = ("linux.pages.mapped_6_1", "linux.pages.sec", "linux.pages_single.misc")
_NO_STATS = ("linux.totals.pagecache", "linux.totals.in_swap_cache", "linux.swap.free", "linux.swap.total")
_V1 = ("memory", "memsw")
_V1_KMEM = ("memory", "memsw", "kmem")
_V2 = ("memory", "swap")
_4_1 = _modern(None, "linux.zone.v3_8", dirty="dirty_unstable", mapped=_MAPPED, swap=_SWAP)
_4_8 = _modern("linux.node.v4_8", "linux.zone.v4_8", dirty="dirty_unstable", mapped=_MAPPED, swap=_SWAP)
_4_12 = _modern("linux.node.v4_12", "linux.zone.v4_8", dirty="dirty_unstable", mapped=_MAPPED, swap=_SWAP)
_5_9 = _modern(
    "linux.node.v5_9", "linux.zone.v4_8", dirty="dirty", mapped=(*_MAPPED, "linux.pages_single.misc"), swap=_SWAP
)
_6_1 = _modern("linux.node.v6_8", "linux.zone.v5_17", dirty="dirty", mapped=_MAPPED_6, swap=_NO_STATS)
_6_19 = _modern("linux.node.v6_19", "linux.zone.v6_19", dirty="dirty", mapped=_MAPPED_6, swap=_NO_STATS)

GENERATIONS = tuple(
    Generation(**fields)
    for fields in (
        {"name": "2_4", "release": "2.4.32", "header": "", "kill": "kill_bare.K0"},
        {"name": "2_6_12", "release": "2.6.12", "header": "H0", "kill": "kill_bare.K0", "memory": _OLD},
        {"name": "2_6_18", "release": "2.6.18-8.el5", "header": "H1", "select": "S1", "kill": "kill_bare.K1", "memory": _RHEL5},
        {"name": "2_6_24", "release": "2.6.24", "header": "H2", "cpu": "pid", "select": "S2", "kill": "kill_bare.K2",
         "memory": ("linux.mem_info.old", "linux.per_cpu.hot_cold", "linux.pages.v2_6_22", "linux.pages.v2_6_22_free",
                    "linux.zone.v2_6", "linux.buddy.plain", *_SWAP)},
        {"name": "2_6_30", "release": "2.6.30", "header": "H2", "cpu": "pid", "cpuset": True, "taskin": True, "select": "S2",
         "kill": "kill_bare.K2", "table": "T1", "counters": _V1, "memory_with_memcg": True,
         "memory": ("linux.mem_info.new", "linux.pages.v2_6_28", "linux.pages.v2_6_28_file", "linux.pages.v2_6_22_free",
                    "linux.zone.v2_6_28", "linux.lowmem_reserve.pages", "linux.buddy.node", *_SWAP, *_2_6_27)},
        {"name": "2_6_34", "release": "2.6.34", "header": "H3", "cpu": "pid", "cpuset": True, "taskin": True, "select": "S2",
         "kill": "kill.K3", "table": "T1", "counters": _V1, "memory": _2_6_32, "memory_with_memcg": True},
        {"name": "rhel6", "release": "2.6.32-754.el6.x86_64", "header": "H4", "cpu": "pid", "cpuset": True, "taskin": True,
         "select": "S3", "kill": "kill.K4r6", "table": "T2", "counters": _V1, "memory": _2_6_32, "memory_with_memcg": True},
        {"name": "3_2", "release": "3.2.7", "header": "H4", "cpu": "pid", "cpuset": True, "taskin": True, "select": "S3",
         "kill": "kill.K4", "table": "T2", "counters": _V1, "memory": _2_6_32, "memory_with_memcg": True},
        {"name": "rhel7", "release": "3.10.0-514.el7.x86_64", "header": "H5", "cpu": "cpu", "cpuset": True, "taskin": True,
         "select": "S3", "kill": "kill.K5", "table": "T3", "counters": _V1_KMEM, "stats": "one_line", "memory": _3_8},
        {"name": "rhel7_1160", "release": "3.10.0-1160.el7.x86_64", "header": "H5", "cpu": "kdump", "cpuset": True,
         "taskin": True, "select": "S3", "kill": "kill.K5r7", "table": "T3", "counters": _V1_KMEM, "stats": "one_line",
         "memory": _3_8},
        {"name": "virtuozzo7", "release": "3.10.0-862.20.2.vz7", "header": "H5", "cpu": "cpu", "cpuset": True, "taskin": True,
         "select": "S3", "kill": "kill.VZ7", "table": "T3", "counters": _V1_KMEM, "stats": "one_line", "memory": _3_8},
        {"name": "4_4", "release": "4.4.155", "header": "H5", "cpu": "cpu", "cpuset": True, "taskin": True, "select": "S3",
         "kill": "kill.K4", "table": "T4", "counters": _V1_KMEM, "stats": "one_line", "memory": _4_1},
        {"name": "4_8", "release": "4.8.15", "header": "H6", "cpu": "cpu", "cpuset": True, "taskin": True, "select": "S3",
         "kill": "kill.K5", "table": "T4", "counters": _V1_KMEM, "stats": "one_line", "memory": _4_8, "reaper": True},
        {"name": "4_9", "release": "4.9.115", "header": "H7", "cpu": "cpu", "cpuset": True, "taskin": True, "select": "S3",
         "kill": "kill.K5", "table": "T4", "counters": _V1_KMEM, "stats": "one_line", "memory": _4_8, "reaper": True},
        {"name": "4_14", "release": "4.14.115", "header": "H8", "cpu": "cpu", "cpuset": True, "taskin": True, "select": "S3",
         "kill": "kill.K5", "table": "T4", "counters": _V1_KMEM, "stats": "one_line", "memory": _4_12, "reaper": True},
        {"name": "rhel8", "release": "4.18.0-147.el8.x86_64", "header": "H9", "cpu": "kdump", "cpuset": True, "taskin": True,
         "kill": "kill.K6", "table": "T5", "counters": _V1_KMEM, "stats": "one_line", "slab": True, "memory": _4_12,
         "reaper": True},
        {"name": "4_19", "release": "4.19.84", "header": "H9", "cpu": "kdump", "cpuset": True, "taskin": True, "select": "S3",
         "kill": "kill.K5", "table": "T6", "counters": _V1_KMEM, "stats": "one_line", "slab": True, "memory": _4_12,
         "reaper": True},
        {"name": "5_0", "release": "5.0.1", "header": "H10", "cpu": "cpu", "summary": True, "select": "S3", "kill": "kill.K5",
         "table": "T6", "counters": _V1_KMEM, "stats": "one_line", "slab": True, "memory": _4_12, "reaper": True},
        {"name": "5_3", "release": "5.3.1", "header": "H10", "cpu": "cpu", "summary": True, "kill": "kill.K6", "table": "T6",
         "counters": _V2, "stats": "heading", "memory": _4_12, "reaper": True},
        {"name": "5_4", "release": "5.4.59", "header": "H10", "cpu": "cpu", "summary": True, "kill": "kill.K7", "table": "T6",
         "counters": _V2, "stats": "heading", "memory": _4_12, "reaper": True},
        {"name": "virtuozzo9", "release": "5.14.0-362.vz9", "header": "H10", "cpu": "build", "summary": True,
         "kill": "kill.VZ9", "counters": _V2, "stats": "heading", "memory": _5_9, "reaper": True},
        {"name": "5_15", "release": "5.15.85", "header": "H10", "cpu": "build", "summary": True, "kill": "kill.K7",
         "table": "T6", "counters": _V2, "stats": "heading", "slab": True, "memory": _5_9, "reaper": True},
        {"name": "6_1", "release": "6.1.20", "header": "H10", "cpu": "build", "summary": True, "kill": "kill.K7", "table": "T6",
         "counters": _V2, "stats": "heading", "memory": _6_1, "reaper": True},
        {"name": "6_8", "release": "6.8.0", "header": "H10", "cpu": "build", "summary": True, "kill": "kill.K7", "table": "T7",
         "counters": _V2, "stats": "heading", "memory": _6_1, "reaper": True},
        {"name": "6_13", "release": "6.13.7", "header": "H10", "cpu": "uid", "summary": True, "kill": "kill.K7", "table": "T7",
         "counters": _V2, "stats": "heading", "slab": True, "memory": _6_1, "reaper": True},
        {"name": "7_1", "release": "7.1.5", "header": "H10", "cpu": "uid", "summary": True, "kill": "kill.K7", "table": "T7",
         "counters": _V2, "stats": "heading", "memory": _6_19, "reaper": True, "protection": True},
    )
)  # fmt: skip


def process(random: Random, pid: int) -> Process:
    """Any process."""
    anon = random.randint(0, 2_000_000)
    file, shmem = random.randint(0, 9_000), random.choice((0, 0, random.randint(1, 90_000)))
    return Process(
        pid=pid, name=comm(random), uid=random.choice((0, 27, 1000)), total_vm=anon + file + random.randint(0, 10**6),
        anon=anon, file=file, shmem=shmem, page_tables=4096 * random.randint(1, 900), swap=random.choice((0, 0, 512)),
        score_adj=random.choice((0, 0, 999, -998)),
    )  # fmt: skip


def truth(random: Random, generation: Generation, *, memcg: bool) -> Truth:
    """Any kill that a generation could print."""
    first = random.randint(2, 90_000)
    victim, *others = (process(random, first + at) for at in range(random.randint(1, 4)))
    task_path = cgroup(random)
    return Truth(
        generation=generation,
        trigger=comm(random),
        victim=victim,
        others=tuple(others),
        task_path=task_path,
        limit=random.choice(ancestors(task_path)) if memcg and generation.counters else None,
        limit_kb=random.randint(1_000, 10**7),
        child_of=first + 5_000 if generation.select and random.random() < 0.3 else None,
    )


def report(random: Random, told: Truth) -> list[str]:
    """The lines of one report."""
    generation = told.generation
    lines = [*_head(random, told)]
    if told.limit:
        lines += _memcg(random, told)
    if not told.limit or generation.memory_with_memcg:
        lines += [line(random, identity) for identity in generation.memory]
        lines += _slab(random) if generation.slab else []
    if generation.protection:
        lines.append(line(random, "linux.protection.both"))
    lines += _table(told)
    lines += _kill(random, told)
    return lines


def naming(told: Truth, lines: list[str]) -> frozenset[int]:
    """Which lines of a report name its victim: kill and reaper lines, and who was selected unless a child died for it."""
    generation = told.generation
    selecting = generation.summary + bool(generation.select)
    first = len(lines) - selecting - 1 - generation.reaper
    return frozenset(range(first + (selecting if told.child_of else 0), len(lines)))


def _head(random: Random, told: Truth) -> list[str]:
    generation = told.generation
    if not generation.header:
        return []
    lines = [line(random, f"linux.header.{generation.header}", {"trigger": told.trigger, "order": 0})]
    if generation.cpuset:
        lines.append(line(random, "linux.cpuset.names", {"_comm": told.trigger}))
    if generation.cpu:
        lines.append(line(random, f"linux.cpu.{generation.cpu}", {"release": generation.release}))
    lines.append(line(random, "linux.stack.trace"))
    lines.append(line(random, "linux.stack.bare_frame"))
    return lines


def _memcg(random: Random, told: Truth) -> list[str]:
    generation = told.generation
    lines = []
    if generation.taskin:
        lines.append(line(random, "linux.task_in.both", {"task_path": told.task_path, "limit_path": told.limit}))
    usage = {"counter.usage": told.limit_kb, "counter.limit": told.limit_kb}
    lines += [
        line(random, f"linux.memcg_counter.{name}", usage if name == "memory" else None) for name in generation.counters
    ]
    if generation.stats:
        lines.append(line(random, f"linux.memcg_stats.{generation.stats}", {"path": told.limit}))
    if generation.stats == "heading":
        lines += [line(random, f"linux.memcg_stat.{name}") for name in ("bytes", "count")]
    return lines


def _slab(random: Random) -> list[str]:
    return [line(random, f"linux.{name}") for name in ("slab_heading.intro", "slab_heading.columns", "slab_row.row")]


def _table(told: Truth) -> list[str]:
    generation = told.generation
    if not generation.table:
        return []
    lines = [printed()[f"linux.tasks_heading.{generation.table}"].format]
    if generation.table in ("T6", "T7"):
        lines.insert(0, "Tasks state (memory values in pages):")
    row = printed()[f"linux.tasks_row.{generation.table}"].format
    return lines + [printf(row, *_columns(generation.table, each)) for each in (told.victim, *told.others)]


def _columns(table: str, each: Process) -> tuple[object, ...]:
    rss = each.anon + each.file + each.shmem
    start = (each.pid, each.uid, each.pid, each.total_vm, rss)
    tables = each.page_tables // 4096
    columns = {
        "T1": (*start, 0, 0), "T2": (*start, 0, 0, each.score_adj), "T3": (*start, tables, each.swap, each.score_adj),
        "T4": (*start, tables, 0, each.swap, each.score_adj), "T5": (*start, each.page_tables, each.swap, each.score_adj),
        "T6": (*start, each.page_tables, each.swap, each.score_adj),
        "T7": (*start, each.anon, each.file, each.shmem, each.page_tables, each.swap, each.score_adj),
    }[table]  # fmt: skip
    return (*columns, each.name)


def _kill(random: Random, told: Truth) -> list[str]:
    generation, victim = told.generation, told.victim
    message = "Memory cgroup out of memory" if told.limit else "Out of memory"
    lines = []
    if generation.summary:
        constraint = "CONSTRAINT_MEMCG" if told.limit else "CONSTRAINT_NONE"
        given = {"constraint": constraint, "limit_path": told.limit, "task_path": told.task_path, "name": victim.name,
                 "pid": told.child_of or victim.pid, "uid": victim.uid}  # fmt: skip
        lines.append(line(random, f"linux.summary.{'memcg' if told.limit else 'global'}", given))
    if generation.select:
        chosen = {"pid": told.child_of or victim.pid, "name": victim.name, "message": message}
        lines.append(line(random, f"linux.selected.{generation.select}", chosen))
    sizes = {"sizes.total_vm": victim.total_vm * PAGE_KB, "sizes.anon_rss": victim.anon * PAGE_KB,
             "sizes.file_rss": victim.file * PAGE_KB, "sizes.shmem_rss": victim.shmem * PAGE_KB,
             "sizes.page_tables": victim.page_tables // 1024}  # fmt: skip
    killed = {
        "pid": victim.pid,
        "name": victim.name,
        "uid": victim.uid,
        "score_adj": victim.score_adj,
        "message": message,
    }
    lines.append(line(random, f"linux.{generation.kill}", killed | sizes))
    if generation.reaper:
        left = {"pid": victim.pid, "name": victim.name, "anon_rss": 0, "file_rss": 0, "shmem_rss": 0}
        lines.append(line(random, "linux.reaped.sizes", left))
    return lines
