"""Readiness of the real service while Elasticsearch goes and comes back."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch
from prometheus_client.parser import text_string_to_metric_families

from ingest.stack.elasticsearch_server import ElasticsearchServer
from ingest.stack.ports import free_port
from tests.conftest import Endpoints
from tests.integration.service import Site, stamped, utc

pytestmark = pytest.mark.stack
POD = (Path(__file__).parent.parent / "corpus" / "linux" / "pod_memcg.log").read_bytes().splitlines()
LATER = b"Nov 22 11:00:00 node-7 kernel: eth0: link up"


def _get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def _until(ask: Callable[[], tuple[int, str]], wanted: Callable[[int, str], bool]) -> str:
    deadline = time.monotonic() + 120
    status, said = ask()
    while not wanted(status, said):
        assert time.monotonic() < deadline, f"after two minutes: {status} {said}"
        time.sleep(0.2)
        status, said = ask()
    return said


def _metric(page: str, name: str) -> float:
    return sum(
        sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == f"oom_ingest_{name}"
    )


def test_readiness_follows_progress_and_the_metrics_tell_it(stack: Endpoints, topic: str, tmp_path: Path) -> None:
    port = free_port()
    node = ElasticsearchServer(tmp_path / "elasticsearch")
    node.start()
    try:
        with Elasticsearch(node.url, request_timeout=60) as client:
            site = Site(Endpoints(stack.kafka, node.url), topic, client)
            site.setup()
            at = utc("2026-11-22T10:15:02")
            with site.service(OOM_INGEST_METRICS__LISTEN=f"127.0.0.1:{port}"):
                _until(lambda: _get(port, "/readyz"), lambda status, _: status == 200)
                node.stop()
                site.produce(stamped([*POD, LATER], at))
                reason = _until(lambda: _get(port, "/readyz"), lambda status, _: status == 503)
                assert reason.startswith(f"Elasticsearch is not reachable at {node.url}")
                assert _get(port, "/healthz")[0] == 200
                assert _metric(_get(port, "/metrics")[1], "waiting") == 1
                node.start()
                _until(lambda: _get(port, "/readyz"), lambda status, _: status == 200)
                page = _until(
                    lambda: _get(port, "/metrics"), lambda _, page: _metric(page, "documents_written_total") >= 4
                )
                assert _metric(page, "kills_total") == 1
                assert _metric(page, "lag_records") == 0
                assert _metric(page, "partitions") == 1
                assert _metric(page, "write_seconds_count") >= 1
                assert _metric(page, "newest_record_timestamp_seconds") == at.timestamp()
    finally:
        node.stop()
