"""What searches answer as one JSON value, as a line for each entry.

Elasticsearch's ``_search``, ``_msearch``, ES|QL and SQL, with what Kibana puts around them, OpenSearch's SQL and PPL,
Loki's ``query_range`` and ``tail``, Grafana's frames, Splunk's results, CloudWatch's, Log Analytics' tables, and lists.
"""

from __future__ import annotations

import re
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Raw, Struct, field

from ingest.adapters.answers.columns import names
from ingest.adapters.answers.order import oldest_first
from ingest.envelope.json_record import MESSAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from _typeshed import ReadableBuffer

UNREADABLE = (msgspec.MsgspecError, ValueError, TypeError, OverflowError, OSError, RecursionError)
"""What comes of an answer that is damaged or a stranger's: a time of the year 60000, a thousand lists in a list."""
_DEEPEST = 5
"""Values within values that are looked into."""
_WITHIN = ("hits", "rawResponse", "response", "responses", "data", "result", "results", "tables", "events", "entries",
           "streams", "frames")  # fmt: skip
"""Where an answer has its entries, or an answer that has them."""
_ANSWERS = ("responses", "tables")
"""Which of them are lists of answers."""
_LITERAL = b'"""'
"""What stands in no JSON otherwise."""
_LONGEST_WITH_LITERALS = 8 << 20
"""Longer answers Kibana's Console leaves as they are: its bound is 5 MB before it writes them so."""
_MOST_VALUES, _MOST_NESTED = 2_000_000, 1_000_000
"""Values, and lists and objects, of an answer: one of nothing but empty lists takes fifty times its size to hold."""
_SORT = re.compile(rb'"sort"\s*+:\s*+\[([^\[\]]*+)\]')
_BLANKS = 64
"""Bytes in which a value begins."""
_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_LIST = msgspec.json.Decoder(list[Raw])
_ROWS = msgspec.json.Decoder(list[list[Raw]])


class _Hit(Struct):
    source: Raw = field(name="_source", default=Raw())
    fields: Any = None


class _Explored(Struct):
    """An entry as Grafana's Explore downloads it."""

    line: Any = None
    timestamp: Any = None
    fields: Raw = Raw(b"{}")


class _Stream(Struct):
    stream: Raw
    values: list[list[Raw]]


class _Pair(Struct):
    field: str
    value: str


class _Column(Struct):
    name: str


class _Schema(Struct):
    fields: list[_Column]


class _Columns(Struct):
    values: list[list[Raw]]


class _Frame(Struct):
    schema: _Schema
    data: _Columns


def entries(data: bytes) -> list[bytes]:
    """The entries of an answer, a line each, the oldest first; none where it is no answer."""
    if data.count(b",") > _MOST_VALUES or data.count(b"[") + data.count(b"{") > _MOST_NESTED:
        return []
    data = _without_literals(data)
    try:
        found = [*_of(data, 0)]
    except UNREADABLE:
        return []
    return [*oldest_first(found, ties_in_order=_is_sorted_by_time_alone(data))]


def _without_literals(data: bytes) -> bytes:
    """A value with all of its texts in quotes: Kibana's Console puts those with quotes or line ends in three."""
    if len(data) > _LONGEST_WITH_LITERALS:
        return data
    parts = data.split(_LITERAL)
    parts[1::2] = [msgspec.json.encode(part.decode("utf-8", "replace")) for part in parts[1::2]]
    return b"".join(parts)


def entry(value: bytes) -> bytes:
    """A hit's document, or the object as it is; line ends stand between an object's fields only."""
    text = value
    if b'"fields"' in text and b'"line"' in text:
        told = msgspec.json.decode(text, type=_Explored)
        if isinstance(told.line, str) and told.timestamp:
            return _line({"timestamp": told.timestamp, "labels": told.fields, "line": told.line})
    if b'"_source"' in text or b'"_index"' in text:
        hit = msgspec.json.decode(text, type=_Hit)
        if source := bytes(hit.source):
            text = source
        elif isinstance(hit.fields, dict):
            return _line({name: _only(each) for name, each in hit.fields.items()})
    return text.strip().replace(b"\n", b" ").replace(b"\r", b" ") + b"\n"


