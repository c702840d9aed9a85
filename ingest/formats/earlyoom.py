"""earlyoom, every version from 0.4 on (main.c, kill.c): sends SIGTERM, then SIGKILL, before the kernel has to.

    low memory! at or below SIGTERM limits: mem 10.00%, swap 10.00%
    sending SIGTERM to process 1234 uid 1000 "chrome": oom_score 345, VmRSS 1024 MiB, cmdline "/opt/chrome --renderer"
    process 1234 exited after 0.303 seconds

MiB are 2**20 bytes. Names may hold quotes; the command line is last and ends with the last quote of the line.
"""

from __future__ import annotations

from functools import partial

import pyparsing as pp

from ingest.formats._daemon import DaemonProgress, Ended, Signalled, noted, reporter, warned
from ingest.formats._elements import MIB, comm, decimal, ignored, integer, pattern, until, word
from ingest.formats._types import Fields, Format, Wording
from ingest.lowering import converted
from ingest.model import ChosenBy, Code, Role


def _low() -> pp.ParserElement:
    limits = r"[Ll]ow [Mm]emory! [Aa]t or below (?:SIGTERM|SIGKILL|sigterm|sigkill) limits"
    avail = r"Out of memory! avail: +\d+ MiB < min: +\d+ MiB"
    mem_min = r"Out of memory! mem min: +\d+ MiB, swap min: +\d+ MiB"
    share = r" *\d+(?:\.\d+)? ?%"
    return pp.Suppress(
        pp.Regex(rf"(?:{avail}|{mem_min}|{limits}: mem{share}, swap{share}|{limits} \(mem:{share}, swap:{share}\))")
    )


def _mib(label: str) -> pp.ParserElement:
    number = converted(pp.Regex(r"\d{1,20}(?= MiB)"), lambda digits: int(digits) * MIB)
    return word(label) + number("rss") + word("MiB")


def _signal() -> pp.ParserElement:
    return pattern(r"SIG[A-Z]+|\d{1,3}\b", "signal")


def _sending() -> pp.ParserElement:
    sent = word("sending") + _signal() + word("to process")
    killing = pp.Suppress(pp.Regex(r"killing process"))
    score = (word(": badness") | word(": oom_score")) + integer("score")
    return (
        (sent | killing)
        + integer("pid")
        + pp.Optional(word("uid") + integer("uid"))
        + word('"')
        + comm(r'"(?: with signal \d+)?: (?:badness|oom_score) -?\d+')
        + word('"')
        + pp.Optional(word("with signal") + _signal())
        + score
        + pp.Optional(word(", oom_score_adj") + integer("score_adj"))
        + pp.Optional(word(",") + _mib("VmRSS"))
        + pp.Optional(word(', cmdline "') + until('"', "command_line") + word('"'))
    )


def _killing() -> pp.ParserElement:
    """Versions 0.4 to 1.2."""
    numbers = word(", pid:") + integer("pid") + word(", badness:") + integer("score") + word(",") + _mib("VmRSS:")
    quoted = word("'") + comm(r"' with signal \d+, pid: ") + word("' with signal") + _signal()
    plain = word(": ") + comm(r", pid: \d+, badness: ")
    first = integer("pid") + pattern(r"\S.*", "name")
    return word("Killing process") + ((quoted + numbers) | (plain + numbers) | first)


def _died() -> pp.ParserElement:
    return word("process") + pp.Optional(integer("pid")) + word("exited after") + decimal("seconds") + word("seconds")


def _stayed() -> pp.ParserElement:
    return word("process") + pp.Optional(integer("pid")) + word("did not exit")


def _escalating() -> pp.ParserElement:
    return word("escalating to") + _signal() + word("after") + decimal("seconds") + word("seconds")


def _failed() -> pp.ParserElement:
    return word("kill failed:") + ignored()


def _dry() -> pp.ParserElement:
    return word("dryrun, not actually sending any signal")


