"""A limit of records per second on a real broker: it holds, and whoever waits stays a good member of its group."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime

import pytest

from ingest.adapters import kafka_admin
from ingest.adapters.kafka import KafkaSource
from ingest.config import KafkaSettings
from tests.conftest import Endpoints
from tests.integration.test_rebalance import Diary
from tests.sources import Nobody, one_by_one

pytestmark = pytest.mark.stack
AT = datetime(2026, 11, 22, 10, 15, 2, tzinfo=UTC)
IMPATIENT = 120


def fill(bootstrap: str, topic: str, count: int, batch: int) -> None:
    """So many records, in batches of that size at most."""
    for first in range(0, count, batch):
        lines = (f"Nov 22 10:15:02 node-7 kernel: audit: {secrets.token_hex(32)}" for _ in range(first, first + batch))
        kafka_admin.produce(bootstrap, topic, ((b"node-7", line.encode(), AT) for line in lines))


@pytest.mark.parametrize("packed", [True, False], ids=["in batches", "one by one"])
def test_no_more_is_read_in_a_second_than_is_allowed(stack: Endpoints, topic: str, packed: bool) -> None:
    rate, count = 400, 1_200
    fill(stack.kafka, topic, count, 100)
    settings = KafkaSettings(bootstrap_servers=stack.kafka, topics=(topic,), group=topic, rate=rate)
    source = KafkaSource(settings, packed=packed)
    source.subscribe(Nobody())
    read: list[tuple[float, int]] = []
    deadline = time.monotonic() + IMPATIENT
    try:
        while sum(records for _, records in read) < count:
            assert time.monotonic() < deadline
            polled = source.poll(0.5).records.values()
            read += [(time.monotonic(), len(list(one_by_one(records)))) for records in polled]
    finally:
        source.close()
    (began, _), (ended, last) = read[0], read[-1]
    assert count - last <= rate * (ended - began) * 1.01
    assert len(read) > 3, "a second's worth at a time"


def test_a_partition_moves_on_while_its_reader_waits(stack: Endpoints, name: str) -> None:
    kafka_admin.create_topic(stack.kafka, name, 2)
    fill(stack.kafka, name, 500, 500)
    settings = KafkaSettings(bootstrap_servers=stack.kafka, topics=(name,), group=name, rate=1)
    first, second = KafkaSource(settings), KafkaSource(settings)
    told, other = Diary(), Diary()
    deadline = time.monotonic() + IMPATIENT
    first.subscribe(told)
    try:
        while not first.poll(0.1).records:
            assert time.monotonic() < deadline
        waiting = first.poll(0.1)
        assert waiting.behind  # it is told of
        assert not waiting.records
        assert not waiting.at_end, "who does not ask cannot know"
        second.subscribe(other)
        while not other.changes:
            assert not first.poll(0.1).records
            second.poll(0.1)
            assert time.monotonic() < deadline
    finally:
        first.close()
        second.close()
    assert ("assigned", [0, 1]) in told.changes
    (moved,) = [places for what, places in told.changes if what == "revoked"]
    assert other.changes == [("assigned", moved)]
    assert len(moved) == 1
