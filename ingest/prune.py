"""What ``oom-ingest prune`` does: monthly indices older than what is to be kept, by their names.

An index is named by the time of its events, so its name says how old its documents are, whenever they were written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from ingest.fields import Kind
from ingest.ports import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_KEEP = re.compile(r"(\d{1,4}) ?months?")
_MONTHS = 12


class Index(Struct, frozen=True):
    """An index with the number of its documents and its size in bytes."""

    name: str
    documents: int
    bytes: int


class Indices(Protocol):
    """Where indices live."""

    def matching(self, patterns: Sequence[str]) -> list[Index]:
        """The indices whose names match one of the patterns. Raises ``Unavailable`` or ``Refused``."""

    def delete(self, name: str) -> None:
        """Delete one index, by its whole name. Raises ``Unavailable`` or ``Refused``."""


def delete(indices: Indices, name: str) -> Refused | None:
    """Delete one index, or say why it cannot be: one that somebody made read-only keeps no other."""
    try:
        indices.delete(name)
    except Refused as error:
        return error
    return None


def months(text: str) -> int:
    """``13months`` as a number. Raises ``ValueError`` with one sentence."""
    found = _KEEP.fullmatch(text.strip())
    if found is None or int(found[1]) < 1:
        raise ValueError(f"{text!r} is no number of months, such as `13months`")
    return int(found[1])


def old(indices: Indices, prefix: str, keep: int, now: datetime) -> list[Index]:
    """The indices whose month lies before the last ``keep`` months, this one included; the oldest first.

    Only names that this program gives to its monthly indices are looked at: an index of signatures has no month, and
    another program's index is none of ours.
    """
    kinds = [kind for kind in Kind if kind is not Kind.SIGNATURE]
    ours = re.compile(rf"{re.escape(prefix)}-(?:{'|'.join(kinds)})-(\d{{4}})\.(0[1-9]|1[0-2])")
    first = now.year * _MONTHS + now.month - keep + 1
    found = []
    for index in indices.matching([f"{prefix}-{kind}-*" for kind in kinds]):
        named = ours.fullmatch(index.name)
        if named and int(named[1]) * _MONTHS + int(named[2]) < first:
            found.append((named[1], named[2], index))
    return [index for *_, index in sorted(found, key=lambda each: (each[0], each[1], each[2].name))]
