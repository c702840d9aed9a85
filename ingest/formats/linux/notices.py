"""What a report says beside its victims: no victim, panic, rounds of OpenVZ, suppressed lines, neighbours."""

from __future__ import annotations

import pyparsing as pp

from ingest.formats._elements import ignored, integer, pattern, until, word
from ingest.formats._types import Fields, Wording
from ingest.formats.linux._part import LinuxPart, context, made
from ingest.model import Role


class NoVictim(LinuxPart, frozen=True, kw_only=True):
    """There was nobody to kill."""


class Panic(LinuxPart, frozen=True, kw_only=True):
    """The kernel gave up."""


class UbRound(LinuxPart, frozen=True, kw_only=True):
    """A generation of a container's killer begins or ends, with why; ``ub`` is -1 for the whole node."""

    ub: int | None = None
    killed: int | None = None
    why: str | None = None


class Suppressed(LinuxPart, frozen=True, kw_only=True):
    """What the log says is missing: so many lines, or so many calls of a function that would have printed some."""

    count: int
    calls: bool = False

    @classmethod
    def read(cls, found: Fields) -> Suppressed:
        """From the grammar. ``callbacks`` is ``___ratelimit``'s word for calls (lib/ratelimit.c)."""
        return cls(count=found["count"], calls=found.get("what") == "callbacks")


def _no_victim() -> pp.ParserElement:
    return word("Out of memory and no killable processes...")


def _panic() -> pp.ParserElement:
    why = (
        r"System is deadlocked on memory"
        r"|[Oo]ut of memory(?: from page fault|\(memcg\))?[.:] ?(?:\S+ ){0,2}panic_on_oom is (?:selected|enabled)\.?"
    )
    only_as_panic = r"Out of memory and no killable processes(?:\.\.\.)?"
    said = rf"Kernel panic - not syncing: (?:{why}|{only_as_panic})"
    return pp.Suppress(pp.Regex(rf"{said}|---\[ end {said} \]---|{why}"))


def _ub_round() -> pp.ParserElement:
    starts = word(">>>") + integer("ub") + word("oom generation") + integer("generation") + word("starts")
    ends = (
        word("<<<")
        + integer("ub")
        + word("oom generation")
        + integer("generation")
        + word("ends (")
        + until(r"\)\s*$", "why")
        + word(")")
    )
    late = (
        word("oom-killer in ub")
        + integer("ub")
        + word("generation")
        + integer("generation")
        + word("ends:")
        + pattern(r".+", "why")
    )
    worst = word("OOM selected worst BC") + integer("ub") + pp.Suppress(pp.Regex(r"\(overdraft \d+\):?"))
    return starts | ends | late | worst


def _rage() -> pp.ParserElement:
    early = word("OOM killer in rage,") + integer("killed") + word("tasks killed in ub") + integer("ub")
    late = word("OOM killer in rage") + integer("level") + word(":") + integer("killed") + word("tasks killed")
    return early | late


def _beside() -> pp.ParserElement:
    """Lines about the killer's own work that name no victim, or name one that another line kills."""
    shapes = (
        r"oom killer \d+ \(.*\) (?:in VE \"[^\"]*\" )?has mm pinned by \d+ \(.*\)",
        r"tried to kill init!",
        r"tried to kill an mm-less task(?: \d+ \(.*\))?!",
        r"Unable to start OOM reaper -?\d+\. Continuing regardless",
        r"VM: killing process .*",
        r"Huh VM_FAULT_OOM leaked out to the #PF handler\. Retrying PF",
        r"OOMkill: task \d+ \(.*\) got \d+ points",
        r"OOM kill timeout: \d+ \(.*\)",
        r"OOM: disabled for process \d+ \(.*\) by virtinfo\.",
        r"OOM(?: berserker)?: no mm for process \d+ \(.*\)\.",
        r"OOM in progress\.",
        r"Purging GPU memory, \d+ .*",
        r"\d+ and \d+ (?:bytes|pages) still available in the bound and unbound GPU page lists\.",
    )
    return pp.Suppress(pp.Regex("|".join(shapes)))


