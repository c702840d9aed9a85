"""Searches on Elasticsearch, for previews of boards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.adapters.elastic_client import plain_failures

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch


class ElasticSearch:
    """Implements ``preview.query.Search``. Raises ``Unavailable`` or ``Refused``.

    Args:
        client: From ``elastic_client.connect``.
    """

    def __init__(self, client: Elasticsearch) -> None:
        self._client = client

    def __call__(self, pattern: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to a search body; indices that are not there have no documents."""
        with plain_failures(self._client):
            answer = self._client.search(index=pattern, body=body, ignore_unavailable=True, allow_no_indices=True)
        return dict(answer.body)
