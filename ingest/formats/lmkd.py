"""Android's userspace lmkd (system/memory/lmkd), which logs as ``lowmemorykiller``.

Kill 'com.example.app' (17933), uid 10446, oom_score_adj 0 to free 140528kB rss, 37404kB swap; reason: device is not responding
"""  # noqa: E501  real lines are as long as they are

from __future__ import annotations

from functools import partial

import pyparsing as pp

from ingest.formats._daemon import DaemonProgress, Signalled, reporter
from ingest.formats._elements import integer, kib, pattern, until, word
from ingest.formats._types import Fields, Format, Wording
from ingest.model import ChosenBy, Code, Role


def _kill() -> pp.ParserElement:
    anon = word(",") + kib("anon_rss") + word("anon rss")
    return (
        word("Kill '")
        + until(r"' \(\d+\), uid \d+, oom_score_adj ", "name")
        + word("' (")
        + integer("pid")
        + word("), uid")
        + integer("uid")
        + word(", oom_score_adj")
        + integer("score_adj")
        + word("to free")
        + kib("rss")
        + pp.Optional(word("rss"))
        + pp.Optional(anon)
        + pp.Optional(word(",") + kib("swap") + word("swap"))
        + pp.Optional(pp.Suppress(pp.Regex(r";|\.\.\.")) + word("reason:") + pattern(r".*\S", "reason"))
    )


def _read(found: Fields) -> Signalled:
    return Signalled.read(found | {"signal": "SIGKILL"})


FORMAT = Format(
    name="lmkd",
    title="Android lmkd",
    versions="Android 9 to 16",
    tags=frozenset({"lmkd", "lowmemorykiller"}),
    progress=partial(DaemonProgress, lone=True),
    report=reporter(
        "lmkd",
        "lmkd",
        "memory pressure",
        headless=True,
        ran_out=Code.THRESHOLD,
        chosen_by=ChosenBy.IMPORTANCE,
    ),
    head_ends_report=True,
    wordings=(
        Wording(
            id="lmkd.kill",
            role=Role.VICTIM,
            anchors=("Kill '",),
            grammar=_kill,
            part=_read,
            source="kill_one_process (lmkd.cpp)",
            versions="Android 9 to 16",
            example="Kill 'com.google.android.gms.unstable' (17933), uid 10446, oom_score_adj 0 to free 140528kB rss, "
            "37404kB swap; reason: device is not responding",
        ),
    ),
)
