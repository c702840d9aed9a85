"""The Linux kernel: one file for each part of a report, as in ``ingest.formats.linux``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.meanings.linux import header, kernel_memory, kill, memcg, memory, notices, tasks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.meanings._types import About

WORDINGS: Mapping[str, About] = {
    **header.WORDINGS,
    **kill.WORDINGS,
    **notices.WORDINGS,
    **memcg.WORDINGS,
    **memory.WORDINGS,
    **kernel_memory.WORDINGS,
    **tasks.WORDINGS,
}
