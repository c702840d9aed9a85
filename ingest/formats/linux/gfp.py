"""Allocation flags by name, for the kernels that print only the mask (include/linux/gfp.h, 2.6.11 to 4.5).

The bits moved: ``__GFP_MOVABLE`` in 2.6.31, and 4.4 made ``__GFP_WAIT`` two flags. Newer kernels print the names, and a
mask without a kernel release stays a number.
"""

from __future__ import annotations

from ingest.model import kernel_version

_COMMON = {
    0x01: "__GFP_DMA", 0x02: "__GFP_HIGHMEM", 0x20: "__GFP_HIGH", 0x40: "__GFP_IO", 0x80: "__GFP_FS",
    0x100: "__GFP_COLD", 0x200: "__GFP_NOWARN", 0x400: "__GFP_REPEAT", 0x800: "__GFP_NOFAIL", 0x1000: "__GFP_NORETRY",
    0x4000: "__GFP_COMP", 0x8000: "__GFP_ZERO", 0x10000: "__GFP_NOMEMALLOC", 0x20000: "__GFP_HARDWALL",
}  # fmt: skip
_UNTIL_4_3 = _COMMON | {
    0x04: "__GFP_DMA32",
    0x10: "__GFP_WAIT",
    0x40000: "__GFP_THISNODE",
    0x80000: "__GFP_RECLAIMABLE",
}
_SINCE_2_6_31 = _UNTIL_4_3 | {
    0x08: "__GFP_MOVABLE", 0x2000: "__GFP_MEMALLOC", 0x200000: "__GFP_NOTRACK", 0x400000: "__GFP_NO_KSWAPD",
    0x800000: "__GFP_OTHER_NODE", 0x1000000: "__GFP_WRITE",
}  # fmt: skip

_TABLES: tuple[tuple[tuple[int, int, int], dict[int, str]], ...] = (
    ((4, 6, 0), {}),
    ((4, 4, 0), _COMMON | {
        0x04: "__GFP_DMA32", 0x08: "__GFP_MOVABLE", 0x10: "__GFP_RECLAIMABLE", 0x2000: "__GFP_MEMALLOC",
        0x40000: "__GFP_THISNODE", 0x80000: "__GFP_ATOMIC", 0x200000: "__GFP_NOTRACK", 0x400000: "__GFP_DIRECT_RECLAIM",
        0x800000: "__GFP_OTHER_NODE", 0x1000000: "__GFP_WRITE", 0x2000000: "__GFP_KSWAPD_RECLAIM",
    }),
    ((2, 6, 31), _SINCE_2_6_31),
    ((2, 6, 24), _UNTIL_4_3 | {0x100000: "__GFP_MOVABLE"}),
    ((2, 6, 19), {bit: name for bit, name in _UNTIL_4_3.items() if bit != 0x80000}),  # noqa: PLR2004
    ((2, 6, 11), _COMMON | {0x10: "__GFP_WAIT"}),
)  # fmt: skip
"""The oldest release that a table holds for, newest first. Bits that no table names stay hex."""


def names(mask: str, release: str | None) -> tuple[str, ...]:
    """The flags of a mask, lowest bit first, left-over bits as one hex number; empty where the release is unknown."""
    table = _table(release)
    if not table:
        return ()
    bits = int(mask, 16)
    found = [name for bit, name in sorted(table.items()) if bits & bit]
    left = bits & ~sum(table)
    return tuple(found + ([hex(left)] if left else []))


def _table(release: str | None) -> dict[int, str]:
    version = kernel_version(release)
    if version is None:
        return {}
    return next((table for oldest, table in _TABLES if version >= oldest), {})
