"""What searches answer and export, as a line for each entry: one JSON value that holds them all, or CSV.

Elasticsearch's ``_search`` and ES|QL (so, too, the responses that Kibana shows), Loki's ``query_range``, lists of
objects on one line, ``elasticdump``, and CSV with a column of messages, as Kibana's Discover, Splunk, Datadog and
Grafana write it. Told by how a file begins; what is no such answer after all is left as it is. The envelope reads the
entries.
"""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime
from functools import partial
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Raw, Struct, field

from ingest.adapters import answer_order
from ingest.envelope.json_record import MESSAGES

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
_HEADING = re.compile(
    rb'(?:\xef\xbb\xbf)?(?:"[^"\r\n]{1,64}"|[^\s,;"{}\[\]=:][^,;\t"\r\n{}=:]{0,63})'
    rb'(?P<separator>[,;\t])(?:[^"\r\n{}=]|"[^"\r\n]{0,64}+")*+\r?\n'
)
"""Names of columns; a name may stand in quotes."""
_COLUMNS = {
    "@message": "message", "content": "message", "body": "message", "date": "@timestamp", "time": "@timestamp",
    "timestamp": "@timestamp", "timegenerated [utc]": "@timestamp", "host": "host", "service": "service.name",
}  # fmt: skip
"""Columns by the names under which the envelope looks for what they hold, where those are others."""
_KIBANA_TIME = re.compile(r"[A-Z][a-z]{2} \d{1,2}, \d{4} @ \d\d:\d\d:\d\d(?:\.\d{1,6})?")
_UNREADABLE = (msgspec.MsgspecError, ValueError, TypeError, OverflowError, OSError, RecursionError)
"""What comes of an answer that is damaged or a stranger's: a time of the year 60000, a thousand lists in a list."""
_NOTHING = ("", "-", "(empty)")
"""What stands in a cell of a document without the field."""


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
    heading = _HEADING.match(head)
    if heading and _names(heading[0].decode("utf-8-sig", "replace"), separator := heading["separator"].decode()):
        return partial(_rows, separator=separator)
    return None


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


# ---------------------------------------------------------------- CSV


def _names(heading: str, separator: str) -> list[str]:
    """The columns' names as the envelope knows them; none where no column holds messages."""
    names = [*map(_name, next(csv.reader([heading], delimiter=separator), []))]
    return names if any(name in MESSAGES for name in names) else []


def _name(told: str) -> str:
    lower = told.strip().lower()
    return lower if lower in MESSAGES else _COLUMNS.get(lower, told.strip())


def _rows(stream: BufferedIOBase, separator: str) -> Iterator[bytes]:
    lines = (line.decode("utf-8", "backslashreplace") for line in iter(lambda: stream.readline(_LONGEST), b""))
    names = _names(next(lines).removeprefix("\ufeff"), separator)
    rows = iter(partial(_next, csv.reader(lines, delimiter=separator)), None)
    return answer_order.held(
        _line({name: _cell(name, cell) for name, cell in zip(names, row, strict=False) if cell not in _NOTHING})
        for row in rows
    )


def _next(rows: Iterator[list[str]]) -> list[str] | None:
    """The next row, and ``None`` behind the last. One with a far too long cell, as behind a lost quote, is empty."""
    try:
        return next(rows, None)
    except csv.Error:
        return []


def _cell(name: str, cell: str) -> str:
    """A cell; a time as Kibana writes it becomes one that everybody reads."""
    if name in MESSAGES or not _KIBANA_TIME.fullmatch(cell):
        return cell
    form = "%b %d, %Y @ %H:%M:%S.%f" if "." in cell else "%b %d, %Y @ %H:%M:%S"
    try:
        return datetime.strptime(cell, form).isoformat(timespec="milliseconds")  # noqa: DTZ007  in the browser's zone
    except ValueError:
        return cell


def _line(entry: dict[str, Any]) -> bytes:
    return msgspec.json.encode(entry) + b"\n"
