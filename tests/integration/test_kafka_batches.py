"""Whole batches hold the records that the library gives one by one: every codec, transactions, tombstones."""

from __future__ import annotations

import time
from itertools import count
from typing import Any

import kafka as kafka_python
import pytest
from kafka import KafkaAdminClient, KafkaProducer, OffsetAndMetadata, TopicPartition
from structlog.testing import capture_logs

from ingest.adapters import kafka_admin, kafka_fetching
from ingest.adapters.kafka import KafkaSource
from ingest.adapters.kafka_writer import KafkaWriter
from ingest.config import KafkaSettings
from ingest.model import Raw
from ingest.ports import Unavailable
from tests.conftest import Endpoints
from tests.sources import Nobody, one_by_one

pytestmark = pytest.mark.stack
CODECS = (None, "gzip", "snappy", "lz4", "zstd")
LINES = 60


def fill(bootstrap: str, topic: str) -> int:
    """Every codec, keys, headers, tombstones, transactions that end both ways; how many records a reader is given."""
    numbers = count()
    given = 0
    for codec in CODECS:
        producer = KafkaProducer(bootstrap_servers=bootstrap, compression_type=codec, linger_ms=200)
        for number in range(LINES):
            value = None if number % 20 == 7 else f"{codec} {next(numbers)} {'x' * (number * 40)}".encode()
            key = b"web-1" if number % 3 or value is None else None
            producer.send(topic, value, key, headers=[("host", b"db-1")] if number % 5 == 0 else [], partition=0)
            given += 1
        producer.close()
    for ending in ("commit_transaction", "abort_transaction"):
        producer = KafkaProducer(
            bootstrap_servers=bootstrap, transactional_id=f"{topic}-{ending}", compression_type="lz4"
        )
        producer.init_transactions()
        producer.begin_transaction()
        for _ in range(LINES):
            producer.send(topic, f"{ending} {next(numbers)}".encode(), partition=0)
        getattr(producer, ending)()
        producer.close()
        given += LINES if ending == "commit_transaction" else 0
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    producer.send(topic, b"the last", partition=0)
    producer.close()
    return given + 1


def read(stack: Endpoints, topic: str, group: str, *, packed: bool, since: int = 0) -> tuple[list[Raw], bool]:
    settings = KafkaSettings(bootstrap_servers=stack.kafka, topics=(topic,), group=group)
    source = KafkaSource(settings, packed=packed)
    source.subscribe(Nobody())
    found: list[Raw] = []
    came_packed = False
    try:
        if since:
            consumer = source._consumer  # noqa: SLF001
            while not consumer.assignment():
                consumer.poll(timeout_ms=200, max_records=1)
            consumer.commit({TopicPartition(topic, 0): OffsetAndMetadata(since, "", -1)})
            consumer.seek(TopicPartition(topic, 0), since)
        deadline = time.monotonic() + 90
        while not (found and found[-1].value == b"the last") and time.monotonic() < deadline:
            for records in source.poll(0.5).records.values():
                came_packed |= any(not isinstance(each, Raw) for each in records)
                found += one_by_one(records)
    finally:
        source.close()
    return found, came_packed


def test_batches_hold_the_same_records(stack: Endpoints, topic: str) -> None:
    given = fill(stack.kafka, topic)
    theirs, _ = read(stack, topic, f"{topic}-one", packed=False)
    ours, came_packed = read(stack, topic, f"{topic}-whole", packed=True)
    assert came_packed
    assert ours == theirs
    assert len(ours) in (given, given + LINES)  # with what was aborted, unless the consumer leaves it out
    assert {raw.host for raw in ours} == {None, "web-1", "db-1"}
    assert any(raw.value is None for raw in ours)


@pytest.mark.parametrize("since", [1, 75, 130, 200, 299])
def test_a_reader_may_begin_inside_a_batch(stack: Endpoints, topic: str, since: int) -> None:
    fill(stack.kafka, topic)
    theirs, _ = read(stack, topic, f"{topic}-one", packed=False, since=since)
    ours, _ = read(stack, topic, f"{topic}-whole", packed=True, since=since)
    assert ours[0].origin.offset == since
    assert ours == theirs


