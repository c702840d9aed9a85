"""Records that came packed, one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ingest.model import Packed, Raw


def one_by_one(records: Iterable[Raw | Packed]) -> Iterator[Raw]:
    for each in records:
        if isinstance(each, Raw):
            yield each
        else:
            yield from (each.raw(number) for number in range(len(each)))
