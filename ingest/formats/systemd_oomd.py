r"""systemd-oomd (src/oom/oomd-manager.c, oomd-util.c) and what systemd says of the units that it kills.

    Killed /u.slice/a.scope due to memory pressure for /u.slice being 51.07% > 50.00% for > 20s with reclaim activity
    Considered 62 cgroups for killing, top candidates were:
    a.scope: systemd-oomd killed some process(es) in this unit.

It kills whole cgroups: the first path is the one killed, the second the ancestor whose pressure was too high. No
process is named. Unit names hold ``\x2d`` escapes.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pyparsing as pp
from msgspec.structs import replace

from ingest.formats._daemon import CgroupKilled, Confirmed, DaemonProgress, noted, reporter
from ingest.formats._elements import decimal, ignored, pattern, until, word
from ingest.formats._types import Fields, Format, Wording
from ingest.model import Code, Pressure, Role

if TYPE_CHECKING:
    from ingest.model import Block, PageSize, Report


def _percent(name: str) -> pp.ParserElement:
    return decimal(name) + word("%")


def _cause() -> pp.ParserElement:
    pressure = (
        word("memory pressure for ")
        + until(r" being \d+\.\d+% > \d+\.\d+% for > ", "monitored")
        + word("being")
        + _percent("avg10")
        + word(">")
        + _percent("limit")
        + word("for >")
        + pp.Suppress(pp.Regex(r".*?(?= with reclaim activity)"))
        + word("with reclaim activity")
    )
    number = r"\(\d+\) / total \(\d+\)"
    used = rf"(?:memory used {number} and )?swap used {number} being more than "
    marked = r"memory used \(\d+\).*"
    return pressure | (pp.Suppress(pp.Regex(used)) + _percent("share")) | pp.Suppress(pp.Regex(marked))


def _path(anchor: str) -> pp.ParserElement:
    return until(anchor, "path")


def _killed() -> pp.ParserElement:
    """Of a pasted line the end may be cut off: the cgroup that was killed stands before it."""
    why = r" due to (?:memory pressure for |memory used \(|swap used \()"
    return word("Killed ") + _path(why) + word("due to") + pp.Optional(_cause())


def _marked() -> pp.ParserElement:
    why = r" for killing due to (?:memory pressure for |memory used \(|swap used \()"
    return word("Marked ") + _path(why) + word("for killing due to") + pp.Optional(_cause())


def _rule() -> pp.ParserElement:
    span = r"(?:for|\(lasting) [^,()]{1,64}\)?"
    return (
        word("Rule '")
        + until(r"' conditions met for cgroup ", "rule")
        + word("' conditions met for cgroup ")
        + _path(rf" {span}, taking action \S+\s*$")
        + pp.Suppress(pp.Regex(rf"{span}, taking action"))
        + pattern(r"\S+", "action")
    )


def _met(found: Fields) -> CgroupKilled:
    """``kill-all`` kills the cgroup itself, every other action one of those below it, which no line of oomd names."""
    if found["action"] == "kill-all":
        return CgroupKilled(path=found["path"], planned=True)
    return CgroupKilled(path=None, monitored=found["path"], planned=True)


def _dry() -> pp.ParserElement:
    return (
        word("oomd dry-run: Would have tried to kill ")
        + _path(r" and all its descendants")
        + word("and all its descendants")
    )


def _candidates() -> pp.ParserElement:
    shapes = (
        r"Considered \d+ cgroups for killing, top candidates were:",
        r"Path: .*",
        r"Memory Pressure Limit: .*",
        r"Pressure: Avg10: .*",
        r"Current Memory Usage: .*",
        r"Memory (?:Min|Low): .*",
        r"(?:Last )?Pgscan: .*",
        r"Swap Usage: .*",
        r"Memory pressure for .* is \d+\.\d+% > \d+\.\d+% for > .* with reclaim activity",
        r"oomd attempting to kill \d+ with KILL",
    )
    return pp.Suppress(pp.Regex("|".join(shapes)))


def _unit_killed() -> pp.ParserElement:
    told = r": systemd-oomd killed (?:\d+|some) process\(es\) in this unit\."
    return until(told, "unit") + pp.Suppress(pp.Regex(told))


def _unit() -> pp.ParserElement:
    """Systemd's own lines about the unit (src/core/unit.c, service.c); its word of an OOM kill is of its own family."""
    told = (
        r"(?:Main|Control) process exited, code=(?:killed|exited), status=(?:9/KILL|137(?:/n/a)?)"
        r"|Failed with result 'signal'\."
        r"|Consumed .* CPU time.*"
        r"|Scheduled restart job, restart counter is at \d+\."
    )
    return pp.Suppress(pp.Regex(r"\S{1,256}: (?=[A-Zs])")) + pp.Suppress(pp.Regex(told)) + ignored()


