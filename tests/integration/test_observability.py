"""Readiness of the real service while Elasticsearch goes and comes back."""

from __future__ import annotations

from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from ingest.stack.elasticsearch_server import ElasticsearchServer
from ingest.stack.ports import free_port
from tests.conftest import Endpoints
from tests.integration.pages import get, metrics, until
from tests.integration.service import Site, stamped, utc

pytestmark = pytest.mark.stack
POD = (Path(__file__).parent.parent / "corpus" / "linux" / "pod_memcg.log").read_bytes().splitlines()
LATER = b"Nov 22 11:00:00 node-7 kernel: eth0: link up"


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
                until(lambda: get(port, "/readyz"), lambda status, _: status == 200)
                node.stop()
                site.produce(stamped([*POD, LATER], at))
                reason = until(lambda: get(port, "/readyz"), lambda status, _: status == 503)
                assert reason.startswith(f"Elasticsearch is not reachable at {node.url}")
                assert get(port, "/healthz")[0] == 200
                assert metrics(get(port, "/metrics")[1])["waiting"] == 1
                node.start()
                until(lambda: get(port, "/readyz"), lambda status, _: status == 200)
                page = until(
                    lambda: get(port, "/metrics"), lambda _, page: metrics(page).get("documents_written_total", 0) >= 4
                )
                told = metrics(page)
                assert (told["kills_total"], told["lag_records"], told["partitions"]) == (1, 0, 1)
                assert told["write_seconds_count"] >= 1
                assert told["newest_record_timestamp_seconds"] == at.timestamp()
    finally:
        node.stop()
