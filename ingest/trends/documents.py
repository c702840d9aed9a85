"""Facts of documents that are in memory: what ``oom-ingest parse`` printed, without any server."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from ingest.fields import FIELDS
from ingest.kinds import LONGEST, Kind, Type
from ingest.trends.bursts import WIDTH
from ingest.trends.facts import (
    PERCENTILE,
    Crowd,
    HostCount,
    HostDay,
    Named,
    Range,
    Ranking,
    SignatureCount,
    SignatureHosts,
    Sizes,
    Slot,
)
from ingest.trends.gather import RANKED
from ingest.trends.period import QUARTER, milliseconds
from ingest.trends.selection import values_of
from ingest.trends.source import MOST_KEYS, TooMany
from ingest.trends.wrong import Wrong

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from ingest.trends.period import Day, Window
    from ingest.trends.selection import Selection

_LIMIT = "oom.cgroup.memory.limit.bytes"
_USAGE = "oom.cgroup.memory.usage.bytes"
_VICTIM = "oom.victim.memory.rss.bytes"
_LONGEST = {field.name: LONGEST[field.type] for field in FIELDS if field.type in (Type.KEYWORD, Type.PATH)}


class _Seen(Struct, frozen=True):
    """What is kept of a document."""

    at: int
    host: str | None
    signature: str | None
    name: str | None
    ranked: tuple[str | None, ...]
    limit: int | None
    usage: int | None
    victim: int | None


class Documents:
    """Implements ``Source`` over the kills and episodes of an iterable; a document that comes again counts once.

    Args:
        name: Where they are from, for people.
        documents: Objects with ``_index``, ``_id`` and ``_source``.
        selection: What counts.

    Raises:
        Wrong: An object is of another shape.
    """

    def __init__(self, name: str, documents: Iterable[Mapping[str, object]], selection: Selection) -> None:
        self.name = name
        self.estimates = False
        of_episodes = selection.of_episodes()
        self.tells_episodes = of_episodes is not None
        self.misses_episodes = of_episodes is not None and of_episodes.is_by_cut_list
        selections = {"oom.kill": (Kind.KILL, selection), "oom.episode": (Kind.EPISODE, of_episodes)}
        found: dict[Kind, dict[tuple[object, object], _Seen]] = {Kind.KILL: {}, Kind.EPISODE: {}}
        texts: dict[str, str] = {}
        for number, document in enumerate(documents, start=1):
            source = document.get("_source")
            if not isinstance(source, dict):
                raise Wrong(f"line {number} of {name} is no document: it has no _source")
            kind, selected = selections.get(str(_first(source, "event.dataset")), (None, None))
            if kind is None:
                continue
            key = (document.get("_index"), document.get("_id"))
            found[kind].pop(key, None)
            if selected is not None and selected.fits(source):
                seen = _seen(source, texts)
                if seen is None:
                    raise Wrong(f"line {number} of {name} is no document: its @timestamp is no moment with a zone")
                found[kind][key] = seen
        self._seen = {kind: sorted(seen.values(), key=lambda each: each.at) for kind, seen in found.items()}

    def oldest(self) -> int | None:
        """The first kill of all."""
        return next((each.at for each in self._seen[Kind.KILL]), None)

    def slots(self, kind: Kind, window: Window) -> list[Slot]:
        """Documents by quarter of an hour."""
        counts = Counter(_slot(each.at, QUARTER) for each in self._in(kind, window))
        return [Slot(*item) for item in sorted(counts.items())]

    def hosts(self, kind: Kind, window: Window) -> list[HostCount]:
        """Documents by host."""
        times = defaultdict(list)
        for each in self._in(kind, window):
            if each.host is not None:
                times[each.host].append(each.at)
        _bound(times, "hosts")
        return [HostCount(host, len(at), at[0], at[-1]) for host, at in sorted(times.items())]

    def hosts_of_days(self, days: Sequence[Day], most: int) -> list[int]:  # noqa: ARG002  the port's signature
        """How many hosts had a kill, for each day."""
        return [len({each.host for each in self._in(Kind.KILL, day.window)} - {None}) for day in days]

    def signatures(self, window: Window, only: Collection[str] | None = None) -> list[SignatureCount]:
        """Kills by signature."""
        kills = self._by_signature(window, only)
        _bound(kills, "signatures")
        return [
            SignatureCount(signature, max((k.name for k in of if k.name), default=None), len(of), of[0].at, of[-1].at)
            for signature, of in sorted(kills.items())
        ]

    def signature_hosts(
        self,
        window: Window,
        signatures: Sequence[str],
        size: int,
        most: int,  # noqa: ARG002  the port's signature
    ) -> list[SignatureHosts]:
        """How many hosts had each signature, and those with most kills of it."""
        kills = self._by_signature(window, signatures)
        counts = {each: Counter(kill.host for kill in kills[each] if kill.host is not None) for each in signatures}
        return [SignatureHosts(each, len(counts[each]), tuple(_most(counts[each], size))) for each in signatures]

    def rankings(self, window: Window, fields: Sequence[str], size: int) -> dict[str, Ranking]:
        """For each field its values with most kills."""
        found = {}
        for field, (counts, untold) in self._ranked(window, fields).items():
            rows = tuple(_most(counts, size))
            found[field] = Ranking(rows, counts.total() - sum(row.count for row in rows), untold)
        return found

    def counts(self, window: Window, names: Mapping[str, Sequence[str]]) -> dict[str, dict[str, int]]:
        """For each field how many kills have each of these values."""
        ranked = self._ranked(window, list(names))
        return {field: {name: ranked[field][0][name] for name in each} for field, each in names.items()}

    def heat(self, days: Sequence[Day], hosts: Sequence[str]) -> list[HostDay]:
        """Kills of some hosts by day."""
        found = []
        for at, day in enumerate(days):
            counts = Counter(each.host for each in self._in(Kind.KILL, day.window))
            found += [HostDay(host, at, counts[host]) for host in sorted(hosts) if counts[host]]
        return found

    def crowded(self, window: Window, least: int) -> list[tuple[str, int, int]]:
        """Signature, slot of five minutes and kills, where there were at least ``least``."""
        counts = Counter((each.signature, _slot(each.at, WIDTH)) for each in self._in(Kind.KILL, window))
        return [
            (signature, at, count)
            for (signature, at), count in counts.items()
            if signature is not None and count >= least
        ]

    def crowds(self, window: Window, of: Collection[tuple[str, int]]) -> list[Crowd]:
        """Kills by signature, slot of five minutes and host."""
        times = defaultdict(list)
        for each in self._in(Kind.KILL, window):
            at = _slot(each.at, WIDTH)
            if each.signature is not None and each.host is not None and (each.signature, at) in of:
                times[each.signature, at, each.host].append(each.at)
        return [Crowd(*key, count=len(at), first=at[0]) for key, at in sorted(times.items())]

    def sizes(self, window: Window, signatures: Sequence[str]) -> list[Sizes]:
        """What the kills of some signatures tell of memory."""
        kills = self._by_signature(window, signatures)
        return [
            Sizes(
                each,
                limit=_range(kill.limit for kill in kills[each]),
                usage=_range(kill.usage for kill in kills[each]),
                victim=_range(kill.victim for kill in kills[each]),
                most_victims=percentile([kill.victim for kill in kills[each] if kill.victim is not None]),
            )
            for each in signatures
        ]

    def _in(self, kind: Kind, window: Window) -> Iterator[_Seen]:
        """Documents of a window in the order of time."""
        begin = -math.inf if window.start is None else window.start
        return (each for each in self._seen[kind] if begin <= each.at < window.end)

    def _by_signature(self, window: Window, only: Collection[str] | None) -> defaultdict[str, list[_Seen]]:
        found = defaultdict(list)
        for each in self._in(Kind.KILL, window):
            if each.signature is not None and (only is None or each.signature in only):
                found[each.signature].append(each)
        return found

    def _ranked(self, window: Window, fields: Sequence[str]) -> dict[str, tuple[Counter[str], int]]:
        """The counts of each field's values, and how many kills have none."""
        found = {}
        for field in fields:
            at = RANKED.index(field)
            values = [each.ranked[at] for each in self._in(Kind.KILL, window)]
            told = [value for value in values if value is not None]
            found[field] = (Counter(told), len(values) - len(told))
        return found


