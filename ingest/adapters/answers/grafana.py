"""Logs that Grafana's Explore wrote as text, as a line for each entry: first what they have in common, then they."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from ingest.adapters.answers.order import held
from ingest.adapters.streamed import LONGEST, lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import BufferedIOBase

_ENTRY = re.compile(rb"\d{13}\t(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\t(?P<line>[^\n]*+)")
_TEXT = re.compile(rb"(?:[A-Z][^\n:\t]{1,60}: [^\n]*+\n)*+\n*+" + _ENTRY.pattern)
_COMMON = b"Common labels: "


def reader(head: bytes) -> Callable[[BufferedIOBase], Iterator[bytes]] | None:
    """What makes lines of a text that begins so; ``None`` where it is none of Grafana's."""
    return _text if _TEXT.match(head) else None


def _text(stream: BufferedIOBase) -> Iterator[bytes]:
    return held(_entries(stream))


def _entries(stream: BufferedIOBase) -> Iterator[bytes]:
    """An entry that holds line ends goes on up to the next one."""
    labels: Any = {}
    at, told, size = b"", list[bytes](), 0
    for read in lines(stream):
        if begun := _ENTRY.match(read):
            if told:
                yield _line(at, labels, told)
            at, told, size = begun["at"], [begun["line"]], 0
        elif told and size < LONGEST:
            told.append(read)
            size += len(read)
        elif read.startswith(_COMMON):
            labels = _labels(read)
    if told:
        yield _line(at, labels, told)


def _line(at: bytes, labels: Any, told: list[bytes]) -> bytes:
    text = "\n".join(each.rstrip(b"\r\n").decode("utf-8", "backslashreplace") for each in told)
    return msgspec.json.encode({"timestamp": at.decode(), "labels": labels, "line": text}) + b"\n"


def _labels(line: bytes) -> Any:
    try:
        return msgspec.json.decode(line.removeprefix(_COMMON))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
