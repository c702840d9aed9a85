"""Android's lmkd, the killer in user space."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.meanings._types import About, Meaning

if TYPE_CHECKING:
    from collections.abc import Mapping

_APP = {
    "name": Meaning("app", "Name of the app or process, from its command line."),
    "score_adj": Meaning("oom_score_adj", "How little the app is needed: 0 is in front, 900 and more is cached."),
}
_KILLED = (
    "Android's lmkd killed an app to free memory: everyday life of a phone for background apps, a fault for the one in "
    "front."
)

WORDINGS: Mapping[str, About] = {
    "lmkd.kill": About(text=_KILLED, names=_APP),
    "lmkd.killing": About(text=_KILLED, names=_APP),
    "lmkd.freed": About(
        text="What the app held, and how hard the kernel found memory to reclaim (vmpressure).",
        names={"level": Meaning("pressure", "low, medium or critical.")},
    ),
}
