"""The cgroup at its limit: whose limit, its counters, its memory.stat (mm/memcontrol.c)."""

from __future__ import annotations

import pyparsing as pp

from ingest.formats._elements import KIB, integer, pattern, rest, until, word
from ingest.formats._types import Fields, Wording
from ingest.formats.linux._part import UNLIMITED_KB, LinuxPart, context, made
from ingest.lowering import converted
from ingest.model import Counter, Role

_COUNTED = ("pg", "workingset", "thp_", "numa_", "psw", "swpin", "swpout", "zswpin", "zswpout", "zswpwb")
"""Keys of memory.stat that count events; everything else is bytes (memcg_stat_item, mm/memcontrol.c)."""


_NO_LIMIT_KB = 1 << 53
"""PAGE_COUNTER_MAX is LONG_MAX / PAGE_SIZE pages: printed in kB, one page less than this (page_counter.h, 64 bits)."""
_PAGE_SIZES = frozenset({4 * KIB, 16 * KIB, 64 * KIB})


def counts_events(name: str) -> bool:
    """Whether a key of memory.stat counts events."""
    return name.removeprefix("total_").startswith(_COUNTED)


class TaskIn(LinuxPart, frozen=True, kw_only=True):
    """The victim's cgroup and the one whose limit was hit; 3.16 prints them as two records."""

    task_path: str | None = None
    limit_path: str | None = None


class MemcgCounter(LinuxPart, frozen=True, kw_only=True):
    """One counter of the cgroup at its limit: ``memory``, ``memory+swap``, ``swap`` or ``kmem``.

    ``page_size`` in bytes is what the value for "no limit" gives away.
    """

    name: str
    counter: Counter
    page_size: int | None = None

    @classmethod
    def read(cls, found: Fields) -> MemcgCounter:
        """From the counter line's grammar; kB to bytes."""
        unlimited = found["limit"] >= UNLIMITED_KB
        counter = Counter(
            usage=found["usage"] * KIB if found["usage"] < UNLIMITED_KB else None,
            limit=None if unlimited else found["limit"] * KIB,
            unlimited=unlimited,
            failcnt=found["failcnt"],
        )
        page_size = (_NO_LIMIT_KB - found["limit"]) * KIB
        return cls(name=found["counter"], counter=counter, page_size=page_size if page_size in _PAGE_SIZES else None)


class Stats(LinuxPart, frozen=True, kw_only=True):
    """memory.stat of one cgroup: all of it on one line, or only the heading of the lines that follow."""

    path: str
    stat: dict[str, int]

    @classmethod
    def read(cls, found: Fields) -> Stats:
        """From the grammar; KB to bytes."""
        told = (pair.rpartition(":") for pair in found.get("pairs", ()))
        return cls(path=found["path"], stat={name: int(value.removesuffix("KB")) * KIB for name, _, value in told})


class Stat(LinuxPart, frozen=True, kw_only=True):
    """One line of memory.stat: bytes, or a count of events."""

    name: str
    value: int

    @property
    def counts(self) -> bool:
        """Whether the value counts events."""
        return counts_events(self.name)


class Group(LinuxPart, frozen=True, kw_only=True):
    """All tasks of a cgroup die, each with a kill line of its own."""

    path: str


def _task_in() -> pp.ParserElement:
    return (
        word("Task in ")
        + until(r" killed as a result of limit of /", "task_path")
        + word("killed as a result of limit of")
        + rest("limit_path")
    )


def _task_in_first() -> pp.ParserElement:
    return word("Task in") + pattern(r"/(?:(?! killed as a result of limit of /).){0,4096}", "task_path")


def _task_in_second() -> pp.ParserElement:
    return word("killed as a result of limit of") + pattern(r"/.*", "limit_path")


def _limit_reached() -> pp.ParserElement:
    return word("Memory limit reached of cgroup") + rest("limit_path")


def _plain(label: str) -> pp.ParserElement:
    """``usage 123kB`` as the plain number of kB: a limit may stand for "none", so it is converted later."""
    return word(label) + converted(pp.Regex(r"\d{1,25}(?=kB)"), int)(label) + word("kB")


def _counter() -> pp.ParserElement:
    return (
        pp.one_of("memory+swap memory swap kmem")("counter")
        + word(":")
        + _plain("usage")
        + word(",")
        + _plain("limit")
        + word(", failcnt")
        + integer("failcnt")
    )


