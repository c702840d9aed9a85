r"""Cgroup paths: what runs there, its ancestors, and the path with ids taken out.

Read here: Docker, containerd, CRI-O and Podman under both cgroup drivers, Kubernetes' QoS classes and pod UIDs,
systemd's units, slices and sessions, LXC (``/lxc/<name>``, ``/lxc.payload.<name>``), machined
(``machine-<name>.scope``, with ``\x2d`` for ``-``) and OpenVZ's numbered containers (``/ve/<id>``, ``/<id>``).
"""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct

_CONTAINER_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_POD_UID = re.compile(r"pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{32})")
_QOS = re.compile(r"kubepods[-/](?:kubepods-)?(besteffort|burstable)")
_UNIT = re.compile(r"([^/]+\.(?:service|scope))(?=/|$)")
_SLICE = re.compile(r"([^/]+\.slice)(?=/|$)")
_SESSION = re.compile(r"(?:^|/)session-([^/]+)\.scope(?=/|$)")
_LXC = re.compile(r"(?:^|/)(?:lxc/|lxc\.payload[./])([^/]+)")
_MACHINE = re.compile(r"(?:^|/)machine-([^/]+)\.scope(?=/|$)")
_VE = re.compile(r"^/(?:ve/|machine\.slice/)?(\d+)(?=/|$)")
_RUNTIMES = (
    ("docker", "docker"), ("cri-containerd", "containerd"), ("crio", "cri-o"), ("libpod", "podman"),
    ("containerd", "containerd"),
)  # fmt: skip
_UUID = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})(?![0-9a-f])")
"""Allocations of Nomad, containers of Mesos, terminals of desktops (``vte-spawn-<uuid>.scope``), ``systemd-run``."""
_ONE_RUN = re.compile(rf"/(?:{_UUID.pattern}$|job_\d+(?=/|$))")
"""A path that ends with such an id, or that of a job of Slurm, whatever ran there."""
_NUMBER = re.compile(r"(?<=[-@._])\d+|\d{3,}")

_DECODED = 256
"""Paths that are remembered: kills, ids and documents of a report all ask for the same few."""


class Workload(Struct, frozen=True, kw_only=True):
    """What a cgroup path says of what runs in it; ``None`` where it does not say."""

    container_id: str | None = None
    container_name: str | None = None
    runtime: str | None = None
    pod_uid: str | None = None
    qos: str | None = None
    unit: str | None = None
    slice: str | None = None
    session: str | None = None


@lru_cache(_DECODED)
def decode(path: str) -> Workload:
    """Container, pod and unit of a path. Pod UIDs are written with dashes, whichever cgroup driver wrote the path."""
    container = _CONTAINER_ID.search(path)
    pod = _POD_UID.search(path)
    name, runtime = _named(path)
    numbered = _VE.match(path)
    units = [unit for unit in _UNIT.findall(path) if not _CONTAINER_ID.search(unit)]
    slices = _SLICE.findall(path)
    session = _SESSION.search(path)
    if container:
        runtime = next((known for word, known in _RUNTIMES if f"{word}-" in path or f"/{word}/" in path), None)
    elif numbered:
        runtime = "openvz"
    return Workload(
        container_id=container[0] if container else numbered[1] if numbered else None,
        container_name=name,
        runtime=runtime,
        pod_uid=_dashed(pod[1]) if pod else None,
        qos=found[1] if (found := _QOS.search(path)) else "guaranteed" if "kubepods" in path and pod else None,
        unit=units[-1] if units else None,
        slice=slices[-1] if slices else None,
        session=session[1] if session else None,
    )


def ancestors(path: str) -> list[str]:
    """Every path from the top down to ``path`` itself, ``/`` left out: one keyword each, to aggregate by subtree."""
    parts = [part for part in path.split("/") if part]
    return ["/" + "/".join(parts[: depth + 1]) for depth in range(min(len(parts), _DEPTH))]


def is_within(path: str, above: str) -> bool:
    """Whether a path is another one or lies below it."""
    return path == above or path.startswith(above.rstrip("/") + "/")


@lru_cache(_DECODED)
def without_ids(path: str) -> str:
    """The path with container ids, UUIDs and numbers replaced by ``*``: the same workload on any host."""
    return _NUMBER.sub("*", _UUID.sub("*", _POD_UID.sub("pod*", _CONTAINER_ID.sub("*", path))))


@lru_cache(_DECODED)
def is_named(path: str) -> bool:
    """Whether the path still names a workload once ids are taken out: a unit or a slice does, a bare pod does not."""
    return path != "/" and not any(ids.search(path) for ids in (_CONTAINER_ID, _POD_UID, _ONE_RUN))


_DEPTH = 64
"""Levels of a path that ancestors are given for: log text is written by strangers, and the sum of all is quadratic."""


def _named(path: str) -> tuple[str | None, str | None]:
    if lxc := _LXC.search(path):
        return lxc[1], "lxc"
    if machine := _MACHINE.search(path):
        return machine[1].replace("\\x2d", "-"), "machined"
    return None, None


def _dashed(uid: str) -> str:
    digits = uid.replace("_", "").replace("-", "")
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
