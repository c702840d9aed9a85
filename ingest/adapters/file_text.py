"""The bytes of a log as lines in UTF-8, however they are stored: compressed, as UTF-16, an entry over several lines."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
import zlib
from errno import EIO
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, BinaryIO, cast

import zstandard

from ingest.adapters import answers, journal_forms, pasted
from ingest.adapters.streamed import streamed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _typeshed import WriteableBuffer

BLOCK = 1 << 18
"""Bytes read at once: few enough to stay near the processor while they are searched."""

_MAGIC = 6
_HEAD = 8_192
"""Bytes that show in which form entries are, and whether a log was pasted, and from where."""
_XZ_MEMORY = 128 << 20
"""Bytes that unpacking xz may take: twice what ``xz -9`` asks for. The format allows a file to ask for 4 GiB."""
_DAMAGED = (EOFError, lzma.LZMAError, zlib.error, zstandard.ZstdError)


def pieces(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """What is in a stream, in pieces that may end within a line.

    Raises:
        OSError: It cannot be read, or what it is compressed with is damaged. ``name`` is the file's.
    """
    try:
        yield from _pieces(_unpacked(_peekable(stream)))
    except (*_DAMAGED, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise OSError(EIO, f"it is compressed, and damaged or cut: {error}", name) from error


def _peekable(stream: BinaryIO) -> BufferedReader:
    return cast("BufferedReader", stream if hasattr(stream, "peek") else BufferedReader(cast("RawIOBase", stream)))


def _unpacked(stream: BufferedReader) -> BufferedReader:
    """What a file holds, where it is compressed with gzip, bzip2, xz or Zstandard; told by its first bytes."""
    head = stream.peek(_MAGIC)[:_MAGIC]
    if head.startswith(b"\x1f\x8b"):
        return cast("BufferedReader", gzip.GzipFile(fileobj=stream))
    if head.startswith(b"BZh"):
        return cast("BufferedReader", bz2.BZ2File(stream))
    if head.startswith(b"\xfd7zXZ\x00"):
        return BufferedReader(_Xz(stream), BLOCK)
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        unpacked = zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True)
        return BufferedReader(cast("RawIOBase", unpacked), BLOCK)
    return stream


class _Xz(RawIOBase):
    """What an xz file holds, in bounded memory: ``lzma.LZMAFile`` takes as much as the file asks for."""

    def __init__(self, stream: BufferedReader) -> None:
        self._stream = stream
        self._unpacking = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """The next bytes; 0 behind the last. Raises ``EOFError`` where the file is cut."""
        room = memoryview(buffer)
        while True:
            piece = b""
            if self._unpacking.eof:
                piece = self._unpacking.unused_data.lstrip(b"\0") or self._stream.read1(BLOCK).lstrip(b"\0")
                if not piece:
                    return 0
                self._unpacking = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
            elif self._unpacking.needs_input:
                piece = self._stream.read1(BLOCK)
                if not piece:
                    raise EOFError("it ends in the middle")
            if data := self._unpacking.decompress(piece, len(room)):
                room[: len(data)] = data
                return len(data)


def _pieces(stream: BufferedReader) -> Iterator[bytes]:
    head = stream.peek(_HEAD)[:_HEAD]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        decode = codecs.getincrementaldecoder("utf-16")("replace").decode
        stream = streamed(decode(piece).encode() for piece in _read(stream))
        head = stream.peek(_HEAD)[:_HEAD]
    elif head.startswith(codecs.BOM_UTF8):
        stream.read(len(codecs.BOM_UTF8))
        head = stream.peek(_HEAD)[:_HEAD]
    if entries := answers.reader(head) or journal_forms.reader(head):
        return _together(entries(stream))
    undo = pasted.undoing(head)
    return undo(_read(stream)) if undo else _read(stream)


def _read(stream: BufferedReader) -> Iterator[bytes]:
    while piece := stream.read1(BLOCK):
        yield piece


def _together(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Short pieces, many at a time."""
    waiting, size = list[bytes](), 0
    for line in lines:
        waiting.append(line)
        size += len(line)
        if size >= BLOCK:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)
