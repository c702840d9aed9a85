"""containerd and dockerd: they repeat the kernel's word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.meanings._types import About, Meaning

if TYPE_CHECKING:
    from collections.abc import Mapping

_CONTAINER = {
    "path": Meaning("container", "Id of the container. Which process of it died, the kernel's own lines say.")
}

WORDINGS: Mapping[str, About] = {
    "containerd.task_oom": About(
        text="containerd noticed an OOM kill in this container. On cgroup v2 that may have been a child process, and "
        "the container lives on.",
        names=_CONTAINER,
    ),
    "containerd.docker_oom": About(text="dockerd noticed an OOM kill in this container.", names=_CONTAINER),
}
