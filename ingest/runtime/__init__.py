"""The loop of the service: poll, write, commit. Only what is written is committed, and only what is closed.

Before the first contact a server that is not there ends the service after ``startup_timeout``; afterwards the service
waits for it as long as it takes, inside its consumer group, and says so.
"""

from __future__ import annotations

from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Protocol

import stamina
import structlog

from ingest.counts import Count
from ingest.output import Output
from ingest.ports import Refused, Unavailable
from ingest.runtime.dead_share import DeadShare
from ingest.runtime.delivery import Delivery
from ingest.runtime.patience import LONGEST_WAIT, Patience, Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from threading import Event

    from ingest.pipeline import Pipeline
    from ingest.ports import Batch, Partition, Signatures, Sink, Source

_POLL_SECONDS = 0.5
_GATHER_SECONDS, _ENOUGH_REPORTS = 1.0, 100
"""A turn that has more to read ends after this long, or with so many reports: what it holds in memory is bounded."""
_NAMED = 5

log = structlog.get_logger(__name__)


class Pingable(Protocol):
    """A sink that can be asked whether it is there."""

    def ping(self) -> None:
        """Raises ``Unavailable`` or ``Refused``."""


class Watch(Protocol):
    """Told by the loop how it fares."""

    def turned(self, batch: Batch, pipeline: Pipeline) -> None:
        """A turn ended: the batch was read, its documents are stored, offsets are committed."""

    def waiting(self, reason: str) -> None:
        """A server cannot be used; the loop waits and tries again."""


def first_contact(source: Source, sink: Pingable, pipeline: Pipeline, timeout: float, stop: Event) -> None:
    """Reach Kafka and Elasticsearch.

    Raises:
        Unavailable: One of them did not answer for ``timeout`` seconds.
        Refused: One of them answered and will not serve us.
    """
    reach((sink.ping, lambda: source.subscribe(_Told(pipeline))), timeout, stop)


def reach(contacts: Iterable[Callable[[], None]], timeout: float, stop: Event) -> None:
    """Call each until it succeeds, for at most ``timeout`` seconds each; see ``first_contact``."""
    for contact in contacts:
        for attempt in stamina.retry_context(on=Unavailable, attempts=None, timeout=timeout, wait_max=LONGEST_WAIT):
            with attempt:
                if stop.is_set():
                    raise Stopped
                contact()


def run(
    source: Source,
    sink: Sink,
    signatures: Signatures,
    pipeline: Pipeline,
    stop: Event,
    watch: Watch,
    dead_limit: float = 1.0,
) -> None:
    """Work until ``stop`` is set, then leave the group. What was read and not written is read again by the next run.

    Raises:
        Halted: More than ``dead_limit`` of what came became dead letters, or another worker took this one's place.
    """
    log.info("started")
    share = DeadShare(dead_limit)
    patience = Patience(source, stop, watch.waiting)
    delivery = Delivery(sink, signatures, pipeline, patience, share)
    try:
        while not stop.is_set():
            _turn(source, pipeline, patience, delivery, share, watch, stop)
    except Stopped:
        log.info("stopped_while_waiting")
    finally:
        source.close()
        counts = {str(name): count for name, count in sorted(dict(pipeline.counts).items())}
        log.info("stopped", **counts, unread_by_wording=dict(pipeline.unread))


def _turn(
    source: Source,
    pipeline: Pipeline,
    patience: Patience,
    delivery: Delivery,
    share: DeadShare,
    watch: Watch,
    stop: Event,
) -> None:
    """What is at hand: its records, their documents, and the commit that follows them."""
    matched = pipeline.counts[Count.MATCHED_LINES]
    batch, output = _gather(source, pipeline, patience, stop)
    documents = patience.until_answered(lambda: pipeline.join(output))
    _warn_of(output.spread)
    delivery.store(documents)
    delivery.record(output.sightings)
    share.note("lines", pipeline.counts[Count.MATCHED_LINES] - matched, len(output.rejected))
    patience.until_done(lambda: source.commit(pipeline.committable()))
    patience.until_answered(lambda: watch.turned(batch, pipeline))


def _gather(source: Source, pipeline: Pipeline, patience: Patience, stop: Event) -> tuple[Batch, Output]:
    """The last poll, and what all polls came to: one while the stream is kept up with, several to catch up.

    Many small requests to Elasticsearch, and a commit after each, would take longer than the reading.
    """
    output = Output()
    batch = patience.until_done(lambda: source.poll(_POLL_SECONDS))
    until = monotonic() + _GATHER_SECONDS  # The first poll may have waited for the group.
    while True:
        output.add(pipeline.step(batch, datetime.now(UTC)))
        enough = len(output.blocks) >= _ENOUGH_REPORTS or monotonic() >= until or stop.is_set()
        if enough or not any(batch.behind.values()):
            return batch, output
        try:
            batch = source.poll(_POLL_SECONDS)
        except (Unavailable, Refused):
            # What is at hand is stored first; the next turn waits, and says for what.
            return batch, output


def _warn_of(spread: set[str]) -> None:
    """Hosts in several partitions: their reports come in pieces. Said for each poll that shows it, with some names."""
    if spread:
        hosts = sorted(spread)[:_NAMED]
        advice = "key the topic by host, or put `oom-ingest route` before the service"
        log.warning("hosts_in_several_partitions", count=len(spread), hosts=hosts, advice=advice)


class _Told:
    """Tells the pipeline of changes of assignment, and the log."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def assigned(self, partitions: Collection[Partition]) -> None:
        """See ``ports.Assignment``."""
        log.info("assigned", partitions=_names(partitions))
        self._pipeline.assigned(partitions)

    def revoked(self, partitions: Collection[Partition]) -> None:
        """See ``ports.Assignment``."""
        log.info("revoked", partitions=_names(partitions))
        self._pipeline.revoked(partitions)

    def lost(self, partitions: Collection[Partition]) -> None:
        """See ``ports.Assignment``."""
        log.warning("lost", partitions=_names(partitions))
        self._pipeline.lost(partitions)


def _names(partitions: Collection[Partition]) -> list[str]:
    return sorted(f"{partition.topic}-{partition.number}" for partition in partitions)
