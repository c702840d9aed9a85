"""What ran out: the first finding of every report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.analysis import zones
from ingest.model import Code, Constraint, Finding, Report, ScopeKind

if TYPE_CHECKING:
    from ingest.model import Zone


_MOST_ORDER = 64
"""Far above what any kernel's buddy allocator has; a larger one is nobody's, and a power of two too large to hold."""


def exhausted(report: Report) -> Finding:
    """What ran out, by the killer's own word, else by the constraint and the counters, zones and free blocks."""
    if report.ran_out is not None:
        return Finding(code=report.ran_out, name=report.scope.name)
    if report.constraint is Constraint.MANUAL:
        return Finding(code=Code.REQUESTED)
    match report.scope.kind:
        case ScopeKind.CONTAINER:
            return Finding(code=Code.CONTAINER_LIMIT, name=report.scope.name, size=report.limit)
        case ScopeKind.CGROUP:
            full_with_swap = report.cgroup is not None and report.cgroup.full_with_swap
            code = Code.CGROUP_SWAP_LIMIT if full_with_swap else Code.CGROUP_LIMIT
            return Finding(code=code, name=report.scope.name, size=report.limit)
        case ScopeKind.CPUSET:
            return Finding(code=Code.CPUSET_NODES, name=report.scope.name)
        case ScopeKind.MACHINE:
            return _machine(report)
        case None:
            return _by_zones(report) or Finding(code=Code.UNKNOWN)


# ---------------------------------------------------------------- the whole machine


def _machine(report: Report) -> Finding:
    if report.constraint is Constraint.MEMORY_POLICY:
        return Finding(code=Code.MEMORY_NODE, name=_nodes(report))
    state = report.machine
    return _by_zones(report) or Finding(code=Code.MACHINE_MEMORY, size=state.memory.total if state else None)


def _nodes(report: Report) -> str | None:
    request = report.request
    nodes = (request.nodemask or request.mems_allowed) if request else None
    return None if nodes is None else f"node {nodes}"


def _by_zones(report: Report) -> Finding | None:
    """What the zones show, where it is less than the whole machine."""
    usable = zones.usable(report)
    if zone := _low_zone(report, usable):
        return Finding(code=Code.LOW_ZONE, name=zone.name, size=zone.sizes.get("free"))
    if _is_fragmented(report, usable):
        order = report.request.order if report.request else None
        free = sum(zone.sizes.get("free", 0) for zone in usable)
        return Finding(code=Code.FRAGMENTATION, name=f"order {order}", size=free)
    node = _one_node(usable)
    return Finding(code=Code.MEMORY_NODE, name=f"node {node}") if node else None


def _low_zone(report: Report, usable: list[Zone]) -> Zone | None:
    """A zone below its mark, while a higher one that this allocation may not use has plenty."""
    if report.machine is None:
        return None
    beyond = [zone for zone in report.machine.zones if zone not in usable and zones.has_plenty(zone)]
    short = [zone for zone in usable if zone.name in zones.LOW and zones.is_short(zone)]
    if beyond and short:
        return max(short, key=lambda zone: zones.LOW.index(zone.name))
    # 32 bits: kernel memory comes from Normal alone, though user pages have HighMem.
    high = [zone for zone in report.machine.zones if zone.name == zones.HIGH and zones.has_plenty(zone)]
    normal = [zone for zone in report.machine.zones if zone.name == "Normal" and zones.is_short(zone)]
    return normal[0] if high and normal else None


def _is_fragmented(report: Report, usable: list[Zone]) -> bool:
    """Enough memory is free, but no block of the wanted order in any zone (zone_watermark_ok, mm/page_alloc.c)."""
    order = report.request.order if report.request else None
    if order is None or not 0 < order <= _MOST_ORDER:
        return False
    page = report.page_size.bytes if report.page_size else 4096
    enough = [zone for zone in usable if zones.is_above(zone, "low", usable, page)]
    wanted = page << order
    return bool(enough) and not any(
        block.count and block.size >= wanted for zone in enough for block in zone.free_blocks
    )


def _one_node(usable: list[Zone]) -> str | None:
    """The node that is short in all its zones while another has plenty."""
    nodes = sorted({zone.node for zone in usable if zone.node is not None})
    if len(nodes) < 2:  # noqa: PLR2004  one node is the whole machine
        return None
    of_node = {node: [zone for zone in usable if zone.node == node] for node in nodes}
    short = [node for node in nodes if all(zones.is_short(zone) for zone in of_node[node] if _matters(zone))]
    plenty = [node for node in nodes if any(map(zones.has_plenty, of_node[node]))]
    return str(short[0]) if len(short) == 1 and plenty and short[0] not in plenty else None


def _matters(zone: Zone) -> bool:
    return zone.name not in ("DMA", "Movable") and bool(zone.sizes.get("present", 1))
