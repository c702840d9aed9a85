"""systemd: it repeats the kernel's word, or that of a daemon that killed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.meanings._types import About, Meaning

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNIT = {"unit": Meaning("unit", "The unit that systemd tells of. A slice holds other units, and no process itself.")}

WORDINGS: Mapping[str, About] = {
    "systemd.killed": About(
        text="The kernel's OOM killer killed something in this unit. systemd repeats it for each unit above: one kill.",
        names=_UNIT,
    ),
    "systemd.failed": About(text="The unit failed because of an OOM kill in it: no second kill.", names=_UNIT),
}
