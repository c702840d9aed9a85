"""Documents from a file or standard input, one JSON object a line: what ``oom-ingest parse`` prints."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, BinaryIO

import orjson

from ingest.trends.wrong import Wrong

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LONGEST = 16 << 20
"""Bytes of one document."""


def read(path: Path | None) -> Iterator[dict[str, Any]]:
    """Each document of a file, or of standard input where ``path`` is ``None``.

    Raises:
        Wrong: A line is no JSON object.
        OSError: The file cannot be read.
    """
    if path is None:
        yield from _documents(sys.stdin.buffer, "standard input")
        return
    with path.open("rb") as stream:
        yield from _documents(stream, str(path))


def _documents(stream: BinaryIO, name: str) -> Iterator[dict[str, Any]]:
    number = 0
    while line := stream.readline(_LONGEST):
        number += 1
        try:
            document = orjson.loads(line)
        except orjson.JSONDecodeError:
            document = None
        if not isinstance(document, dict):
            raise Wrong(f"line {number} of {name} is no JSON object; `oom-ingest parse` prints one a line")
        yield document
