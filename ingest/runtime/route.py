"""The loop of ``oom-ingest route``: poll, write, commit; what is committed was acknowledged before."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

import structlog

from ingest.model import Raw
from ingest.runtime.patience import Patience, Stopped

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from threading import Event

    from ingest.ports import Batch, Outgoing, Partition, Source, Writer
    from ingest.reading.candidates import Candidates

_POLL_SECONDS = 0.5

log = structlog.get_logger(__name__)


class Watch(Protocol):
    """Told by the loop how it fares."""

    def routed(self, batch: Batch, records: int, candidates: int) -> None:
        """A turn ended: so many records were read and kept since the start, and all of them are committed."""

    def waiting(self, reason: str) -> None:
        """A server cannot be used; the loop waits and tries again."""


class Stateless:
    """Implements ``ports.Assignment`` for who remembers nothing."""

    def assigned(self, partitions: Collection[Partition]) -> None:
        """See ``ports.Assignment``."""
        log.info("assigned", partitions=sorted(f"{each.topic}-{each.number}" for each in partitions))

    def revoked(self, partitions: Collection[Partition]) -> None:
        """See ``ports.Assignment``."""

    def lost(self, partitions: Collection[Partition]) -> None:
        """See ``ports.Assignment``."""


def run(source: Source, writer: Writer, candidates: Candidates, stop: Event, watch: Watch) -> None:
    """Work until ``stop`` is set, then leave the group. What was not acknowledged is read again by the next run.

    A record that is written twice, after a crash, changes nothing: its line gives the same documents.
    """
    patience = Patience(source, stop, watch.waiting)
    read = kept = 0
    log.info("started")
    try:
        while not stop.is_set():
            batch = patience.until_done(lambda: source.poll(_POLL_SECONDS))
            found: list[Outgoing] = []
            for raw in _records(batch):
                read += 1
                if record := candidates.of(raw):
                    found.append(record)
            if found:
                patience.until_answered(partial(writer.write, found))
            reached = {place: group[-1].next_offset for place, group in batch.records.items() if group}
            patience.until_done(partial(source.commit, {**reached, **batch.reached}))
            kept += len(found)
            watch.routed(batch, read, kept)
    except Stopped:
        log.info("stopped_while_waiting")
    finally:
        source.close()
        log.info("stopped", records=read, candidates=kept)


def _records(batch: Batch) -> Iterator[Raw]:
    for group in batch.records.values():
        for each in group:
            if isinstance(each, Raw):
                yield each
            else:
                yield from (each.raw(number) for number in range(len(each)))
