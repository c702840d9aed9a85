"""Who was selected and who died (oom_kill_process, __oom_kill_process, and their OpenVZ twins).

A name is free text: each grammar ends it at the last anchor that the kernel prints after it.
"""

from __future__ import annotations

import pyparsing as pp
from msgspec.structs import replace

from ingest.formats._elements import comm, integer, kibibytes, pattern, word
from ingest.formats._types import Fields, Wording
from ingest.formats.linux._part import LinuxPart, made
from ingest.model import Role, Sizes

_MESSAGE = (
    r"Out of memory \(oom_kill_allocating_task\)|[Oo]ut of [Mm]emory in mem cgroup inside UB \d+"
    r"|[Oo]ut of memory in UB \d+|Memory cgroup out of memory|UB Out of memory|[Oo]ut of [Mm]emory"
    r"|No available memory \(MPOL_BIND\)|No available memory in cpuset"
)
"""What stands before the colon of a kill or select line, every kernel and OpenVZ."""


class Selected(LinuxPart, frozen=True, kw_only=True):
    """The process with the highest badness. Up to 5.0 a child of it may die in its place."""

    pid: int
    name: str
    message: str | None = None
    score: int | None = None


class Kill(LinuxPart, frozen=True, kw_only=True):
    """A kill line. ``message`` is ``None`` where the line had none; ``also``: it shares a victim's memory."""

    pid: int
    name: str
    message: str | None = None
    sizes: Sizes = Sizes()
    uid: int | None = None
    score: int | None = None
    score_adj: int | None = None
    ve: str | None = None
    ub: int | None = None
    also: bool = False

    @classmethod
    def read_also(cls, found: Fields) -> Kill:
        """From the grammar of what dies with a victim: it prints no sizes of its own."""
        return replace(cls.read(found), also=True)

    @classmethod
    def read(cls, found: Fields) -> Kill:
        """From any kill line's grammar. ``rss`` is the sum where all parts that the generation prints are there."""
        parts = [found.get("anon_rss"), found.get("file_rss")]
        shmem = found.get("shmem_rss")
        rss = None if None in parts else sum(part for part in (*parts, shmem) if part is not None)
        sizes = Sizes(
            total_vm=found.get("total_vm"),
            rss=found.get("whole_rss", rss),
            anon_rss=found.get("anon_rss"),
            file_rss=found.get("file_rss"),
            shmem_rss=shmem,
            page_tables=found.get("page_tables"),
            swap=found.get("swap"),
        )
        return cls(
            pid=found["pid"],
            name=found["name"],
            message=found.get("message"),
            sizes=sizes,
            uid=found.get("uid"),
            score=found.get("score"),
            score_adj=found.get("score_adj"),
            ve=found.get("ve"),
            ub=found.get("ub"),
        )


class NotKilled(LinuxPart, frozen=True, kw_only=True):
    """The kernel says that this victim was not, or need not be, killed."""

    pid: int
    name: str


def _message() -> pp.ParserElement:
    return pattern(rf"(?:{_MESSAGE})(?=:)", "message") + word(":")


def _selected() -> pp.ParserElement:
    score = word("score") + integer("score")
    return (
        _message()
        + pp.Suppress(pp.Regex(r"[Kk]ill (?:child of )?process"))
        + integer("pid")
        + word("(")
        + comm(r"\) (?:score -?\d+|or a child|and children)|\)$")
        + word(")")
        + pp.Optional(score)
        + pp.Optional(word("and children.") | word("or a child") | word("or sacrifice child"))
    )


def _sizes() -> pp.ParserElement:
    """Sizes as each generation prints them: ``vsz`` until 2.6.35, no shmem until 4.4, swap with OpenVZ."""
    return (
        pp.Optional(kibibytes("total-vm", "total_vm") | kibibytes("vsz", "total_vm") | kibibytes("vm", "total_vm"))
        + pp.Optional(word(",") + kibibytes("anon-rss", "anon_rss"))
        + pp.Optional(word(",") + kibibytes("rss", "whole_rss"))
        + pp.Optional(word(",") + kibibytes("file-rss", "file_rss"))
        + pp.Optional(word(",") + kibibytes("shmem-rss", "shmem_rss"))
        + pp.Optional(word(",") + kibibytes("swap", "swap"))
    )


def _kill() -> pp.ParserElement:
    name_end = r"\),? (?:total-vm:|vsz:|UID \d+, total-vm:|(?:in )?VE \"[^\"]*\" total-vm:)"
    ve = pp.Optional(word("in")) + word("VE") + pp.QuotedString('"')("ve")
    uid = pp.Optional(word(",")) + word("UID") + integer("uid") + word(",")
    since_5_4 = (
        pp.Optional(word(",") + word("UID:") + integer("uid"))
        + pp.Optional(kibibytes("pgtables", "page_tables"))
        + pp.Optional(word("oom_score_adj:") + integer("score_adj"))
    )
    return (
        pp.Optional(_message())
        + word("Killed process")
        + integer("pid")
        + pp.Optional(uid)
        + word("(")
        + comm(name_end)
        + word(")")
        + pp.Optional(uid)
        + pp.Optional(ve)
        + _sizes()
        + since_5_4
    )


