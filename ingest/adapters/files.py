"""Records from a file or standard input, one a line, in blocks and in bounded memory."""

from __future__ import annotations

import sys
from bisect import bisect_right
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO

from ingest.adapters.file_text import pieces
from ingest.model import Origin, Place, Raw

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST = 1 << 20
"""Bytes of a line that are kept; the envelope refuses lines far shorter than this."""


class FileBlock:
    """Whole lines of a file. Implements ``model.Packed``.

    Args:
        name: The file's.
        data: Lines, each but perhaps the last with its end.
        before: How many lines of the file stand before these.
        recorded_at: The hint for years.
    """

    def __init__(self, name: str, data: bytes, before: int, recorded_at: datetime) -> None:
        self.place: Place = (name, None)
        self.data = data
        self._name = name
        self._before = before
        self.recorded_at = recorded_at
        self._numbers, self._begins = [0], [0]
        """Lines of which is known where they begin."""

    @property
    def next_offset(self) -> int:
        """See ``Packed``."""
        return self._before + len(self) + 1

    @property
    def in_lines(self) -> bool:
        """See ``Packed``."""
        return True

    @cached_property
    def _count(self) -> int:
        known = self._begins[-1]
        return self._numbers[-1] + self.data.count(b"\n", known) + (not self.data.endswith(b"\n"))

    def __len__(self) -> int:
        """See ``Packed``."""
        return self._count

    def holding(self, position: int) -> int:
        """See ``Packed``."""
        begin = self.data.rfind(b"\n", 0, position) + 1
        at = bisect_right(self._begins, begin)
        number = self._numbers[at - 1] + self.data.count(b"\n", self._begins[at - 1], begin)
        self._note(at, number, begin)
        return number

    def begin(self, number: int) -> int:
        """See ``Packed``."""
        at = bisect_right(self._numbers, number) - 1
        known, begin = self._numbers[at], self._begins[at]
        while known < number and begin < len(self.data):
            begin, known = self._behind(begin), known + 1
        if begin < len(self.data):
            self._note(at + 1, known, begin)
        return begin

    def value(self, number: int) -> tuple[int, int]:
        """See ``Packed``."""
        begin = self.begin(number)
        return begin, self._behind(begin)

    def value_about(self, position: int) -> tuple[int, int]:
        """See ``Packed``."""
        return self.data.rfind(b"\n", 0, position) + 1, self._behind(position)

    def raw(self, number: int) -> Raw:
        """See ``Packed``."""
        begin, end = self.value(number)
        value = self.data[begin : min(end, begin + LONGEST)].rstrip(b"\r\n")
        return Raw(Origin(self._name, None, self.offset(number)), value, self.recorded_at)

    def offset(self, number: int) -> int:
        """See ``Packed``: lines count from 1."""
        return self._before + number + 1

    def recorded(self, number: int) -> datetime:  # noqa: ARG002
        """See ``Packed``."""
        return self.recorded_at

    def recorded_until(self, number: int) -> datetime:  # noqa: ARG002
        """See ``Packed``: all lines of a file have the file's time."""
        return self.recorded_at

    def release(self) -> None:
        """See ``Packed``: of a file one block is held at a time, and it is its bytes."""

    def _note(self, at: int, number: int, begin: int) -> None:
        if self._begins[at - 1] < begin:
            self._numbers.insert(at, number)
            self._begins.insert(at, begin)

    def _behind(self, begin: int) -> int:
        """Where the line after the one that begins there begins."""
        return self.data.find(b"\n", begin) + 1 or len(self.data)


def blocks(path: Path | None, recorded_at: datetime | None = None) -> Iterator[FileBlock]:
    """The lines of a file, or of standard input where ``path`` is ``None``, in blocks.

    The origin is the file's name and the line's number. The hint for years is ``recorded_at``, else the file's mtime,
    else now.

    Raises:
        OSError: The file cannot be read.
    """
    if path is None:
        yield from _blocks(sys.stdin.buffer, "-", recorded_at or datetime.now(UTC))
        return
    with path.open("rb") as stream:
        mtime = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        yield from _blocks(stream, str(path), recorded_at or mtime)


def _blocks(stream: BinaryIO, name: str, recorded_at: datetime) -> Iterator[FileBlock]:
    before, rest = 0, b""
    for piece in pieces(stream, name):
        end = piece.rfind(b"\n") + 1
        if not end:
            # A line without an end: beyond what is kept of one, its bytes are dropped.
            rest += piece[: max(0, LONGEST + 1 - len(rest))]
            continue
        block = FileBlock(name, b"".join((rest, memoryview(piece)[:end])), before, recorded_at)
        yield block
        before += len(block)
        rest = piece[end:]
    if rest:
        yield FileBlock(name, rest, before, recorded_at)
