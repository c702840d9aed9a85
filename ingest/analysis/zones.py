"""The zones of a machine against a request: which it may use, and which are short of free pages.

``zone_watermark_ok`` (mm/page_alloc.c): what is free must be more than the zone's mark and what the zone keeps back
from requests that could have been served by a higher one (``lowmem_reserve``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.model import Report, Zone

HIGH = "HighMem"
LOW = ("DMA", "DMA32", "Normal")
_ORDER = (*LOW, HIGH, "Movable")
"""Lowest first; what may be in a zone may be in any lower one (``enum zone_type``, include/linux/mmzone.h)."""

_HIGH_FLAGS = frozenset({"GFP_HIGHUSER", "GFP_HIGHUSER_MOVABLE", "__GFP_HIGHMEM"})
_NEARLY = 1.1
"""Free memory moves while the report is printed: a little above the mark still failed a moment ago."""
_PLENTY = 4
"""So far above its highest mark nobody calls a zone exhausted."""


def usable(report: Report) -> list[Zone]:
    """The zones that the allocation could use (``gfp_zone``, include/linux/gfp.h); all where no flags are told."""
    if report.machine is None:
        return []
    flags = set(report.request.gfp_flags) if report.request else set()
    names = set(_ORDER)
    if flags & {"GFP_DMA", "__GFP_DMA"}:
        names = {"DMA"}
    elif flags & {"GFP_DMA32", "__GFP_DMA32"}:
        names = {"DMA", "DMA32"}
    elif flags and not flags & _HIGH_FLAGS:
        names -= {HIGH, "Movable"}
    return [zone for zone in report.machine.zones if zone.name in names]


def is_above(zone: Zone, mark: str, zones: Sequence[Zone], page: int) -> bool:
    """Whether a request that may use ``zones`` finds a zone above a mark (``min``, ``low`` or ``high``)."""
    free, level = zone.sizes.get("free"), zone.sizes.get(mark)
    return free is not None and level is not None and free > level + _kept_back(zone, zones) * page


def is_short(zone: Zone) -> bool:
    """Below the mark at which allocations fail, whatever they may use."""
    free, least = zone.sizes.get("free"), zone.sizes.get("min")
    return free is not None and least is not None and least > 0 and free <= least * _NEARLY


def has_plenty(zone: Zone) -> bool:
    """So much is free that nobody would call the zone exhausted."""
    free, high = zone.sizes.get("free"), zone.sizes.get("high")
    return free is not None and high is not None and free > high * _PLENTY


def _kept_back(zone: Zone, zones: Sequence[Zone]) -> int:
    """Pages of ``lowmem_reserve[]`` for the highest zone that a request may use.

    The array has an entry for each zone that the kernel was built with, zeros up to the zone's own, and then one value
    more for each higher zone that has memory.
    """
    if zone.name not in _ORDER:
        return 0
    place = _ORDER.index(zone.name)
    higher = {each.name for each in zones if each.name in _ORDER and _ORDER.index(each.name) > place}
    reserve = [pages for pages in zone.lowmem_reserve_pages if pages]
    return reserve[min(len(higher), len(reserve)) - 1] if higher and reserve else 0