def percentile(values: Sequence[int]) -> float | None:
    """The smallest value that ``PERCENTILE`` of 100 values do not exceed; ``None`` of none."""
    if not values:
        return None
    return float(sorted(values)[max(0, math.ceil(len(values) * PERCENTILE / 100) - 1)])


def _seen(source: Mapping[str, object], texts: dict[str, str]) -> _Seen | None:
    """What is kept of a document; ``None`` where it has no time."""
    try:
        at = milliseconds(datetime.fromisoformat(str(_first(source, "@timestamp"))))
    except (ValueError, TypeError):
        return None

    def text(field: str) -> str | None:
        """A text as an index would count it, each kept once."""
        value = _first(source, field)
        return None if value is None or len(str(value)) > _LONGEST[field] else texts.setdefault(str(value), str(value))

    return _Seen(
        at=at,
        host=text("host.name"),
        signature=text("oom.signature"),
        name=text("oom.signature_name"),
        ranked=tuple(text(field) for field in RANKED),
        limit=_number(source, _LIMIT),
        usage=_number(source, _USAGE),
        victim=_number(source, _VICTIM),
    )


def _first(source: Mapping[str, object], field: str) -> object:
    return next(iter(values_of(source, field)), None)


def _number(source: Mapping[str, object], field: str) -> int | None:
    value = _first(source, field)
    return value if isinstance(value, int) else None


def _slot(at: int, width: int) -> int:
    return at - at % width


def _most(counts: Mapping[str, int], size: int) -> Iterator[Named]:
    for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:size]:
        yield Named(name, count)


def _range(values: Iterable[int | None]) -> Range | None:
    told = [value for value in values if value is not None]
    return Range(len(told), min(told), max(told)) if told else None


def _bound(keys: Collection[object], what: str) -> None:
    if len(keys) > MOST_KEYS:
        raise TooMany(what)
