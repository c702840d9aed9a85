"""The machine's memory and a cgroup's memory.stat, as a report's document shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import asdict

from ingest.document._tree import Tree, fits, sized, trimmed
from ingest.fields import MEMORY_STAT, SYSTEM_MEMORY

if TYPE_CHECKING:
    from ingest.model import CgroupState, FreeBlocks, MachineState, Zone

SHOWN_ROWS = 50
"""Zones, caches and sites that a document shows; the raw lines have them all."""


def system_state(machine: MachineState | None) -> Tree | None:
    if machine is None:
        return None
    told: dict[str, int | None] = asdict(machine.memory)
    return trimmed(
        {
            "memory": sized({name: size for name, size in told.items() if name in SYSTEM_MEMORY}),
            "memory_other": [
                {"name": name, "bytes": size}
                for name, size in told.items()
                if size is not None and fits(size) and name not in SYSTEM_MEMORY
            ],
            "swap": sized(asdict(machine.swap)),
            "zones": [_zone(zone) for zone in machine.zones[:SHOWN_ROWS]],
            "huge_pages": [
                trimmed({"node": h.node, "total": h.total, "free": h.free, "surplus": h.surplus, "size": h.size})
                for h in machine.huge_pages[:SHOWN_ROWS]
            ],
            "slabs": [trimmed({"name": s.name, "used": s.used, "total": s.total}) for s in machine.slabs[:SHOWN_ROWS]],
            "allocations": [
                trimmed(
                    {"size": a.size, "calls": a.calls, "place": a.place, "module": a.module, "function": a.function}
                )
                for a in machine.allocations[:SHOWN_ROWS]
            ],
        }
    )


def cgroup_stat(state: CgroupState | None) -> Tree | None:
    """memory.stat: the keys that people plot as fields, the rest for display."""
    if state is None or not state.stat:
        return None
    other = {name: size for name, size in state.stat.items() if name not in MEMORY_STAT} | dict(state.events)
    named = sized({name: size for name, size in state.stat.items() if name in MEMORY_STAT})
    shown = [{"name": name, "value": value} if fits(value) else {"name": name} for name, value in other.items()]
    return trimmed({"stat": named, "stat_other": shown})


def _zone(zone: Zone) -> Tree:
    return trimmed(
        {
            "node": zone.node,
            "name": zone.name,
            "bytes": trimmed(zone.sizes),
            "all_unreclaimable": zone.all_unreclaimable,
            "lowmem_reserve_pages": list(zone.lowmem_reserve_pages)
            if all(map(fits, zone.lowmem_reserve_pages))
            else None,
            "free_blocks": [_blocks(block) for block in zone.free_blocks],
        }
    )


def _blocks(blocks: FreeBlocks) -> Tree:
    return trimmed({"size": blocks.size, "count": blocks.count, "types": blocks.types or None})
