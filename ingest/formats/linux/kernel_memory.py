"""Who in the kernel holds memory: unreclaimable slab, allocation profiling, OpenVZ's beancounters."""

from __future__ import annotations

import pyparsing as pp

from ingest.formats._elements import KIB, integer, pattern, unit, word
from ingest.formats._types import Fields, Wording
from ingest.formats.linux._part import LinuxPart, context
from ingest.model import Allocation, Role, Slab

_UNITS = {"B": 1, "KiB": KIB, "MiB": KIB**2, "GiB": KIB**3, "TiB": KIB**4}


class SlabRow(LinuxPart, frozen=True, kw_only=True):
    """One cache of unreclaimable slab."""

    slab: Slab

    @classmethod
    def read(cls, found: Fields) -> SlabRow:
        """From the row's grammar."""
        return cls(slab=Slab(found["name"].strip(), found["used"], found["total"]))


class AllocationRow(LinuxPart, frozen=True, kw_only=True):
    """One allocation site."""

    site: Allocation

    @classmethod
    def read(cls, found: Fields) -> AllocationRow:
        """From the row's grammar; the size is printed with three digits, so bytes are near, not exact."""
        size = round(float(found["size"]) * _UNITS[found["unit"]])
        return cls(site=Allocation(size, found["calls"], found["place"], found.get("module"), found["function"]))


class Beancounter(LinuxPart, frozen=True, kw_only=True):
    """Held, limit and failures of a container's RAM and swap (pages) and kernel memory (bytes)."""

    ram: tuple[int, int | None, int]
    swap: tuple[int, int | None, int]
    kmem: tuple[int, int | None, int]

    @classmethod
    def read(cls, found: Fields) -> Beancounter:
        """From the grammar; ``inf`` is no limit."""

        def counter(name: str) -> tuple[int, int | None, int]:
            limit = found[f"{name}_limit"]
            return found[f"{name}_held"], None if limit == "inf" else int(limit), found[f"{name}_failed"]

        return cls(ram=counter("ram"), swap=counter("swap"), kmem=counter("kmem"))


def _slab_heading() -> pp.ParserElement:
    return pp.Suppress(
        pp.Regex(r"Unreclaimable slab info:|Name\s+Used\s+Total|excessive unreclaimable slab but cannot dump stats")
    )


def _slab_row() -> pp.ParserElement:
    sizes = unit("used", "KB", KIB) + unit("total", "KB", KIB)
    # Blank by blank, not back from the line's end: there each of a long run would look at all behind it.
    return pattern(r"\S+(?:\s\S+)*?(?=\s+\d+KB\s+\d+KB\s*$)", "name") + sizes


def _allocations_heading() -> pp.ParserElement:
    return pp.Suppress(pp.Regex(r"Memory allocations(?: \(profiling is currently turned (?:on|off)\))?:"))


def _allocations_row() -> pp.ParserElement:
    return (
        pattern(r"\d{1,6}(?:\.\d{1,3})?(?= ?[KMGT]?i?B\s)", "size")
        + pp.one_of(list(_UNITS))("unit")
        + integer("calls")
        + pattern(r"[\w./-]+:\d+(?=\s)", "place")
        + pp.Optional(word("[") + pattern(r"[^\]]+", "module") + word("]"))
        + word("func:")
        + pattern(r"\S+", "function")
    )


def _held(label: str, name: str) -> pp.ParserElement:
    return (
        word(f"{label}:")
        + integer(f"{name}_held")
        + word("/")
        + pattern(r"\d{1,25}|inf", f"{name}_limit")
        + word("[")
        + integer(f"{name}_failed")
        + word("]")
    )


def _beancounter() -> pp.ParserElement:
    names = (("RAM", "ram"), ("SWAP", "swap"), ("KMEM", "kmem"), ("DCSZ", "dcsz"), ("OOMG", "oomg"))
    tail = pp.Suppress(pp.Regex(r"Dirty \d+ Wback \d+ Dche \d+ Prnd \d+"))
    return pp.And([_held(label, name) for label, name in names]) + pp.Optional(tail)


def _gang() -> pp.ParserElement:
    gang = r"Node \d+ \S+ prio:\d+ portion:-?\d+ scan:\d+ a_anon:.*"
    total = r"Total \d+ anon:\d+ file:\d+ a_anon:.*"
    caches = r"Top \d+ caches:|\S.{0,40}? size +\d+ objsize +\d+"
    limits = r"Fatal resource shortage: \w+, UB \d+\.?|Uncharging too much .*|Ub \S+ helds \d+ in \w+ on put"
    return pp.Suppress(pp.Regex(f"{gang}|{total}|{caches}|{limits}"))


WORDINGS = (
    Wording(
        id="linux.slab_heading",
        role=Role.BODY,
        anchors=("slab", "Used"),
        grammar=_slab_heading,
        part=context,
        source="dump_unreclaimable_slab",
        versions="4.15 to 7.1, RHEL 8",
        example="Unreclaimable slab info:",
    ),
    Wording(
        id="linux.slab_row",
        role=Role.BODY,
        anchors=("KB ", "KB"),
        grammar=_slab_row,
        part=SlabRow.read,
        source="dump_unreclaimable_slab",
        versions="4.15 to 7.1, RHEL 8",
        example="kmalloc-1k            2048KB       4096KB",
    ),
    Wording(
        id="linux.allocations_heading",
        role=Role.BODY,
        anchors=("Memory allocations",),
        grammar=_allocations_heading,
        part=context,
        source="show_mem",
        versions="6.10 to 7.1",
        example="Memory allocations:",
    ),
    Wording(
        id="linux.allocations_row",
        role=Role.BODY,
        anchors=(" func:",),
        grammar=_allocations_row,
        part=AllocationRow.read,
        source="alloc_tag_to_text",
        versions="6.10 to 7.1",
        example="    1.20 GiB   314572 mm/slub.c:2452 func:alloc_slab_page",
    ),
    Wording(
        id="linux.beancounter",
        role=Role.BODY,
        anchors=("RAM: ",),
        grammar=_beancounter,
        part=Beancounter.read,
        source="show_ub_mem (kernel/bc/beancounter.c)",
        versions="042stab088 to 042stab141",
        example="RAM: 65536 / 65536 [12] SWAP: 0 / 0 [3] KMEM: 9437184 / inf [0] DCSZ: 1048576 / inf [0] "
        "OOMG: 65536 / inf [0] Dirty 0 Wback 0 Dche 12 Prnd 0",
    ),
    Wording(
        id="linux.beancounter_detail",
        role=Role.BODY,
        anchors=(" portion:", "Total ", " caches:", " objsize ", "Fatal resource shortage: ", "Uncharging ", " helds "),
        grammar=_gang,
        part=context,
        source="show_ub_mem, show_slab_info, ub_oom of OpenVZ",
        versions="2.6.18-028stab to 042stab141",
        example="Fatal resource shortage: kmemsize, UB 1234.",
    ),
)
