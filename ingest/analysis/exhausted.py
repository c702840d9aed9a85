"""What ran out: the first finding of every report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.model import Code, Constraint, Counter, Finding, Report, ScopeKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.model import Zone

_AT_LIMIT = 0.98
"""A counter at its limit: charges come in batches of up to 64 pages, so a little may be missing."""

_DAEMONS = {
    "systemd-oomd": Code.PRESSURE,
    "oomd": Code.PRESSURE,
    "talos": Code.PRESSURE,
    "earlyoom": Code.THRESHOLD,
    "nohang": Code.THRESHOLD,
    "lmkd": Code.THRESHOLD,
    "lowmemorykiller": Code.THRESHOLD,
    "freebsd": Code.SWAP_SPACE,
}

_LOW_ZONES = ("DMA", "DMA32", "Normal")
_HIGH = "HighMem"
_PAGE_CACHE_FLAGS = ("GFP_HIGHUSER", "GFP_HIGHUSER_MOVABLE", "__GFP_HIGHMEM")


def exhausted(report: Report) -> Finding:
    """What ran out, by the constraint and the counters; of a whole machine also by zones and free blocks."""
    code = _DAEMONS.get(report.family)
    if code is Code.PRESSURE and (report.pressure is None or report.pressure.avg10 is None):
        code = Code.THRESHOLD if report.family == "systemd-oomd" else code
    if code is not None:
        return Finding(code=code, name=report.scope.name)
    if report.constraint is Constraint.MANUAL:
        return Finding(code=Code.REQUESTED)
    match report.scope.kind:
        case ScopeKind.CONTAINER:
            return Finding(code=Code.CONTAINER_LIMIT, name=report.scope.name, size=_limit(report))
        case ScopeKind.CGROUP:
            code = Code.CGROUP_SWAP_LIMIT if _only_swap_is_full(report) else Code.CGROUP_LIMIT
            return Finding(code=code, name=report.scope.name, size=_limit(report))
        case ScopeKind.CPUSET:
            return Finding(code=Code.CPUSET_NODES, name=report.scope.name)
        case ScopeKind.MACHINE:
            return _machine(report)
        case None:
            return Finding(code=Code.UNKNOWN)


def _limit(report: Report) -> int | None:
    return report.cgroup.memory.limit if report.cgroup and report.cgroup.memory else None


def _only_swap_is_full(report: Report) -> bool:
    """Memory is below its limit, memory and swap together are not (cgroup v1)."""
    state = report.cgroup
    if state is None or not _is_full(state.memory_swap):
        return False
    return state.memory is not None and not _is_full(state.memory)


def _is_full(counter: Counter | None) -> bool:
    if counter is None or counter.usage is None or not counter.limit:
        return False
    return counter.usage >= counter.limit * _AT_LIMIT


# ---------------------------------------------------------------- the whole machine


def _machine(report: Report) -> Finding:
    if report.constraint is Constraint.MEMORY_POLICY:
        return Finding(code=Code.MEMORY_NODE, name=_nodes(report))
    zones = list(_zones_of_the_request(report))
    if zone := _low_zone(report, zones):
        return Finding(code=Code.LOW_ZONE, name=zone.name, size=zone.sizes.get("free"))
    if _is_fragmented(report, zones):
        order = report.request.order if report.request else None
        free = sum(zone.sizes.get("free", 0) for zone in zones)
        return Finding(code=Code.FRAGMENTATION, name=f"order {order}", size=free)
    if node := _one_node(zones):
        return Finding(code=Code.MEMORY_NODE, name=f"node {node}")
    state = report.machine
    return Finding(code=Code.MACHINE_MEMORY, size=state.memory.total if state else None)


def _nodes(report: Report) -> str | None:
    request = report.request
    nodes = (request.nodemask or request.mems_allowed) if request else None
    return None if nodes is None else f"node {nodes}"


def _zones_of_the_request(report: Report) -> Iterator[Zone]:
    """The zones that the allocation could use (gfp_zone, include/linux/gfp.h): what a lower zone has, it may take."""
    if report.machine is None:
        return
    flags = set(report.request.gfp_flags) if report.request else set()
    names = {"DMA", "DMA32", "Normal", _HIGH, "Movable"}
    if flags & {"GFP_DMA", "__GFP_DMA"}:
        names = {"DMA"}
    elif flags & {"GFP_DMA32", "__GFP_DMA32"}:
        names = {"DMA", "DMA32"}
    elif flags and not flags & set(_PAGE_CACHE_FLAGS):
        names -= {_HIGH, "Movable"}
    yield from (zone for zone in report.machine.zones if zone.name in names)


def _low_zone(report: Report, usable: list[Zone]) -> Zone | None:
    """A zone below its mark, while a higher one that this allocation may not use has plenty."""
    if report.machine is None:
        return None
    beyond = [zone for zone in report.machine.zones if zone not in usable and _has_plenty(zone)]
    short = [zone for zone in usable if zone.name in _LOW_ZONES and _is_short(zone)]
    if beyond and short:
        return max(short, key=lambda zone: _LOW_ZONES.index(zone.name))
    # 32 bits: kernel memory comes from Normal alone, though user pages have HighMem.
    high = [zone for zone in report.machine.zones if zone.name == _HIGH and _has_plenty(zone)]
    normal = [zone for zone in report.machine.zones if zone.name == "Normal" and _is_short(zone)]
    return normal[0] if high and normal else None


def _is_fragmented(report: Report, zones: list[Zone]) -> bool:
    """Enough memory is free, but no block of the wanted order in any zone (zone_watermark_ok, mm/page_alloc.c)."""
    order = report.request.order if report.request else None
    if not order or order < 0 or not zones:
        return False
    page = report.page_size.bytes if report.page_size else 4096
    enough = [zone for zone in zones if _is_above(zone, "low")]
    wanted = page << order
    return bool(enough) and not any(
        block.count and block.size >= wanted for zone in enough for block in zone.free_blocks
    )


def _one_node(zones: list[Zone]) -> str | None:
    """The node that is short in all its zones while another has plenty."""
    nodes = sorted({zone.node for zone in zones if zone.node is not None})
    if len(nodes) < 2:  # noqa: PLR2004  one node is the whole machine
        return None
    short = [node for node in nodes if all(_is_short(zone) for zone in zones if zone.node == node and _matters(zone))]
    plenty = [node for node in nodes if any(_has_plenty(zone) for zone in zones if zone.node == node)]
    return str(short[0]) if len(short) == 1 and plenty and short[0] not in plenty else None


def _matters(zone: Zone) -> bool:
    return zone.name not in ("DMA", "Movable") and bool(zone.sizes.get("present", 1))


def _is_short(zone: Zone) -> bool:
    """Below the mark at which allocations fail."""
    free, least = zone.sizes.get("free"), zone.sizes.get("min")
    return free is not None and least is not None and least > 0 and free <= least * _NEARLY


def _has_plenty(zone: Zone) -> bool:
    free, high = zone.sizes.get("free"), zone.sizes.get("high")
    return free is not None and high is not None and free > high * _PLENTY


def _is_above(zone: Zone, mark: str) -> bool:
    free, level = zone.sizes.get("free"), zone.sizes.get(mark)
    return free is not None and level is not None and free > level


_NEARLY = 1.1
"""Free memory moves while the report is printed: a little above the mark still failed a moment ago."""
_PLENTY = 4
"""So far above its highest mark nobody calls a zone exhausted."""