def _kill_bare() -> pp.ParserElement:
    """The kill lines that print no sizes: 2.4 to 2.6.32, where a name ends with the line."""
    return (
        pp.Optional(_message())
        + word("Killed process")
        + integer("pid")
        + word("(")
        + comm(r"\)\.?\s*$")
        + word(")")
        + pp.Optional(word("."))
    )


def _kill_openvz() -> pp.ParserElement:
    return (
        pp.Optional(_message())
        + word("OOM killed process")
        + integer("pid")
        + word("(")
        # Copies end the line early; a name still ends at the first bracket that nothing of the format follows.
        + pattern(r".*(?=\) (?:score -?\d+ )?vm:\d)|[^)]{1,60}(?=\)(?! exited))", "name").leave_whitespace()
        + word(")")
        + pp.Optional(word("score") + integer("score"))
        + _sizes()
    )


def _rage() -> pp.ParserElement:
    in_ub = r"\) (?:score -?\d+ )?in ub -?\d+\s*$"
    return (
        pp.Suppress(pp.Regex(r"OOM kill (?:in rage )?task"))
        + integer("pid")
        + word("(")
        + comm(in_ub)
        + word(")")
        + pp.Optional(word("score") + integer("score"))
        + word("in ub")
        + integer("ub")
    )


def _also_killed() -> pp.ParserElement:
    return (
        pp.Suppress(pp.Regex(r"Kill process|Rage kill process"))
        + integer("pid")
        + word("(")
        + comm(r"\)(?: (?:in VE \"[^\"]*\" )?sharing same memory)?\s*$")
        + word(")")
        + pp.Optional(pp.Optional(word("in VE") + pp.QuotedString('"')("ve")) + word("sharing same memory"))
    )


def _not_killed() -> pp.ParserElement:
    already = (
        _message() + word("OOM victim") + integer("pid") + word("(") + comm(r"\) is already exiting\. Skip") + word(")")
    )
    would = (
        word("Would have killed process")
        + integer("pid")
        + word("(")
        + comm(r"\)\. But continuing instead")
        + word(")")
    )
    return (already + word("is already exiting. Skip killing the task")) | (would + word(". But continuing instead."))


WORDINGS = (
    Wording(
        id="linux.selected",
        role=Role.VICTIM,
        anchors=(": Kill process ", ": kill process ", ": Kill child of process "),
        grammar=_selected,
        part=made(Selected),
        source="oom_kill_process",
        versions="2.6.16 to 5.0, RHEL 6 and 7, OpenVZ",
        example="Out of memory: Kill process 18694 (perl) score 246 or sacrifice child",
    ),
    Wording(
        id="linux.kill",
        role=Role.VICTIM,
        anchors=("Killed process ",),
        grammar=_kill,
        part=Kill.read,
        source="oom_kill_task, oom_kill_process, __oom_kill_process",
        versions="2.6.33 to 7.1, RHEL 6 to 9, Virtuozzo 7 and 9",
        example="Memory cgroup out of memory: Killed process 63214 (uwsgi) total-vm:3149468kB, anon-rss:164992kB, "
        "file-rss:52176kB, shmem-rss:92kB, UID:0 pgtables:1372kB oom_score_adj:986",
    ),
    Wording(
        id="linux.kill_bare",
        role=Role.VICTIM,
        anchors=("Killed process ",),
        grammar=_kill_bare,
        part=Kill.read,
        source="oom_kill_task, __oom_kill_task",
        versions="2.4 to 2.6.32",
        cut=True,
        example="Out of Memory: Killed process 2921 (httpd).",
    ),
    Wording(
        id="linux.kill_openvz",
        role=Role.VICTIM,
        anchors=("OOM killed process ",),
        grammar=_kill_openvz,
        part=Kill.read,
        source="oom_kill_task of OpenVZ",
        versions="042stab061 to 042stab141",
        example="Out of memory in UB 1234: OOM killed process 21738 (php-cgi) score 0 vm:281988kB, "
        "rss:17004kB, swap:0kB",
    ),
    Wording(
        id="linux.kill_rage",
        role=Role.VICTIM,
        anchors=("OOM kill task ", "OOM kill in rage task "),
        grammar=_rage,
        part=Kill.read,
        source="oom_kill_rage of OpenVZ (kernel/bc/oom_kill.c)",
        versions="042stab061 to 042stab141",
        example="OOM kill in rage task 21801 (php-cgi) score 12 in ub 1234",
    ),
    Wording(
        id="linux.also_killed",
        role=Role.VICTIM,
        anchors=("Kill process ", "Rage kill process "),
        grammar=_also_killed,
        part=Kill.read_also,
        source="oom_kill_task, __oom_kill_process; Virtuozzo 9",
        versions="2.6.37 to 4.3, RHEL 7, Virtuozzo 7 and 9",
        example="Kill process 4711 (java) sharing same memory",
    ),
    Wording(
        id="linux.not_killed",
        role=Role.VICTIM,
        anchors=(": OOM victim ", "Would have killed process "),
        grammar=_not_killed,
        part=made(NotKilled),
        source="oom_kill_process; oom_kill_task of RHEL 6 and OpenVZ 6",
        versions="5.9 to 7.1, RHEL 6",
        example="Out of memory: OOM victim 4711 (java) is already exiting. Skip killing the task",
    ),
)
