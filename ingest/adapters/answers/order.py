"""The entries of an answer in the order in which they were logged: searches mostly give what is newest first."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from ingest.envelope.json_record import told_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MOST = 32 << 20
"""Bytes of an answer that are held: ten thousand entries, as many as Elasticsearch gives at once, of 3 kB each."""
_SOME_YEAR = datetime(2050, 7, 1, tzinfo=UTC)
"""What times without a year are compared by; in the middle of a year, so that December comes before January."""
_STEPS = re.compile(
    rb"(invoked oom-killer)|(Mem-[Ii]nfo|memory: usage \d|Memory cgroup stats for)"
    rb"|(\[ *+pid *+\]|\[ *+\d+\](?: ++\d+){4})"
    rb"|(oom-kill:constraint=|Kill process \d|Out of [Mm]emory)|(Killed process \d)"
)
"""What a kernel prints of a report, in this order."""
_SURELY = 2
"""Steps back beyond those on that are no accident, as the end of one report before the head of the next would be."""


def held(entries: Iterable[bytes]) -> Iterator[bytes]:
    """Entries that come one by one, as many at a time as may be held."""
    waiting, size = list[bytes](), 0
    for entry in entries:
        waiting.append(entry)
        size += len(entry)
        if size > MOST:
            yield from oldest_first(waiting)
            waiting, size = [], 0
    yield from oldest_first(waiting)


def oldest_first(entries: Sequence[bytes], *, ties_in_order: bool = False) -> Iterator[bytes]:
    """The entries as they were logged.

    Args:
        entries: A line each, in either order.
        ties_in_order: Entries of the same time stand as they were logged even where the newest time comes first.
    """
    if len(entries) < 2:  # noqa: PLR2004  one has no order
        return iter(entries)
    first, last = (told_at(entries[at], _SOME_YEAR) for at in (0, -1))
    if first is None or last is None or first == last:
        return reversed(entries) if _is_backwards(entries) else iter(entries)
    if first < last:
        return iter(entries)
    if ties_in_order:
        return iter(sorted(entries, key=lambda entry: told_at(entry, _SOME_YEAR) or last))
    return reversed(entries)


def _is_backwards(entries: Sequence[bytes]) -> bool:
    """Whether reports run backwards, where times do not tell: a kernel logs a report within a second."""
    steps = [step.lastindex or 0 for step in map(_STEPS.search, entries) if step]
    ways = [(before > after) - (before < after) for before, after in pairwise(steps)]
    return sum(ways) >= _SURELY
