"""Killers that print a few plain lines: a warning, the signal sent, and sometimes what came of it.

Userspace daemons and small kernels share this shape, so they share the values, the progress and the report; each family
keeps its own wordings.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct
from msgspec.structs import replace

from ingest.formats._reports import begun
from ingest.model import (
    Action,
    CgroupState,
    Completeness,
    Counter,
    Outcome,
    Pressure,
    Report,
    Scope,
    ScopeKind,
    Sizes,
    Victim,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ingest.formats._types import Fields
    from ingest.model import Block, ChosenBy, Code, Line, PageSize, Part


class DaemonPart(Struct, frozen=True, kw_only=True):
    """A daemon prints one report at a time, so there is no key."""

    key: ClassVar[None] = None
    pid: int | None = None


class Warned(DaemonPart, frozen=True, kw_only=True):
    """Memory is low: the head of a report."""


class Signalled(DaemonPart, frozen=True, kw_only=True):
    """A signal was sent to a process. Sizes in bytes, but for ``pages``, which the report converts."""

    pid: int
    name: str
    uid: int | None = None
    score: int | None = None
    score_adj: int | None = None
    adj_legacy: int | None = None
    sizes: Sizes = Sizes()
    pages: int | None = None
    signal: str | None = None
    command_line: str | None = None
    reason: str | None = None
    certain: bool = False
    """Whether the line itself says that the process is dead."""

    @classmethod
    def read(cls, found: Fields) -> Signalled:
        """From the grammar of a line that names the process; names that are no field here are sizes or dropped."""
        sizes = Sizes(**{name: found[name] for name in Sizes.__struct_fields__ if name in found})
        own = {name: found[name] for name in cls.__struct_fields__ if name in found}
        return cls(**own | {"sizes": sizes, "signal": _SIGNALS.get(found.get("signal", ""), found.get("signal"))})


class Sized(DaemonPart, frozen=True, kw_only=True):
    """What the victim held, on a line of its own."""

    sizes: Sizes


class CgroupKilled(DaemonPart, frozen=True, kw_only=True):
    """A whole cgroup was killed; no process is named. ``dry`` means that nothing was."""

    path: str | None
    """``None`` where one below ``monitored`` was killed that no line names."""
    monitored: str | None = None
    pressure: Pressure | None = None
    usage: int | None = None
    dry: bool = False
    planned: bool = False
    """Marked, not yet killed."""


class Confirmed(DaemonPart, frozen=True, kw_only=True):
    """Another program tells that processes of a unit were killed."""

    unit: str


class Ended(DaemonPart, frozen=True, kw_only=True):
    """What came of the signal: ``gone`` true or false, ``None`` where the line only says what was done next."""

    gone: bool | None = None
    signal: str | None = None
    dry: bool = False


class Noted(DaemonPart, frozen=True, kw_only=True):
    """A line that is known and whose values nobody asks for."""


_SIGNALS = {"9": "SIGKILL", "15": "SIGTERM"}


def noted(_found: Fields) -> Noted:
    """Nothing but that the line is known."""
    return Noted()


def warned(_found: Fields) -> Warned:
    """Nothing but that memory is low."""
    return Warned()


@dataclass(slots=True)
class DaemonProgress:
    """How far a daemon's report has got.

    Attributes:
        lone: The line that names the victim is the whole report.
        victim_first: The victim may be named before the head.
    """

    lone: bool = False
    victim_first: bool = False
    warned: bool = False
    signalled: set[int] = field(default_factory=set)
    cgroups: set[str | None] = field(default_factory=set)
    ended: bool = False
    takes_context: bool = False

    @property
    def anchored(self) -> bool:
        """The id rests on the process or the cgroup that is named."""
        return bool(self.signalled or self.cgroups)

    @property
    def done(self) -> bool:
        """One line is all there is, or the end was told."""
        return self.anchored and (self.lone or self.ended)

    def fit(self, part: Part) -> int:
        """Whether a line is of this report."""
        match part:
            case Warned():
                return int(self.victim_first and not self.warned)
            case Signalled():
                return 2 if part.pid in self.signalled else int(not self.anchored)
            case CgroupKilled():
                return int(not self.anchored)  # A cgroup that came back and is killed again is another kill.
            case Ended() if part.pid is not None:
                return 2 * (part.pid in self.signalled)
            case Confirmed():
                return 1 + any(_is_of(part.unit, path) for path in self.cgroups)
            case _:
                return 1

    def add(self, part: Part) -> None:
        """Take note of a line."""
        match part:
            case Warned():
                self.warned = True
            case Signalled():
                self.signalled.add(part.pid)
            case CgroupKilled():
                self.cgroups.add(part.path)
            case Ended():
                self.ended = self.ended or part.gone is not None
            case _:
                pass


def reporter(
    family: str,
    provider: str,
    reason: str,
    *,
    headless: bool,
    ran_out: Code | None,
    chosen_by: ChosenBy | None = None,
    scope: ScopeKind | None = ScopeKind.MACHINE,
) -> Callable[[Block, PageSize], Report]:
    """Makes the ``report`` of a family of this shape.

    Args:
        family: Its name.
        provider: Who kills, or who tells of it.
        reason: Why, where no line says more.
        headless: Its reports have no head: the line that names the victim is complete.
        ran_out: What ran out where it kills; ``None`` where it only repeats what another killer did.
        chosen_by: By what it chooses, where that is not the memory that a process holds.
        scope: Whose memory such a killer watches, where no cgroup is named.
    """

    def report(block: Block, page_size: PageSize) -> Report:
        parts = [(entry.part, entry.line) for entry in block.entries if entry.part is not None]
        dry = any(isinstance(part, Ended | CgroupKilled) and part.dry for part, _ in parts)
        victims = () if dry else tuple(_victims(parts, page_size.bytes))
        killed = next((part for part, _ in parts if isinstance(part, CgroupKilled)), None)
        said = next((part.reason for part, _ in parts if isinstance(part, Signalled) and part.reason), None)
        in_pages = any(isinstance(part, Signalled) and part.pages is not None for part, _ in parts)
        return replace(
            begun(
                block,
                family=family,
                provider=provider,
                reason=said or reason,
                completeness=_completeness([part for part, _ in parts], headless=headless),
                outcome=_outcome(victims, killed, [part for part, _ in parts], dry=dry),
            ),
            scope=_scope(killed, scope),
            ran_out=ran_out,
            chosen_by=chosen_by,
            cgroup=_cgroup(killed),
            pressure=killed.pressure if killed else None,
            page_size=page_size if in_pages else None,
            victims=victims,
            head=block.entries[0].line.text if not victims else "",
        )

    return report


def _victims(parts: list[tuple[Part, Line]], page: int) -> Iterator[Victim]:
    ends = [part for part, _ in parts if isinstance(part, Ended)]
    told = [end.gone for end in ends if end.gone is not None]
    later = [end.signal for end in ends if end.signal]
    apart = [part.sizes for part, _ in parts if isinstance(part, Sized)]
    seen: set[int] = set()
    for part, line in parts:
        if not isinstance(part, Signalled) or part.pid in seen:
            continue
        seen.add(part.pid)
        lines = tuple(other.raw for each, other in parts if isinstance(each, Signalled) and each.pid == part.pid)
        sizes = apart[-1] if apart else part.sizes
        sizes = replace(sizes, rss=part.pages * page) if part.pages is not None else sizes
        yield Victim(
            pid=part.pid,
            name=part.name,
            action=Action.KILL,
            gone=True if part.certain else told[-1] if told else None,
            when=line.when,
            uptime_us=line.uptime_us,
            origin=line.origin,
            lines=lines,
            uid=part.uid,
            score=part.score,
            score_adj=part.score_adj,
            adj_legacy=part.adj_legacy,
            sizes=sizes,
            signal=later[-1] if later else part.signal,
            command_line=part.command_line,
        )


def _completeness(parts: list[Part], *, headless: bool) -> Completeness:
    head = any(isinstance(part, Warned) for part in parts)
    named = any(isinstance(part, Signalled | CgroupKilled) for part in parts)
    if headless or (head and named):
        return Completeness.COMPLETE
    if head:
        return Completeness.TAIL_MISSING
    only_victims = all(isinstance(part, Signalled) for part in parts)
    return Completeness.KILL_LINE_ONLY if only_victims else Completeness.HEAD_MISSING


def _outcome(victims: tuple[Victim, ...], killed: CgroupKilled | None, parts: list[Part], *, dry: bool) -> Outcome:
    if dry:
        return Outcome.NO_VICTIM
    if victims:
        return Outcome.UNKNOWN if all(victim.gone is False for victim in victims) else Outcome.KILLED
    if killed:
        return Outcome.UNKNOWN if killed.planned and not _confirmed(killed, parts) else Outcome.KILLED
    return Outcome.TRUNCATED


def _confirmed(killed: CgroupKilled, parts: list[Part]) -> bool:
    """Whether the unit of a marked cgroup, or one below the cgroup whose rule applied, is told as killed."""
    units = [part.unit for part in parts if isinstance(part, Confirmed)]
    return any(killed.path is None or _is_of(unit, killed.path) for unit in units)


def _is_of(unit: str, path: str | None) -> bool:
    """Whether a cgroup is a unit's, or below one."""
    return path is not None and unit in path.split("/")


def _scope(killed: CgroupKilled | None, kind: ScopeKind | None) -> Scope:
    if killed is None or kind is None:
        return Scope(kind)
    return Scope(ScopeKind.CGROUP, killed.monitored) if killed.monitored else Scope(kind)


def _cgroup(killed: CgroupKilled | None) -> CgroupState | None:
    if killed is None:
        return None
    usage = Counter(usage=killed.usage, limit=None, unlimited=False, failcnt=None) if killed.usage is not None else None
    return CgroupState(limit_path=killed.monitored, killed_path=killed.path, memory=usage)
