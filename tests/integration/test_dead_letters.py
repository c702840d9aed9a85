"""Dead letters on real servers: into the index and a topic, listed, shown and tried again."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from ingest.adapters import kafka_admin
from ingest.adapters.kafka_writer import KafkaWriter
from ingest.config import KafkaSettings
from ingest.ports import Outgoing
from tests.conftest import Endpoints
from tests.integration.service import COMMAND, Site, stamped, utc

pytestmark = pytest.mark.stack
POD = (Path(__file__).parent.parent / "corpus" / "linux" / "pod_memcg.log").read_bytes().splitlines()
LATER = b"Nov 22 11:00:00 node-7 kernel: eth0: link up"
AT = utc("2026-11-22T10:15:02")
BAD = b'{"message": "Out of memory: Killed process 5 (\x1b[31mx) total-vm:1kB"'


@pytest.fixture
def site(stack: Endpoints, topic: str, elastic: Elasticsearch) -> Site:
    site = Site(stack, topic, elastic)
    site.setup()
    kafka_admin.create_topic(stack.kafka, f"{topic}-dead", 1)
    return site


def command(site: Site, *arguments: str, status: int = 0, extra: Mapping[str, str] | None = None) -> str:
    run = [*COMMAND, "deadletters", *arguments]
    done = subprocess.run(
        run, env=site.environment(**(extra or {})), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def in_topic(site: Site) -> list[Any]:
    consumer = KafkaConsumer(bootstrap_servers=site.stack.kafka, auto_offset_reset="earliest", consumer_timeout_ms=3000)
    consumer.assign([TopicPartition(f"{site.name}-dead", 0)])
    found = list(consumer)
    consumer.close()
    return found


def test_a_dead_letter_is_in_the_index_and_in_its_topic_with_everything_in_headers(site: Site) -> None:
    began = time.time() - 1
    site.produce(stamped([b"noise", BAD, *POD, LATER], AT))
    with site.service(OOM_INGEST_DEAD_LETTERS__TOPIC=f"{site.name}-dead"):
        found = site.wait_for(1 + 4)
    (letter,) = [source for (index, _), source in found.items() if "-deadletter-" in index]
    (record,) = in_topic(site)
    assert record.value == BAD
    assert record.key.decode() == letter["event"]["id"]
    assert began <= record.timestamp / 1000 <= time.time()
    told = {name: value.decode() for name, value in record.headers}
    assert told == {
        "reason": "json",
        "detail": letter["error"]["message"],
        "stage": "envelope",
        "topic": site.name,
        "partition": "0",
        "offset": "1",
        "time": "2026-11-22T10:15:02+00:00",
        "version": letter["oom"]["parser"]["version"],
    }
    (line,) = command(site, "list").splitlines()
    assert line.startswith(letter["event"]["id"][:12])
    assert f"{site.name}/0/1" in line
    assert "\x1b" not in line
    assert json.loads(command(site, "list", "--json", "--code", "json"))["offset"] == 1
    assert command(site, "list", "--code", "unread") == ""
    shown = command(site, "show", letter["event"]["id"][:8])
    assert "reason    json" in shown
    assert "\\x1b[31mx" in shown
    assert "no dead letter" in command(site, "show", "zzz", status=2)


def test_a_document_of_a_host_whose_clock_is_hours_ahead_becomes_one_too(site: Site) -> None:
    """Kafka 4 takes no record that is stamped more than an hour ahead."""
    now = datetime.now(UTC)
    ahead = now + timedelta(hours=2)
    site.elastic.indices.create(
        index=f"{site.name}-kill-{ahead:%Y.%m}",
        mappings={"properties": {"process": {"properties": {"pid": {"type": "boolean"}}}}},
    )
    kill = "{:%b %d %H:%M:%S} h1 kernel: Out of memory: Killed process 11 (java) total-vm:8kB, anon-rss:4kB"
    site.produce(stamped([kill.format(ahead).encode()], now))
    with site.service(OOM_INGEST_DEAD_LETTERS__TOPIC=f"{site.name}-dead", OOM_INGEST_DEAD_LETTERS__LIMIT="1"):
        found = site.wait_for(3)
    assert [index for index, _ in found if "-deadletter-" in index]
    (record,) = in_topic(site)
    assert record.timestamp / 1000 <= time.time()
    assert dict(record.headers)["time"].decode() > now.isoformat()


def test_they_may_be_in_the_topic_alone(site: Site) -> None:
    alone = {"OOM_INGEST_DEAD_LETTERS__TOPIC": f"{site.name}-dead", "OOM_INGEST_DEAD_LETTERS__INDEX": "false"}
    site.produce(stamped([BAD, *POD, LATER], AT))
    with site.service(**alone):
        found = site.wait_for(4)
    assert [index for index, _ in found if "-deadletter-" in index] == []
    (line,) = command(site, "list", extra=alone).splitlines()
    assert f"{site.name}/0/0" in line


def test_records_are_written_again_where_they_stood_and_then_read(site: Site) -> None:
    site.produce([(b"node-7", line, AT) for line in POD])
    with site.service(OOM_INGEST_ENVELOPE__FORMAT="json", OOM_INGEST_DEAD_LETTERS__LIMIT="1"):
        dead = site.wait_for(3)
    assert {source["error"]["code"] for source in dead.values()} == {"json"}
    assert len(command(site, "replay", "--all", "--dry-run").splitlines()) == len(dead)
    assert command(site, "replay", "--all").count("record written again") == len(dead)
    assert command(site, "list") == ""
    site.produce(stamped([LATER], AT))
    with site.service():
        deadline = time.monotonic() + 60
        kills: list[Any] = []
        while not kills and time.monotonic() < deadline:
            time.sleep(0.5)
            kills = [source for (index, _), source in site.documents().items() if "-kill-" in index]
    (kill,) = kills
    assert kill["process"]["pid"] == 238343


def test_a_refused_document_is_stored_once_the_mapping_is_mended(site: Site) -> None:
    index = f"{site.name}-kill-2026.11"
    site.elastic.indices.create(
        index=index, mappings={"properties": {"process": {"properties": {"pid": {"type": "date", "format": "yyyy"}}}}}
    )
    site.produce(stamped([*POD, LATER], AT))
    with site.service():
        found = site.wait_for(4)
    (letter,) = [source for (index, _), source in found.items() if "-deadletter-" in index]
    assert letter["error"]["code"] == "http_400"
    assert "document refused again" in command(site, "replay", letter["event"]["id"], status=1)
    site.elastic.indices.delete(index=index)
    assert "document stored" in command(site, "replay", "--all", "--stage", "index")
    (kill,) = [source for (name, _), source in site.documents().items() if name == index]
    assert kill["process"] == {"pid": 238343, "name": "go-oom-test", "user": {"id": "0"}}
    assert command(site, "list") == ""


def test_a_record_that_is_not_kept_any_more_stays_dead(site: Site) -> None:
    site.produce(stamped([BAD, *POD, LATER], AT))
    with site.service():
        site.wait_for(5)
    admin = KafkaAdminClient(bootstrap_servers=site.stack.kafka)
    admin.delete_records({TopicPartition(site.name, 0): 1})
    admin.close()
    assert "is not kept any more" in command(site, "replay", "--all", status=1)
    assert len(command(site, "list").splitlines()) == 1
    assert "say --all" in command(site, "replay", status=2)


def test_a_record_of_megabytes_that_a_broker_took_compressed_is_written_again(site: Site) -> None:
    kafka = KafkaSettings(bootstrap_servers=site.stack.kafka, topics=(site.name,), group=site.name)
    writer = KafkaWriter(kafka, [site.name])
    writer.write([Outgoing(site.name, None, BAD + b" " * (3 << 20), AT)])
    writer.close()
    with site.service():
        (letter,) = site.wait_for(1).values()
    assert letter["error"]["code"] == "too_long"
    assert "record written again" in command(site, "replay", "--all")
