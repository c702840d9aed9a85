"""The first stage on the real broker: a topic keyed by nothing, through ``route``, gives what a keyed one gives."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from ingest.adapters import kafka_admin
from ingest.adapters.kafka_writer import KafkaWriter
from ingest.config import KafkaSettings
from ingest.ports import Outgoing
from ingest.stack.ports import free_port
from tests.conftest import Endpoints
from tests.integration.pages import get, metrics, until
from tests.integration.service import COMMAND, Site, utc

pytestmark = pytest.mark.stack
POD = (Path(__file__).parent.parent / "corpus" / "linux" / "pod_memcg.log").read_bytes().splitlines()
AT = utc("2026-11-22T10:15:02")
HOSTS = 6
LATER = [f"Nov 22 11:00:00 host-{number} kernel: [542080.000000] eth0: link up".encode() for number in range(HOSTS)]
LINES = [line.replace(b" node-7 ", b" host-%d " % number) for number in range(HOSTS) for line in POD]
NOISE = [b"Nov 22 10:15:01 host-0 sshd[%d]: Out of memory: Killed process 5 (x)" % number for number in range(200)]


@pytest.fixture
def site(stack: Endpoints, name: str, elastic: Elasticsearch) -> Site:
    kafka_admin.create_topic(stack.kafka, name, 3)
    kafka_admin.create_topic(stack.kafka, f"{name}-oom", 2)
    site = Site(stack, name, elastic)
    site.setup()
    return site


def scatter(site: Site, lines: list[bytes]) -> None:
    """Lines to all partitions in turn, as a shipper without a key does."""
    producer = KafkaProducer(bootstrap_servers=site.stack.kafka)
    for at, line in enumerate(lines):
        producer.send(site.name, line, partition=at % 3, timestamp_ms=int(AT.timestamp() * 1000) + 7)
    producer.flush(60)
    producer.close()


@contextmanager
def router(site: Site, *, member: str, **extra: str) -> Iterator[subprocess.Popen[str]]:
    environment = site.environment(
        OOM_INGEST_ROUTE__TOPIC=f"{site.name}-oom",
        OOM_INGEST_KAFKA__GROUP_INSTANCE_ID=f"{site.name}-{member}",
        **extra,
    )
    process = subprocess.Popen([*COMMAND, "route"], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        _, log = process.communicate(timeout=60)
        assert process.returncode in (0, -signal.SIGKILL), log


def routed(site: Site) -> list[Any]:
    places = [TopicPartition(f"{site.name}-oom", number) for number in range(2)]
    consumer = KafkaConsumer(bootstrap_servers=site.stack.kafka, auto_offset_reset="earliest", consumer_timeout_ms=2000)
    consumer.assign(places)
    found = list(consumer)
    consumer.close()
    return found


def wait_for_records(site: Site, count: int) -> list[Any]:
    deadline = time.monotonic() + 120
    found: list[Any] = []
    while len({record.value for record in found}) < count and time.monotonic() < deadline:
        found = routed(site)
    assert len({record.value for record in found}) >= count
    return found


def answer(site: Site) -> dict[tuple[str, str], dict[str, Any]]:
    """What the same lines give in a topic keyed by host."""
    other = Site(site.stack, f"{site.name}-b", site.elastic)
    kafka_admin.create_topic(site.stack.kafka, other.name, 3)
    other.setup()
    other.produce((line.split()[3], line, AT) for line in [*LINES, *LATER])
    with other.service():
        found = other.wait_for(4 * HOSTS)
    return {(index.replace(other.name, site.name, 1), key): value for (index, key), value in found.items()}


def differences(one: Any, other: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The leaves in which two documents differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() | other.keys():
            yield from differences(one.get(key), other.get(key), f"{path}.{key}")
    elif one != other:
        yield path, one, other


def test_lines_of_no_key_give_the_same_documents_through_route_though_workers_are_killed(site: Site) -> None:
    half = len(LINES) // 2
    scatter(site, [*NOISE, *LINES[:half]])
    with router(site, member="a") as first:
        wait_for_records(site, 1)
        first.kill()
    scatter(site, LINES[half:])
    with router(site, member="a") as second:
        while second.poll() is None and not routed(site):
            time.sleep(0.1)
        second.kill()
    with router(site, member="a"), router(site, member="b"):
        wait_for_records(site, len(LINES))
        scatter(site, LATER)
        found = wait_for_records(site, len(LINES) + len(LATER))
    assert {record.value for record in found} == {*LINES, *LATER}
    assert {record.key for record in found} == {f"host-{number}".encode() for number in range(HOSTS)}
    assert {record.timestamp for record in found} == {int(AT.timestamp() * 1000) + 7}
    assert len({(record.key, record.partition) for record in found}) == HOSTS
    with site.service(OOM_INGEST_KAFKA__TOPICS=f"{site.name}-oom"):
        together = site.wait_for(4 * HOSTS)
    expected = answer(site)
    assert together.keys() == expected.keys()
    assert [difference for at in expected for difference in differences(together[at], expected[at])] == []


def test_what_is_stamped_hours_ahead_is_written_as_of_now(site: Site) -> None:
    """Kafka 4 takes no record that is stamped more than an hour ahead, and the source topic may have been told to."""
    now = datetime.now(UTC)
    writer = KafkaWriter(KafkaSettings(bootstrap_servers=site.stack.kafka), [f"{site.name}-oom"])
    writer.write(
        [Outgoing(f"{site.name}-oom", b"h", b"x", now + ahead) for ahead in (timedelta(hours=2), timedelta(0))]
    )
    writer.close()
    early, late = sorted(record.timestamp / 1000 for record in routed(site))
    assert early == pytest.approx(now.timestamp(), abs=0.002)
    assert now.timestamp() <= late + 0.002 <= time.time() + 0.002


def test_its_metrics_tell_what_was_read_and_kept(site: Site) -> None:
    scatter(site, [*NOISE, *LINES])
    port = free_port()
    wanted = {"records_total": len(NOISE) + len(LINES), "candidates_total": len(LINES), "lag_records": 0, "waiting": 0}
    with router(site, member="a", OOM_INGEST_METRICS__LISTEN=f"127.0.0.1:{port}"):
        said = until(lambda: get(port, "/metrics"), lambda _, page: wanted.items() <= metrics(page).items())
        assert get(port, "/readyz") == (200, "ok\n")
    told = metrics(said)
    assert told["partitions"] == 3
    assert told["newest_record_timestamp_seconds"] == int(AT.timestamp()) + 0.007
    assert told["write_seconds_count"] > 0
    assert "open_reports" not in told


def test_a_host_in_several_partitions_is_noticed_with_what_to_do(site: Site) -> None:
    scatter(site, [*LINES, *LATER])
    with site.service() as worker:
        site.wait_for(HOSTS)
        worker.terminate()
        _, log = worker.communicate(timeout=60)
    assert "hosts_in_several_partitions" in log
    assert "oom-ingest route" in log


def test_a_topic_is_never_routed_into_itself_and_a_missing_one_is_named(site: Site) -> None:
    def run(topic: str) -> str:
        environment = site.environment(OOM_INGEST_STARTUP_TIMEOUT="1")
        command = [*COMMAND, "route", "--to", topic]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode in (1, 2)
        return done.stderr

    assert "would be read again" in run(site.name)
    assert f"shows us no topic {site.name}-nowhere" in run(f"{site.name}-nowhere")
