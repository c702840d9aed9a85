"""The shipper of the compose stack: the fleet's lines, keyed by host, into the topic of the settings."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from kafka import KafkaConsumer

from ingest.demo import fleet
from tests.conftest import Endpoints

pytestmark = pytest.mark.stack


def test_the_fleet_is_sent_as_a_shipper_sends_it(stack: Endpoints, topic: str) -> None:
    settings = {"OOM_INGEST_KAFKA__BOOTSTRAP_SERVERS": stack.kafka, "OOM_INGEST_KAFKA__TOPICS": topic}
    command = [sys.executable, "-m", "ingest.demo.ship"]
    done = subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    wanted = [(record.key, record.value) for record in fleet.records()]
    assert done.stdout == f"Sent {len(wanted)} lines to the topic {topic!r}.\n"
    consumer = KafkaConsumer(
        topic, bootstrap_servers=stack.kafka, auto_offset_reset="earliest", consumer_timeout_ms=60_000
    )
    try:
        assert [(record.key, record.value) for _, record in zip(wanted, consumer, strict=False)] == wanted
    finally:
        consumer.close()
