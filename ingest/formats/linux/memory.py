"""Mem-Info: counters, nodes, zones, free lists, totals, swap (show_mem, show_free_areas, mm/show_mem.c).

Keys come and go with every release, so lines are read as ``key:number unit`` pairs in any order.
"""

from __future__ import annotations

import re

import pyparsing as pp

from ingest.formats._elements import KIB, ignored, integer, kib, pairs, pattern, word
from ingest.formats._types import Fields, Wording
from ingest.formats.linux._part import LinuxPart, context
from ingest.model import FreeBlocks, HugePages, Role

_ZONES = r"(?:DMA32|DMA|Normal|HighMem|Movable|Device)"
_KB_PAIR = r"[a-z_]+(?:\((?:anon|file)\))?: ?-?\d{1,25}(?:kB|KB)?(?=[\s,]|$)"
_PAGE_PAIR = r"[A-Za-z_-]+: ?\d{1,25}(?=[\s,)]|$)"


class Pages(LinuxPart, frozen=True, kw_only=True):
    """Counters of the whole machine, in pages."""

    counts: dict[str, int]

    @classmethod
    def read(cls, found: Fields) -> Pages:
        """From ``key:pages`` pairs, names in lower case."""
        told = (pair.partition(":") for pair in found["pairs"])
        return cls(counts={name.lower(): int(value) for name, _, value in told})

    @classmethod
    def read_total(cls, found: Fields) -> Pages:
        """From ``123 pages RAM`` and its like."""
        return cls(counts={found["what"]: found["count"]})


class Kilobytes(LinuxPart, frozen=True, kw_only=True):
    """Sums of the whole machine that are printed in kB, in bytes."""

    sizes: dict[str, int]

    @classmethod
    def read(cls, found: Fields) -> Kilobytes:
        """From the grammar of a line with one size."""
        return cls(sizes={found["what"]: found["size"]})


class Node(LinuxPart, frozen=True, kw_only=True):
    """One memory node, in bytes."""

    node: int
    sizes: dict[str, int]

    @classmethod
    def read(cls, found: Fields) -> Node:
        """From the node line's pairs."""
        return cls(node=found["node"], sizes=_sizes(found))


class ZoneLine(LinuxPart, frozen=True, kw_only=True):
    """One zone's watermarks and contents, in bytes."""

    node: int | None
    zone: str
    sizes: dict[str, int]
    unreclaimable: bool | None

    @classmethod
    def read(cls, found: Fields) -> ZoneLine:
        """From the zone line's pairs."""
        said = found.get("unreclaimable")
        return cls(
            node=found.get("node"),
            zone=found["zone"],
            sizes=_sizes(found),
            unreclaimable=said == "yes" if said else None,
        )


class Reserve(LinuxPart, frozen=True, kw_only=True):
    """``lowmem_reserve[]`` of the zone before it, in pages."""

    pages: tuple[int, ...]

    @classmethod
    def read(cls, found: Fields) -> Reserve:
        """From the numbers of the line."""
        return cls(pages=tuple(int(number) for number in found["numbers"].split()))


class Buddy(LinuxPart, frozen=True, kw_only=True):
    """A zone's free blocks. The smallest block is a page."""

    node: int | None
    zone: str
    blocks: tuple[FreeBlocks, ...]

    @classmethod
    def read(cls, found: Fields) -> Buddy:
        """From ``count*sizekB (types)`` blocks."""
        blocks = tuple(
            FreeBlocks(size=int(block[2]) * KIB, count=int(block[1]), types=block[3] or "")
            for block in map(_BLOCK.fullmatch, found["blocks"])
            if block
        )
        return cls(node=found.get("node"), zone=found["zone"], blocks=blocks)


class Huge(LinuxPart, frozen=True, kw_only=True):
    """Huge pages of one node and size."""

    pages: HugePages

    @classmethod
    def read(cls, found: Fields) -> Huge:
        """From the grammar; the size in bytes."""
        return cls(
            pages=HugePages(
                node=found.get("node"),
                total=found["total"],
                free=found["free"],
                surplus=found["surplus"],
                size=found["size"],
            )
        )


_BLOCK = re.compile(r"(\d{1,25})\*(\d{1,12})kB(?: \(([A-Z]+)\))?")
_UNDERFLOW = 1 << 63


def _sizes(found: Fields) -> dict[str, int]:
    """Pairs with a unit as bytes; those without one are counts and are left to the raw text."""
    told = [pair[:-2].rpartition(":") for pair in found.get("pairs", ()) if pair.endswith(("kB", "KB"))]
    read = {name: int(value) * KIB for name, _, value in told}
    return {name: size for name, size in read.items() if -_UNDERFLOW < size < _UNDERFLOW}


