"""kubelet: it repeats the kernel's word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.meanings._types import About

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDINGS: Mapping[str, About] = {
    "kubelet.system_oom": About(
        text="kubelet tells of a kill because the whole node was out of memory. It repeats the kernel's line: no "
        "second kill."
    ),
    "kubelet.got": About(text="kubelet noticed an OOM kill of the node and will report it."),
}
