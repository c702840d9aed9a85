"""Documents to Elasticsearch: bulk requests, answered item by item."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
from elasticsearch import ApiError

from ingest.adapters.elastic_client import TRY_AGAIN, address, plain_failures, reason
from ingest.ports import Refusal, Refused, Unavailable, WriteReport

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from elasticsearch import Elasticsearch

    from ingest.model import Document

_MAX_BYTES = 5 << 20
_MAX_ITEMS = 500
_CONFLICT, _BAD, _TOO_LARGE = 409, 400, 413


class ElasticSink:
    """Writes by ``index`` with external versions: an older copy never replaces a newer one.

    Args:
        client: From ``elastic_client.connect``.
    """

    def __init__(self, client: Elasticsearch) -> None:
        self._client = client

    def ping(self) -> None:
        """Prove that Elasticsearch answers. Raises ``Unavailable`` or ``Refused``."""
        with plain_failures(self._client):
            self._client.cluster.health(timeout="5s")

    def write(self, documents: Sequence[Document]) -> WriteReport:
        """Store documents; see ``ports.Sink``."""
        written = stale = 0
        refused: list[Refusal] = []
        for chunk in _chunks(documents):
            report = self._write(chunk)
            written += report.written
            stale += report.stale
            refused += report.refused
        return WriteReport(written, stale, tuple(refused))

    def _write(self, chunk: list[tuple[Document, bytes]]) -> WriteReport:
        try:
            with plain_failures(self._client):
                lines: Any = [line for document, body in chunk for line in (_action(document), body)]
                answer = self._client.bulk(operations=lines)
        except Refused as error:
            if isinstance(error.__cause__, ApiError) and error.__cause__.status_code == _TOO_LARGE:
                return self._halve(chunk)
            raise
        return self._read(chunk, answer["items"])

    def _halve(self, chunk: list[tuple[Document, bytes]]) -> WriteReport:
        """The request was too large: send it in two; a single document that is too large will never be stored."""
        if len(chunk) == 1:
            return WriteReport(0, 0, (Refusal(chunk[0][0], _TOO_LARGE, "larger than Elasticsearch accepts"),))
        middle = len(chunk) // 2
        one, other = self._write(chunk[:middle]), self._write(chunk[middle:])
        return WriteReport(one.written + other.written, one.stale + other.stale, (*one.refused, *other.refused))

    def _read(self, chunk: list[tuple[Document, bytes]], items: list[dict[str, Any]]) -> WriteReport:
        """Item by item: one bad document neither hides nor holds back the good ones."""
        written = stale = 0
        refused = []
        for (document, _), item in zip(chunk, items, strict=True):
            result = item["index"]
            status = result["status"]
            if status < 300:  # noqa: PLR2004  2xx
                written += 1
            elif status == _CONFLICT:
                stale += 1
            elif status in (_BAD, _TOO_LARGE):
                refused.append(Refusal(document, status, reason(result["error"])))
            else:
                sentence = f"Elasticsearch at {address(self._client)} answered {status}: {reason(result['error'])}"
                raise (Unavailable if status in TRY_AGAIN else Refused)(sentence)
        return WriteReport(written, stale, tuple(refused))


def _chunks(documents: Sequence[Document]) -> Iterator[list[tuple[Document, bytes]]]:
    chunk: list[tuple[Document, bytes]] = []
    size = 0
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
    for document in documents:
        body = _body(document, now)
        if chunk and (size + len(body) > _MAX_BYTES or len(chunk) >= _MAX_ITEMS):
            yield chunk
            chunk, size = [], 0
        chunk.append((document, body))
        size += len(body)
    if chunk:
        yield chunk


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
