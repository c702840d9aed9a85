"""Dead letters in Elasticsearch: read, and taken away when they were replayed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.adapters.elastic_client import plain_failures, trouble
from ingest.dead_letters import of_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from elasticsearch import Elasticsearch

    from ingest.dead_letters import DeadLetter

_PAGE = 500


class ElasticDeadLetters:
    """Implements ``replay.DeadLetters`` over the index.

    Args:
        client: From ``elastic_client.connect``.
        prefix: First part of every index name.
    """

    def __init__(self, client: Elasticsearch, prefix: str) -> None:
        self._client = client
        self._indices = f"{prefix}-deadletter-*"

    def all(self) -> Iterator[DeadLetter]:
        """The oldest first."""
        after: list[Any] | None = None
        while True:
            with plain_failures(self._client):
                answer = self._client.search(
                    index=self._indices,
                    sort=[{"@timestamp": "asc"}, {"event.id": "asc"}],
                    search_after=after,
                    size=_PAGE,
                    ignore_unavailable=True,
                    allow_no_indices=True,
                    allow_partial_search_results=False,
                )
            hits = answer["hits"]["hits"]
            yield from (of_source(hit["_source"]) for hit in hits)
            if len(hits) < _PAGE:
                return
            after = hits[-1]["sort"]

    def done(self, letters: Sequence[DeadLetter]) -> None:
        """Delete those that were replayed. Raises ``Unavailable`` or ``Refused``."""
        with plain_failures(self._client):
            self._client.indices.refresh(index=self._indices, ignore_unavailable=True)
            found = self._client.search(
                index=self._indices,
                query={"ids": {"values": [letter.id for letter in letters]}},
                size=len(letters),
                source=False,
                allow_partial_search_results=False,
            )
            lines = [{"delete": {"_index": hit["_index"], "_id": hit["_id"]}} for hit in found["hits"]["hits"]]
            items = self._client.bulk(operations=lines, refresh=True)["items"] if lines else []
        for item in items:
            if "error" in item["delete"]:
                raise trouble(self._client, item["delete"]["status"], item["delete"]["error"])
