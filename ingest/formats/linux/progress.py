"""How far an open Linux report has got: which lines still belong to it, and when its id is fixed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.formats._types import STRANGER
from ingest.formats.linux.header import Header, Manual
from ingest.formats.linux.kill import Kill, NotKilled, Selected
from ingest.formats.linux.memcg import Group
from ingest.formats.linux.notices import NoVictim, Panic, Suppressed, UbRound
from ingest.formats.linux.order import of_cgroup, once, rank
from ingest.formats.linux.reaper import Reaped
from ingest.formats.linux.summary import Summary
from ingest.formats.linux.tasks import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.model import Part


@dataclass(slots=True)
class LinuxProgress:
    """What an open Linux report has said so far."""

    headed: bool = False
    manual: bool = False
    selected: frozenset[int] = frozenset()
    chosen: frozenset[int] = frozenset()
    killed: frozenset[int] = frozenset()
    reaped: frozenset[int] = frozenset()
    listed: list[int] = field(default_factory=list)
    many: bool = False
    panicked: bool = False
    lines: int = 0
    cgroup: bool | None = None
    rank: int = -1
    had: set[tuple[object, ...]] = field(default_factory=set)

    @property
    def anchored(self) -> bool:
        """The id rests on the first victim's kill line."""
        return bool(self.killed)

    @property
    def done(self) -> bool:
        """Every victim was reaped. A group kill or a rage never says that it is over, nor what has lost its head."""
        return self.headed and bool(self.killed) and not self.many and self.killed <= self.reaped

    @property
    def takes_context(self) -> bool:
        """Stack and Mem-Info stand before the first kill line."""
        return not self.killed and not self.reaped

    def fit(self, part: Part) -> int:
        """Lines that name a victim go to the report that named it before; others to one still without a kill.

        A process that is killed again, in another report, is a victim of that one.
        """
        fit = self._fit(part)
        return STRANGER if fit == 1 and self._contradicts(part) else fit

    def _fit(self, part: Part) -> int:
        if type(part) not in _TELLING:
            return int(self.takes_context)
        named = self.selected | self.chosen | self.killed
        waits = self.selected | self.chosen | self.reaped - self.killed
        late = bool(self.reaped - self.killed)  # Its reaper came, so it waits for nobody else's kill line.
        match part:
            case Header():
                # SysRq says that it asks before the report begins; nothing else stands before a header.
                return int(self.manual and self.lines == 1)
            case Selected() if self.selected:
                return 0  # One process is selected in a report: it was selected again, and another child of it died.
            case Summary() | Selected():
                return _fit(part.pid in named, could=not (named or late))
            case Kill():
                # The leader may have dropped its memory: then the kill line names another thread than the summary.
                # A child may die in the place of the selected process, and what shares its memory dies with it.
                more = self.many or part.also or part.pid in self.killed or not (self.killed or late)
                return _fit(part.pid in waits, could=more)
            case NotKilled():
                return _fit(part.pid in named, could=not self.killed)
            case Reaped():
                # Where the kill line is lost, the table that lists the process tells whose victim it was.
                listed = part.pid in self.listed and not self.killed
                return _fit(part.pid in self.chosen | self.killed, could=listed) + (part.pid in self.killed)
            case Group() | UbRound() | Suppressed():
                return _fit(bool(named), could=True)
            case Panic() | NoVictim():
                # Who has killed is done: another invocation found nobody to kill, or was not to kill.
                return _fit(bool(named - self.killed), could=not self.killed)
            case Manual():
                return int(part.ignored and self.manual)
            case _:
                return int(self.takes_context)

    def _contradicts(self, part: Part) -> bool:
        """Whether a line can only be another report's, whose head was lost."""
        if self.panicked:
            return False  # panic() dumps the stack once more.
        place, said = rank(part), of_cgroup(part)
        return (
            (place is not None and place < self.rank)
            or once(part) in self.had
            or (said is not None and self.cgroup is not None and said is not self.cgroup)
        )

    def add(self, part: Part) -> None:
        """Take note of a line of this report."""
        self.lines += 1
        self.rank = max(self.rank, rank(part) or 0)
        if self.cgroup is None:
            self.cgroup = of_cgroup(part)
        if single := once(part):
            self.had.add(single)
        if isinstance(part, Row):
            self.listed.append(part.task)
        elif type(part) in _TELLING:
            self._note(part)

    def add_rows(self, parts: Sequence[Row]) -> bool:
        """Take note of rows of the process table: where one fits, so do those behind it."""
        if self.fit(parts[0]) != 1:
            return False
        self.add(parts[0])
        self.lines += len(parts) - 1
        self.listed += [part.task for part in parts[1:]]
        return True

    def _note(self, part: Part) -> None:
        match part:
            case Header():
                self.headed = True
            case Manual():
                self.manual = True
            case Selected():
                self.selected |= {part.pid}
            case Summary():
                self.chosen |= {part.pid}
            case Kill():
                self.many = self.many or part.ub is not None
                self.killed |= {part.pid}
            case Reaped():
                self.reaped |= {part.pid}
            case Group():
                self.many = True
            case Panic():
                self.panicked = True
            case UbRound():
                self.many = self.many or part.killed is not None
            case _:
                pass


_TELLING: frozenset[type] = frozenset({
    Header, Summary, Selected, Kill, NotKilled, Reaped, Group, UbRound, Panic, NoVictim, Suppressed, Manual,
})  # fmt: skip
"""Lines that say how far a report has got, or whose it is. All others are the most of a report."""


def _fit(names_victim: bool, *, could: bool) -> int:
    return 2 if names_victim else int(could)
