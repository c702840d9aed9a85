"""Records from a file or standard input, one a line, in bounded memory."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO

from ingest.model import Origin, Raw

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST = 1 << 20
"""Bytes of a line that are kept; the envelope refuses lines far shorter than this."""


def read(path: Path | None, recorded_at: datetime | None = None) -> Iterator[Raw]:
    """Each line of a file, or of standard input where ``path`` is ``None``.

    The origin is the file's name and the line's number. The hint for years is ``recorded_at``, else the file's mtime,
    else now.

    Raises:
        OSError: The file cannot be read.
    """
    if path is None:
        yield from _lines(sys.stdin.buffer, "-", recorded_at or datetime.now(UTC))
        return
    with path.open("rb") as stream:
        mtime = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        yield from _lines(stream, str(path), recorded_at or mtime)


def _lines(stream: BinaryIO, name: str, recorded_at: datetime) -> Iterator[Raw]:
    number = 0
    while piece := stream.readline(LONGEST):
        number += 1
        rest = piece
        while rest and not rest.endswith(b"\n"):
            rest = stream.readline(LONGEST)
        yield Raw(Origin(name, None, number), piece.rstrip(b"\r\n"), recorded_at)
