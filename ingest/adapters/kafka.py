"""Records from Kafka: a consumer group, manual commits, and changes of assignment told in the caller's thread."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog
from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.consumer.subscription_state import ConsumerRebalanceListener
from kafka.errors import (
    CommitFailedError,
    IllegalGenerationError,
    KafkaError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)

from ingest.adapters.kafka_client import connection, failure, reaching
from ingest.model import Origin, Raw
from ingest.ports import Assignment, Batch, Partition, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from ingest.config import KafkaSettings

_FIRST_CONTACT_MS = 3_000
_CLOSE_MS = 5_000
_RECORDS_AT_ONCE = 2_000
_SESSION_MS = 15_000
"""A worker that died is replaced after this long; one that lives is heard of five times as often."""
_HOST_HEADERS = frozenset({"host", "hostname", "host.name", "host.hostname"})
_HOST_NAME = re.compile(rb"(?!\d+$)[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})")
_LOST_MEMBERSHIP = (CommitFailedError, IllegalGenerationError, RebalanceInProgressError, UnknownMemberIdError)

log = structlog.get_logger(__name__)


class KafkaSource:
    """Implements ``ports.Source``.

    Args:
        settings: Brokers, topics, group.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._consumer: Any = None
        self.changes: list[Callable[[], None]] = []
        self._early: dict[Any, list[Any]] = {}
        self._rewind: set[Any] = set()

    def subscribe(self, assignment: Assignment) -> None:
        """Join the group; see ``ports.Source``."""
        settings = self._settings
        with reaching(settings):
            consumer = KafkaConsumer(
                **connection(settings),
                group_id=settings.group,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                bootstrap_timeout_ms=_FIRST_CONTACT_MS,
                max_poll_records=_RECORDS_AT_ONCE,
                session_timeout_ms=_SESSION_MS,
            )
        try:
            missing = [topic for topic in settings.topics if not consumer.partitions_for_topic(topic)]
        except KafkaError as error:
            consumer.close(autocommit=False, timeout_ms=_CLOSE_MS)
            raise failure(self._settings, error) from error
        if missing:
            consumer.close(autocommit=False, timeout_ms=_CLOSE_MS)
            names = ", ".join(missing)
            raise Refused(
                f"Kafka at {settings.bootstrap_servers} shows us no topic {names}: create it, grant Read on it "
                "(docs/least-privilege.md), or set kafka.topics"
            )
        consumer.subscribe(list(settings.topics), listener=_Listener(assignment, self))
        self._consumer = consumer

    def poll(self, timeout: float) -> Batch:
        """The next records; see ``ports.Source``."""
        if not self._early:
            self._poll(int(timeout * 1000))
        found, self._early = self._early, {}
        records = {Partition(place.topic, place.partition): [_raw(r) for r in group] for place, group in found.items()}
        behind = dict(self._behind())
        return Batch(records, frozenset(partition for partition, count in behind.items() if not count), behind)

    def keep_alive(self) -> None:
        """Stay in the group; records of partitions that come in meanwhile are kept for the next poll."""
        paused = self._consumer.assignment()
        self._consumer.pause(*paused)
        self._poll(0)
        self._consumer.resume(*(paused & self._consumer.assignment()))

    def commit(self, next_offsets: Mapping[Partition, int]) -> None:
        """Remember where a restart begins; see ``ports.Source``."""
        mine = self._consumer.assignment()
        offsets = {
            place: OffsetAndMetadata(offset, "", -1)
            for partition, offset in next_offsets.items()
            if (place := TopicPartition(partition.topic, partition.number)) in mine
        }
        if not offsets:
            return
        try:
            with self._failures():
                self._consumer.commit(offsets)
        except _LOST_MEMBERSHIP as error:
            # The partitions went to another worker, which reads these records again; their ids make that harmless.
            log.warning("commit_refused", reason=str(error))

    def close(self) -> None:
        """Leave the group."""
        if self._consumer is not None:
            self._consumer.close(autocommit=False, timeout_ms=_CLOSE_MS)
            self._consumer = None

    def _poll(self, timeout_ms: int) -> None:
        """Keep what comes for ``poll``, and tell of changes of assignment."""
        with self._failures():
            found = self._consumer.poll(timeout_ms=timeout_ms)
        for place, group in found.items():
            self._early.setdefault(place, []).extend(group)
        changes = list(self.changes)
        del self.changes[: len(changes)]
        for change in changes:
            change()
        self._go_back()

    def _go_back(self) -> None:
        """Read partitions that came in from their committed offsets on.

        The library keeps its place in a partition that a rebalance takes away and gives back at once, beyond lines that
        the pipeline has dropped meanwhile.
        """
        for place in sorted(self._rewind):
            self._early.pop(place, None)
            if place in self._consumer.assignment():
                with self._failures():
                    committed = self._consumer.committed(place)
                    if committed is None:
                        self._consumer.seek_to_beginning(place)
                    else:
                        self._consumer.seek(place, committed)
            self._rewind.discard(place)

    def came(self, partitions: Collection[Partition]) -> None:
        """Note partitions that came in; see ``_go_back``."""
        self._rewind |= {TopicPartition(partition.topic, partition.number) for partition in partitions}

    def gone(self, partitions: Collection[Partition]) -> None:
        """Forget records that were kept for the next poll: whoever reads these partitions now reads them again."""
        for partition in partitions:
            self._early.pop(TopicPartition(partition.topic, partition.number), None)

    def _behind(self) -> Iterator[tuple[Partition, int]]:
        """How many records each partition has beyond the last one read, where the broker has said so already."""
        for place in self._consumer.assignment():
            end, position = self._consumer.highwater(place), self._consumer.position(place, timeout_ms=0)
            if end is not None and position is not None:
                yield Partition(place.topic, place.partition), max(end - position, 0)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Turn Kafka's errors into those of the ports; a lost membership is left to the caller."""
        try:
            yield
        except _LOST_MEMBERSHIP:
            raise
        except KafkaError as error:
            raise failure(self._settings, error) from error


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # the library has no types
    """Notes changes of assignment. It is called in the client's own thread, so it does nothing but take notes.

    Nothing has to be committed when partitions are revoked: the loop commits after every write, before it polls again.
    """

    def __init__(self, assignment: Assignment, source: KafkaSource) -> None:
        self._assignment = assignment
        self._source = source

    def on_partitions_assigned(self, assigned: Collection[Any]) -> None:
        """See ``ports.Assignment``."""
        self._note(self._source.came, assigned)
        self._note(self._assignment.assigned, assigned)

    def on_partitions_revoked(self, revoked: Collection[Any]) -> None:
        """See ``ports.Assignment``."""
        self._note(self._source.gone, revoked)
        self._note(self._assignment.revoked, revoked)

    def on_partitions_lost(self, lost: Collection[Any]) -> None:
        """See ``ports.Assignment``. Without this the library would call ``on_partitions_revoked``."""
        self._note(self._source.gone, lost)
        self._note(self._assignment.lost, lost)

    def _note(self, tell: Callable[[Collection[Partition]], None], places: Collection[Any]) -> None:
        partitions = [Partition(place.topic, place.partition) for place in places]
        if partitions:
            self._source.changes.append(lambda: tell(partitions))


def _raw(record: Any) -> Raw:
    recorded_at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
    return Raw(Origin(record.topic, record.partition, record.offset), record.value, recorded_at, _host(record))


def _host(record: Any) -> str | None:
    """The host that a header or the record's key names; keys that are plain numbers or no names are none."""
    named = next((value for name, value in record.headers or () if name.lower() in _HOST_HEADERS), None) or record.key
    found = _HOST_NAME.fullmatch(named) if named else None
    return found[0].decode() if found else None
