"""systemd's word of an OOM kill in a unit (src/core/unit.c). It only repeats what the kernel or a daemon did.

    mariadb.service: A process of this unit has been killed by the OOM killer.
    mariadb.service: Failed with result 'oom-kill'.

It reads the cgroup's counter of kills, so it says the same for each slice above the unit, and the manager of a user for
its own units: what comes at once is one kill. Which process died no line says. That a process ended by SIGKILL
(``status=9/KILL``) is no word of an OOM kill.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import pyparsing as pp
from msgspec.structs import replace

from ingest.formats._daemon import DaemonPart
from ingest.formats._elements import pattern
from ingest.formats._reports import begun
from ingest.formats._types import Fields, Format, Wording
from ingest.model import Code, Completeness, Outcome, Role, Scope, ScopeKind

if TYPE_CHECKING:
    from ingest.model import Block, PageSize, Part, Report

_AT_ONCE = 5.0
"""Seconds within which it tells of one kill for every unit above; how long a unit takes to end is another matter."""


class Told(DaemonPart, frozen=True, kw_only=True):
    """A unit in which something was killed, or that ``ended`` because of it."""

    unit: str
    ended: bool


@dataclass(slots=True)
class _Progress:
    """The units that were told of, and those that ended."""

    killed: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    done: bool = False
    takes_context: bool = False

    @property
    def anchored(self) -> bool:
        """The id rests on the first line."""
        return bool(self.killed or self.ended)

    def fit(self, part: Part) -> int:
        """A unit that was told of and is told of again had another kill; its end belongs to the kill, however late."""
        if not isinstance(part, Told) or part.unit in self.ended:
            return 0
        if part.ended:
            return 2 if part.unit in self.killed else 1
        return int(part.unit not in self.killed)

    def add(self, part: Part) -> None:
        """Take note of a unit."""
        if isinstance(part, Told):
            (self.ended if part.ended else self.killed).add(part.unit)


def _unit(told: str) -> pp.ParserElement:
    name = pattern(rf"\S{{1,256}}\.(?:service|scope|slice|socket|mount|swap)(?=: {told})", "unit")
    return name + pp.Suppress(pp.Regex(f": {told}"))


def _killed() -> pp.ParserElement:
    return _unit(
        r"(?:A process of this unit has been killed by the OOM killer"
        r"|The kernel OOM killer killed some processes in this unit)\."
    )


def _failed() -> pp.ParserElement:
    return _unit(r"Failed with result 'oom-kill'\.")


def _read(found: Fields, *, ended: bool) -> Told:
    return Told(unit=found["unit"], ended=ended)


def _report(block: Block, _page_size: PageSize) -> Report:
    """The unit stands where other reports name a cgroup; whose memory ran out no line says."""
    told = [entry.part for entry in block.entries if isinstance(entry.part, Told)]
    return replace(
        begun(
            block,
            family="systemd",
            provider="systemd",
            reason="a unit had an OOM kill",
            completeness=Completeness.COMPLETE,
            outcome=Outcome.KILLED,
        ),
        scope=Scope(ScopeKind.CGROUP, min((part.unit for part in told), key=_breadth)),
        ran_out=Code.UNKNOWN,
        head=block.entries[0].line.text,
        echo=all(part.ended for part in told),
    )


def _breadth(unit: str) -> int:
    """How far above the process a unit may be: slices hold units only, a user's manager holds units of its own."""
    if unit.endswith(".slice"):
        return 2
    return int(unit.startswith("user@"))


FORMAT = Format(
    name="systemd",
    title="systemd, of its units",
    versions="systemd 243 to 261",
    tags=frozenset({"systemd"}),
    progress=_Progress,
    report=_report,
    head_ends_report=False,
    pause=_AT_ONCE,
    repeats=True,
    wordings=(
        Wording(
            id="systemd.killed",
            role=Role.EVIDENCE,
            anchors=(": A process of this unit has been killed by the OOM ", ": The kernel OOM killer killed some "),
            grammar=_killed,
            part=partial(_read, ended=False),
            source="unit_check_oom (systemd, pid 1 and the managers of users)",
            versions="systemd 243 to 261",
            example="mariadb.service: A process of this unit has been killed by the OOM killer.",
        ),
        Wording(
            id="systemd.failed",
            role=Role.EVIDENCE,
            anchors=(": Failed with result 'oom-kill'",),
            grammar=_failed,
            part=partial(_read, ended=True),
            source="unit_log_failure (systemd, pid 1 and the managers of users)",
            versions="systemd 243 to 261",
            example="mariadb.service: Failed with result 'oom-kill'.",
        ),
    ),
)
