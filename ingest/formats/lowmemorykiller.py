"""Android's lowmemorykiller in the kernel (drivers/staging/android/lowmemorykiller.c, 2.6.29 to 4.11).

    lowmemorykiller: Killing 'om.example.game' (4711), adj 529,
       to free 61312kB on behalf of 'kswapd0' (59) because
       cache 92120kB is below limit 92160kB for oom_score_adj 529
       Free memory is -1284kB above reserved

Until 4.4 one line, whose size is in pages.
"""

from __future__ import annotations

from functools import partial

import pyparsing as pp

from ingest.formats._daemon import DaemonProgress, Signalled, noted, reporter
from ingest.formats._elements import comm, integer, word
from ingest.formats._types import Fields, Format, Wording
from ingest.model import ChosenBy, Code, Role


def _prefix() -> pp.ParserElement:
    return pp.Optional(word("lowmemorykiller: "))


def _send() -> pp.ParserElement:
    return (
        _prefix()
        + word("send sigkill to")
        + integer("pid")
        + word("(")
        + comm(r"\), adj -?\d+, size ")
        + word("), adj")
        + integer("adj")
        + word(", size")
        + integer("pages")
    )


def _killing() -> pp.ParserElement:
    return (
        _prefix()
        + word("Killing '")
        + comm(r"' \(\d+\), adj -?\d+")
        + word("' (")
        + integer("pid")
        + word("), adj")
        + integer("adj")
        + pp.Optional(word(", score_adj") + integer("score_adj"))
        + pp.Optional(word(","))
    )


def _detail() -> pp.ParserElement:
    shapes = (
        r"to free -?\d+kB on behalf of '.*' \(\d+\) because",
        r"cache -?\d+kB is below limit -?\d+kB for oom_score_adj -?\d+",
        r"Free memory is -?\d+kB above reserved.*",
        r"select '.*' \(\d+\), adj -?\d+, size -?\d+, to kill",
        r"select \d+ \(.*\), adj -?\d+, size -?\d+, to kill",
        r"lowmem_scan \d+, [0-9a-f]+, ofree -?\d+ -?\d+, ma -?\d+",
    )
    return _prefix() + pp.Suppress(pp.Regex("|".join(shapes)))


def _read(found: Fields) -> Signalled:
    """``adj`` was oom_adj (-17 to 15) until oom_score_adj replaced it; its range tells which one a line means."""
    adj = found["adj"]
    if "score_adj" in found:  # MediaTek prints both
        return Signalled.read(found | {"adj_legacy": adj, "signal": "SIGKILL"})
    which = "adj_legacy" if -17 <= adj <= 15 else "score_adj"  # noqa: PLR2004  OOM_DISABLE and OOM_ADJUST_MAX
    return Signalled.read(found | {which: adj, "signal": "SIGKILL"})


FORMAT = Format(
    name="lowmemorykiller",
    title="Android lowmemorykiller (kernel)",
    versions="2.6.29 to 4.11",
    tags=frozenset({"kernel", "lowmemorykiller"}),
    progress=partial(DaemonProgress),
    report=reporter(
        "lowmemorykiller",
        "kernel",
        "page cache below the limit",
        headless=True,
        ran_out=Code.THRESHOLD,
        chosen_by=ChosenBy.IMPORTANCE,
    ),
    head_ends_report=True,
    wordings=(
        Wording(
            id="lowmemorykiller.send",
            role=Role.VICTIM,
            anchors=("send sigkill to ",),
            grammar=_send,
            part=_read,
            source="lowmem_shrink",
            versions="2.6.29 to 4.4",
            example="lowmemorykiller: send sigkill to 4711 (om.example.game), adj 15, size 15328",
        ),
        Wording(
            id="lowmemorykiller.killing",
            role=Role.VICTIM,
            anchors=("Killing '",),
            grammar=_killing,
            part=_read,
            source="lowmem_scan",
            versions="3.18-vendor, 4.7 to 4.11",
            example="lowmemorykiller: Killing 'om.example.game' (4711), adj 529,",
        ),
        Wording(
            id="lowmemorykiller.detail",
            role=Role.BODY,
            anchors=("to free ", "cache ", "Free memory is ", "select ", "lowmem_scan "),
            grammar=_detail,
            part=noted,
            source="lowmem_scan",
            versions="2.6.29 to 4.11",
            example="   to free 61312kB on behalf of 'kswapd0' (59) because",
        ),
    ),
)
