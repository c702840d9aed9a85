"""Pieces of bytes as a stream that can be peeked into: for what was decoded, and for what was read and is put back."""

from __future__ import annotations

from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed import WriteableBuffer

_ROOM = 1 << 18


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
