"""Files as blocks of lines: any length of line, any end, compressed or not."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from ingest.adapters import files
from tests.sources import one_by_one

AT = datetime(2026, 11, 26, tzinfo=UTC)
LINES = [f"line {number} {'x' * (number % 300)}".encode() for number in range(20_000)]
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes, "gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "two xz streams": lambda data: lzma.compress(data[:1_000]) + bytes(8) + lzma.compress(data[1_000:]) + bytes(4),
    "two frames": lambda data: b"".join(gzip.compress(part) for part in (data[:1_000], data[1_000:])),
}  # fmt: skip


@pytest.mark.parametrize("packer", PACKERS)
def test_a_file_is_read_whatever_packed_it(tmp_path: Path, packer: str) -> None:
    path = tmp_path / "log"
    path.write_bytes(PACKERS[packer](b"\n".join(LINES) + b"\n"))
    blocks = list(files.blocks(path, AT))
    read = list(one_by_one(blocks))
    assert len(blocks) > 1
    assert [raw.value for raw in read] == LINES
    assert [raw.origin.offset for raw in read] == list(range(1, len(LINES) + 1))
    assert [block.next_offset for block in blocks][-1] == len(LINES) + 1


@pytest.mark.parametrize("packer", PACKERS)
def test_standard_input_is_read_as_a_file_is(monkeypatch: pytest.MonkeyPatch, packer: str) -> None:
    stream = io.BufferedReader(io.BytesIO(PACKERS[packer](b"\n".join(LINES))))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
    assert [raw.value for raw in one_by_one(files.blocks(None, AT))] == LINES


@pytest.mark.parametrize("packer", ["gzip", "bzip2", "xz"])
def test_a_damaged_archive_is_said_to_be_one(tmp_path: Path, packer: str) -> None:
    path = tmp_path / "log"
    data = bytearray(PACKERS[packer](b"\n".join(LINES)))
    data[len(data) // 2] ^= 255
    path.write_bytes(data)
    with pytest.raises(OSError, match="compressed, and damaged or cut"):
        list(files.blocks(path, AT))


@pytest.mark.parametrize("packer", ["gzip", "bzip2", "xz"])  # the reader of zstd takes a cut for the end
def test_a_cut_archive_is_said_to_be_one(tmp_path: Path, packer: str) -> None:
    path = tmp_path / "log"
    path.write_bytes(PACKERS[packer](b"\n".join(LINES))[:-400])
    with pytest.raises(OSError, match="compressed, and damaged or cut"):
        list(files.blocks(path, AT))


def test_an_archive_that_asks_for_gigabytes_is_refused(tmp_path: Path) -> None:
    data = bytearray(lzma.compress(b"\n".join(LINES)))
    size = (data[12] + 1) * 4
    data[16] = 38  # a dictionary of 2 GiB, in the one block's header: its size, flags, filter, size of properties, this
    data[8 + size : 12 + size] = zlib.crc32(data[12 : 8 + size]).to_bytes(4, "little")
    path = tmp_path / "log"
    path.write_bytes(data)
    with pytest.raises(OSError, match="Memory usage limit"):
        list(files.blocks(path, AT))


@given(st.lists(st.binary(max_size=40).filter(lambda line: b"\n" not in line), max_size=30), st.booleans())
def test_lines_are_lines(lines: list[bytes], ended: bool) -> None:
    data = b"\n".join(lines) + (b"\n" if ended and lines else b"")
    block = files.FileBlock("f", data, 0, AT)
    expected = data.removesuffix(b"\n").split(b"\n") if data else []
    assert [raw.value for raw in one_by_one([block])] == [line.rstrip(b"\r\n") for line in expected] or not data
    if data:
        for position in range(len(data)):
            number = block.holding(position)
            assert data.count(b"\n", 0, position) == number


def test_a_line_without_end_is_kept_as_far_as_lines_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"short\n" + b"y" * (3 * files.LONGEST) + b"\nlast")
    values = [raw.value for raw in one_by_one(files.blocks(path, AT))]
    assert [len(value or b"") for value in values] == [5, files.LONGEST, 4]
