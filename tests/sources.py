"""What tests of sources share: records that came packed one by one, and a pipeline that is told of partitions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from ingest.model import Packed, Raw
from ingest.ports import Partition


def one_by_one(records: Iterable[Raw | Packed]) -> Iterator[Raw]:
    for each in records:
        if isinstance(each, Raw):
            yield each
        else:
            yield from (each.raw(number) for number in range(len(each)))


class Nobody:
    """Is told of partitions, and does nothing."""

    def assigned(self, partitions: Collection[Partition]) -> None: ...
    def revoked(self, partitions: Collection[Partition]) -> None: ...
    def lost(self, partitions: Collection[Partition]) -> None: ...
