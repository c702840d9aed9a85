"""The made fleet's lines in topics, as shippers write them: keyed by host, compressed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from zlib import crc32

import orjson

from bench.speed.lines import Logged
from ingest.adapters import kafka_admin
from ingest.timestamps import iso

_AN_HOUR = timedelta(hours=1)


def load(
    bootstrap: str,
    topic: str,
    lines: Iterable[Logged],
    partitions: int,
    codec: str = "lz4",
    *,
    beats: bool = False,
    goes_on: timedelta = _AN_HOUR,
) -> None:
    """Write lines, and one some time later into each partition: a fleet goes on, and that lets the last reports end."""
    from confluent_kafka import Producer  # noqa: PLC0415  only the benchmark has it

    kafka_admin.create_topic(bootstrap, topic, partitions)
    settings = {
        "bootstrap.servers": bootstrap,
        "compression.type": codec,
        "linger.ms": 50,
        "queue.buffering.max.messages": 1_000_000,
        "batch.size": 1_000_000,
    }
    producer = Producer(settings)

    def write(line: Logged, partition: int) -> None:
        value = _beats(line) if beats else line.text.encode()
        stamp = int(line.at.timestamp() * 1000)
        while True:
            try:
                producer.produce(topic, value, line.host.encode(), partition, timestamp=stamp)
            except BufferError:
                producer.poll(0.1)
            else:
                producer.poll(0)
                return

    last = None
    for last in lines:
        write(last, crc32(last.host.encode()) % partitions)
    if last is not None:
        at = last.at + goes_on
        text = f"{at:%b %d %H:%M:%S} later systemd[1]: Reached target Multi-User System."
        for partition in range(partitions):
            write(Logged("later", at, text, of_report=False), partition)
    producer.flush()


def _beats(line: Logged) -> bytes:
    """As Filebeat writes a line of a file to Kafka."""
    record = {
        "@timestamp": iso(line.at),
        "@metadata": {"beat": "filebeat", "type": "_doc", "version": "9.1.0"},
        "log": {"offset": 81_223_904, "file": {"path": "/var/log/syslog"}},
        "message": line.text,
        "input": {"type": "filestream"},
        "agent": {
            "id": "6ca3f4a0-2f4d-4a52-9a66-1f0b8d3f5c11",
            "name": line.host,
            "type": "filebeat",
            "version": "9.1.0",
            "ephemeral_id": "f6b8a9e2-4f3b-4c06-8d6a-3b7f5c1e9d20",
        },
        "ecs": {"version": "8.0.0"},
        "host": {"name": line.host},
    }
    return orjson.dumps(record)
