"""Finds the records of a batch that may be of certain hosts, by the hosts' names.

A host's name stands somewhere in a record's bytes: in its value, its key or a header. There are few ways in which it
may stand there in other bytes than its own, and what looks like one of them is found too.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from ingest.reading.gate import HyperscanGate, PlainGate

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from ingest.model import Place

_USUAL = re.compile(r"[a-z0-9._-]+")
"""Names of which each letter has few other spellings, all of them in ``IN_TEXT`` and ``_IN_JSON``."""
IN_TEXT = ("\u212a".encode(),)  # the Kelvin sign, which is a k in lower case, and no other is a usual letter
"""What a name may be spelled with in a text, besides the colours in it. The gate looks for both, at every block."""
_IN_JSON = (
    rb"\\u(?:001b|002[de]|003\d|00[46][1-9a-f]|00[57][0-9a]|005f|212a)",  # any letter may be escaped
    rb",\s*\d{1,3}\s*,\s*\d{1,3}\s*,\s*\d",  # the journal writes messages as lists of numbers, one for each byte
)
MOST = 256
"""Names that are worth looking for; of more, so many records are found that looking at each is no dearer."""
_KEPT = 64
_ALONE = 8
"""Names that are each searched for alone: that is quick, and nothing has to be built anew when one comes or goes."""
_KEPT_ALONE = 256
_FEW = 16
"""Names that are looked for by a search of their own, and names too many that a search may look for."""


class Sought:
    """The names that are looked for on each place: at least those that are asked for, and not many more.

    To build a search for many names takes longer than to search, so a search is used again while it will do, and names
    that came since it was built are looked for beside it.
    """

    def __init__(self) -> None:
        self._built: dict[Place, frozenset[str]] = {}

    def on(self, place: Place, names: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
        """The names to look for on a place: those of a search that was built before, and those that it lacks."""
        built = self._built.get(place, frozenset())
        missing = names - built
        if len(missing) > _FEW or len(built) > 2 * len(names) + _FEW:
            built, missing = names, frozenset()
            self._built[place] = built
        return built, missing


def can_be_found(names: Iterable[str]) -> bool:
    """Whether records of hosts can be found by the hosts' names, in lower case."""
    return all(map(_USUAL.fullmatch, names))


def places(block: bytes, names: Collection[str]) -> list[int]:
    """Where names end in a block, in ascending order; those of ``can_be_found``."""
    return sorted(_search(frozenset(names))(block)) if names else []


def disguises_in_json(block: bytes) -> Sequence[int]:
    """Where something ends in a block by which a name may stand in JSON in other bytes, in ascending order."""
    return _in_json()(block) if b"{" in block else ()


@lru_cache(maxsize=_KEPT)
def _search(names: frozenset[str]) -> Callable[[bytes], Sequence[int]]:
    literals = sorted(name.encode() for name in names)
    try:
        if len(literals) > _ALONE:
            return HyperscanGate(literals, caseless=True).places
        searches = [_alone(literal) for literal in literals]
        return lambda block: [*chain.from_iterable(search(block) for search in searches)]
    except ImportError:
        plain = PlainGate(literals)
        return lambda block: plain.places(block.lower())


@lru_cache(maxsize=_KEPT_ALONE)
def _alone(literal: bytes) -> Callable[[bytes], Sequence[int]]:
    return HyperscanGate([literal], caseless=True).places


@cache
def _in_json() -> Callable[[bytes], Sequence[int]]:
    try:
        return HyperscanGate((), expressions=_IN_JSON, caseless=True).places
    except ImportError:
        known = re.compile(b"|".join(_IN_JSON), re.IGNORECASE)
        return lambda block: [found.end() for found in known.finditer(block)]