def _read(found: Fields, *, planned: bool = False, dry: bool = False) -> CgroupKilled:
    pressure = Pressure(avg10=found.get("avg10"), limit=found["limit"]) if "limit" in found else None
    return CgroupKilled(
        path=found["path"], monitored=found.get("monitored"), pressure=pressure, planned=planned, dry=dry
    )


_told = reporter(
    "systemd-oomd", "systemd-oomd", "memory pressure or swap above the limit", headless=True, ran_out=Code.THRESHOLD
)


def _report(block: Block, page_size: PageSize) -> Report:
    """It acts on pressure, else on memory and swap used; what the conditions of a rule are about no line tells."""
    found = _told(block, page_size)
    told = next((entry.line.text for entry in block.entries if isinstance(entry.part, CgroupKilled)), "")
    if "due to memory pressure" in told:
        return replace(found, ran_out=Code.PRESSURE)
    if "' conditions met for cgroup " in told:
        return replace(found, ran_out=Code.UNKNOWN, reason="a rule of systemd-oomd applied")
    return found


FORMAT = Format(
    name="systemd_oomd",
    title="systemd-oomd, with systemd's own lines",
    versions="systemd 247 to 261",
    tags=frozenset({"systemd-oomd", "systemd"}),
    progress=partial(DaemonProgress),
    report=_report,
    head_ends_report=True,
    wordings=(
        Wording(
            id="systemd_oomd.killed",
            role=Role.EVIDENCE,
            anchors=(" due to memory pressure for ", " due to memory used (", " due to swap used ("),
            grammar=_killed,
            part=_read,
            source="monitor_memory_pressure_contexts_handler, monitor_swap_contexts_handler",
            versions="247 to 258",
            example="Killed /user.slice/a.scope due to memory pressure for /user.slice being 51.07% > 50.00% for > 20s "
            "with reclaim activity",
        ),
        Wording(
            id="systemd_oomd.marked",
            role=Role.EVIDENCE,
            anchors=(" for killing due to ",),
            grammar=_marked,
            part=partial(_read, planned=True),
            source="monitor_memory_pressure_contexts_handler, monitor_swap_contexts_handler",
            versions="259 to 261",
            example="Marked /user.slice/a.scope for killing due to memory pressure for /user.slice being 51.07% > "
            "50.00% for > 20s with reclaim activity",
        ),
        Wording(
            id="systemd_oomd.rule",
            role=Role.EVIDENCE,
            anchors=("' conditions met for cgroup ",),
            grammar=_rule,
            part=_met,
            source="ruleset_execute_action (oomd-manager.c)",
            versions="260 to 261",
            example="Rule 'batch' conditions met for cgroup /batch.slice/a.service for 30s, taking action kill-all",
        ),
        Wording(
            id="systemd_oomd.dry_run",
            role=Role.EVIDENCE,
            anchors=("oomd dry-run: ",),
            grammar=_dry,
            part=partial(_read, dry=True),
            source="oomd_cgroup_kill (oomd-util.c)",
            versions="247 to 261",
            example="oomd dry-run: Would have tried to kill /user.slice/a.scope and all its descendants",
        ),
        Wording(
            id="systemd_oomd.candidates",
            role=Role.BODY,
            anchors=(
                " cgroups for killing",
                "Path: ",
                "Pressure",
                "Memory ",
                "gscan: ",
                "Swap Usage: ",
                "oomd attempting ",
            ),
            grammar=_candidates,
            part=noted,
            source="oomd_kill_by_pgscan_rate, oomd_dump_memory_pressure_cgroup_context",
            versions="247 to 261",
            example="Considered 62 cgroups for killing, top candidates were:",
        ),
        Wording(
            id="systemd_oomd.unit_killed",
            role=Role.BODY,
            anchors=(": systemd-oomd killed ",),
            grammar=_unit_killed,
            part=lambda found: Confirmed(unit=found["unit"]),
            source="unit_check_oomd_kill (systemd, pid 1)",
            versions="systemd 248 to 261",
            example="a.scope: systemd-oomd killed some process(es) in this unit.",
        ),
        Wording(
            id="systemd_oomd.unit",
            role=Role.BODY,
            anchors=(
                "process exited, code=",
                "Failed with result ",
                ": Consumed ",
                ": Scheduled restart job",
            ),
            grammar=_unit,
            part=noted,
            source="unit_log_process_exit, unit_log_failure (systemd, pid 1)",
            versions="systemd 219 to 261",
            example="a.service: Main process exited, code=killed, status=9/KILL",
        ),
    ),
)
