"""What searches answer and export, as a line for each entry: one JSON value that holds them all, or a table.

Told by how a file begins; what is no such answer after all is left as it is. The envelope reads the entries.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

import msgspec

from ingest.adapters import journal_forms, pasted
from ingest.adapters.answers import grafana, order, tables
from ingest.adapters.answers.values import UNREADABLE, entries, entry
from ingest.adapters.streamed import LONGEST, lines, streamed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from io import BufferedIOBase

_HEAD = 8_192
"""Bytes that show in which form lines are."""
_ANSWER = re.compile(
    rb'\s*+(?:\{\s*+"(?:took|timed_out|num_reduce_phases|_shards|_clusters|hits|_scroll_id|pit_id|id|is_partial|is_running'
    rb"|isPartial|isRunning|rawResponse|response|responses|columns|schema|documents_found|status|data|resultType|streams"
    rb'|results|preview|queryLanguage|tables|events|entries|_index|_id|_source|_version)"\s*+:|\[\s*+[\[{])'
)
"""How a JSON value begins that may be an answer, or that may be a hit of one."""
_CONSOLE = re.compile(rb"(?m:^#(?:! | (?:GET|POST|PUT|HEAD|PATCH|DELETE) )[^\n]*+\n)")
"""What Kibana's Console writes before the answers of several requests, and what it warns of."""
_HIT = re.compile(
    rb'\{ ?"(?:(?:_index|_id|_source|_version)" ?:|preview" ?: ?(?:true|false), ?"(?:offset|result|lastrow)")'
)
"""How each line of ``elasticdump``, of ``jq -c .hits.hits[]`` and of what Splunk exports as JSON begins."""


def reader(head: bytes) -> Callable[[BufferedIOBase], Iterator[bytes]] | None:
    """What makes lines of a file that begins so; ``None`` where it is no answer of a search."""
    if _HIT.match(head):
        return _dumped
    if _ANSWER.match(head):
        line, end, _ = head.partition(b"\n")
        return None if end and _is_whole(line) and not entries(line) else _answered
    if _CONSOLE.match(head):
        return _of_console
    return tables.reader(head) or grafana.reader(head)


def _dumped(stream: BufferedIOBase) -> Iterator[bytes]:
    return order.held(map(_entry, lines(stream)))


def _entry(line: bytes) -> bytes:
    try:
        return entry(line) if line.strip() else line
    except UNREADABLE:
        return line


def _answered(stream: BufferedIOBase) -> Iterator[bytes]:
    """The entries of each line that is an answer, or those of the answer that all lines together are."""
    data = stream.readline(order.MOST + 1)
    if found := entries(data):
        while data:
            yield from found
            data = stream.readline(order.MOST + 1)
            found = entries(data) or [data]
        return
    if not _is_whole(data):
        data += stream.read(order.MOST + 1 - len(data))
        if len(data) <= order.MOST and (found := entries(data)):
            yield from found
            return
    yield from _otherwise(data, stream)


def _of_console(stream: BufferedIOBase) -> Iterator[bytes]:
    data = stream.read(order.MOST + 1)
    found = list[bytes]()
    if len(data) <= order.MOST:
        found = [*chain.from_iterable(map(entries, _CONSOLE.split(data)))]
    yield from found or _otherwise(data, stream)


def _is_whole(line: bytes) -> bool:
    """Whether a line is a value of its own, and no answer begins with it."""
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except UNREADABLE:
        return False
    return True


def _otherwise(data: bytes, stream: BufferedIOBase) -> Iterable[bytes]:
    """What is no answer, or too long for one: objects over many lines, or lines as they are."""
    rest = chain((data,), iter(lambda: stream.read1(LONGEST), b""))
    head = data[:_HEAD]
    if pretty := journal_forms.reader(head):
        return order.held(map(_entry, pretty(streamed(rest))))
    undo = pasted.undoing(head)
    return undo(rest) if undo else rest
