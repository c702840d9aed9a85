"""The loop of the service: poll, write, commit. Only what is written is committed, and only what is closed.

Before the first contact a server that is not there ends the service after ``startup_timeout``; afterwards the service
waits for it as long as it takes, inside its consumer group, and says so.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

import stamina
import structlog

from ingest.counts import Count
from ingest.ports import Refused, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from threading import Event

    from ingest.pipeline import Pipeline
    from ingest.ports import Batch, Partition, Signatures, Sink, Source, WriteReport

_POLL_SECONDS = 0.5
_LONGEST_WAIT = 5.0

_T = TypeVar("_T")

log = structlog.get_logger(__name__)


class Stopped(Exception):
    """The service was asked to end while it waited for a server: nothing more is written or committed."""


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
    for contact in (sink.ping, lambda: source.subscribe(_Told(pipeline))):
        for attempt in stamina.retry_context(on=Unavailable, attempts=None, timeout=timeout, wait_max=_LONGEST_WAIT):
            with attempt:
                if stop.is_set():
                    raise Stopped
                contact()


def run(source: Source, sink: Sink, signatures: Signatures, pipeline: Pipeline, stop: Event, watch: Watch) -> None:
    """Work until ``stop`` is set, then leave the group. What was read and not written is read again by the next run."""
    log.info("started")
    try:
        while not stop.is_set():
            _turn(source, sink, signatures, pipeline, stop, watch)
    except Stopped:
        log.info("stopped_while_waiting")
    finally:
        source.close()
        counts = {str(name): count for name, count in sorted(pipeline.counts.items())}
        log.info("stopped", **counts, unread_by_wording=dict(pipeline.unread))


def _turn(source: Source, sink: Sink, signatures: Signatures, pipeline: Pipeline, stop: Event, watch: Watch) -> None:
    """One poll: its records, their documents, and the commit that follows them."""
    patient = _Patient(source, stop, watch)
    batch = patient.until_done(lambda: source.poll(_POLL_SECONDS))
    output = pipeline.step(batch, datetime.now(UTC))
    documents = patient.until_done(lambda: pipeline.join(output))
    if documents:
        _store(patient, sink, pipeline, lambda: sink.write(documents))
    if output.sightings:
        _store(patient, sink, pipeline, lambda: signatures.record(output.sightings))
    patient.until_done(lambda: source.commit(pipeline.committable()))
    watch.turned(batch, pipeline)


def _store(patient: _Patient, sink: Sink, pipeline: Pipeline, write: Callable[[], WriteReport]) -> None:
    report = patient.until_done(write)
    _count(pipeline, report)
    if report.refused:
        dead = pipeline.refused(report.refused)
        log.warning("documents_refused", count=len(dead), reason=report.refused[0].reason)
        _count(pipeline, patient.until_done(lambda: sink.write(dead)))


def _count(pipeline: Pipeline, report: WriteReport) -> None:
    pipeline.counts[Count.DOCUMENTS_WRITTEN] += report.written
    pipeline.counts[Count.DOCUMENTS_STALE] += report.stale
    pipeline.counts[Count.DOCUMENTS_REFUSED] += len(report.refused)


class _Patient:
    """Repeats a call until it succeeds, staying in the consumer group meanwhile. The one place that waits."""

    def __init__(self, source: Source, stop: Event, watch: Watch) -> None:
        self._source = source
        self._stop = stop
        self._watch = watch

    def until_done(self, call: Callable[[], _T]) -> _T:
        """The result of ``call``. Raises ``Stopped`` where the service is to end while it waits."""
        for attempt in stamina.retry_context(
            on=(Unavailable, Refused), attempts=None, timeout=None, wait_max=_LONGEST_WAIT
        ):
            with attempt:
                if attempt.num > 1:
                    self._wait(attempt.num)
                try:
                    return call()
                except (Unavailable, Refused) as error:
                    log.warning("waiting", reason=str(error))
                    self._watch.waiting(str(error))
                    raise
        raise AssertionError("unreachable: the retries do not end")

    def _wait(self, number: int) -> None:
        if self._stop.is_set():
            raise Stopped
        log.debug("trying_again", attempt=number)
        self._source.keep_alive()


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