def _node() -> pp.ParserElement:
    return word("Node") + integer("node")


def _heading() -> pp.ParserElement:
    return pp.Suppress(pp.Regex(r"(?:UB-\d+-)?Mem-[Ii]nfo:"))


def _per_cpu() -> pp.ParserElement:
    zone = rf"(?:Node \d+ )?{_ZONES} per-cpu:(?: empty)?"
    cpu = r"(?:cpu \d+ (?:hot|cold): low \d+.*|cpu \d+ (?:hot|cold): high \d+.*|CPU\s+\d+: (?:Hot: )?hi:.*)"
    return pp.Suppress(pp.Regex(rf"{zone}|{cpu}"))


def _pages() -> pp.ParserElement:
    return (
        pp.Optional(word("("))
        + pp.DelimitedList(pp.Regex(_PAGE_PAIR), pp.Optional(","), min=2).set_results_name("pairs")
        + pp.Optional(word(")"))
    )


def _free_pages() -> pp.ParserElement:
    high = word("(") + kib("high") + word("HighMem)")
    return (
        word("Free pages:")
        + kib("size")
        + pp.Optional(high).suppress()
        + pp.Empty().set_parse_action(lambda: "free")("what")
    )


def _unreclaimable() -> pp.ParserElement:
    return pp.Optional(word("all_unreclaimable?") + pp.one_of("yes no")("unreclaimable"))


def _node_line() -> pp.ParserElement:
    return (
        _node()
        + pp.FollowedBy(pp.Regex(r"active_anon:"))
        + pairs(_KB_PAIR, "pairs")
        + _unreclaimable()
        + pp.Optional(pairs(r"[A-Za-z_]+: ?\d{1,25}kB", "more"))
    )


def _zone_line() -> pp.ParserElement:
    modern = pp.Optional(_node()) + pattern(_ZONES, "zone") + pp.FollowedBy("free:")
    early = word("Zone:") + pattern(_ZONES, "zone") + pp.FollowedBy("freepages:")
    pair = rf"(?:{_KB_PAIR}|freepages: *\d{{1,25}}kB|(?:min|low|high): *\d{{1,25}}kB)"
    return (modern | early) + pairs(pair, "pairs") + _unreclaimable()


def _reserve() -> pp.ParserElement:
    return word("lowmem_reserve[]:") + pattern(r"-?\d{1,25}(?:\s+-?\d{1,25})*", "numbers")


def _buddy() -> pp.ParserElement:
    blocks = pp.OneOrMore(pp.Regex(_BLOCK.pattern)).set_results_name("blocks")
    return pp.Optional(_node()) + pattern(_ZONES, "zone") + word(":") + blocks + word("=") + kib("free")


def _huge() -> pp.ParserElement:
    return (
        pp.Optional(_node())
        + word("hugepages_total=")
        + integer("total")
        + word("hugepages_free=")
        + integer("free")
        + word("hugepages_surp=")
        + integer("surplus")
        + word("hugepages_size=")
        + kib("size")
    )


_TOTALS = (
    "total pagecache pages", "pages in swap cache", "pages in pagetable cache", "pages RAM", "pages of RAM",
    "pages HighMem/MovableOnly", "pages HighMem", "pages of HIGHMEM", "pages reserved", "reserved pages",
    "pages cma reserved", "pages hwpoisoned", "pages shared", "pages non-shared", "pages swap cached", "pages dirty",
    "pages writeback", "pages mapped", "pages slab", "pages pagetables",
)  # fmt: skip


def _totals() -> pp.ParserElement:
    return integer("count") + pp.one_of(_TOTALS)("what")


def _swap() -> pp.ParserElement:
    return pattern(r"Free swap(?=\s*[:=])|Total swap(?=\s*=)", "what") + pp.Suppress(pp.Regex("[:=]")) + kib("size")


def _swap_cache() -> pp.ParserElement:
    return pp.Suppress(pp.Regex(r"Swap cache(?: stats)?: add \d+, delete \d+, find \d+/\d+")) + ignored()


