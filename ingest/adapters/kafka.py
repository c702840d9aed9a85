"""Records from Kafka: a consumer group, manual commits, and changes of assignment told in the caller's thread."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import structlog
from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.errors import (
    CommitFailedError,
    FencedInstanceIdError,
    IllegalGenerationError,
    KafkaError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)

from ingest.adapters import kafka_receiving
from ingest.adapters.kafka_batches import KafkaBatch, raw_of
from ingest.adapters.kafka_client import connection, create_no_topics, failure, reaching
from ingest.adapters.kafka_fetching import hand_out_batches
from ingest.adapters.kafka_group import Membership
from ingest.adapters.pace import Pace
from ingest.ports import Assignment, Batch, Halted, Partition, Refused, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ingest.config import KafkaSettings
    from ingest.model import Packed, Raw

_FIRST_CONTACT_MS = 3_000
_CLOSE_MS = 3_000
_COMMIT_MS = 3_000
_JOIN_MS = 4_000
_RECONNECT_MS = 2_000
_RECORDS_AT_ONCE = 1_000
_FETCHED_AT_ONCE, _OF_ONE_PARTITION = 8 << 20, 1 << 20
"""Compressed bytes of one answer: what is read in one turn must be worked off within seconds, also on SIGTERM."""
_OF_ONE_RECORD = 20
"""The same of a record, roughly: with a limit of records per second one answer brings about a second's worth."""
_SESSION_MS = 15_000
"""A worker that died is replaced after this long; one that lives is heard of five times as often."""
MAX_POLL_INTERVAL_MS = 300_000
"""The group gives away what a worker reads that has not polled for this long. The loop polls every few seconds."""
_LOST_MEMBERSHIP = (CommitFailedError, IllegalGenerationError, RebalanceInProgressError, UnknownMemberIdError)

log = structlog.get_logger(__name__)


