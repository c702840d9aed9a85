"""Tells in one scan over bytes whether a record can matter at all, before anything is decoded.

The literals come from the formats, so that a new family widens the gate by itself. Hyperscan looks for all of them at
once where it is installed (the extra ``fast``); without it each is looked for on its own, with the same result.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_GO = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
"""What Go's encoder escapes in strings beyond what JSON asks for."""
COLOURS = (b"\x1b[", b"\\u001b[", b"\\u001B[")
"""How colours begin, as they are and as JSON escapes them. They are taken out of a text before it is read."""
_COLOUR = re.compile(rb"((?:\x1b|\\u001[bB])\[[0-9;]*[A-Za-z])")


class Gate(Protocol):
    """Looks for literals in bytes."""

    def matters(self, value: bytes) -> bool:
        """Whether one of the literals stands anywhere in a record."""

    def places(self, block: bytes) -> Sequence[int]:
        """Where literals end in a block of records, in ascending order; one that is found twice is told twice."""

    def both(self, block: bytes) -> tuple[Sequence[int], Sequence[int]]:
        """The same, and where the literals end that are looked for beside them."""


class PlainGate:
    """With nothing but Python's own means: blocks are searched for one literal after the other."""

    def __init__(self, literals: Sequence[bytes], beside: Sequence[bytes] = ()) -> None:
        self._literals = literals
        self._beside = beside
        self._search = re.compile(b"|".join(re.escape(each) for each in literals)).search

    def matters(self, value: bytes) -> bool:
        """See ``Gate``."""
        return self._search(value) is not None

    def places(self, block: bytes) -> Sequence[int]:
        """See ``Gate``."""
        return _places(block, self._literals)

    def both(self, block: bytes) -> tuple[Sequence[int], Sequence[int]]:
        """See ``Gate``."""
        return _places(block, self._literals), _places(block, self._beside)


def _places(block: bytes, literals: Sequence[bytes]) -> list[int]:
    found = []
    for literal in literals:
        at = block.find(literal)
        while at >= 0:
            found.append(at + len(literal))
            at = block.find(literal, at + 1)
    return sorted(found)


class HyperscanGate:
    """All literals in one pass, and expressions beside them.

    Args:
        literals: Exact bytes.
        beside: Exact bytes that are looked for in the same pass, and by which no record matters.
        expressions: What PCRE reads as ``re`` does.
        caseless: Whether letters match in upper and lower case; ASCII's only.

    Raises:
        ImportError: Hyperscan is not installed, or not for this machine.
    """

    def __init__(
        self,
        literals: Sequence[bytes],
        beside: Sequence[bytes] = (),
        *,
        expressions: Sequence[bytes] = (),
        caseless: bool = False,
    ) -> None:
        import hyperscan  # noqa: PLC0415  only where it is installed

        self._stopped = hyperscan.ScanTerminated
        self._database = hyperscan.Database()
        flags = hyperscan.HS_FLAG_CASELESS if caseless else 0
        known = [*map(_hexadecimal, literals), *expressions]
        self._count = len(known)
        known += map(_hexadecimal, beside)
        self._database.compile(expressions=known, ids=range(len(known)), flags=flags)

    def matters(self, value: bytes) -> bool:
        """See ``Gate``."""
        found: list[int] = []

        def note(number: int, _start: int, end: int, _flags: int, _context: object) -> bool:
            if number < self._count:
                found.append(end)
            return bool(found)

        try:
            self._database.scan(value, match_event_handler=note)
        except self._stopped:
            return True
        return bool(found)

    def places(self, block: bytes) -> Sequence[int]:
        """See ``Gate``."""
        return self.both(block)[0]

    def both(self, block: bytes) -> tuple[Sequence[int], Sequence[int]]:
        """See ``Gate``."""
        found: list[int] = []
        beside: list[int] = []

        def note(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            (found if number < self._count else beside).append(end)

        self._database.scan(block, match_event_handler=note)
        return found, beside


class ThroughColours:
    """Finds the literals of a gate also where colours interrupt them, as those of ``dmesg --color`` do.

    Args:
        gate: Looks for ``COLOURS`` beside its literals, so that what has none is searched once.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def matters(self, value: bytes) -> bool:
        """See ``Gate``."""
        if self._gate.matters(value):
            return True
        return (b"\x1b" in value or b"\\u001" in value) and self._gate.matters(_COLOUR.sub(b"", value))

    def places(self, block: bytes) -> Sequence[int]:
        """See ``Gate``."""
        return self.both(block)[0]

    def both(self, block: bytes) -> tuple[Sequence[int], Sequence[int]]:
        """See ``Gate``."""
        found, beside = self._gate.both(block)
        if not beside:
            return found, beside
        pieces = _COLOUR.split(block)  # what stands between colours, and in turn with it the colours
        bare = self._gate.places(b"".join(pieces[::2]))
        ends = [*accumulate(map(len, pieces[::2]))]
        taken_out = [0, *accumulate(map(len, pieces[1::2]))]
        return sorted({*found, *(end + taken_out[bisect_left(ends, end)] for end in bare)}), beside


def gate(anchors: Iterable[str], beside: Sequence[bytes] = ()) -> Gate:
    """The quickest gate there is for ``anchors``, as text or escaped as in JSON, and for other literals beside them.

    ``COLOURS`` are looked for beside them in any case, and anchors through them.
    """
    known, also = literals(anchors), (*COLOURS, *beside)
    try:
        return ThroughColours(HyperscanGate(known, also))
    except ImportError:
        return ThroughColours(PlainGate(known, also))


def is_quick() -> bool:
    """Whether Hyperscan is there."""
    try:
        import hyperscan  # noqa: F401, PLC0415  only where it is installed
    except ImportError:
        return False
    return True


def literals(anchors: Iterable[str]) -> Sequence[bytes]:
    """The bytes that ``anchors`` are in text, and in JSON as the usual encoders write it."""
    known = set(anchors)
    escaped = {json.dumps(anchor, ensure_ascii=False)[1:-1] for anchor in known}
    go = {anchor.translate(_GO) for anchor in escaped}
    return sorted(literal.encode() for literal in known | escaped | go)


def _hexadecimal(literal: bytes) -> bytes:
    """A literal as an expression in which nothing is special."""
    return b"".join(b"\\x%02x" % octet for octet in literal)