def test_an_unknown_library_gives_its_records_one_by_one(
    stack: Endpoints, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(stack.kafka, topic)
    monkeypatch.setattr(kafka_python, "__version__", "3.9.1")
    ours, came_packed = read(stack, topic, f"{topic}-new", packed=True)
    assert ours[-1].value == b"the last"
    assert not came_packed


def test_a_damaged_batch_is_named_and_waited_at_while_other_partitions_are_read_on(
    stack: Endpoints, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka_admin.create_topic(stack.kafka, name, 2)
    producer = KafkaProducer(bootstrap_servers=stack.kafka)
    for partition, value in ((0, b"good"), (0, b"damaged"), (0, b"behind"), (1, b"beside")):
        producer.send(name, value, partition=partition).get(30)

    def is_whole(batch: Any) -> bool:
        return (batch._value.place[1], batch._value.next_offset) != (0, 2)  # noqa: SLF001

    monkeypatch.setattr(kafka_fetching._Whole, "validate_crc", is_whole)  # noqa: SLF001
    source = KafkaSource(KafkaSettings(bootstrap_servers=stack.kafka, topics=(name,), group=name))
    source.subscribe(Nobody())
    found: list[Raw] = []
    told: list[str] = []

    def poll() -> None:
        try:
            for records in source.poll(0.5).records.values():
                found.extend(one_by_one(records))
        except Unavailable as unavailable:
            told.append(str(unavailable))

    try:
        deadline = time.monotonic() + 60
        while len(told) < 3 and time.monotonic() < deadline:
            poll()
        producer.send(name, b"later", partition=1).get(30)
        while not any(raw.value == b"later" for raw in found) and time.monotonic() < deadline:
            poll()
    finally:
        producer.close()
        source.close()
    assert sorted(raw.value or b"" for raw in found) == [b"beside", b"good", b"later"]
    (said,) = set(told)
    assert f"CorruptRecordError: the batch of {name}-0 at offset 1 fails its CRC check" in said


def test_what_was_deleted_before_it_was_read_is_said_once(stack: Endpoints, topic: str) -> None:
    fill(stack.kafka, topic)
    with capture_logs() as before:
        read(stack, topic, topic, packed=True, since=3)
    admin = KafkaAdminClient(bootstrap_servers=stack.kafka)
    admin.delete_records({TopicPartition(topic, 0): 10})
    admin.close()
    with capture_logs() as after:
        ours, _ = read(stack, topic, topic, packed=True)
    assert ours[0].origin.offset == 10
    said = [told for told in [*before, *after] if told["event"] == "records_deleted_unread"]
    assert [(told["partition"], told["count"]) for told in said] == [(f"{topic}-0", 7)]


def test_what_comes_next_is_on_its_way_while_this_is_worked_off(stack: Endpoints, topic: str) -> None:
    fill(stack.kafka, topic)
    source = KafkaSource(KafkaSettings(bootstrap_servers=stack.kafka, topics=(topic,), group=topic))
    source.subscribe(Nobody())
    try:
        deadline = time.monotonic() + 90
        while not source.poll(0.5).records:
            assert time.monotonic() < deadline
        assert source._consumer._fetcher.in_flight_fetches()  # noqa: SLF001
    finally:
        source.close()


def test_no_topic_is_created_by_asking_for_it(stack: Endpoints, topic: str) -> None:
    kafka_admin.create_topic(stack.kafka, topic, 1)
    settings = KafkaSettings(bootstrap_servers=stack.kafka, topics=(topic,), group=topic)
    source, writer = KafkaSource(settings), KafkaWriter(settings, [topic])
    source.subscribe(Nobody())
    writer.connect()
    try:
        for cluster in (source._consumer._cluster, writer._producer._metadata):  # noqa: SLF001  what is really sent
            assert cluster.metadata_request().allow_auto_topic_creation is False
    finally:
        source.close()
        writer.close()