def _suppressed() -> pp.ParserElement:
    console = word("**") + integer("count") + pp.Suppress(pp.Regex(r"printk messages dropped \*\*"))
    caller = pp.Optional(pp.Suppress(pp.Regex(r"[A-Za-z_]\w*:")))
    what = pattern(r"(?:messages|callbacks|output lines)(?= suppressed)", "what")
    return console | (caller + integer("count") + what + word("suppressed") + ignored())


def _neighbour() -> pp.ParserElement:
    """Allocation failures and their like: the same memory dump, but nobody is killed by them."""
    shapes = (
        r".*page allocation failure[.:] ?order:-?\d+.*",
        r".*page allocation stalls for \d+ms, order:\d+.*",
        r"__alloc_pages: \d+-order allocation failed.*",
        r".*vmalloc(?:: allocation failure| error).*",
        r"vmap allocation for size \d+ failed: .*",
        r"SL[AU]B: Unable to allocate memory on (?:node|CPU) .*",
        r"cache: .*, object size: \d+.*",
        r"node \d+: slabs: \d+.*",
    )
    return pp.Suppress(pp.Regex("|".join(shapes)))


WORDINGS = (
    Wording(
        id="linux.panic",
        role=Role.EVIDENCE,
        anchors=(
            "panic_on_oom is ",
            "System is deadlocked on memory",
            "Kernel panic - not syncing: Out of memory and no ",
        ),
        grammar=_panic,
        part=lambda _: Panic(),
        source="check_panic_on_oom, out_of_memory, __out_of_memory",
        versions="2.6.11 to 7.1",
        example="Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled",
    ),
    Wording(
        id="linux.no_victim",
        role=Role.EVIDENCE,
        anchors=("Out of memory and no killable processes...",),
        grammar=_no_victim,
        part=lambda _: NoVictim(),
        source="out_of_memory",
        versions="2.6.11 to 7.1",
        example="Out of memory and no killable processes...",
    ),
    Wording(
        id="linux.ub_round",
        role=Role.BODY,
        anchors=(" oom generation ", "oom-killer in ub ", "OOM selected worst BC "),
        grammar=_ub_round,
        part=made(UbRound),
        source="ub_oom_start, ub_oom_wait (kernel/bc/oom_kill.c)",
        versions="042stab061 to 042stab141",
        example="oom-killer in ub 1234 generation 77 ends: task died",
    ),
    Wording(
        id="linux.rage",
        role=Role.EVIDENCE,
        anchors=("OOM killer in rage",),
        grammar=_rage,
        part=made(UbRound),
        source="oom_kill_rage of OpenVZ; Virtuozzo 9",
        versions="042stab061 to Virtuozzo 9",
        example="OOM killer in rage, 16 tasks killed in ub 1234",
    ),
    Wording(
        id="linux.beside",
        role=Role.BODY,
        anchors=(
            "mm pinned by ",
            "tried to kill ",
            "Unable to start OOM reaper",
            "VM: killing process ",
            "VM_FAULT_OOM",
            "OOMkill: task ",
            "OOM kill timeout",
            "OOM: ",
            "OOM berserker",
            "OOM in progress",
            "GPU ",
        ),
        grammar=_beside,
        part=context,
        source="oom_kill_process, oom_init, do_page_fault, badness, i915_gem_shrinker_oom",
        versions="2.4 to 7.1",
        example="oom killer 4711 (java) has mm pinned by 1 (systemd)",
    ),
    Wording(
        id="linux.suppressed",
        role=Role.BODY,
        anchors=(" suppressed", "printk messages dropped"),
        grammar=_suppressed,
        part=Suppressed.read,
        source="___ratelimit, __printk_ratelimit, console_unlock",
        versions="2.6.11 to 7.1",
        example="oom_kill_process: 15 callbacks suppressed",
    ),
    Wording(
        id="linux.neighbour",
        role=Role.BODY,
        anchors=(
            "page allocation ",
            "__alloc_pages: ",
            "vmalloc",
            "vmap allocation ",
            "SLUB: ",
            "SLAB: ",
            "cache: ",
            ": slabs: ",
        ),
        grammar=_neighbour,
        part=context,
        source="warn_alloc, warn_alloc_failed, slab_out_of_memory, __vmalloc_area_node",
        versions="2.4 to 7.1",
        example="swapper/0: page allocation failure: order:5, mode:0xcc1(GFP_KERNEL|GFP_DMA), nodemask=(null),cpuset=/,"
        "mems_allowed=0",
    ),
)
