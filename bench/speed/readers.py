"""One reader in a process of its own: ``python -m bench.speed.readers NAME ARGUMENTS`` prints what it did as JSON.

The clock runs from the first record on, so that nobody pays for joining a group.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest.adapters import files
from ingest.adapters.kafka import KafkaSource
from ingest.assemble import Bounds
from ingest.cli.collector import look_seldom
from ingest.config import KafkaSettings
from ingest.counts import Count
from ingest.envelope import Envelope
from ingest.model import TimeSource
from ingest.offline import NoHeads, documents
from ingest.pipeline import Pipeline
from ingest.rehearsal import rehearse
from tests.sources import Nobody

Result = dict[str, float]

_NPD = re.compile(r"Killed process \d+ (.+) total-vm:\d+kB, anon-rss:\d+kB, file-rss:\d+kB.*")
"""The rule OOMKilling of node-problem-detector's kernel-monitor.json."""


class _Clock:
    """Wall and CPU seconds since it began."""

    def __init__(self) -> None:
        self._began: tuple[float, float] | None = None

    def begin(self) -> None:
        """Start, unless it runs already."""
        self._began = self._began or (time.perf_counter(), time.process_time())

    def result(self, **counts: float) -> Result:
        """What it shows, with what was counted."""
        wall, cpu = self._began or (time.perf_counter(), time.process_time())
        return {"seconds": time.perf_counter() - wall, "work": time.process_time() - cpu, **counts}


def ours(bootstrap: str, topic: str, count: str) -> Result:
    """The service's own source and pipeline, to finished documents in memory."""
    stages = (Envelope(), Bounds(), timedelta(minutes=5))
    rehearse(*stages)
    pipeline = Pipeline(*stages, NoHeads())
    source = KafkaSource(KafkaSettings(bootstrap_servers=bootstrap, topics=(topic,), group=f"{topic}-{time.time_ns()}"))
    source.subscribe(Nobody())
    made, clock = 0, _Clock()
    while pipeline.counts[Count.RECORDS] < int(count):
        batch = source.poll(0.5)
        if batch.records:
            clock.begin()
        made += len(pipeline.join(pipeline.step(batch, datetime.now(UTC))))
    made += len(pipeline.join(pipeline.finish()))
    result = clock.result(lines=pipeline.counts[Count.RECORDS], documents=made)
    source.close()
    return result


def kafka_python(bootstrap: str, topic: str, count: str) -> Result:
    """kafka-python's own poll, records counted."""
    from kafka import KafkaConsumer, TopicPartition  # noqa: PLC0415  each reader loads its own library

    consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False)
    consumer.assign([TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)])
    read, clock = 0, _Clock()
    while read < int(count):
        found = consumer.poll(timeout_ms=500, max_records=2_000)
        if found:
            clock.begin()
        read += sum(len(group) for group in found.values())
    result = clock.result(lines=read)
    consumer.close()
    return result


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
    read, clock = 0, _Clock()
    while read < int(count):
        found = consumer.consume(10_000, 0.5)
        if found:
            clock.begin()
        read += sum(message.value() is not None for message in found)
    result = clock.result(lines=read)
    consumer.close()
    return result


def parse(path: str) -> Result:
    """What ``oom-ingest parse`` does with a file, documents counted."""
    clock = _Clock()
    clock.begin()
    hint = datetime(2026, 11, 21, tzinfo=UTC)
    blocks = files.blocks(Path(path), hint)
    made = sum(1 for _ in documents(blocks, Envelope(hint_source=TimeSource.FILE), Bounds(), timedelta(minutes=5)))
    return clock.result(documents=made)


def node_problem_detector(path: str) -> Result:
    """Its one rule for OOM, line by line as it goes, in Python's ``re``: it tells that there was a kill."""
    clock = _Clock()
    clock.begin()
    search = _NPD.search
    with Path(path).open(encoding="utf-8", errors="replace") as lines:
        found = sum(1 for line in lines if search(line))
    return clock.result(kills=found)


READERS: dict[str, Callable[..., Result]] = {
    "ours": ours, "kafka-python": kafka_python, "confluent-kafka": confluent,
    "parse": parse, "node-problem-detector": node_problem_detector,
}  # fmt: skip


if __name__ == "__main__":
    look_seldom()  # as the command does
    if waits := sys.argv[1] == "--wait":
        # A profiler attaches here, after the imports.
        print("ready", flush=True)
        sys.stdin.read()
    name, *arguments = sys.argv[1 + waits :]
    print(json.dumps(READERS[name](*arguments)))
