"""Tells in one scan over bytes whether a record can matter at all, before anything is decoded.

The literals come from the formats, so that a new family widens the gate by itself. Hyperscan looks for all of them at
once where it is installed (the extra ``fast``); without it each is looked for on its own, with the same result.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_GO = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
"""What Go's encoder escapes in strings beyond what JSON asks for."""


class Gate(Protocol):
    """Looks for literals in bytes."""

    def matters(self, value: bytes) -> bool:
        """Whether one of the literals stands anywhere in a record."""

    def places(self, block: bytes) -> Sequence[int]:
        """Where literals end in a block of records, in ascending order; one that is found twice is told twice."""


class PlainGate:
    """With nothing but Python's own means: blocks are searched for one literal after the other."""

    def __init__(self, literals: Sequence[bytes]) -> None:
        self._literals = literals
        self._search = re.compile(b"|".join(re.escape(each) for each in literals)).search

    def matters(self, value: bytes) -> bool:
        """See ``Gate``."""
        return self._search(value) is not None

    def places(self, block: bytes) -> Sequence[int]:
        """See ``Gate``."""
        found = []
        for literal in self._literals:
            at = block.find(literal)
            while at >= 0:
                found.append(at + len(literal))
                at = block.find(literal, at + 1)
        return sorted(found)


class HyperscanGate:
    """All literals in one pass, and expressions beside them.

    Args:
        literals: Exact bytes.
        expressions: What PCRE reads as ``re`` does.
        caseless: Whether letters match in upper and lower case; ASCII's only.

    Raises:
        ImportError: Hyperscan is not installed, or not for this machine.
    """

    def __init__(self, literals: Sequence[bytes], *, expressions: Sequence[bytes] = (), caseless: bool = False) -> None:
        import hyperscan  # noqa: PLC0415  only where it is installed

        self._stopped = hyperscan.ScanTerminated
        self._database = hyperscan.Database()
        flags = hyperscan.HS_FLAG_CASELESS if caseless else 0
        known = [*map(_hexadecimal, literals), *expressions]
        self._database.compile(expressions=known, flags=flags)

    def matters(self, value: bytes) -> bool:
        """See ``Gate``."""
        found: list[int] = []

        def note(_id: int, _start: int, end: int, _flags: int, _context: object) -> bool:
            found.append(end)
            return True

        try:
            self._database.scan(value, match_event_handler=note)
        except self._stopped:
            return True
        return bool(found)

    def places(self, block: bytes) -> Sequence[int]:
        """See ``Gate``."""
        found: list[int] = []

        def note(_id: int, _start: int, end: int, _flags: int, _context: object) -> None:
            found.append(end)

        self._database.scan(block, match_event_handler=note)
        return found


def gate(anchors: Iterable[str]) -> Gate:
    """The quickest gate there is for ``anchors``, as text or escaped as in JSON."""
    known = literals(anchors)
    try:
        return HyperscanGate(known)
    except ImportError:
        return PlainGate(known)


def literals(anchors: Iterable[str]) -> Sequence[bytes]:
    """The bytes that ``anchors`` are in text, and in JSON as the usual encoders write it."""
    known = set(anchors)
    escaped = {json.dumps(anchor, ensure_ascii=False)[1:-1] for anchor in known}
    go = {anchor.translate(_GO) for anchor in escaped}
    return sorted(literal.encode() for literal in known | escaped | go)


def _hexadecimal(literal: bytes) -> bytes:
    """A literal as an expression in which nothing is special."""
    return b"".join(b"\\x%02x" % octet for octet in literal)
