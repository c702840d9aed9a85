"""OpenVZ and Virtuozzo 3/4 on 2.6.18: a container's processes are killed when it is over its limit.

    kill_signal(13516.0): selecting to kill, queued 0, seq 2, exc 122 0 goal 383 0...
    kill_signal(13516.0): task ebb0c6f0, thg d33a1b00, sig 1
    kill_signal(13516.0): selected 1, signalled 1, queued 1, seq 2, exc 383 0 red 61795 745
    OOM killed process apache2 (pid=10557, ve=13516) exited, free=49552 gen=24506.

The exit line is ``ub_oom_task_dead`` (kernel/ub/ub_oom.c, 2.6.18-028stab056.1; ``gen`` is gone in 042stab061). ``free``
counts free pages of the whole node, ``gen`` OOM-killed address spaces of the node since boot. ``kill_signal`` is in no
public tree; its fields are read by shape, their units are not proven, and ``sig`` is no POSIX signal. A round's exits
carry no link to it: they belong to the container's last round before them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyparsing as pp
from msgspec import Struct
from msgspec.structs import replace

from ingest.formats._elements import comm, integer
from ingest.formats._reports import begun
from ingest.formats._types import Fields, Format, Wording
from ingest.model import (
    Action,
    Completeness,
    OpenVzExit,
    OpenVzRound,
    Outcome,
    Role,
    Scope,
    ScopeKind,
    Victim,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.model import Block, Line, PageSize, Part, Report


class _Round(Struct, frozen=True, kw_only=True):
    """A line of ``kill_signal``; ``None`` where that line does not say it."""

    key: str
    group: str
    pid: None = None
    opens: bool = False
    seq: int | None = None
    excess: int | None = None
    goal: int | None = None
    reduction: int | None = None

    @classmethod
    def read(cls, found: Fields) -> _Round:
        return cls(
            key=found["ve"],
            group=found["group"],
            opens="goal" in found,
            seq=found.get("seq"),
            excess=found.get("excess"),
            goal=found.get("goal"),
            reduction=found.get("reduction"),
        )


class _Exit(Struct, frozen=True, kw_only=True):
    """A killed process is gone."""

    key: str
    pid: int
    name: str
    free: int
    generation: int | None

    @classmethod
    def read(cls, found: Fields) -> _Exit:
        return cls(
            key=found["ve"],
            pid=found["pid"],
            name=found["name"],
            free=found["free"],
            generation=found.get("generation"),
        )


def _container() -> pp.ParserElement:
    return (
        pp.Suppress("kill_signal(")
        + pp.Regex(r"\d+")("ve")
        + pp.Suppress(".")
        + pp.Regex(r"\d+")("group")
        + pp.Suppress("):")
    )


def _pair(label: str, name: str) -> pp.ParserElement:
    """Two numbers; the second was 0 or unknown in every line seen, so only the first is named."""
    return pp.Suppress(label) + integer(name) + pp.Suppress(integer(f"{name}_second"))


def _selecting() -> pp.ParserElement:
    return (
        _container()
        + pp.Suppress("selecting to kill, queued")
        + integer("queued")
        + pp.Suppress(", seq")
        + integer("seq")
        + pp.Suppress(",")
        + _pair("exc", "excess")
        + _pair("goal", "goal")
        + pp.Suppress("...")
    )


def _task() -> pp.ParserElement:
    address = pp.Regex(r"[0-9a-f]+")
    return _container() + pp.Suppress("task" + address + ", thg" + address + ", sig") + integer("step")


def _selected() -> pp.ParserElement:
    return (
        _container()
        + pp.Suppress("selected")
        + integer("selected")
        + pp.Suppress(", signalled")
        + integer("signalled")
        + pp.Suppress(", queued")
        + integer("queued")
        + pp.Suppress(", seq")
        + integer("seq")
        + pp.Suppress(",")
        + _pair("exc", "excess")
        + _pair("red", "reduction")
    )


def _exited() -> pp.ParserElement:
    return (
        pp.Suppress("OOM killed process ")
        + comm(r" \(pid=\d+, ve=\d+\) exited, free=")
        + pp.Suppress("(pid=")
        + integer("pid")
        + pp.Suppress(", ve=")
        + pp.Regex(r"\d+")("ve")
        + pp.Suppress(") exited, free=")
        + integer("free")
        + pp.Optional(pp.Suppress("gen=") + integer("generation"))
        + pp.Suppress(".")
    )


@dataclass(slots=True)
class _Progress:
    """Exits may follow as long as no new round begins."""

    anchored: bool = False
    done: bool = False
    takes_context: bool = False

    def fit(self, part: Part) -> int:
        """Every line of this container but a new round's first."""
        return 0 if isinstance(part, _Round) and part.opens else 1

    def add(self, part: Part) -> None:
        """The first exit fixes the id."""
        self.anchored = self.anchored or isinstance(part, _Exit)


