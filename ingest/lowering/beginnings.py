"""With which characters a text may begin for a pattern to match it: what tells most patterns apart before any is tried.

The pattern is taken apart by the parser of ``re`` itself, a module without a documented interface. Whatever is not
understood may begin with anything, so an unknown Python only costs time.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

_BLANKS = frozenset(" \t\n\r")
_DIGITS = frozenset("0123456789")
_LONGEST_RANGE = 128
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
_NOTHING = ("ASSERT", "ASSERT_NOT", "AT")

_Beginning = tuple[frozenset[str], bool]
"""The characters, and whether the piece may also be empty."""


class _AnythingError(Exception):
    """A piece that may begin with any character, or that is not understood."""


def first_characters(pattern: str) -> frozenset[str] | None:
    r"""The ASCII characters one of which stands first, after blanks, in any ASCII text that a pattern matches.

    Returns:
        ``None`` where it may be any. What a pattern takes beyond ASCII (``\d`` of other scripts) is left out.
    """
    try:
        characters, may_be_empty = _sequence(import_module("re._parser").parse(pattern))
    except (_AnythingError, re.error, ImportError, AttributeError, TypeError, ValueError):
        return None
    return None if may_be_empty else characters - _BLANKS


def _sequence(pieces: Any) -> _Beginning:
    found: frozenset[str] = frozenset()
    for piece in pieces:
        characters, may_be_empty = _piece(*piece)
        found |= characters
        if not may_be_empty:
            return found, False
    return found, True


def _piece(kind: Any, value: Any) -> _Beginning:
    match str(kind):
        case "LITERAL":
            return frozenset(chr(value)), False
        case "IN":
            return frozenset[str]().union(*(_of_set(*each) for each in value)), False
        case "ATOMIC_GROUP":
            return _sequence(value)
        case "SUBPATTERN" if not value[1] & re.IGNORECASE:
            return _sequence(value[3])
        case "BRANCH":
            ways = [_sequence(way) for way in value[1]]
            return frozenset[str]().union(*(way[0] for way in ways)), any(way[1] for way in ways)
        case repeat if repeat in _REPEATS:
            least, _, pieces = value
            characters, may_be_empty = _sequence(pieces)
            return characters, may_be_empty or not least
        case empty if empty in _NOTHING:
            return frozenset(), True
        case _:
            raise _AnythingError


def _of_set(kind: Any, value: Any) -> frozenset[str]:
    match str(kind), str(value):
        case "LITERAL", _:
            return frozenset(chr(value))
        case "RANGE", _ if value[1] < _LONGEST_RANGE:
            return frozenset(map(chr, range(value[0], value[1] + 1)))
        case "CATEGORY", "CATEGORY_DIGIT":
            return _DIGITS
        case _:
            raise _AnythingError
