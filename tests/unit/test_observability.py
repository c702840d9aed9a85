"""Vital signs and the pages that show them."""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, RemoteDisconnected
from pathlib import Path

import pytest
from elastic_transport import TransportError
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from ingest.adapters.elastic_client import connect
from ingest.adapters.memory import MemorySink
from ingest.assemble import Bounds
from ingest.config import ConfigError, ElasticsearchSettings, load
from ingest.envelope import Envelope
from ingest.metrics import SECONDS, Durations
from ingest.model import Document, Origin, Raw
from ingest.observability.http import listening
from ingest.observability.vitals import TimedSink, Vitals
from ingest.offline import NoHeads
from ingest.pipeline import Pipeline
from ingest.ports import Batch, Partition, Unavailable, WriteReport
from ingest.stack.ports import free_port

AT = datetime(2026, 11, 22, 10, 15, 2, tzinfo=UTC)
PLACE = Partition("syslog", 3)
NOTHING = Batch({}, frozenset())


def pipeline() -> Pipeline:
    return Pipeline(Envelope(), Bounds(reorder=0), timedelta(minutes=5), NoHeads())


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


class Quiet(MemorySink):
    """A sink that is there."""

    def ping(self) -> None:
        """It is."""


def get(where: tuple[str, int] | None, path: str) -> tuple[int, str]:
    assert where is not None
    try:
        with urllib.request.urlopen(f"http://{where[0]}:{where[1]}{path}", timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_progress_ends_when_no_turn_ends_and_life_ends_later() -> None:
    clock = Clock()
    vitals = Vitals(clock)
    clock.at = 1_000
    assert vitals.not_alive() is None, "a start has its own time limit"
    vitals.turned(NOTHING, pipeline())
    assert (vitals.not_ready(), vitals.not_alive()) == (None, None)
    clock.at += 61
    assert vitals.not_ready() == "the loop has not ended a turn for 61 s"
    assert vitals.not_alive() is None
    clock.at += 240
    assert vitals.not_alive() == "the loop has not been heard of for 301 s"


def test_a_turn_of_many_slow_requests_is_no_hang() -> None:
    clock = Clock()
    vitals = Vitals(clock)
    vitals.turned(NOTHING, pipeline())
    with closing(connect(ElasticsearchSettings(hosts=(f"http://127.0.0.1:{free_port()}",)), vitals.heard)) as client:
        for _ in range(3):
            clock.at += 200
            with pytest.raises(TransportError):
                client.cluster.health()
            assert vitals.not_alive() is None
    clock.at += 301
    assert vitals.not_alive() == "the loop has not been heard of for 301 s"


def test_a_loop_that_waits_lives_and_is_not_ready() -> None:
    clock = Clock()
    vitals = Vitals(clock)
    vitals.turned(NOTHING, pipeline())
    clock.at = 10_000
    vitals.waiting("Kafka is not reachable at x:9092")
    assert vitals.not_alive() is None
    assert vitals.not_ready() == "Kafka is not reachable at x:9092"
    vitals.turned(NOTHING, pipeline())
    assert vitals.not_ready() is None


def test_a_write_is_timed_whether_it_succeeds_or_not() -> None:
    clock = Clock()
    vitals = Vitals(clock)
    document = Document("oom-kill-2026.11", "1", 1, {"@timestamp": "2026-11-22T10:15:02.000Z", "event": {}})

    class Slow(Quiet):
        def write(self, documents: Sequence[Document]) -> WriteReport:
            clock.at += 3
            if clock.at > 3:
                raise Unavailable("away")
            return super().write(documents)

    sink = TimedSink(Slow(), vitals, clock)
    assert sink.write([document]).written == 1
    with pytest.raises(Unavailable):
        sink.write([document])
    assert vitals.seen.writes == Durations().plus(3).plus(3)
    assert vitals.seen.newest_event == AT.timestamp()


def test_durations_fall_into_the_first_bucket_that_holds_them() -> None:
    durations = Durations().plus(SECONDS[0]).plus(SECONDS[-1]).plus(SECONDS[-1] * 2)
    assert (durations.buckets[0], durations.buckets[-2], durations.buckets[-1]) == (1, 1, 1)
    assert durations.total == SECONDS[0] + 3 * SECONDS[-1]


def test_the_pages_tell_what_was_seen() -> None:
    vitals = Vitals()
    stages = pipeline()
    batch = Batch(
        {PLACE: [Raw(Origin("syslog", 3, 41), b"<6>Nov 22 10:15:02 h kernel: x", AT)]}, frozenset(), {PLACE: 7}
    )
    with listening("127.0.0.1:0", vitals) as where:
        assert get(where, "/readyz")[0] == 503
        stages.step(batch, AT)
        vitals.turned(batch, stages)
        assert get(where, "/readyz") == (200, "ok\n")
        assert get(where, "/healthz") == (200, "ok\n")
        assert get(where, "/elsewhere")[0] == 404
        status, page = get(where, "/metrics")
    assert status == 200
    samples = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }
    assert samples["oom_ingest_records_total",] == 1
    assert samples["oom_ingest_lag_records", "3", "syslog"] == 7
    assert samples["oom_ingest_uncommitted_records", "3", "syslog"] == 0
    assert samples["oom_ingest_newest_record_timestamp_seconds",] == AT.timestamp()
    assert samples["oom_ingest_write_seconds_bucket", "+Inf"] == 0
    assert samples["process_resident_memory_bytes",] > 0


