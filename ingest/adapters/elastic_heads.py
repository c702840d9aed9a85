"""Episodes that memory no longer holds, rebuilt from what Elasticsearch has of their reports and kills."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from ingest.adapters.elastic_client import plain_failures
from ingest.document import shipped_in
from ingest.model import Culprit, Episode, Host, KnownKill, Member, Origin, Scope, ScopeKind, TimeSource, When

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from elasticsearch import Elasticsearch

    from ingest.ports import Partition

_PAGE = 1_000
_MOST_OPEN = 10_000


class ElasticHeads:
    """Implements ``ports.EpisodeHeads``.

    Args:
        client: From ``elastic_client.connect``.
        prefix: First part of every index name.
    """

    def __init__(self, client: Elasticsearch, prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    def refresh(self) -> None:
        """Make everything written so far findable."""
        with plain_failures(self._client):
            indices = ",".join(self._index(kind) for kind in ("episode", "report", "kill"))
            self._client.indices.refresh(index=indices, ignore_unavailable=True, allow_no_indices=True)

    def at(self, host: str, scope: Scope, start: datetime, end: datetime) -> Episode | None:
        """The earliest episode of a host and scope that covers any of ``[start, end]``."""
        filters: list[Mapping[str, Any]] = [
            {"term": {"host.name": host}},
            {"range": {"event.start": {"lte": end.isoformat()}}},
            {"range": {"event.end": {"gte": start.isoformat()}}},
        ]
        absent = []
        for field, value in (("oom.scope", scope.kind), ("oom.scope_name", scope.name)):
            if value is None:
                absent.append({"exists": {"field": field}})
            else:
                filters.append({"term": {field: value}})
        query = {"bool": {"filter": filters, "must_not": absent}}
        found = next(self._search("episode", query, ["event.start", "event.id"], _PAGE), None)
        return self._episode(found["_source"]) if found else None

    def kills(self, host: str, start: datetime, end: datetime) -> Sequence[KnownKill]:
        """The kills of a host that were written for ``[start, end]``."""
        filters = [
            {"term": {"host.name": host}},
            {"range": {"@timestamp": {"gte": start.isoformat(), "lte": end.isoformat()}}},
        ]
        hits = self._search("kill", {"bool": {"filter": filters}}, ["event.id"], _PAGE)
        return [_known_kill(hit["_source"]) for hit in hits]

    def open(self, partition: Partition) -> Sequence[Episode]:
        """The episodes last written from a partition that are still open."""
        terms = {
            "oom.episode.open": True,
            "kafka.topic": partition.topic,
            "kafka.partition": partition.number,
        }
        query = {"bool": {"filter": [{"term": {field: value}} for field, value in terms.items()]}}
        return [self._episode(hit["_source"]) for hit in self._search("episode", query, ["event.id"], _MOST_OPEN)]

    def _episode(self, source: dict[str, Any]) -> Episode:
        oom = source["oom"]
        kafka = source.get("kafka", {})
        when = When(
            datetime.fromisoformat(source["@timestamp"]),
            TimeSource(oom["time"]["source"]),
            oom["time"]["year_inferred"],
            oom["time"]["zone_inferred"],
        )
        return Episode(
            id=oom["episode"]["id"],
            host=Host(source["host"]["name"], source["host"].get("hostname")),
            scope=Scope(ScopeKind(oom["scope"]) if "scope" in oom else None, oom.get("scope_name")),
            family=oom["family"],
            origin=Origin(kafka.get("topic", ""), kafka.get("partition"), kafka.get("offset", 0)),
            members=tuple(self._members(oom["episode"]["id"])),
            open=oom["episode"]["open"],
            when=when,
            culprit=_culprit(oom.get("culprit")),
            provider=source["event"]["provider"],
            metadata=shipped_in(source),
        )

    def _members(self, episode_id: str) -> Iterator[Member]:
        """What the episode's reports and kills say, in the order in which an episode keeps them."""
        query = {"term": {"oom.episode.id": episode_id}}
        kills: dict[str, list[tuple[str, str, bool]]] = {}
        for hit in self._search("kill", query, ["event.id"]):
            source = hit["_source"]
            confirmed = source["event"]["action"] == "oom-kill"
            victim = (source["event"]["id"], source["process"]["name"], confirmed)
            kills.setdefault(source["oom"]["report"]["id"], []).append(victim)
        for hit in self._search("report", query, ["event.start", "oom.report.id"]):
            source = hit["_source"]
            victims = sorted(kills.get(source["event"]["id"], []))
            timed = TimeSource(source["oom"]["time"]["source"]).in_the_line
            yield Member(
                report_id=source["event"]["id"],
                version=hit["_version"],
                start=datetime.fromisoformat(source["event"]["start"]),
                end=datetime.fromisoformat(source["event"]["end"]),
                signature=source["oom"]["signature"],
                victims=tuple((kill_id, name) for kill_id, name, _ in victims),
                unconfirmed=sum(not confirmed for _, _, confirmed in victims),
                uptime_us=None if timed else source["oom"].get("kernel", {}).get("timestamp", {}).get("us"),
            )

    def _search(
        self, kind: str, query: Mapping[str, Any], sort: list[str], most: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """Every hit, page by page, without the raw text."""
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
                    source_excludes=["event.original", "oom.tasks"],
                    ignore_unavailable=True,
                    allow_no_indices=True,
                )
            hits = answer["hits"]["hits"]
            yield from hits
            if len(hits) < _PAGE:
                return
            seen += len(hits)
            after = hits[-1]["sort"]

    def _index(self, kind: str) -> str:
        return f"{self._prefix}-{kind}-*"


def _known_kill(source: dict[str, Any]) -> KnownKill:
    container = source.get("container", {}).get("id")
    return KnownKill(
        kill_id=source["event"]["id"],
        report_id=source["oom"]["report"]["id"],
        pid=source["process"]["pid"],
        name=source["process"]["name"],
        at=datetime.fromisoformat(source["@timestamp"]),
        zone_inferred=source["oom"]["time"]["zone_inferred"],
        container=container[:12] if container else None,
    )


def _culprit(found: dict[str, Any] | None) -> Culprit | None:
    if found is None:
        return None
    return Culprit(
        name=found["name"],
        pid=found.get("pid"),
        rss=found.get("rss", {}).get("bytes"),
        share=found.get("share"),
        confidence=found["confidence"],
        rule=found["rule"],
        is_victim=found["is_victim"],
    )
