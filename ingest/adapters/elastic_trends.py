"""Facts of a fleet out of Elasticsearch: it counts, and only buckets are read.

Lists that must be whole are composite aggregations, page by page. What is asked for its largest values is a ``terms``
aggregation with room enough to be exact, and with the error that Elasticsearch itself tells where it is not. All
requests see the documents as they were when the report began (a point in time). Only aggregations of the server core
are used.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, Self

from ingest.adapters import elastic_queries as queries
from ingest.adapters.elastic_client import address, plain_failures
from ingest.kinds import Kind
from ingest.ports import Refused
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
from ingest.trends.period import QUARTER, Window, start
from ingest.trends.source import MOST_KEYS, TooMany

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from types import TracebackType

    from elasticsearch import Elasticsearch

    from ingest.trends.period import Day
    from ingest.trends.selection import Selection

    Query = Mapping[str, Any]
    Buckets = Iterator[dict[str, Any]]

_PAGE = 20_000
"""Buckets of a page; a cluster allows 65,536 in one answer."""
_SHARD_ROOM = 20_000
"""Values of a field that each shard offers: with fewer in a month's index a ranking is exact."""
_SOME_HOSTS = 20_000
"""Hosts that are counted in one request."""
_AT_ONCE = 500
"""Alternatives of one query; a cluster allows 1,024."""
_KEEP = "5m"
_PATIENCE = 300.0
"""Seconds that one request may take: a year of a fleet is more work than indexing ever asks for."""
_PART = 3 * 24 * 60 * 60_000
"""Milliseconds of a period that are searched for bursts in one request."""
_COMPRESSION = 200
"""Of percentiles: their place is then right within ``facts.PERCENTILE_TOLERANCE``."""