def test_a_query_changes_nothing_and_head_has_no_body() -> None:
    vitals = Vitals()
    vitals.turned(NOTHING, pipeline())
    with listening("127.0.0.1:0", vitals) as where:
        assert where is not None
        assert get(where, "/healthz?verbose=1") == get(where, "/readyz?") == (200, "ok\n")
        assert get(where, "/metrics?name=x")[0] == 200
        connection = HTTPConnection(*where, timeout=30)
        for path, length in (("/healthz", 3), ("/metrics?x=1", None), ("/readyz", 3)):
            connection.request("HEAD", path)
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, b"")
            assert length in (None, int(answer.headers["Content-Length"]))
        connection.close()


def test_a_client_that_says_nothing_keeps_nobody_from_the_page() -> None:
    with listening("127.0.0.1:0", Vitals()) as where:
        assert where is not None
        with socket.create_connection(where):
            assert get(where, "/healthz")[0] == 200


def test_a_client_that_goes_away_leaves_no_trace_in_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    with listening("127.0.0.1:0", Vitals()) as where:
        assert where is not None
        with socket.create_connection(where) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closing resets it
            client.send(b"GET /met")
        get(where, "/healthz")  # who came before was let in by then
        while any("process_request_thread" in thread.name for thread in threading.enumerate()):
            time.sleep(0.01)
    assert capfd.readouterr() == ("", "")


def test_a_page_that_fails_is_one_entry_of_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    class Broken(Vitals):
        def not_ready(self) -> str | None:
            raise LookupError("a bug")

    with capture_logs() as logs, listening("127.0.0.1:0", Broken()) as where:
        with pytest.raises((urllib.error.URLError, ConnectionError, RemoteDisconnected)):
            get(where, "/readyz")
        while any("process_request_thread" in thread.name for thread in threading.enumerate()):
            time.sleep(0.01)
    assert [each["event"] for each in logs] == ["page_failed"]
    assert capfd.readouterr() == ("", "")


def test_nothing_listens_where_nothing_is_set() -> None:
    before = threading.active_count()
    with listening(None, Vitals()) as where:
        assert where is None
        assert threading.active_count() == before


@pytest.mark.parametrize("address", ["9464", "localhost:", "localhost:99999", "localhost:http"])
def test_an_address_that_is_none_is_named(address: str) -> None:
    with pytest.raises(ConfigError, match=r"metrics\.listen .* is not `host:port`"):
        load(None, {"OOM_INGEST_METRICS__LISTEN": address})


def test_a_name_that_nobody_has_is_named() -> None:
    with pytest.raises(ConfigError, match=r"metrics\.listen"), listening("nowhere.invalid:1", Vitals()):
        pass


@pytest.mark.skipif(not Path("/proc/net/if_inet6").exists(), reason="this machine speaks no IPv6")
def test_an_address_may_be_one_of_ipv6() -> None:
    with listening("[::1]:0", Vitals()) as where:
        assert where is not None
        assert get(("[::1]", where[1]), "/healthz") == (200, "ok\n")


def test_a_port_that_is_taken_is_named() -> None:
    with (
        listening("127.0.0.1:0", Vitals()) as where,
        pytest.raises(ConfigError, match="cannot be listened on: Address already in use"),
        listening(f"127.0.0.1:{where[1] if where else 0}", Vitals()),
    ):
        pass


def test_logs_are_ecs_where_nobody_looks() -> None:
    code = """
import logging
import structlog
from ingest.telemetry import start_logging
start_logging()
structlog.get_logger("ingest.runtime").info("assigned", partitions=["syslog-0"])
logging.getLogger("library").warning("%s of another", "a word")
try:
    1 / 0
except ZeroDivisionError:
    structlog.get_logger("x").exception("failed")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, foreign, failed = (json.loads(line) for line in done.stderr.splitlines())
    assert datetime.fromisoformat(first.pop("@timestamp")).tzinfo is not None
    assert first.pop("service.version")
    assert first == {
        "log.level": "info",
        "message": "assigned",
        "ecs.version": "9.4.0",
        "service.name": "oom-ingest",
        "log.logger": "ingest.runtime",
        "oom_ingest": {"partitions": ["syslog-0"]},
    }
    assert (foreign["message"], foreign["log.logger"]) == ("a word of another", "library")
    assert "ZeroDivisionError" in failed["error.stack_trace"]
