"""Bytes as a stream that can be peeked into, for what was decoded or is put back, and the lines of one, bounded."""

from __future__ import annotations

from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from io import BufferedIOBase

    from _typeshed import WriteableBuffer

LONGEST = 1 << 20
"""Bytes of a line; what is longer comes in several."""
_ROOM = 1 << 18


def lines(stream: BufferedIOBase) -> Iterator[bytes]:
    """The lines that are left in a stream, with their ends."""
    while line := stream.readline(LONGEST):
        yield line


def streamed(pieces: Iterable[bytes]) -> BufferedReader:
    """The same bytes as a stream."""
    return BufferedReader(cast("RawIOBase", _Pieces(pieces)), _ROOM)


class _Pieces(RawIOBase):
    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """The next bytes; 0 behind the last."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        room = memoryview(buffer)
        count = min(len(room), len(self._rest))
        room[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