WORDINGS = (
    Wording(
        id="linux.mem_info",
        role=Role.BODY,
        anchors=("Mem-Info:", "Mem-info:"),
        grammar=_heading,
        part=context,
        source="show_mem, show_free_areas",
        versions="2.4 to 7.1",
        example="Mem-Info:",
    ),
    Wording(
        id="linux.per_cpu",
        role=Role.BODY,
        anchors=("per-cpu:", "hi:", " high ", " low "),
        grammar=_per_cpu,
        part=context,
        source="show_free_areas",
        versions="2.6.11 to 4.0",
        example="CPU    0: hi:  186, btch:  31 usd:  30",
    ),
    Wording(
        id="linux.pages",
        role=Role.BODY,
        anchors=(
            "ctive:",
            "ctive_anon:",
            "ctive_file:",
            "unevictable:",
            "free:",
            "slab_reclaimable:",
            "mapped:",
            "free_cma:",
            "kernel_misc_reclaimable:",
            "sec_pagetables:",
        ),
        grammar=_pages,
        part=Pages.read,
        source="show_free_areas",
        versions="2.4 to 7.1",
        example="active_anon:1 inactive_anon:2 isolated_anon:0",
    ),
    Wording(
        id="linux.pages_single",
        role=Role.BODY,
        anchors=("free_cma:", "kernel_misc_reclaimable:"),
        grammar=lambda: pp.Regex(_PAGE_PAIR).set_results_name("pairs", list_all_matches=True),
        part=Pages.read,
        source="show_free_areas",
        versions="3.7 to 4.0, 5.15 to 7.1",
        example=" kernel_misc_reclaimable:0",
    ),
    Wording(
        id="linux.free_pages",
        role=Role.BODY,
        anchors=("Free pages:",),
        grammar=_free_pages,
        part=Kilobytes.read,
        source="show_free_areas",
        versions="2.4 to 2.6.18",
        example="Free pages:        4244kB (0kB HighMem)",
    ),
    Wording(
        id="linux.node",
        role=Role.BODY,
        anchors=("active_anon:",),
        grammar=_node_line,
        part=Node.read,
        source="show_free_areas, show_node",
        versions="4.8 to 7.1",
        example="Node 0 active_anon:1036kB inactive_anon:3787524kB isolated(anon):0kB writeback_tmp:0kB "
        "kernel_stack:10240kB all_unreclaimable? no",
    ),
    Wording(
        id="linux.zone",
        role=Role.BODY,
        anchors=(" free:", " freepages:"),
        grammar=_zone_line,
        part=ZoneLine.read,
        source="show_free_areas",
        versions="2.4 to 7.1",
        example="Node 0 DMA free:13312kB boost:0kB min:64kB low:80kB high:96kB reserved_highatomic:0KB present:15992kB "
        "managed:15360kB",
    ),
    Wording(
        id="linux.lowmem_reserve",
        role=Role.BODY,
        anchors=("lowmem_reserve[]:",),
        grammar=_reserve,
        part=Reserve.read,
        source="show_free_areas",
        versions="2.6.11 to 7.1",
        example="lowmem_reserve[]: 0 2974 3913 3913",
    ),
    Wording(
        id="linux.buddy",
        role=Role.BODY,
        anchors=("kB = ", ") = "),
        grammar=_buddy,
        part=Buddy.read,
        source="show_free_areas",
        versions="2.6.11 to 7.1",
        example="Node 0 DMA: 1*4kB (U) 0*8kB 1*16kB (U) 0*32kB = 15908kB",
    ),
    Wording(
        id="linux.huge_pages",
        role=Role.BODY,
        anchors=("hugepages_total=",),
        grammar=_huge,
        part=Huge.read,
        source="hugetlb_show_meminfo",
        versions="3.10 to 7.1",
        example="Node 0 hugepages_total=512 hugepages_free=0 hugepages_surp=0 hugepages_size=2048kB",
    ),
    Wording(
        id="linux.totals",
        role=Role.BODY,
        anchors=(" pages", "reserved pages"),
        grammar=_totals,
        part=Pages.read_total,
        source="show_mem, show_swap_cache_info",
        versions="2.6.11 to 7.1",
        example="1048442 pages RAM",
    ),
    Wording(
        id="linux.swap",
        role=Role.BODY,
        anchors=("Free swap", "Total swap"),
        grammar=_swap,
        part=Kilobytes.read,
        source="show_swap_cache_info, show_mem",
        versions="2.4 to 7.1",
        example="Free swap  = 0kB",
    ),
    Wording(
        id="linux.swap_cache",
        role=Role.BODY,
        anchors=("Swap cache",),
        grammar=_swap_cache,
        part=context,
        source="show_swap_cache_info",
        versions="2.4 to 5.19",
        example="Swap cache stats: add 0, delete 0, find 0/0",
    ),
)
