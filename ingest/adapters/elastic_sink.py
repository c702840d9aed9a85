"""Documents to Elasticsearch: bulk requests, answered item by item."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
from elasticsearch import ApiError
from msgspec.structs import replace

from ingest.adapters.elastic_client import plain_failures, reason, trouble
from ingest.ports import Refusal, Refused, Unavailable, WriteReport
from ingest.timestamps import iso

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elasticsearch import Elasticsearch

    from ingest.model import Document

_MAX_BYTES = 5 << 20
_MAX_ITEMS = 500
_CONFLICT, _BAD, _TOO_LARGE = 409, 400, 413

_NOT_THE_DOCUMENTS_FAULT = frozenset({"index_closed_exception", "validation_exception"})
"""Errors with status 400 that a person mends without touching the document: a closed index, no room for its shards."""

_Encoded = list[tuple["Document", bytes]]


class ElasticSink:
    """Writes by ``index`` with external versions: an older copy never replaces a newer one.

    Args:
        client: From ``elastic_client.connect``.
    """

    def __init__(self, client: Elasticsearch) -> None:
        self._client = client
        self._max_bytes = _MAX_BYTES

    def ping(self) -> None:
        """Prove that Elasticsearch answers. Raises ``Unavailable`` or ``Refused``."""
        with plain_failures(self._client):
            self._client.cluster.health(timeout="5s")

    def write(self, documents: Sequence[Document]) -> WriteReport:
        """Store as many documents as one request takes; see ``ports.Sink``."""
        chunk = _first(documents, self._max_bytes)
        report = self._write(chunk)
        return replace(report, left=(*report.left, *documents[len(chunk) :]))

    def _write(self, chunk: _Encoded) -> WriteReport:
        lines: Any = [line for document, body in chunk for line in (_action(document), body)]
        try:
            with plain_failures(self._client):
                answer = self._client.bulk(operations=lines)
        except Refused as error:
            if isinstance(error.__cause__, ApiError) and error.__cause__.status_code == _TOO_LARGE:
                return self._too_large(chunk)
            raise
        return self._read(chunk, answer["items"])

    def _too_large(self, chunk: _Encoded) -> WriteReport:
        """Elasticsearch, or what stands before it, takes no request of this size: smaller ones from here on.

        A single document that is too large will never be stored.
        """
        if len(chunk) == 1:
            return WriteReport(0, 0, (Refusal(chunk[0][0], _TOO_LARGE, "larger than Elasticsearch accepts"),))
        self._max_bytes = sum(len(body) for _, body in chunk) // 2
        return WriteReport(0, 0, left=tuple(document for document, _ in chunk))

    def _read(self, chunk: _Encoded, items: list[dict[str, Any]]) -> WriteReport:
        """Item by item: one bad document neither hides nor holds back the good ones."""
        written = stale = 0
        refused: list[Refusal] = []
        left: list[Document] = []
        first: Unavailable | Refused | None = None
        for (document, _), item in zip(chunk, items, strict=True):
            result = item["index"]
            status = result["status"]
            if status < 300:  # noqa: PLR2004  2xx
                written += 1
            elif status == _CONFLICT:
                stale += 1
            elif _is_the_documents_fault(status, result["error"]):
                refused.append(Refusal(document, status, reason(result["error"])))
            else:
                left.append(document)
                first = first or trouble(self._client, status, result["error"])
        return WriteReport(written, stale, tuple(refused), tuple(left), first)


def _is_the_documents_fault(status: int, error: dict[str, Any]) -> bool:
    """Whether a document will never be stored: its content does not fit the mapping, or it is too large."""
    return status in (_BAD, _TOO_LARGE) and error.get("type") not in _NOT_THE_DOCUMENTS_FAULT


def _first(documents: Sequence[Document], max_bytes: int) -> _Encoded:
    """The documents of the next request: bounded by bytes and count, but at least one."""
    chunk: _Encoded = []
    size = 0
    now = iso(datetime.now(UTC))
    for document in documents[:_MAX_ITEMS]:
        body = _body(document, now)
        size += len(body)
        if chunk and size > max_bytes:
            break
        chunk.append((document, body))
    return chunk


def _action(document: Document) -> bytes:
    action = {
        "_index": document.index,
        "_id": document.id,
        "version": document.version,
        "version_type": "external",
    }
    return orjson.dumps({"index": action})


def _body(document: Document, now: str) -> bytes:
    event = document.source["event"]
    sent = {**event, "ingested": now} if isinstance(event, dict) else event
    return orjson.dumps({**document.source, "event": sent})
