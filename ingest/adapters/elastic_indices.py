"""Indices in Elasticsearch, for ``oom-ingest prune``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.adapters.elastic_client import plain_failures
from ingest.prune import Index

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elasticsearch import Elasticsearch


class ElasticIndices:
    """Implements ``prune.Indices``.

    Args:
        client: From ``elastic_client.connect``.
    """

    def __init__(self, client: Elasticsearch) -> None:
        self._client = client

    def matching(self, patterns: Sequence[str]) -> list[Index]:
        """See ``prune.Indices``."""
        with plain_failures(self._client):
            answer = self._client.indices.stats(
                index=list(patterns),
                metric=["docs", "store"],
                expand_wildcards="open,closed",
                forbid_closed_indices=False,
            )
        return [
            Index(name, stats["primaries"]["docs"]["count"], stats["total"]["store"]["size_in_bytes"])
            for name, stats in answer["indices"].items()
        ]

    def delete(self, name: str) -> None:
        """See ``prune.Indices``."""
        with plain_failures(self._client):
            self._client.indices.delete(index=name, ignore_unavailable=True)
