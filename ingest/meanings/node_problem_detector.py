"""node-problem-detector and kubernetes-oom-event-generator: they repeat the kernel's word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.meanings._types import About, Meaning

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDINGS: Mapping[str, About] = {
    "node_problem_detector.oom_killing": About(
        text="node-problem-detector saw the kernel's kill line and repeats it: no second kill."
    ),
    "node_problem_detector.previous_container": About(
        text="Kubernetes says that a container's last instance ended by an OOM kill.",
        names={"path": Meaning("container", "Name of the container in its pod.")},
    ),
}
