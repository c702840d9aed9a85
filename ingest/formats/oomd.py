"""Facebook's oomd (src/oomd/plugins/BaseKillPlugin.cpp): writes to /dev/kmsg, so its lines come with the kernel's tag.

    oomd kill: 41.23 18.04 4.90 db.service 8589934592 ruleset:[swap] detectorgroup:[full] killer:kill_by_swap v2

The path is relative to the cgroups' root: everybody else prints it with a slash before it. The three numbers are the
memory pressure of the last 10, 60 and 300 seconds in percent; the size is in bytes. ``(dry)`` before the plugin means
that nothing was killed.
"""

from __future__ import annotations

from functools import partial

import pyparsing as pp

from ingest.formats._daemon import CgroupKilled, DaemonProgress, noted, reporter
from ingest.formats._elements import decimal, integer, until, word
from ingest.formats._types import Fields, Format, Wording
from ingest.model import Code, Pressure, Role


def _kill() -> pp.ParserElement:
    tail = r" \d+ ruleset:\["
    return (
        word("oomd kill:")
        + decimal("avg10")
        + decimal("avg60")
        + decimal("avg300")
        + until(tail, "path")
        + integer("usage")
        + pp.Suppress(pp.Regex(r"ruleset:\[[^\]]*\] detectorgroup:\[[^\]]*\]"))
        + word("killer:")
        + pp.Optional(pp.Literal("(dry)")("dry"))
        + pp.Suppress(pp.Regex(r"\S+"))
        + pp.Optional(word("v2"))
    )


def _restarted() -> pp.ParserElement:
    return word("oomd kill: restarted systemd service=") + pp.Suppress(pp.Regex(r"\S+(?: \(dry\))?"))


def _read(found: Fields) -> CgroupKilled:
    return CgroupKilled(
        path=f"/{found['path'].strip().removeprefix('/')}",
        pressure=Pressure(avg10=found["avg10"], avg60=found["avg60"], avg300=found["avg300"]),
        usage=found["usage"],
        dry="dry" in found,
    )


FORMAT = Format(
    name="oomd",
    title="oomd (Facebook)",
    versions="0.1 to 0.5",
    tags=frozenset({"oomd", "kernel"}),
    progress=partial(DaemonProgress),
    report=reporter("oomd", "oomd", "a rule of oomd fired", headless=True, ran_out=Code.PRESSURE),
    head_ends_report=True,
    wordings=(
        Wording(
            id="oomd.kill",
            role=Role.EVIDENCE,
            anchors=("oomd kill: ",),
            grammar=_kill,
            part=_read,
            source="BaseKillPlugin::logKill",
            versions="0.1 to 0.5",
            example="oomd kill: 41.23 18.04 4.90 /workload.slice/db.service 8589934592 ruleset:[swap] "
            "detectorgroup:[full] killer:kill_by_swap_usage v2",
        ),
        Wording(
            id="oomd.restarted",
            role=Role.BODY,
            anchors=("oomd kill: restarted ",),
            grammar=_restarted,
            part=noted,
            source="SystemdPlugin (SystemdRestart.cpp)",
            versions="0.1 to 0.5",
            example="oomd kill: restarted systemd service=db.service",
        ),
    ),
)
