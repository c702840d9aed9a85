"""Cgroup paths: what runs there (container, pod, unit), its ancestors, and the path with ids taken out."""

from __future__ import annotations

import re

from msgspec import Struct

_CONTAINER_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_POD_UID = re.compile(r"pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{32})")
_QOS = re.compile(r"kubepods[-/](?:kubepods-)?(besteffort|burstable)")
_UNIT = re.compile(r"([^/]+\.(?:service|scope))(?=/|$)")
_RUNTIMES = (("docker", "docker"), ("cri-containerd", "containerd"), ("crio", "cri-o"), ("libpod", "podman"))
_NUMBER = re.compile(r"(?<=[-@._])\d+|\d{3,}")


class Workload(Struct, frozen=True):
    """What a cgroup path says of what runs in it; ``None`` where it does not say."""

    container_id: str | None
    runtime: str | None
    pod_uid: str | None
    qos: str | None
    unit: str | None


def decode(path: str) -> Workload:
    """Container, pod and unit of a path. Pod UIDs are written with dashes, whichever cgroup driver wrote the path."""
    container = _CONTAINER_ID.search(path)
    pod = _POD_UID.search(path)
    units = [unit for unit in _UNIT.findall(path) if not _CONTAINER_ID.search(unit)]
    return Workload(
        container_id=container[0] if container else None,
        runtime=next((name for word, name in _RUNTIMES if f"{word}-" in path or f"/{word}/" in path), None)
        if container
        else None,
        pod_uid=_dashed(pod[1]) if pod else None,
        qos=found[1] if (found := _QOS.search(path)) else "guaranteed" if "kubepods" in path and pod else None,
        unit=units[-1] if units else None,
    )


def ancestors(path: str) -> list[str]:
    """Every path from the top down to ``path`` itself, ``/`` left out: one keyword each, to aggregate by subtree."""
    parts = [part for part in path.split("/") if part]
    return ["/" + "/".join(parts[: depth + 1]) for depth in range(len(parts))]


def without_ids(path: str) -> str:
    """The path with container ids, pod UIDs and numbers replaced by ``*``: the same workload on any host."""
    return _NUMBER.sub("*", _POD_UID.sub("pod*", _CONTAINER_ID.sub("*", path)))


def is_named(path: str) -> bool:
    """Whether the path still names a workload once ids are taken out: a unit or a slice does, a bare pod does not."""
    return path != "/" and _CONTAINER_ID.search(path) is None and _POD_UID.search(path) is None


def _dashed(uid: str) -> str:
    digits = uid.replace("_", "").replace("-", "")
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
