"""Mem-Info parts to the machine's state, in bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ingest.formats.linux.kernel_memory import AllocationRow, SlabRow
from ingest.formats.linux.memory import Buddy, Huge, Kilobytes, Node, Pages, Reserve, ZoneLine
from ingest.model import MachineState, SystemMemory, SystemSwap, Zone

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.formats.linux.said import Said

_PAGES = {
    "pages RAM": "total", "pages of RAM": "total", "pages reserved": "reserved", "reserved pages": "reserved",
    "pages HighMem": "high", "pages HighMem/MovableOnly": "high", "pages of HIGHMEM": "high",
    "pages cma reserved": "cma_reserved", "pages hwpoisoned": "hwpoisoned", "total pagecache pages": "page_cache",
    "pages dirty": "dirty", "pages writeback": "writeback", "pages mapped": "mapped", "pages slab": "slab",
    "pages pagetables": "page_tables", "pagetables": "page_tables", "sec_pagetables": "sec_page_tables",
    "mapped-file": "mapped",
}  # fmt: skip
"""Words of the kernel that are not our names; a word that is one needs no line here."""

_FIELDS = frozenset(SystemMemory.__struct_fields__)
_LONG_MAX = (1 << 63) - 1


def machine_state(said: Said) -> MachineState | None:
    """The machine's memory as the lines of one report tell it; ``None`` where none of them does."""
    memory: dict[str, int] = {}
    swap: dict[str, int] = {}
    for part in said.among(Pages, Kilobytes):
        match part:
            case Pages():
                _pages(part, said.page_size.bytes, memory, swap)
            case Kilobytes():
                _kilobytes(part, memory, swap)
    zones = tuple(_zones(said))
    # NR_KERNEL_STACK_KB is told of each zone up to 5.8, of each node since.
    of_nodes = [part.sizes["kernel_stack"] for part, _ in said.every(Node) if "kernel_stack" in part.sizes]
    of_zones = [zone.sizes["kernel_stack"] for zone in zones if "kernel_stack" in zone.sizes]
    if stacks := of_nodes or of_zones:
        memory["kernel_stack"] = sum(stacks)
    state = MachineState(
        memory=SystemMemory(**memory),
        swap=SystemSwap(**swap),
        zones=zones,
        huge_pages=tuple(part.pages for part, _ in said.every(Huge)),
        slabs=tuple(part.slab for part, _ in said.every(SlabRow)),
        allocations=tuple(part.site for part, _ in said.every(AllocationRow)),
    )
    return None if state == MachineState() else state


def _zones(said: Said) -> Iterable[Zone]:
    """Zones with the reserve and free lists that follow them."""
    zones: dict[tuple[int | None, str], Zone] = {}
    latest: tuple[int | None, str] | None = None
    for part in said.among(ZoneLine, Reserve, Buddy):
        match part:
            case ZoneLine():
                latest = part.node, part.zone
                zones.setdefault(
                    latest,
                    Zone(node=part.node, name=part.zone, sizes=part.sizes, all_unreclaimable=part.unreclaimable),
                )
            case Reserve() if latest:
                zones[latest] = replace(zones[latest], lowmem_reserve_pages=part.pages)
            case Buddy():
                at = part.node, part.zone
                zones[at] = replace(
                    zones.get(at) or Zone(node=part.node, name=part.zone, sizes={}), free_blocks=part.blocks
                )
            case _:
                pass
    return zones.values()


def _pages(part: Pages, page: int, memory: dict[str, int], swap: dict[str, int]) -> None:
    for word, count in part.counts.items():
        name = _PAGES.get(word, word)
        if count * page > _LONG_MAX:
            continue
        if word in ("pages in swap cache", "pages swap cached"):
            swap["cached"] = count * page
        elif name in _FIELDS:
            memory.setdefault(name, count * page)


def _kilobytes(part: Kilobytes, memory: dict[str, int], swap: dict[str, int]) -> None:
    for word, size in part.sizes.items():
        if word == "free":
            memory.setdefault("free", size)
        else:
            swap["total" if word == "Total swap" else "free"] = size
