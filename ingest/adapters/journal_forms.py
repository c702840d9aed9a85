"""The forms of ``journalctl`` that take several lines for an entry, as the lines that its ``-o json`` writes.

Likewise the lists in which clients of clouds and clusters write what they found (``gcloud logging read --format=json``,
``aws logs filter-log-events``, ``kubectl get events -o json``). Which form a log has is told by how it begins. An entry
is only put on one line here: the envelope reads it.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import BufferedIOBase

_LONGEST = 1 << 20
"""Bytes that are kept of a field, and of an entry in the form of ``json-pretty``."""
_LENGTH = 8
"""Bytes that tell the length of a field that is no line of text, the least of them first."""
_INDENT = b"    "
_HEADLINE = re.compile(rb"[A-Z][a-z]{2} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{6})?)( UTC)?[^\[\n]*\[s=[^\n]*\]\r?\n")
"""The time of an entry and its cursor (``output_verbose`` of systemd)."""
_LIST = re.compile(rb'(?:\[|\{\s+(?:"\w+": "[^"\n]*",\s+)*"(?:events|items)": \[)\r?\n(?P<indent> +)\{\r?\n')
"""How a list of objects begins, each of them over many lines."""


def reader(head: bytes) -> Callable[[BufferedIOBase], Iterator[bytes]] | None:
    """What makes lines of a log that begins so; ``None`` where its lines are to be read as they are."""
    if head.startswith(b"__CURSOR="):
        return _exported
    if listed := _LIST.match(head):
        return partial(_pretty, indent=listed["indent"])
    if head.startswith((b"{\n", b"{\r\n")):
        return _pretty
    if head.startswith((b"\x1e{", b"data: {")):
        return _prefixed
    first, _, rest = head.partition(b"\n")
    return _verbose if _HEADLINE.match(rest if first.startswith(b"-- ") else head) else None


class _Entry:
    """An entry's fields; one that comes twice is a list, as ``-o json`` has it."""

    def __init__(self) -> None:
        self._fields: dict[str, list[object]] = {}

    def add(self, name: bytes, value: bytes) -> None:
        """Bytes that are no text are numbers."""
        try:
            told: object = value.decode()
        except UnicodeDecodeError:
            told = list(value)
        self._fields.setdefault(name.decode("ascii", "replace"), []).append(told)

    def take(self) -> bytes:
        """The entry as a line, and nothing where no field came; the next one begins."""
        fields, self._fields = self._fields, {}
        one = {name: values[0] if len(values) == 1 else values for name, values in fields.items()}
        return msgspec.json.encode(one) + b"\n" if one else b""


def _exported(stream: BufferedIOBase) -> Iterator[bytes]:
    """``-o export``: ``NAME=value``, or ``NAME`` and a length, up to an empty line."""
    entry = _Entry()
    while line := stream.readline(_LONGEST):
        name, sign, value = line.removesuffix(b"\n").partition(b"=")
        if not name:
            yield entry.take()
        elif sign:
            entry.add(name, value)
        else:
            entry.add(name, _of_a_length(stream))
    yield entry.take()


def _of_a_length(stream: BufferedIOBase) -> bytes:
    """A value that may hold line ends. Of more than is kept nothing else is read into memory at once."""
    left = int.from_bytes(stream.read(_LENGTH), "little")
    value = stream.read(min(left, _LONGEST))
    left -= len(value)
    while left > 0 and (more := stream.read(min(left, _LONGEST))):
        left -= len(more)
    stream.readline(_LONGEST)
    return value


def _verbose(stream: BufferedIOBase) -> Iterator[bytes]:
    """``-o verbose``: a headline with the time, and indented ``NAME=value``."""
    entry = _Entry()
    while line := stream.readline(_LONGEST):
        if headline := _HEADLINE.match(line):
            yield entry.take()
            entry.add(b"__REALTIME_TIMESTAMP", headline[1] + (b"Z" if headline[2] else b""))
            continue
        name, sign, value = line.removeprefix(_INDENT).rstrip(b"\r\n").partition(b"=")
        if sign and line.startswith(_INDENT) and not name.startswith(b" "):
            entry.add(name, value)
    yield entry.take()


def _pretty(stream: BufferedIOBase, indent: bytes = b"") -> Iterator[bytes]:
    """``-o json-pretty``: an object over many lines, whose first and last stand at the margin, or at that of a list."""
    pieces, size = list[bytes](), 0
    while line := stream.readline(_LONGEST):
        if indent and not pieces and not line.startswith(indent + b"{"):
            continue
        pieces.append(line.strip())
        size += len(line)
        if line.startswith(indent + b"}") or size > _LONGEST:
            yield b" ".join(pieces).removesuffix(b",") + b"\n"
            pieces, size = [], 0
    yield b" ".join(pieces)


def _prefixed(stream: BufferedIOBase) -> Iterator[bytes]:
    """``-o json-seq`` and ``-o json-sse``: an object a line, behind what tells a reader where it begins."""
    while line := stream.readline(_LONGEST):
        yield line.removeprefix(b"\x1e").removeprefix(b"data: ")