def _report(block: Block, _page_size: PageSize) -> Report:
    rounds = [entry.part for entry in block.entries if isinstance(entry.part, _Round)]
    victims = tuple(_victims(block))
    ve = next(entry.part.key for entry in block.entries if entry.part and entry.part.key)
    opened = bool(rounds) and rounds[0].opens
    return replace(
        begun(
            block,
            family="openvz",
            provider="kernel",
            reason="container over its memory limit" if rounds else "process of a container killed",
            completeness=_completeness(rounds, opened=opened),
            outcome=Outcome.KILLED if victims else Outcome.UNKNOWN,
        ),
        scope=Scope(ScopeKind.CONTAINER, ve),
        victims=victims,
        openvz=_merged(ve, rounds),
        head=block.entries[0].line.text if opened else "",
    )


def _completeness(rounds: list[_Round], *, opened: bool) -> Completeness:
    if not rounds:
        return Completeness.KILL_LINE_ONLY
    if not opened:
        return Completeness.HEAD_MISSING
    answered = any(part.reduction is not None for part in rounds)
    return Completeness.COMPLETE if answered else Completeness.TAIL_MISSING


def _merged(ve: str, rounds: list[_Round]) -> OpenVzRound | None:
    """The round as its last word on each number: the excess after selecting may differ from the one before."""
    if not rounds:
        return OpenVzRound(ve=ve, group=None)

    def last(values: Iterator[int | None]) -> int | None:
        return next((value for value in reversed(list(values)) if value is not None), None)

    return OpenVzRound(
        ve=ve,
        group=rounds[0].group,
        seq=last(part.seq for part in rounds),
        excess=next((part.excess for part in rounds if part.excess is not None), None),
        goal=last(part.goal for part in rounds),
        reduction=last(part.reduction for part in rounds),
    )


def _victims(block: Block) -> Iterator[Victim]:
    before: _Exit | None = None
    seen: set[tuple[int, str, int | None]] = set()
    for entry in block.entries:
        part = entry.part
        if not isinstance(part, _Exit) or (part.pid, part.name, part.generation) in seen:
            continue
        seen.add((part.pid, part.name, part.generation))
        yield _victim(part, before, entry.line)
        before = part


def _victim(part: _Exit, before: _Exit | None, line: Line) -> Victim:
    return Victim(
        pid=part.pid,
        name=part.name,
        action=Action.KILL,
        gone=True,
        when=line.when,
        uptime_us=line.uptime_us,
        origin=line.origin,
        lines=(line.raw,),
        openvz=OpenVzExit(
            ve=part.key, free_pages=part.free, generation=part.generation, freed_pages=_freed(part, before)
        ),
    )


def _freed(part: _Exit, before: _Exit | None) -> int | None:
    """Pages that came back between two exits. A gap in ``gen`` means lost lines, a fall in ``free`` other users."""
    if before is None or part.free < before.free:
        return None
    if part.generation is None or before.generation is None or part.generation != before.generation + 1:
        return None
    return part.free - before.free


FORMAT = Format(
    name="openvz",
    title="OpenVZ and Virtuozzo containers",
    versions="2.6.18-028stab056 to 042stab061, Virtuozzo 3 and 4",
    tags=frozenset({"kernel"}),
    progress=_Progress,
    report=_report,
    head_ends_report=True,
    wordings=(
        Wording(
            id="openvz.selecting",
            role=Role.OPENS,
            anchors=("): selecting to kill, queued ",),
            grammar=_selecting,
            part=_Round.read,
            source="kill_signal (source not public)",
            versions="Virtuozzo 3 and 4, 2.6.18",
            example="kill_signal(13516.0): selecting to kill, queued 0, seq 1, exc 2326 0 goal 2326 0...",
        ),
        Wording(
            id="openvz.task",
            role=Role.BODY,
            anchors=("kill_signal(",),
            grammar=_task,
            part=_Round.read,
            source="kill_signal (source not public)",
            versions="Virtuozzo 3 and 4, 2.6.18",
            example="kill_signal(13516.0): task ebb0c6f0, thg d33a1b00, sig 1",
        ),
        Wording(
            id="openvz.selected",
            role=Role.BODY,
            anchors=("kill_signal(",),
            grammar=_selected,
            part=_Round.read,
            source="kill_signal (source not public)",
            versions="Virtuozzo 3 and 4, 2.6.18",
            example="kill_signal(13516.0): selected 1, signalled 1, queued 1, seq 1, exc 2326 0 red 61795 745",
        ),
        Wording(
            id="openvz.exited",
            role=Role.VICTIM,
            anchors=("OOM killed process ",),
            grammar=_exited,
            part=_Exit.read,
            source="ub_oom_task_dead (kernel/ub/ub_oom.c)",
            versions="2.6.18-028stab056 to 042stab061",
            example="OOM killed process apache2 (pid=10557, ve=13516) exited, free=49552 gen=24506.",
        ),
    ),
)
