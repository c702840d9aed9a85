"""Episodes that memory no longer holds, rebuilt from what Elasticsearch has of their reports and kills.

What a search does not find begins anew, so no search takes an answer without all of its shards.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from ingest.adapters.elastic_client import plain_failures
from ingest.document.stored import episode_of, holds, known_kill_of, members_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from elasticsearch import Elasticsearch

    from ingest.model import Episode, KnownKill, Scope
    from ingest.ports import Partition

_PAGE = 1_000
_MOST_OPEN = 10_000
_MOST_AT_ONCE = 4
_WORTH_IT = 2
"""Hosts of which it takes less time to find out together whether anything is known."""


class _Expected(NamedTuple):
    """What questions were announced, and of which hosts there is anything of each kind."""

    hosts: frozenset[str]
    start: datetime
    end: datetime
    known: Mapping[str, frozenset[str]]

    def has_none(self, kind: str, host: str, start: datetime, end: datetime) -> bool:
        """Whether it is sure that there is nothing of a host and time."""
        asked = host in self.hosts and self.start <= start and end <= self.end
        return asked and host not in self.known[kind]


class ElasticHeads:
    """Implements ``ports.EpisodeHeads``.

    Args:
        client: From ``elastic_client.connect``.
        prefix: First part of every index name.
    """

    def __init__(self, client: Elasticsearch, prefix: str) -> None:
        self._client = client
        self._prefix = prefix
        self._expected: _Expected | None = None

    def refresh(self) -> None:
        """Make everything written so far findable."""
        with plain_failures(self._client):
            indices = ",".join(self._index(kind) for kind in ("episode", "report", "kill"))
            self._client.indices.refresh(index=indices, ignore_unavailable=True, allow_no_indices=True)

    def expect(self, hosts: Collection[str], start: datetime, end: datetime) -> None:
        """See ``ports.EpisodeHeads``: two searches find out what most searches for single hosts would not find."""
        self._expected = None
        if len(hosts) < _WORTH_IT:
            return
        episodes = self._known("episode", hosts, _covering(start, end))
        kills = self._known("kill", hosts, [_written(start, end)])
        self._expected = _Expected(frozenset(hosts), start, end, {"episode": episodes, "kill": kills})

    def at(self, host: str, scope: Scope, start: datetime, end: datetime) -> Sequence[Episode]:
        """The episodes of a host and scope that cover any of ``[start, end]``."""
        if self._expected and self._expected.has_none("episode", host, start, end):
            return []
        filters: list[Mapping[str, Any]] = [{"term": {"host.name": host}}, *_covering(start, end)]
        absent = []
        for field, value in (("oom.scope", scope.kind), ("oom.scope_name", scope.name)):
            if value is None:
                absent.append({"exists": {"field": field}})
            else:
                filters.append({"term": {field: value}})
        query = {"bool": {"filter": filters, "must_not": absent}}
        found = islice(self._search("episode", query, ["event.start", "event.id"], _PAGE), _MOST_AT_ONCE)
        return list(self._episodes(found))

    def kills(self, host: str, start: datetime, end: datetime) -> Sequence[KnownKill]:
        """The kills of a host that were written for ``[start, end]``."""
        if self._expected and self._expected.has_none("kill", host, start, end):
            return []
        filters = [{"term": {"host.name": host}}, _written(start, end)]
        hits = self._search("kill", {"bool": {"filter": filters}}, ["event.id"], _PAGE)
        return [known_kill_of(hit["_source"], hit["_version"]) for hit in hits]

    def holds(self, host: str, start: datetime, end: datetime, lines: Sequence[str]) -> bool:
        """Whether the reports of a host that were written for ``[start, end]`` have all of these lines."""
        filters = [{"term": {"host.name": host}}, *_covering(start, end)]
        found = self._search("report", {"bool": {"filter": filters}}, ["event.id"], raw=True)
        return holds((hit["_source"] for hit in found), lines)

    def open(self, partition: Partition) -> Sequence[Episode]:
        """The episodes last written from a partition that are still open."""
        terms = {
            "oom.episode.open": True,
            "kafka.topic": partition.topic,
            "kafka.partition": partition.number,
        }
        query = {"bool": {"filter": [{"term": {field: value}} for field, value in terms.items()]}}
        return list(self._episodes(self._search("episode", query, ["event.id"], _MOST_OPEN)))

    def _episodes(self, hits: Iterable[dict[str, Any]]) -> Iterator[Episode]:
        """Episodes with their reports; one whose reports are gone, pruned or refused, can be joined by none."""
        for hit in hits:
            source = hit["_source"]
            query = {"term": {"oom.episode.id": source["oom"]["episode"]["id"]}}
            kills = (hit["_source"] for hit in self._search("kill", query, ["event.id"]))
            reports = ((hit["_source"], hit["_version"]) for hit in self._search("report", query, ["event.id"]))
            if members := members_of(reports, kills):
                yield episode_of(source, members)

    def _known(self, kind: str, hosts: Collection[str], filters: Sequence[Mapping[str, Any]]) -> frozenset[str]:
        """Which of some hosts have any documents of a kind."""
        with plain_failures(self._client):
            answer = self._client.search(
                index=self._index(kind),
                query={"bool": {"filter": [{"terms": {"host.name": [*hosts]}}, *filters]}},
                size=0,
                aggs={"hosts": {"terms": {"field": "host.name", "size": len(hosts)}}},
                ignore_unavailable=True,
                allow_no_indices=True,
                allow_partial_search_results=False,
            )
        found = answer.get("aggregations", {}).get("hosts", {}).get("buckets", [])
        return frozenset(bucket["key"] for bucket in found)

    def _search(
        self, kind: str, query: Mapping[str, Any], sort: list[str], most: int | None = None, *, raw: bool = False
    ) -> Iterator[dict[str, Any]]:
        """Every hit, page by page; without the raw text unless that is asked for."""
        after: list[Any] | None = None
        seen = 0
        while most is None or seen < most:
            with plain_failures(self._client):
                answer = self._client.search(
                    index=self._index(kind),
                    query=query,
                    sort=sort,
                    search_after=after,
                    size=_PAGE,
                    version=True,
                    source_excludes=["oom.tasks"] if raw else ["oom.tasks", "event.original"],
                    ignore_unavailable=True,
                    allow_no_indices=True,
                    allow_partial_search_results=False,
                )
            hits = answer["hits"]["hits"]
            yield from hits
            if len(hits) < _PAGE:
                return
            seen += len(hits)
            after = hits[-1]["sort"]

    def _index(self, kind: str) -> str:
        return f"{self._prefix}-{kind}-*"


def _covering(start: datetime, end: datetime) -> list[Mapping[str, Any]]:
    return [
        {"range": {"event.start": {"lte": end.isoformat()}}},
        {"range": {"event.end": {"gte": start.isoformat()}}},
    ]


def _written(start: datetime, end: datetime) -> Mapping[str, Any]:
    return {"range": {"@timestamp": {"gte": start.isoformat(), "lte": end.isoformat()}}}