def _only(told: Any) -> Any:
    """A field's value: answers have each in a list."""
    return told[0] if isinstance(told, list) and len(told) == 1 else told


def _is_sorted_by_time_alone(data: bytes) -> bool:
    """Whether hits were sorted by one value: then those with the same one stand as they were stored.

    Kibana sorts by ``_doc`` as well, and turns those with the same time around, too.
    """
    sort = _SORT.search(data)
    return sort is not None and b"," not in sort[1]


def _of(value: ReadableBuffer, depth: int) -> Iterator[bytes]:
    """The entries that a value holds. What has a message of its own is an entry, and not an answer."""
    if _is_list(value):
        yield from _listed(_LIST.decode(value))
        return
    parts = _OBJECT.decode(value)
    if depth > _DEEPEST or not parts.keys().isdisjoint(MESSAGES):
        return
    if "_source" in parts or ("_index" in parts and "fields" in parts):
        yield entry(bytes(value))
        return
    yield from _rows_of(parts)
    for name in filter(parts.__contains__, _WITHIN):
        inner = memoryview(parts[name])
        begin = bytes(inner[:1])
        if name == "results" and begin == b"{":
            yield from chain.from_iterable(_of(each, depth + 1) for each in _OBJECT.decode(inner).values())
        elif name in _ANSWERS:
            yield from chain.from_iterable(_of(each, depth + 1) for each in _LIST.decode(inner))
        elif begin in (b"{", b"["):
            yield from _of(inner, depth + 1)


def _is_list(value: ReadableBuffer) -> bool:
    return bytes(memoryview(value)[:_BLANKS]).lstrip()[:1] == b"["


def _listed(values: Sequence[Raw]) -> Iterator[bytes]:
    """What a list holds: entries, streams of Loki, frames of Grafana, or lists of fields as CloudWatch gives them."""
    first = bytes(values[0]) if values else b""
    if first.startswith(b"["):
        for each in values:
            pairs = msgspec.json.decode(each, type=list[_Pair])
            if pairs:
                yield _line(dict(zip(names(pair.field for pair in pairs), (pair.value for pair in pairs), strict=True)))
        return
    head = _OBJECT.decode(first).keys() if first else set[str]()
    if {"stream", "values"} <= head:
        yield from _streamed([msgspec.json.decode(each, type=_Stream) for each in values])
    elif {"schema", "data"} <= head:
        for each in values:
            frame = msgspec.json.decode(each, type=_Frame)
            yield from _table([column.name for column in frame.schema.fields], zip(*frame.data.values, strict=True))
    else:
        yield from (entry(bytes(each)) for each in values)


def _rows_of(parts: Mapping[str, Raw]) -> Iterator[bytes]:
    """The rows of a table, or its columns, as ES|QL gives them where it is asked to."""
    told = next((parts[name] for name in ("columns", "schema", "fields") if name in parts), None)
    rows = next((parts[name] for name in ("values", "rows", "datarows") if name in parts), None)
    if told is None or rows is None:
        return
    columns = [
        each if isinstance(each, str) else each.name for each in msgspec.json.decode(told, type=list[str | _Column])
    ]
    values = _ROWS.decode(rows)
    if len(values) == len(columns) and any(len(row) != len(columns) for row in values):
        yield from _table(columns, zip(*values, strict=True))
    else:
        yield from _table(columns, values)


def _table(columns: Sequence[str], rows: Iterable[Sequence[Raw]]) -> Iterator[bytes]:
    known = names(columns)
    for row in rows:
        yield _line({name: value for name, value in zip(known, row, strict=False) if bytes(value) != b"null"})


def _streamed(streams: Sequence[_Stream]) -> Iterator[bytes]:
    """Loki's entries, each a time in nanoseconds and a line, those of all streams in order."""
    told = [
        (int(bytes(at).strip(b'"')), _line({"timestamp": at, "labels": stream.stream, "line": line}))
        for stream in streams
        for at, line, *_ in stream.values
    ]
    if any(before[0] > after[0] for before, after in pairwise(told)):
        told.reverse()
    told.sort(key=lambda each: each[0])
    return (line for _, line in told)


def _line(told: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode(told).replace(b"\n", b" ") + b"\n"
