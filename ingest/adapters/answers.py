"""What searches answer and export, as a line for each entry: one JSON value that holds them all, or CSV.

Elasticsearch's ``_search`` and ES|QL (so, too, the responses that Kibana shows), Loki's ``query_range``, lists of
objects on one line, ``elasticdump``, and CSV with a column of messages, as Kibana's Discover, Splunk, Datadog and
Grafana write it. Told by how a file begins; what is no such answer after all is left as it is. The envelope reads the
entries.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Raw, Struct, field

from ingest.adapters import answer_order, answer_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from io import BufferedIOBase

_LONGEST = 1 << 20
"""Bytes that are kept of a line."""
_ANSWER = re.compile(
    rb'\s*(?:\{\s*"(?:took|timed_out|_shards|hits|_scroll_id|pit_id|is_partial|is_running|isPartial|isRunning|rawResponse'
    rb'|columns)"\s*:|\{\s*"status"\s*:\s*"success",\s*"data"|\[ *\{)'
)
_SORT = re.compile(rb'"sort"\s*+:\s*+\[([^\[\]]*+)\]')
"""By what a hit was sorted. By one value: then those with the same one stand as they were stored; Kibana has two."""
_DUMPED = b'{"_index":'
_UNREADABLE = (msgspec.MsgspecError, ValueError, TypeError, OverflowError, OSError, RecursionError)
"""What comes of an answer that is damaged or a stranger's: a time of the year 60000, a thousand lists in a list."""


class _Hit(Struct):
    source: Raw = field(name="_source", default=Raw())
    fields: dict[str, list[Any]] | None = None


class _Hits(Struct):
    hits: list[Raw] = []


class _Column(Struct):
    name: str


class _Stream(Struct):
    stream: dict[str, str] = {}
    values: list[list[Any]] = []


class _Data(Struct):
    result: list[_Stream] = []


class _Answer(Struct, rename={"raw": "rawResponse"}):
    """Any of them; what one does not have is empty."""

    hits: _Hits | None = None
    raw: _Answer | None = None
    response: _Answer | None = None
    data: _Data | None = None
    columns: list[_Column] = []
    values: list[list[Any]] = []
    rows: list[list[Any]] = []


def reader(head: bytes) -> Callable[[BufferedIOBase], Iterator[bytes]] | None:
    """What makes lines of a file that begins so; ``None`` where it is no answer of a search."""
    if _ANSWER.match(head):
        return _answered
    if head.startswith(_DUMPED):
        return _dumped
    return answer_tables.reader(head)


def _answered(stream: BufferedIOBase) -> Iterator[bytes]:
    data = stream.read(answer_order.MOST + 1)
    entries: Sequence[bytes] = ()
    if len(data) <= answer_order.MOST:
        entries = _entries(data)
    if entries:
        sort = _SORT.search(data)
        yield from answer_order.oldest_first(entries, ties_in_order=sort is not None and b"," not in sort[1])
        return
    yield data
    while piece := stream.read(_LONGEST):
        yield piece


def _entries(data: bytes) -> list[bytes]:
    """The entries of an answer, a line each; none where it is no answer."""
    try:
        if data.lstrip().startswith(b"["):
            return [*map(_entry, msgspec.json.decode(data, type=list[Raw]))]
        return [*_of(msgspec.json.decode(data, type=_Answer))]
    except _UNREADABLE:
        return []


def _of(answer: _Answer) -> Iterator[bytes]:
    if answer.hits:
        yield from map(_entry, answer.hits.hits)
    names = [column.name for column in answer.columns]
    for row in chain(answer.values, answer.rows):
        yield _line({name: value for name, value in zip(names, row, strict=False) if value is not None})
    if answer.data:
        yield from _streamed(answer.data.result)
    for inner in filter(None, (answer.raw, answer.response)):
        yield from _of(inner)


def _entry(raw: Raw) -> bytes:
    """A hit's document, or the object as it is; line ends stand between an object's fields only."""
    text = bytes(raw)
    if b'"_source"' in text or b'"_index"' in text:
        hit = msgspec.json.decode(text, type=_Hit)
        if source := bytes(hit.source):
            text = source
        elif hit.fields:
            return _line({name: each[0] if len(each) == 1 else each for name, each in hit.fields.items()})
    return text.replace(b"\n", b" ").replace(b"\r", b" ") + b"\n"


def _streamed(streams: Sequence[_Stream]) -> Iterator[bytes]:
    """Loki's entries, each a time in nanoseconds and a line, those of all streams in order."""
    told = [(int(entry[0]), stream.stream, entry[1]) for stream in streams for entry in stream.values if len(entry) > 1]
    if any(before[0] > after[0] for before, after in pairwise(told)):
        told.reverse()
    for nanoseconds, labels, line in sorted(told, key=lambda each: each[0]):
        at = datetime.fromtimestamp(nanoseconds / 1e9, UTC).isoformat()
        yield _line({"timestamp": at, "labels": labels, "line": line})


def _dumped(stream: BufferedIOBase) -> Iterator[bytes]:
    return answer_order.held(map(_dumped_entry, iter(lambda: stream.readline(_LONGEST), b"")))


def _dumped_entry(line: bytes) -> bytes:
    try:
        return _entry(Raw(line)) if line.strip() else line
    except _UNREADABLE:
        return line


def _line(entry: dict[str, Any]) -> bytes:
    return msgspec.json.encode(entry) + b"\n"
