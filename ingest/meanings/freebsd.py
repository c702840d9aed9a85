"""FreeBSD, NetBSD and OpenBSD."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.meanings._types import About, Meaning, inferred, shape

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = {"name": Meaning("process name", "The victim's name: at most 19 bytes, free text.")}

WORDINGS: Mapping[str, About] = {
    "freebsd.kill": About(
        text="FreeBSD killed a process: the largest one when swap was full or pages could not be freed in time.",
        names={**_NAME, "jid": Meaning("jail", "Number of the jail that it ran in; 0 is the host.")},
    ),
    "freebsd.uvm": About(
        text="NetBSD or OpenBSD killed the process that touched a page when swap was full: the trigger itself.",
        names=_NAME,
    ),
    "freebsd.swap": About(
        text="Swap is full. Nobody is killed by this line; a kill may follow.",
        names={"wanted": inferred("asked for", "Pages of swap that were asked for.", "pages")},
        shapes=(shape(r"swp_pager_getswapspace\((?P<wanted>\d{1,12})\)"),),
    ),
}
