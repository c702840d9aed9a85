"""One reader in a process of its own: ``python -m bench.speed.readers NAME ARGUMENTS`` prints what it did as JSON.

The clock runs from the first record on, so that nobody pays for joining a group.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest.adapters import files
from ingest.adapters.kafka import KafkaSource
from ingest.assemble import Bounds
from ingest.collector import look_seldom
from ingest.config import KafkaSettings
from ingest.counts import Count
from ingest.envelope import Envelope
from ingest.model import TimeSource
from ingest.offline import NoHeads, documents
from ingest.pipeline import Pipeline
from tests.sources import Nobody

Result = dict[str, float]


def ours(bootstrap: str, topic: str, count: str) -> Result:
    """The service's own source and pipeline, to finished documents in memory."""
    source = KafkaSource(KafkaSettings(bootstrap_servers=bootstrap, topics=(topic,), group=f"{topic}-{time.time_ns()}"))
    source.subscribe(Nobody())
    pipeline = Pipeline(Envelope(), Bounds(), timedelta(minutes=5), NoHeads())
    made, began = 0, 0.0
    while pipeline.counts[Count.RECORDS] < int(count):
        batch = source.poll(0.5)
        began = began or (time.perf_counter() if batch.records else 0.0)
        made += len(pipeline.join(pipeline.step(batch, datetime.now(UTC))))
    made += len(pipeline.join(pipeline.finish()))
    seconds = time.perf_counter() - began
    source.close()
    return {"seconds": seconds, "lines": pipeline.counts[Count.RECORDS], "documents": made}


def kafka_python(bootstrap: str, topic: str, count: str) -> Result:
    """kafka-python's own poll, records counted."""
    from kafka import KafkaConsumer, TopicPartition  # noqa: PLC0415  each reader loads its own library

    consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False)
    consumer.assign([TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)])
    read, began = 0, 0.0
    while read < int(count):
        found = consumer.poll(timeout_ms=500, max_records=2_000)
        began = began or (time.perf_counter() if found else 0.0)
        read += sum(len(group) for group in found.values())
    seconds = time.perf_counter() - began
    consumer.close()
    return {"seconds": seconds, "lines": read}


def confluent(bootstrap: str, topic: str, count: str) -> Result:
    """confluent-kafka (librdkafka), values read."""
    from confluent_kafka import Consumer, TopicPartition  # noqa: PLC0415

    settings = {
        "bootstrap.servers": bootstrap,
        "group.id": f"{topic}-c",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        # With the default of a second it stalls whenever its queue is full.
        "fetch.queue.backoff.ms": 10,
    }
    consumer = Consumer(settings)
    partitions = consumer.list_topics(topic).topics[topic].partitions
    consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
    read, began = 0, 0.0
    while read < int(count):
        found = consumer.consume(10_000, 0.5)
        began = began or (time.perf_counter() if found else 0.0)
        read += sum(message.value() is not None for message in found)
    seconds = time.perf_counter() - began
    consumer.close()
    return {"seconds": seconds, "lines": read}


def parse(path: str) -> Result:
    """What ``oom-ingest parse`` does with a file, documents counted."""
    began = time.perf_counter()
    hint = datetime(2026, 11, 21, tzinfo=UTC)
    blocks = files.blocks(Path(path), hint)
    made = sum(1 for _ in documents(blocks, Envelope(hint_source=TimeSource.FILE), Bounds(), timedelta(minutes=5)))
    return {"seconds": time.perf_counter() - began, "documents": made}


READERS: dict[str, Callable[..., Result]] = {
    "ours": ours, "kafka-python": kafka_python, "confluent-kafka": confluent, "parse": parse,
}  # fmt: skip


if __name__ == "__main__":
    look_seldom()  # as the command does
    result = READERS[sys.argv[1]](*sys.argv[2:])
    used = resource.getrusage(resource.RUSAGE_SELF)
    result |= {"cpu": used.ru_utime + used.ru_stime, "rss_mb": used.ru_maxrss / 1024}
    print(json.dumps(result))