class ElasticTrends:
    """Implements ``trends.source.Source``. Raises ``Unavailable`` or ``Refused``, also when there is no index.

    Args:
        client: From ``elastic_client.connect``.
        prefix: First part of every index name.
        selection: What counts.
    """

    estimates = True

    def __init__(self, client: Elasticsearch, prefix: str, selection: Selection) -> None:
        self._client = client.options(request_timeout=_PATIENCE)
        self._prefix = prefix
        self.name = f"{prefix}-kill-* of {address(client)}"
        self._selected = {Kind.KILL: queries.selected(selection)}
        of_episodes = selection.of_episodes()
        self.misses_episodes = of_episodes is not None and of_episodes.is_by_cut_list
        if of_episodes is not None:
            self._selected[Kind.EPISODE] = queries.selected(of_episodes)
        self._points: dict[Kind, str] = {}

    def __enter__(self) -> Self:
        for kind in self._selected:
            with plain_failures(self._client):
                answer = self._client.open_point_in_time(index=f"{self._prefix}-{kind}-*", keep_alive=_KEEP)
            if answer["_shards"]["total"]:
                self._points[kind] = answer["id"]
        if Kind.KILL not in self._points:
            raise Refused(
                f"Elasticsearch at {address(self._client)} has no index {self._prefix}-kill-*: nothing was stored yet, "
                "or elasticsearch.index_prefix is another one"
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        points, self._points = self._points, {}
        for point in points.values():
            with plain_failures(self._client):
                self._client.close_point_in_time(id=point)

    @property
    def tells_episodes(self) -> bool:
        """Whether the selection can be asked of episodes, and there is an index of them."""
        return Kind.EPISODE in self._points

    def oldest(self) -> int | None:
        """The first kill of all."""
        found = self._search(Kind.KILL, [], {"first": queries.FIRST})["first"]["value"]
        return int(found) if found is not None else None

    def slots(self, kind: Kind, window: Window) -> Iterator[Slot]:
        """Documents by quarter of an hour."""
        for bucket in self._pages(kind, [queries.within(window)], {"at": queries.by_time(QUARTER)}, "quarter hours"):
            yield Slot(bucket["key"]["at"], bucket["doc_count"])

    def hosts(self, kind: Kind, window: Window) -> Iterator[HostCount]:
        """Documents by host."""
        by = {"host": queries.by_value("host.name")}
        for bucket in self._pages(kind, [queries.within(window)], by, "hosts", queries.SPAN):
            yield HostCount(bucket["key"]["host"], bucket["doc_count"], *_span(bucket))

    def hosts_of_days(self, days: Sequence[Day], most: int) -> list[int]:
        """How many hosts had a kill, for each day."""
        return [self._count_hosts([queries.within(day.window)], most) for day in days]

    def signatures(self, window: Window, only: Collection[str] | None = None) -> Iterator[SignatureCount]:
        """Kills by signature."""
        by = {
            "signature": queries.by_value("oom.signature"),
            "name": queries.by_value("oom.signature_name", absent=True),
        }
        found: dict[str, SignatureCount] = {}
        for some in queries.portions(only, MOST_KEYS // 4) if only is not None else [None]:
            filters = [queries.within(window)] + ([queries.any_of("oom.signature", some)] if some is not None else [])
            for bucket in self._pages(Kind.KILL, filters, by, "signatures", queries.SPAN):
                key = bucket["key"]
                here = SignatureCount(key["signature"], key["name"], bucket["doc_count"], *_span(bucket))
                there = found.get(here.signature)
                found[here.signature] = _together(there, here) if there else here
        yield from (found[signature] for signature in sorted(found))

    def signature_hosts(
        self, window: Window, signatures: Sequence[str], size: int, most: int
    ) -> Iterator[SignatureHosts]:
        """How many hosts had each signature, and those with most kills of it."""
        for signature in signatures:
            filters = [queries.within(window), queries.any_of("oom.signature", [signature])]
            first = queries.largest("host.name", size, max(size, most))
            hosts = self._search(Kind.KILL, filters, {"hosts": first})["hosts"]
            named = tuple(Named(bucket["key"], bucket["doc_count"]) for bucket in hosts["buckets"])
            yield SignatureHosts(signature, self._count_hosts(filters, most), named)

    def rankings(self, window: Window, fields: Sequence[str], size: int) -> dict[str, Ranking]:
        """For each field its values with most kills."""
        wanted = {field: queries.largest(field, size, _SHARD_ROOM) for field in fields}
        absent = {f"no {field}": {"missing": {"field": field}} for field in fields}
        found = self._search(Kind.KILL, [queries.within(window)], wanted | absent)
        return {field: _ranking(found[field], found[f"no {field}"]["doc_count"]) for field in fields}

    def counts(self, window: Window, names: Mapping[str, Sequence[str]]) -> dict[str, dict[str, int]]:
        """For each field how many kills have each of these values."""
        wanted = {field: queries.these(field, each) for field, each in names.items() if each}
        found = self._search(Kind.KILL, [queries.within(window)], wanted) if wanted else {}
        return {
            field: {bucket["key"]: bucket["doc_count"] for bucket in found[field]["buckets"]} if field in found else {}
            for field in names
        }

    def heat(self, days: Sequence[Day], hosts: Sequence[str]) -> Iterator[HostDay]:
        """Kills of some hosts by day."""
        if not hosts:
            return
        by_day = queries.each_window([day.window for day in days]) | {
            "aggs": {"hosts": queries.these("host.name", hosts)}
        }
        for day, found in enumerate(self._search(Kind.KILL, [], {"days": by_day})["days"]["buckets"]):
            for bucket in sorted(found["hosts"]["buckets"], key=lambda each: str(each["key"])):
                yield HostDay(bucket["key"], day, bucket["doc_count"])

    def crowded(self, window: Window, least: int) -> Iterator[tuple[str, int, int]]:
        """Signature, slot of five minutes and kills; asked for in parts, so that no answer is large."""
        signatures = queries.largest("oom.signature", _PAGE, _PAGE)
        signatures["terms"]["min_doc_count"] = least
        slots = queries.each_slot(WIDTH) | {"aggs": {"signatures": signatures}}
        only = "slots.buckets.key,aggregations.slots.buckets.signatures.buckets"
        for begin in range(start(window) // _PART * _PART, window.end, _PART):
            part = Window(max(begin, start(window)), min(begin + _PART, window.end))
            found = self._search(Kind.KILL, [queries.within(part)], {"slots": slots}, only)
            # What is empty is left out of an answer of which only parts are asked for.
            for slot in found.get("slots", {}).get("buckets", []):
                for bucket in slot.get("signatures", {}).get("buckets", []):
                    yield bucket["key"], slot["key"], bucket["doc_count"]

    def crowds(self, window: Window, of: Collection[tuple[str, int]]) -> Iterator[Crowd]:
        """Kills by signature, slot of five minutes and host, of some signatures in some slots."""
        by = {
            "signature": queries.by_value("oom.signature"),
            "at": queries.by_time(WIDTH),
            "host": queries.by_value("host.name"),
        }
        for some in queries.portions(sorted(of), _AT_ONCE):
            alternatives = [queries.crowd(signature, Window(at, at + WIDTH)) for signature, at in some]
            filters = [queries.within(window), {"bool": {"should": alternatives, "minimum_should_match": 1}}]
            for bucket in self._pages(Kind.KILL, filters, by, "hosts in bursts", {"first": queries.FIRST}):
                key, first = bucket["key"], int(bucket["first"]["value"])
                yield Crowd(key["signature"], key["at"], key["host"], bucket["doc_count"], first)

    def sizes(self, window: Window, signatures: Sequence[str]) -> Iterator[Sizes]:
        """What the kills of some signatures tell of memory."""
        if not signatures:
            return
        wanted = queries.these("oom.signature", signatures) | {"aggs": queries.sizes(PERCENTILE, _COMPRESSION)}
        found = self._search(Kind.KILL, [queries.within(window)], {"signatures": wanted})["signatures"]
        buckets = {bucket["key"]: bucket for bucket in found["buckets"]}
        for signature in signatures:
            bucket = buckets[signature]
            limit, usage, victim = (_range(bucket[name]) for name in ("limit", "usage", "victim"))
            yield Sizes(signature, limit, usage, victim, bucket["most_victims"]["values"][0]["value"])

    # ------------------------------------------------------------ requests

    def _count_hosts(self, filters: Sequence[Query], most: int) -> int:
        """How many hosts documents have: exact, and only the number is sent."""
        parts = max(1, ceil(most / _SOME_HOSTS))
        counted = 0
        for part in range(parts):
            hosts = queries.largest("host.name", _SOME_HOSTS * 2, _SOME_HOSTS * 2)
            if parts > 1:
                hosts["terms"]["include"] = {"partition": part, "num_partitions": parts}
            wanted = {"hosts": hosts, "number": {"stats_bucket": {"buckets_path": "hosts>_count"}}}
            counted += self._search(Kind.KILL, filters, wanted, only="number.count")["number"]["count"]
        return counted

    def _pages(
        self, kind: Kind, filters: Sequence[Query], by: Query, what: str, aggregations: Query | None = None
    ) -> Buckets:
        """Every bucket of a composite aggregation, page by page. Raises ``TooMany``."""
        composite: dict[str, Any] = {"size": _PAGE, "sources": [{name: source} for name, source in by.items()]}
        seen = 0
        while True:
            wanted = {"page": {"composite": composite, "aggs": dict(aggregations or {})}}
            page = self._search(kind, filters, wanted)["page"]
            yield from page["buckets"]
            seen += len(page["buckets"])
            if seen > MOST_KEYS:
                raise TooMany(what)
            if len(page["buckets"]) < _PAGE:
                return
            composite["after"] = page["after_key"]

    def _search(self, kind: Kind, filters: Sequence[Query], aggregations: Query, only: str = "*") -> dict[str, Any]:
        """The aggregations of one request; half an answer is none."""
        with plain_failures(self._client):
            answer = self._client.search(
                pit={"id": self._points[kind], "keep_alive": _KEEP},
                size=0,
                track_total_hits=False,
                allow_partial_search_results=False,
                query={"bool": {"filter": [*self._selected[kind], *filters]}},
                aggregations=dict(aggregations),
                filter_path=f"pit_id,aggregations.{only}",
            )
        self._points[kind] = answer["pit_id"]
        found: dict[str, Any] = answer.get("aggregations", {})
        return found


def _span(bucket: Query) -> tuple[int, int]:
    return int(bucket["first"]["value"]), int(bucket["last"]["value"])


def _together(one: SignatureCount, other: SignatureCount) -> SignatureCount:
    """A signature whose documents do not all have the same name."""
    return SignatureCount(
        one.signature,
        max((name for name in (one.name, other.name) if name), default=None),
        one.count + other.count,
        min(one.first, other.first),
        max(one.last, other.last),
    )


def _ranking(found: Query, untold: int) -> Ranking:
    rows = tuple(
        Named(bucket["key"], bucket["doc_count"], bucket["doc_count_error_upper_bound"]) for bucket in found["buckets"]
    )
    return Ranking(rows, found["sum_other_doc_count"], untold, found["doc_count_error_upper_bound"])


def _range(found: Query) -> Range | None:
    return Range(found["count"], int(found["min"]), int(found["max"])) if found["count"] else None
