"""nohang (src/nohang): finds a victim, says what it does to it, and whether it died.

    PID: 7217, Name: tail, badness: 824
    Implementing a corrective action:
      Sending SIGTERM to the victim
      OK; total response time: 10ms
    The victim died in 0.12s

The victim is named before the thresholds are looked at once more: where no signal follows it was only chosen. Instead
of a signal a command may be run. Before 0.2 the lines said ``Implement a corrective action:`` and ``Send SIGTERM ...``.

It repeats kernel lines as ``kmsg: ...``: those are the kernel's kills told again, and no kill of its own.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pyparsing as pp
from msgspec.structs import replace

from ingest.formats._daemon import DaemonProgress, Ended, Signalled, Sized, noted, reporter, warned
from ingest.formats._elements import MIB, comm, integer, pattern, word
from ingest.formats._types import Fields, Format, Wording
from ingest.model import Action, ChosenBy, Code, Outcome, Role, Sizes

if TYPE_CHECKING:
    from ingest.model import Block, PageSize, Report


def _action() -> pp.ParserElement:
    return pp.Suppress(pp.Regex(r"Implement(?:ing)? a corrective action:"))


def _victim() -> pp.ParserElement:
    return (
        word("PID:")
        + integer("pid")
        + word(",")
        + pp.Suppress(pp.Regex(r"[Nn]ame: "))
        + comm(r", badness: -?\d+")
        + word(", badness:")
        + integer("score")
    )


def _sending() -> pp.ParserElement:
    sent = pp.Suppress(pp.Regex(r"Send(?:ing)?")) + pattern(r"SIG[A-Z]+", "signal") + word("to the victim")
    return sent + pp.Optional(pp.Suppress(pp.Regex(r"; total response time: \d+ ?ms")))


def _died() -> pp.ParserElement:
    return pp.Suppress(pp.Regex(r"The victim (?:died|became a zombie) in \d+(?:\.\d+)? ?s(?:ec)?"))


def _spared() -> pp.ParserElement:
    few = r"victim \(PID: \d+, Name: .*\) badness \(-?\d+\) < min_badness \(\d+\); nothing to do; .*"
    return pp.Suppress(pp.Regex(rf"Thresholds is not exceeded now|{few}"))


def _held() -> pp.ParserElement:
    """0.2 has one line for all; before, each number had its own, and this is the one of the resident memory."""
    parts = (
        word("(Anon:")
        + integer("anon_rss")
        + _more("File")
        + integer("file_rss")
        + _more("Shmem")
        + integer("shmem_rss")
    )
    new = word("Vm, MiB:   Size:") + integer("total_vm") + word(", RSS:")
    old = pp.Suppress(pp.Regex(r"VmRSS: +"))
    unit = pp.Optional(word("MiB"))
    return (
        (new | old)
        + integer("rss")
        + unit
        + pp.Optional(parts + unit + word(")"))
        + pp.Optional(word(", Swap:") + integer("swap"))
    )


def _more(label: str) -> pp.ParserElement:
    return pp.Suppress(pp.Regex(rf"(?:MiB)?, {label}:"))


def _sized(found: Fields) -> Sized:
    return Sized(sizes=Sizes(**{name: value * MIB for name, value in found.items()}))


def _status() -> pp.ParserElement:
    shapes = (
        r"(?:OK; t|T)otal response time: \d+ ?ms",
        r"(?:Executing|Run) the command: .*",
        r"The victim doesn't respond on corrective action in \d+(?:\.\d+)? ?s(?:ec)?",
        r"Victim (?:status|information).*",
        r"Memory status after implementing a corrective action:",
        r"MemAvailable: \d+(?:\.\d+)? MiB, SwapFree: \d+(?:\.\d+)? MiB",
        r"Tasks state \(memory values in mebibytes\):",
        r"kmsg: .*",
    )
    return pp.Suppress(pp.Regex("|".join(shapes)))


_told = reporter(
    "nohang",
    "nohang",
    "memory and swap below the limit",
    headless=False,
    ran_out=Code.THRESHOLD,
    chosen_by=ChosenBy.SCORE,
)


def _report(block: Block, page_size: PageSize) -> Report:
    """A victim that no signal was sent to was only chosen."""
    found = _told(block, page_size)
    ends = [entry.part for entry in block.entries if isinstance(entry.part, Ended)]
    if not found.victims or any(end.signal or end.gone for end in ends):
        return found
    chosen = tuple(replace(victim, action=Action.SELECTED) for victim in found.victims)
    return replace(found, victims=chosen, outcome=Outcome.UNKNOWN)


FORMAT = Format(
    name="nohang",
    title="nohang",
    versions="0.1 to 0.2",
    tags=frozenset({"nohang", "nohang-desktop"}),
    progress=partial(DaemonProgress, victim_first=True),
    report=_report,
    head_ends_report=True,
    wordings=(
        Wording(
            id="nohang.action",
            role=Role.OPENS,
            anchors=(" a corrective action:",),
            grammar=_action,
            part=warned,
            source="implement_corrective_action",
            versions="0.1 to 0.2",
            example="Implementing a corrective action:",
        ),
        Wording(
            id="nohang.victim",
            role=Role.VICTIM,
            anchors=(", badness: ",),
            grammar=_victim,
            part=Signalled.read,
            source="find_victim",
            versions="0.1 to 0.2",
            example="PID: 7217, Name: tail, badness: 824",
        ),
        Wording(
            id="nohang.sending",
            role=Role.BODY,
            anchors=(" to the victim",),
            grammar=_sending,
            part=lambda found: Ended(signal=found["signal"]),
            source="implement_corrective_action",
            versions="0.1 to 0.2",
            example="  Sending SIGTERM to the victim",
        ),
        Wording(
            id="nohang.died",
            role=Role.BODY,
            anchors=("The victim died in ", "The victim became a zombie in "),
            grammar=_died,
            part=lambda _: Ended(gone=True),
            source="implement_corrective_action",
            versions="0.1 to 0.2",
            example="The victim died in 0.12s",
        ),
        Wording(
            id="nohang.spared",
            role=Role.BODY,
            anchors=("Thresholds is not exceeded now", "; nothing to do; "),
            grammar=_spared,
            part=lambda _: Ended(dry=True),
            source="implement_corrective_action",
            versions="0.2",
            example="Thresholds is not exceeded now",
        ),
        Wording(
            id="nohang.held",
            role=Role.BODY,
            anchors=("Vm, MiB: ", "VmRSS: "),
            grammar=_held,
            part=_sized,
            source="find_victim_info",
            versions="0.1 to 0.2",
            example="  Vm, MiB:   Size: 19880, RSS: 10432 (Anon: 10427, File: 6, Shmem: 0), Swap: 9422",
        ),
        Wording(
            id="nohang.status",
            role=Role.BODY,
            anchors=(
                "otal response ",
                " the command: ",
                "respond on ",
                "Victim ",
                "Memory status ",
                "MemAvailable: ",
                "Tasks state ",
                "kmsg: ",
            ),
            grammar=_status,
            part=noted,
            source="implement_corrective_action, check_kmsg",
            versions="0.1 to 0.2",
            example="  OK; total response time: 10ms",
        ),
    ),
)