class KafkaSource:
    """Implements ``ports.Source``.

    Args:
        settings: Brokers, topics, group.
        packed: Whether the library's insides may be used: records then come in whole batches.
    """

    def __init__(self, settings: KafkaSettings, *, packed: bool = True) -> None:
        self._settings = settings
        self._packed = packed
        self._consumer: Any = None
        self._membership: Membership
        self._joined = False
        self._failed: KafkaError | None = None
        """What went wrong when records were in hand already: the next poll tells of it."""
        self._pace = Pace(settings.rate)

    def subscribe(self, assignment: Assignment) -> None:
        """Join the group; see ``ports.Source``."""
        settings = self._settings
        membership = Membership(assignment)
        fetched = _FETCHED_AT_ONCE if settings.rate is None else int(settings.rate * _OF_ONE_RECORD)
        with reaching(settings):
            consumer = KafkaConsumer(
                **connection(settings),
                **(kafka_receiving.in_place() if self._packed else {}),
                group_id=settings.group,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                bootstrap_timeout_ms=_FIRST_CONTACT_MS,
                max_poll_records=_RECORDS_AT_ONCE,
                session_timeout_ms=_SESSION_MS,
                max_poll_interval_ms=MAX_POLL_INTERVAL_MS,
                group_instance_id=settings.group_instance_id,
                partition_assignment_strategy=[membership.assignor],
                isolation_level="read_committed",
                fetch_max_bytes=min(_FETCHED_AT_ONCE, max(fetched, 1)),
                max_partition_fetch_bytes=min(_OF_ONE_PARTITION, max(fetched, 1)),
                reconnect_backoff_max_ms=_RECONNECT_MS,
            )
        # Else one that somebody deletes is back at once, with the broker's default partitions.
        create_no_topics(consumer)
        try:
            self._demand_topics(consumer)
        except (Unavailable, Refused):
            consumer.close(autocommit=False, timeout_ms=_CLOSE_MS)
            raise
        self._packed = self._packed and hand_out_batches(consumer)
        consumer.subscribe(list(settings.topics), listener=membership)
        self._consumer, self._membership = consumer, membership

    def poll(self, timeout: float) -> Batch:
        """The next records; see ``ports.Source``."""
        failed, self._failed = self._failed, None
        if failed is not None:
            raise failure(self._settings, failed) from failed
        self._membership.tell()
        if not self._stay():
            self._prove()
        owed = self._pace.owed()
        if owed:
            time.sleep(min(owed, timeout))
            found = {}
        else:
            with self._failures():
                found = self._consumer.poll(timeout_ms=int(timeout * 1000))
                if found:
                    self._read_ahead()
            if not self._consumer.assignment():
                self._demand_topics(self._consumer)
        self._membership.tell()
        records = {_partition(place): [_taken(record) for record in group] for place, group in found.items()}
        self._pace.took(sum(_count(each) for group in records.values() for each in group))
        behind = dict(self._behind())
        # Whoever waits has not asked the broker whether there is more.
        at_end = frozenset(partition for partition, count in behind.items() if not count and not owed)
        return Batch(records, at_end, behind, dict(self._reached()))

    def keep_alive(self) -> None:
        """Stay in the group; nothing is fetched before the next poll.

        While a revoked partition's documents are being written the group waits for us, for a limited time.
        """
        if not self._membership.must_wait():
            self._stay()

    def commit(self, next_offsets: Mapping[Partition, int]) -> None:
        """Remember where a restart begins; see ``ports.Source``."""
        offsets = {
            place: OffsetAndMetadata(offset, "", -1)
            for partition, offset in next_offsets.items()
            if self._membership.may_commit(place := TopicPartition(partition.topic, partition.number))
        }
        if not offsets:
            return
        try:
            with self._failures():
                self._consumer.commit(offsets, timeout_ms=_COMMIT_MS)
        except RebalanceInProgressError:
            log.debug("commit_postponed")  # The next turn commits it.
        except _LOST_MEMBERSHIP as error:
            # The partitions went to another worker, which reads these records again; their ids make that harmless.
            log.warning("commit_refused", reason=str(error))

    def close(self) -> None:
        """Leave the group; a worker with a name of its own keeps its place for a restart."""
        if self._consumer is not None:
            self._consumer.close(autocommit=False, timeout_ms=_CLOSE_MS)
            self._consumer = None

    def _stay(self) -> bool:
        """What the library's poll does first, alone: take part in a rebalance, and be seen. Whether it came to its end.

        Its poll cannot be used for that: it would go on to the second round, in which revoked partitions get their next
        owners, in the same call; and a join that does not end within one call is begun anew by the next.
        """
        coordinator = self._consumer._coordinator  # noqa: SLF001  see above
        self._membership.polls()
        with self._failures():
            joined = coordinator.poll(timeout_ms=_JOIN_MS)
        if joined and not self._joined:
            self._joined = True
            if self._settings.group_instance_id is not None:
                # The last of this name may have ended between the two rounds of a rebalance. Its place comes back
                # without another round, and what it had given up would belong to nobody: ask for that round.
                coordinator.request_rejoin()
        return bool(joined)

    def _prove(self) -> None:
        """Raise ``Unavailable`` where nobody answers for the group: who has no partition would not notice otherwise."""
        consumer, settings = self._consumer, self._settings
        if not consumer.assignment() and consumer._coordinator.coordinator_unknown():  # noqa: SLF001  see above
            where, group = settings.bootstrap_servers, settings.group
            raise Unavailable(
                f"Kafka at {where} names nobody who keeps the group {group!r}: it is away, hangs or starts"
            )

    def _demand_topics(self, consumer: Any) -> None:
        """Raise ``Refused`` where a topic is not there: of one that is deleted the group only takes the partitions."""
        settings = self._settings
        with self._failures():
            missing = [topic for topic in settings.topics if not consumer.partitions_for_topic(topic)]
        if missing:
            names = ", ".join(missing)
            raise Refused(
                f"Kafka at {settings.bootstrap_servers} shows us no topic {names}: create it, grant Read on it "
                "(docs/least-privilege.md), or set kafka.topics"
            )

    def _read_ahead(self) -> None:
        """Ask for what comes next, so that it is on its way while this is worked off.

        Where the library has waited for an answer it asks for the next one only when it is polled again.
        """
        fetcher = self._consumer._fetcher  # noqa: SLF001  see above
        if self._packed and not fetcher.in_flight_fetches():
            # What was read is in hand, and its offsets are passed: what is wrong now the next poll will tell.
            with suppress(KafkaError):
                fetcher.send_fetches()

    def _reached(self) -> Iterator[tuple[Partition, int]]:
        """The next offset of each partition: beyond the last record too, where transactions end or were given up."""
        for place in self._consumer.assignment():
            position = self._position(place)
            if position is not None:
                yield _partition(place), position

    def _behind(self) -> Iterator[tuple[Partition, int]]:
        """How many records each partition has beyond the last one read, where the broker has said so already."""
        for place in self._consumer.assignment():
            end, position = self._consumer.highwater(place), self._position(place)
            if end is not None and position is not None:
                yield _partition(place), max(end - position, 0)

    def _position(self, place: Any) -> int | None:
        """The next offset, where it is known. The library tells here, too, what became of requests for others."""
        try:
            return self._consumer.position(place, timeout_ms=0)  # type: ignore[no-any-return]  # it has no types
        except KafkaError as error:
            self._failed = error
            return None

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Turn Kafka's errors into those of the ports; a lost membership is left to the caller."""
        try:
            yield
        except _LOST_MEMBERSHIP:
            raise
        except FencedInstanceIdError as error:
            raise Halted(
                f"another worker has the name {self._settings.group_instance_id!r} and took this one's place in the "
                f"group {self._settings.group!r}: set kafka.group_instance_id differently for each worker"
            ) from error
        except KafkaError as error:
            raise failure(self._settings, error) from error


def _partition(place: Any) -> Partition:
    return Partition(place.topic, place.partition)


def _taken(record: Any) -> Raw | Packed:
    return record.value if isinstance(record.value, KafkaBatch) else raw_of(record, record.topic, record.partition)


def _count(taken: Raw | Packed) -> int:
    return len(taken) if isinstance(taken, KafkaBatch) else 1
