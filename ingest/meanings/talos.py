"""Talos Linux: kills whole cgroups before the kernel has to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.meanings._types import About, Meaning, inferred

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDINGS: Mapping[str, About] = {
    "talos.kill": About(
        text="Talos Linux killed a cgroup because of memory pressure, before the kernel had to.",
        names={"path": inferred("cgroup", "The cgroup whose processes were killed.")},
    ),
    "talos.victims": About(
        text="The processes of that cgroup. Where the list is empty nobody was left in it to be killed.",
        names={"pids": Meaning("pids", "Their process ids.")},
    ),
}
