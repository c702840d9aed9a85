"""nohang (src/nohang): finds a victim, says what it does to it, and whether it died.

    PID: 7217, Name: tail, badness: 824
    Implementing a corrective action:
      Sending SIGTERM to the victim
      OK; total response time: 10ms
    The victim died in 0.12s

It repeats kernel lines as ``kmsg: ...``: those are the kernel's kills told again, and no kill of its own.
"""

from __future__ import annotations

from functools import partial

import pyparsing as pp

from ingest.formats._daemon import DaemonProgress, Ended, Signalled, noted, reporter, warned
from ingest.formats._elements import comm, decimal, integer, pattern, word
from ingest.formats._types import Format, Wording
from ingest.model import ChosenBy, Code, Role


def _action() -> pp.ParserElement:
    return word("Implementing a corrective action:")


def _victim() -> pp.ParserElement:
    return (
        word("PID:")
        + integer("pid")
        + word(",")
        + word("Name: ")
        + comm(r", badness: -?\d+")
        + word(", badness:")
        + integer("score")
    )


def _sending() -> pp.ParserElement:
    return word("Sending") + pattern(r"SIG[A-Z]+", "signal") + word("to the victim")


def _died() -> pp.ParserElement:
    return word("The victim died in") + decimal("seconds") + word("s")


def _status() -> pp.ParserElement:
    shapes = (
        r"OK; total response time: \d+ ?ms",
        r"Victim (?:status|information).*",
        r"Memory status after implementing a corrective action:",
        r"MemAvailable: \d+(?:\.\d+)? MiB, SwapFree: \d+(?:\.\d+)? MiB",
        r"Tasks state \(memory values in mebibytes\):",
        r"kmsg: .*",
    )
    return pp.Suppress(pp.Regex("|".join(shapes)))


FORMAT = Format(
    name="nohang",
    title="nohang",
    versions="0.1 to 0.2",
    tags=frozenset({"nohang", "nohang-desktop"}),
    progress=partial(DaemonProgress, victim_first=True),
    report=reporter(
        "nohang",
        "nohang",
        "memory and swap below the limit",
        headless=False,
        ran_out=Code.THRESHOLD,
        chosen_by=ChosenBy.SCORE,
    ),
    head_ends_report=True,
    wordings=(
        Wording(
            id="nohang.action",
            role=Role.OPENS,
            anchors=("Implementing a corrective action:",),
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
            anchors=("The victim died in ",),
            grammar=_died,
            part=lambda _: Ended(gone=True),
            source="implement_corrective_action",
            versions="0.1 to 0.2",
            example="The victim died in 0.12s",
        ),
        Wording(
            id="nohang.status",
            role=Role.BODY,
            anchors=("OK; total ", "Victim ", "Memory status ", "MemAvailable: ", "Tasks state ", "kmsg: "),
            grammar=_status,
            part=noted,
            source="implement_corrective_action, check_kmsg",
            versions="0.1 to 0.2",
            example="  OK; total response time: 10ms",
        ),
    ),
)
