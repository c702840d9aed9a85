"""Android's userspace lmkd (system/memory/lmkd), which logs as ``lowmemorykiller``.

    Kill 'com.example.app' (17933), uid 10446, oom_score_adj 0 to free 140528kB rss, 37404kB swap; reason: device is ...

Before Android 11 ``oom_adj`` stands there, and means the same value; before Android 10 there were two lines. Samsung's
says ``Reclaim``, and that the process died follows as for the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyparsing as pp
from msgspec.structs import replace

from ingest.formats._daemon import DaemonProgress, Signalled, Sized, reporter
from ingest.formats._elements import integer, kib, pattern, until, word
from ingest.formats._types import Fields, Format, Wording
from ingest.model import ChosenBy, Code, Role, Sizes

if TYPE_CHECKING:
    from ingest.model import Block, PageSize, Part, Report


class _Freed(Sized, frozen=True, kw_only=True):
    """The second of two lines: the size of what was killed, and why."""

    level: str


@dataclass(slots=True)
class _Progress(DaemonProgress):
    """A kill is one line, unless its size is missing in it."""

    def add(self, part: Part) -> None:
        """Take note of a line."""
        DaemonProgress.add(self, part)
        whole = isinstance(part, Signalled) and part.sizes.rss is not None
        self.ended = self.ended or whole or isinstance(part, _Freed)


def _kill() -> pp.ParserElement:
    anon = word(",") + kib("anon_rss") + word("anon rss")
    return (
        pp.Suppress(pp.Regex(r"(?:Kill|Reclaim) '"))
        + until(r"' \(\d+\), uid \d+, oom_(?:score_)?adj ", "name")
        + word("' (")
        + integer("pid")
        + word("), uid")
        + integer("uid")
        + pp.Suppress(pp.Regex(r", oom_(?:score_)?adj"))
        + integer("score_adj")
        + pp.Optional(pp.Suppress(pp.Regex(r", state \d+")))
        + word("to free")
        + kib("rss")
        + pp.Optional(word("rss"))
        + pp.Optional(anon)
        + pp.Optional(word(",") + kib("swap") + word("swap"))
        + pp.Optional(pp.Suppress(pp.Regex(r";|\.\.\.")) + word("reason:") + pattern(r".*\S", "reason"))
    )


def _killing() -> pp.ParserElement:
    return (
        word("Killing '")
        + until(r"' \(\d+\), uid \d+, adj ", "name")
        + word("' (")
        + integer("pid")
        + word("), uid")
        + integer("uid")
        + word(", adj")
        + integer("score_adj")
    )


def _freed() -> pp.ParserElement:
    return (
        word("to free")
        + kib("rss")
        + word("because system is under")
        + pattern(r"low|medium|critical", "level")
        + pp.Suppress(pp.Regex(r"memory pressure oom_adj -?\d+"))
    )


def _read(found: Fields) -> Signalled:
    return Signalled.read(found | {"signal": "SIGKILL"})


_told = reporter(
    "lmkd", "lmkd", "memory pressure", headless=True, ran_out=Code.THRESHOLD, chosen_by=ChosenBy.IMPORTANCE
)
_STALLED = ("not responding", "direct reclaim", "thrashing", "system is under")
"""Tasks waited for memory (vmpressure, PSI); the other reasons are marks of free memory, swap or file cache."""


def _report(block: Block, page_size: PageSize) -> Report:
    """With what the second line says, and by the reason: a stall, or a mark that was crossed."""
    found = _told(block, page_size)
    freed = next((entry.part for entry in block.entries if isinstance(entry.part, _Freed)), None)
    if freed is not None:
        found = replace(found, reason=f"system is under {freed.level} memory pressure")
    stalled = any(words in found.reason for words in _STALLED) and "watermark" not in found.reason
    return replace(found, ran_out=Code.PRESSURE) if stalled else found


FORMAT = Format(
    name="lmkd",
    title="Android lmkd",
    versions="Android 8.1 to 16",
    tags=frozenset({"lmkd", "lowmemorykiller"}),
    progress=_Progress,
    report=_report,
    head_ends_report=True,
    wordings=(
        Wording(
            id="lmkd.kill",
            role=Role.VICTIM,
            anchors=("Kill '", "Reclaim '"),
            grammar=_kill,
            part=_read,
            source="kill_one_process (lmkd.cpp)",
            versions="Android 10 to 16",
            example="Kill 'com.google.android.gms.unstable' (17933), uid 10446, oom_score_adj 0 to free 140528kB rss, "
            "37404kB swap; reason: device is not responding",
        ),
        Wording(
            id="lmkd.killing",
            role=Role.VICTIM,
            anchors=("Killing '",),
            grammar=_killing,
            part=_read,
            source="kill_one_process (lmkd.c)",
            versions="Android 8.1 and 9",
            example="Killing 'com.android.documentsui' (4563), uid 10010, adj 906",
        ),
        Wording(
            id="lmkd.freed",
            role=Role.BODY,
            anchors=(" because system is under ",),
            grammar=_freed,
            part=lambda found: _Freed(sizes=Sizes(rss=found["rss"]), level=found["level"]),
            source="kill_one_process (lmkd.c)",
            versions="Android 8.1 and 9",
            example="   to free 39444kB because system is under medium memory pressure oom_adj 800",
        ),
    ),
)
