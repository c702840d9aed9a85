"""Topics and records for the demo and the tests: what an operator and a shipper do elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


def create_topic(bootstrap: str, topic: str, partitions: int) -> bool:
    """Create a topic; ``False`` if it was there already."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        admin.create_topics([NewTopic(topic, partitions, 1)])
    except TopicAlreadyExistsError:
        return False
    finally:
        admin.close()
    return True


def produce(
    bootstrap: str, topic: str, records: Iterable[tuple[bytes | None, bytes | None, datetime]], codec: str = "gzip"
) -> int:
    """Write records of (key, value, time stamp) in order; returns how many."""
    producer = KafkaProducer(bootstrap_servers=bootstrap, compression_type=codec, linger_ms=20, acks="all")
    count = 0
    try:
        for key, value, at in records:
            producer.send(topic, value=value, key=key, timestamp_ms=int(at.timestamp() * 1000))
            count += 1
        producer.flush(timeout=30)
    finally:
        producer.close()
    return count


def is_read(bootstrap: str, topic: str, group: str) -> bool:
    """Whether a group has committed every partition of a topic up to its end."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap)
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        consumer.bootstrap(timeout_ms=10_000)
        places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        ends = {place: end for place, end in consumer.end_offsets(places).items() if end}
        committed = admin.list_group_offsets(group)[group]
    except KafkaError:
        return False
    finally:
        admin.close()
        consumer.close()
    return all(place in committed and committed[place].offset == end for place, end in ends.items())
