"""Records of Kafka read by their place, outside of any consumer group."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from ingest.adapters.kafka_batches import stamped
from ingest.adapters.kafka_client import connection, failure, reaching
from ingest.ports import Outgoing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.config import KafkaSettings

_FIRST_CONTACT_MS = 3_000
_POLL_MS = 1_000
_PATIENCE = 10


class KafkaRecords:
    """A reader that joins no group and commits nothing.

    Args:
        settings: The brokers.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        with reaching(settings):
            self._consumer = KafkaConsumer(
                **connection(settings),
                enable_auto_commit=False,
                allow_auto_create_topics=False,
                auto_offset_reset="earliest",
                bootstrap_timeout_ms=_FIRST_CONTACT_MS,
                isolation_level="read_committed",
            )

    def at(self, topic: str, partition: int, offset: int) -> Outgoing | None:
        """A record as it can be written again to where it stands; ``None`` where it is not kept any more."""
        place = TopicPartition(topic, partition)
        with self._failures():
            if partition not in (self._consumer.partitions_for_topic(topic) or ()):
                return None
            if (
                not self._consumer.beginning_offsets([place])[place]
                <= offset
                < self._consumer.end_offsets([place])[place]
            ):
                return None
            self._consumer.assign([place])
            self._consumer.seek(place, offset)
            for _ in range(_PATIENCE):
                for record in self._consumer.poll(timeout_ms=_POLL_MS, max_records=1).get(place, ()):
                    return outgoing(record) if record.offset == offset else None
        return None

    def all(self, topic: str) -> Iterator[Any]:
        """Every record of a topic that is there now, partition by partition."""
        with self._failures():
            places = [TopicPartition(topic, number) for number in self._consumer.partitions_for_topic(topic) or ()]
            ends = self._consumer.end_offsets(places) if places else {}
        for place in places:
            yield from self._up_to(place, ends[place])

    def close(self) -> None:
        """End the connection."""
        self._consumer.close()

    def _up_to(self, place: Any, end: int) -> Iterator[Any]:
        with self._failures():
            self._consumer.assign([place])
            self._consumer.seek_to_beginning(place)
            silent = 0
            while self._consumer.position(place) < end and silent < _PATIENCE:
                found = self._consumer.poll(timeout_ms=_POLL_MS).get(place, ())
                silent = 0 if found else silent + 1
                yield from found

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except KafkaError as error:
            raise failure(self._settings, error) from error


def outgoing(record: Any) -> Outgoing:
    """A record of the library as one to be written: where it stands, with all that it carries."""
    at = stamped(record.timestamp)
    headers = tuple((name, value) for name, value in record.headers or () if value is not None)
    return Outgoing(record.topic, record.key, record.value, at, headers, record.partition)