def _stats() -> pp.ParserElement:
    path = pp.Regex(r".*(?=:(?: cache:\d|\s*$))")("path")
    pair = pp.Regex(r"[a-z_]+:\d{1,25}KB(?=\s|$)")
    return word("Memory cgroup stats for") + path + word(":") + pp.ZeroOrMore(pair).set_results_name("pairs")


def _stat() -> pp.ParserElement:
    return pattern(r"[a-z][a-z0-9_]{1,48}(?= \d+\s*$)", "name") + integer("value")


def _group() -> pp.ParserElement:
    told = r" are going to be killed due to memory\.oom\.group set"
    return word("Tasks in ") + until(told, "path") + pp.Suppress(pp.Regex(told.strip()))


def _protection() -> pp.ParserElement:
    low = pp.Suppress(pp.Regex(r"\d+kB"))
    return word("Memory cgroup min protection") + low + word("-- low protection") + low


WORDINGS = (
    Wording(
        id="linux.task_in",
        role=Role.EVIDENCE,
        anchors=(" killed as a result of limit of ",),
        grammar=_task_in,
        part=made(TaskIn),
        source="mem_cgroup_print_oom_info",
        versions="2.6.30 to 4.20, RHEL 6 to 8",
        example="Task in /docker/c1 killed as a result of limit of /docker",
    ),
    Wording(
        id="linux.task_in_first",
        role=Role.BODY,
        anchors=("Task in /",),
        grammar=_task_in_first,
        part=made(TaskIn),
        source="mem_cgroup_print_oom_info, torn by pr_info",
        versions="3.15 to 3.17",
        example="Task in /lxc/web1",
    ),
    Wording(
        id="linux.task_in_second",
        role=Role.BODY,
        anchors=("killed as a result of limit of ",),
        grammar=_task_in_second,
        part=made(TaskIn),
        source="mem_cgroup_print_oom_info, torn by pr_info",
        versions="3.15 to 3.17",
        example=" killed as a result of limit of /lxc",
    ),
    Wording(
        id="linux.limit_reached",
        role=Role.EVIDENCE,
        anchors=("Memory limit reached of cgroup ",),
        grammar=_limit_reached,
        part=made(TaskIn),
        source="mem_cgroup_print_oom_info without a victim",
        versions="4.1 to 4.20, RHEL 8",
        example="Memory limit reached of cgroup /docker/c1",
    ),
    Wording(
        id="linux.memcg_counter",
        role=Role.EVIDENCE,
        anchors=("memory: usage ", "memory+swap: usage ", "swap: usage ", "kmem: usage "),
        grammar=_counter,
        part=MemcgCounter.read,
        source="mem_cgroup_print_oom_meminfo",
        versions="2.6.30 to 7.1",
        example="memory: usage 204800kB, limit 204800kB, failcnt 41",
    ),
    Wording(
        id="linux.memcg_stats",
        role=Role.EVIDENCE,
        anchors=("Memory cgroup stats for ",),
        grammar=_stats,
        part=Stats.read,
        source="mem_cgroup_print_oom_meminfo",
        versions="3.9 to 7.1, RHEL 7 and 8",
        example="Memory cgroup stats for /13: cache:4KB rss:0KB rss_huge:0KB mapped_file:4KB swap:0KB",
    ),
    Wording(
        id="linux.memcg_stat",
        role=Role.BODY,
        anchors=(" ",),
        grammar=_stat,
        part=made(Stat),
        source="memcg_stat_format",
        versions="5.3 to 7.1",
        example="anon 1062739968",
    ),
    Wording(
        id="linux.group",
        role=Role.EVIDENCE,
        anchors=(" are going to be killed due to memory.oom.group set",),
        grammar=_group,
        part=made(Group),
        source="mem_cgroup_print_oom_group",
        versions="4.19 to 7.1, RHEL 8",
        example="Tasks in /kubepods/pod7/c1 are going to be killed due to memory.oom.group set",
    ),
    Wording(
        id="linux.protection",
        role=Role.BODY,
        anchors=("Memory cgroup min protection ",),
        grammar=_protection,
        part=context,
        source="mem_cgroup_show_protected_memory",
        versions="6.19 to 7.1",
        example="Memory cgroup min protection 0kB -- low protection 0kB",
    ),
)
