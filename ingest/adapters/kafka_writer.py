"""Records to Kafka, each acknowledged by all replicas before the call returns."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from kafka import KafkaProducer
from kafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError

from ingest.adapters.kafka_client import connection, create_no_topics, failure, reaching
from ingest.ports import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.config import KafkaSettings
    from ingest.ports import Outgoing

_FIRST_CONTACT_MS = 3_000
_DELIVERY_MS = 20_000
_BLOCK_MS = 10_000
_CLOSE_SECONDS = 3
_MAX_REQUEST = 64 << 20
"""Bytes before they are compressed: what a broker has taken once, from whatever client, can be written again."""


class KafkaWriter:
    """Implements ``ports.Writer`` with an idempotent producer: what it sends again by itself is stored once, in order.

    Args:
        settings: The brokers.
        topics: What will be written to; ``connect`` proves that they are there.
    """

    def __init__(self, settings: KafkaSettings, topics: Sequence[str]) -> None:
        self._settings = settings
        self._topics = topics
        self._producer: Any = None

    def connect(self) -> None:
        """Reach the brokers. Raises ``Unavailable`` or ``Refused``."""
        if self._producer is not None:
            return
        with reaching(self._settings):
            producer = KafkaProducer(
                **connection(self._settings),
                enable_idempotence=True,
                acks="all",
                compression_type="gzip",
                linger_ms=5,
                max_request_size=_MAX_REQUEST,
                bootstrap_timeout_ms=_FIRST_CONTACT_MS,
                delivery_timeout_ms=_DELIVERY_MS,
                request_timeout_ms=_DELIVERY_MS // 2,
                max_block_ms=_BLOCK_MS,
            )
        create_no_topics(producer)
        self._producer = producer
        for topic in self._topics:
            self._prove(topic)

    def write(self, records: Sequence[Outgoing]) -> None:
        """Send records and wait until each is acknowledged; see ``ports.Writer``.

        None is stamped later than now: since Kafka 4 a topic refuses what is an hour ahead, and would do so for ever.
        """
        self.connect()
        now = datetime.now(UTC)
        try:
            sent = [
                self._producer.send(
                    record.topic,
                    value=record.value,
                    key=record.key,
                    headers=list(record.headers),
                    partition=record.partition,
                    timestamp_ms=round(min(record.at, now).timestamp() * 1000),
                )
                for record in records
            ]
            self._producer.flush(timeout=_DELIVERY_MS / 1000)
            for future in sent:
                future.get(timeout=_DELIVERY_MS / 1000)
        except KafkaError as error:
            self.close()  # A producer that has lost a record keeps no order any more; the next one starts afresh.
            if isinstance(error, MessageSizeTooLargeError | RecordListTooLargeError):
                raise Refused(
                    f"Kafka at {self._settings.bootstrap_servers} takes no record of this size: "
                    f"raise max.message.bytes of {', '.join({record.topic for record in records})}"
                ) from error
            raise failure(self._settings, error) from error

    def close(self) -> None:
        """End the connection; what was not acknowledged is given up."""
        if self._producer is not None:
            self._producer.close(timeout=_CLOSE_SECONDS)
            self._producer = None

    def _prove(self, topic: str) -> None:
        """The topic is there and shown to us; the library would wait for it for as long as it may block."""
        try:
            found = self._producer.partitions_for(topic)
        except KafkaError:
            found = None
        if not found:
            self.close()
            raise Refused(
                f"Kafka at {self._settings.bootstrap_servers} shows us no topic {topic}: "
                "create it, or grant Write on it (docs/least-privilege.md)"
            )