def _status() -> pp.ParserElement:
    shapes = (
        r"mem avail: +\d+ of +\d+ MiB \( *\d+(?:\.\d+)? ?%\), swap free: +\d+ of +\d+ MiB \( *\d+(?:\.\d+)? ?%\)",
        r"mem total: +\d+ MiB, .*",
        r"sending SIG\w+ when mem avail <= .*",
        r"kill_release: pid=\d+: process_mrelease pidfd=\d+ .*",
        r"killing whole process group \d+ \(-g flag is active\)",
        r"(?:Triggered|successfully triggered) kernel OOM killer",
    )
    return pp.Suppress(pp.Regex("|".join(shapes)))


def _end(found: Fields) -> Ended:
    return Ended(pid=found.get("pid"), gone=True)


def _stay(found: Fields) -> Ended:
    return Ended(pid=found.get("pid"), gone=False)


FORMAT = Format(
    name="earlyoom",
    title="earlyoom",
    versions="0.4 to 1.9",
    tags=frozenset({"earlyoom"}),
    progress=partial(DaemonProgress),
    report=reporter(
        "earlyoom",
        "earlyoom",
        "memory and swap below the limit",
        headless=False,
        ran_out=Code.THRESHOLD,
        chosen_by=ChosenBy.SCORE,
    ),
    head_ends_report=True,
    wordings=(
        Wording(
            id="earlyoom.low",
            role=Role.OPENS,
            anchors=("Out of memory! ", "emory! at or below ", "emory! At or below "),
            grammar=_low,
            part=warned,
            source="poll_loop (main.c)",
            versions="0.4 to 1.9",
            example="low memory! at or below SIGTERM limits: mem 18.00%, swap 25.00%",
        ),
        Wording(
            id="earlyoom.sending",
            role=Role.VICTIM,
            anchors=("sending SIG", "killing process "),
            grammar=_sending,
            part=Signalled.read,
            source="kill_process (kill.c)",
            versions="1.3 to 1.9",
            example='sending SIGTERM to process 997200 uid 0 "MainThread": badness 690, VmRSS 4096 MiB',
        ),
        Wording(
            id="earlyoom.killing",
            role=Role.VICTIM,
            anchors=("Killing process",),
            grammar=_killing,
            part=Signalled.read,
            source="userspace_kill (kill.c)",
            versions="0.4 to 1.2",
            example="Killing process: chrome, pid: 1234, badness: 345, VmRSS: 1024 MiB",
        ),
        Wording(
            id="earlyoom.exited",
            role=Role.BODY,
            anchors=("exited after ",),
            grammar=_died,
            part=_end,
            source="kill_wait (kill.c)",
            versions="1.3 to 1.9",
            example="process 1234 exited after 0.303 seconds",
        ),
        Wording(
            id="earlyoom.not_exited",
            role=Role.BODY,
            anchors=("did not exit",),
            grammar=_stayed,
            part=_stay,
            source="kill_wait (kill.c)",
            versions="1.3 to 1.9",
            example="process 1234 did not exit",
        ),
        Wording(
            id="earlyoom.escalating",
            role=Role.BODY,
            anchors=("escalating to ",),
            grammar=_escalating,
            part=lambda found: Ended(signal=found["signal"]),
            source="kill_wait (kill.c)",
            versions="1.3 to 1.9",
            example="escalating to SIGKILL after 6.000 seconds",
        ),
        Wording(
            id="earlyoom.failed",
            role=Role.BODY,
            anchors=("kill failed:",),
            grammar=_failed,
            part=lambda _: Ended(gone=False),
            source="kill_process (kill.c)",
            versions="1.2 to 1.9",
            example="kill failed: Timer expired",
        ),
        Wording(
            id="earlyoom.dry_run",
            role=Role.BODY,
            anchors=("dryrun, not actually ",),
            grammar=_dry,
            part=lambda _: Ended(dry=True),
            source="kill_process (kill.c)",
            versions="1.6 to 1.9",
            example="dryrun, not actually sending any signal",
        ),
        Wording(
            id="earlyoom.status",
            role=Role.BODY,
            anchors=("mem avail", "mem total: ", "kill_release: ", "whole process group", "kernel OOM killer"),
            grammar=_status,
            part=noted,
            source="print_mem_stats, startup_selftests (main.c, meminfo.c)",
            versions="1.2 to 1.9",
            example="mem avail:   321 of  7890 MiB ( 4.07%), swap free:    0 of    0 MiB ( 0.00%)",
        ),
    ),
)
