"""Who in the kernel holds memory: slab, allocation sites, OpenVZ's beancounters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.meanings._types import About, Meaning, inferred, shape

if TYPE_CHECKING:
    from collections.abc import Mapping

_RESOURCES = {
    "ram": ("RAM", "pages", "the container's memory"),
    "swap": ("swap", "pages", "the container's swap"),
    "kmem": ("kernel memory", "bytes", "kernel memory for the container"),
    "dcsz": ("dentry cache", "bytes", "cached names of files"),
    "oomg": ("guaranteed memory", "pages", "memory that a kill of the whole node spares"),
}


def _beancounter() -> dict[str, Meaning]:
    """Three numbers for each resource, as ``held / limit [failures]``."""
    found = {}
    for name, (label, unit, of) in _RESOURCES.items():
        found[f"{name}_held"] = Meaning(f"{label}, held", f"In use: {of}.", unit)
        found[f"{name}_limit"] = Meaning(f"{label}, limit", f"Limit of {of}; inf is none.", unit)
        found[f"{name}_failed"] = Meaning(f"{label}, failures", "How often the limit was hit.")
    return found


WORDINGS: Mapping[str, About] = {
    "linux.slab_heading": About(
        text="Kernel caches that cannot be reclaimed follow.",
        shapes=(
            shape(
                r"Unreclaimable slab info:",
                "Kernel caches that cannot be reclaimed follow. Their list alone says: the kernel itself holds most "
                "memory.",
            ),
            shape(r"Name\s{1,64}Used\s{1,64}Total", "Columns of the list of kernel caches: name, in use, in total."),
            shape(r"cannot dump stats", "The kernel itself holds most memory, but cannot say which caches."),
        ),
    ),
    "linux.slab_row": About(
        text="One kernel cache that cannot be reclaimed.",
        names={
            "name": Meaning("cache", "Name of the cache: it says which part of the kernel holds the memory."),
            "used": Meaning("used", "Memory of the objects in use.", "bytes"),
            "total": Meaning("total", "Memory of the cache, free places included.", "bytes"),
        },
    ),
    "linux.allocations_heading": About(
        text="The places in the kernel that hold most memory follow (6.10 and later, where profiling is built in).",
        names={"profiling": Meaning("profiling", "off: the numbers are those of the time before it was switched off.")},
        shapes=(shape(r"currently turned (?P<profiling>on|off)\)"),),
    ),
    "linux.allocations_row": About(
        text="One place in the kernel that holds memory: the direct answer to which kernel code uses it.",
        names={
            "size": Meaning("size", "Memory allocated there and not freed, in the unit after it."),
            "unit": Meaning("unit", "Unit of the size: KiB, MiB and so on are powers of 1024."),
            "calls": Meaning("allocations", "How many allocations that is."),
            "place": Meaning("place", "File and line of the kernel's source."),
            "module": Meaning("module", "The kernel module that the place is in."),
            "function": Meaning("function", "The function that allocated."),
        },
    ),
    "linux.beancounter": About(
        text="An OpenVZ container's counters, each as held / limit [how often the limit was hit]. Held at its limit: "
        "that is what ran out.",
        names={
            **_beancounter(),
            "dirty": Meaning("dirty", "Changed file pages of the container.", "pages"),
            "writeback": Meaning("being written", "File pages of the container that are being written.", "pages"),
            "unused_names": inferred("unused dentries (Dche)", "Cached names of files that nobody uses."),
            "pruned_names": inferred("pruned dentries (Prnd)", "Cached names of files that were dropped."),
        },
        shapes=(
            shape(
                r"Dirty (?P<dirty>\d{1,25}) Wback (?P<writeback>\d{1,25}) "
                r"Dche (?P<unused_names>\d{1,25}) Prnd (?P<pruned_names>\d{1,25})"
            ),
        ),
    ),
    "linux.beancounter_detail": About(
        text="Memory of an OpenVZ container in detail.",
        names={
            "resource": Meaning("resource", "The limit that was hit, by its name in /proc/user_beancounters."),
        },
        shapes=(
            shape(
                r"Fatal resource shortage: (?P<resource>\w{1,32}), UB (?P<ub>\d{1,10})",
                "A container hit a limit of its own and a request was refused. Nobody is killed by this.",
            ),
            shape(r"Uncharging too much", "OpenVZ gave back more than was counted: a fault in its own counting."),
            shape(r"^ {0,16}Ub .{1,64} helds \d", "A container ended and something of it is still counted."),
            shape(r"Top \d{1,4} caches:", "The node's largest kernel caches follow."),
            shape(
                r"size +\d{1,25} objsize +\d",
                "One kernel cache of the node: its size and that of one object, in bytes.",
            ),
            shape(
                r"^ {0,16}Total \d{1,25} anon:",
                "Pages of the container: all, of programs, of files, and how they are listed.",
            ),
            shape(
                r"prio:\d{1,9} portion:",
                "Pages of the container on one memory node and how hard they were reclaimed; ms is how old the oldest "
                "is.",
            ),
        ),
    ),
}
