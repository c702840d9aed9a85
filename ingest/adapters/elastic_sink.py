"""Documents to Elasticsearch: a few bulk requests at the same time, answered item by item."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson

from ingest import background
from ingest.adapters.elastic_client import (
    CONFLICT,
    TOO_LARGE,
    TOO_LARGE_REASON,
    is_the_documents_fault,
    is_too_large,
    plain_failures,
    reason,
    trouble,
)
from ingest.ports import Refusal, Refused, Unavailable, WriteReport
from ingest.timestamps import iso

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

    from elasticsearch import Elasticsearch

    from ingest.model import Document

_MAX_BYTES = 5 << 20
_MAX_ITEMS = 500
_AT_ONCE = 3
"""Requests on their way at the same time: while one waits for the disk, the next is read."""
_ANSWER = "items.*.status,items.*.error"
"""What is read of an answer; the rest of it would be larger than many a document."""

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
        """Store as many documents as a few requests take; see ``ports.Sink``.

        The requests may be served in any order: versions say which copy of a document is the newer one.
        """
        chunks: list[_Encoded] = []
        answers = []
        for chunk in islice(_chunks(documents, self._max_bytes), _AT_ONCE):
            chunks.append(chunk)
            answers.append(background.begin(partial(self._write, chunk)))
        reports = [_outcome(chunk, answer) for chunk, answer in zip(chunks, answers, strict=True)]
        return _together(reports, documents[sum(map(len, chunks)) :])

    def _write(self, chunk: _Encoded) -> WriteReport:
        lines: Any = [line for document, body in chunk for line in (_action(document), body)]
        try:
            with plain_failures(self._client):
                answer = self._client.bulk(operations=lines, filter_path=_ANSWER)
        except Refused as error:
            if is_too_large(error):
                return self._too_large(chunk)
            raise
        return self._read(chunk, answer["items"])

    def _too_large(self, chunk: _Encoded) -> WriteReport:
        """Elasticsearch, or what stands before it, takes no request of this size: smaller ones from here on.

        A single document that is too large will never be stored.
        """
        if len(chunk) == 1:
            return WriteReport(0, 0, (Refusal(chunk[0][0], TOO_LARGE, TOO_LARGE_REASON),))
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
            elif status == CONFLICT:
                stale += 1
            elif is_the_documents_fault(status, result["error"]):
                refused.append(Refusal(document, status, reason(result["error"])))
            else:
                left.append(document)
                first = first or trouble(self._client, status, result["error"])
        return WriteReport(written, stale, tuple(refused), tuple(left), first)


def _outcome(chunk: _Encoded, answer: Future[WriteReport]) -> WriteReport:
    """What became of a request: one without an answer may have been carried out, and is sent again."""
    try:
        return answer.result()
    except (Unavailable, Refused) as error:
        return WriteReport(0, 0, left=tuple(document for document, _ in chunk), trouble=error)


def _together(reports: Sequence[WriteReport], unsent: Sequence[Document]) -> WriteReport:
    return WriteReport(
        sum(report.written for report in reports),
        sum(report.stale for report in reports),
        tuple(refusal for report in reports for refusal in report.refused),
        (*(document for report in reports for document in report.left), *unsent),
        next((report.trouble for report in reports if report.trouble), None),
    )


def _chunks(documents: Sequence[Document], max_bytes: int) -> Iterator[_Encoded]:
    """The documents of each request: bounded by bytes and count, but at least one."""
    chunk: _Encoded = []
    size = 0
    now = iso(datetime.now(UTC))
    for document in documents:
        body = _body(document, now)
        if chunk and (size + len(body) > max_bytes or len(chunk) == _MAX_ITEMS):
            yield chunk
            chunk, size = [], 0
        size += len(body)
        chunk.append((document, body))
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
