"""Signatures and the service's health on real servers: several workers, restarts, replays."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch
from msgspec.structs import replace

from ingest import setup
from ingest.adapters import kafka_admin
from ingest.adapters.elastic_client import connect
from ingest.adapters.elastic_signatures import ElasticSignatures
from ingest.adapters.elastic_templates import ElasticTemplates
from ingest.config import ElasticsearchSettings
from ingest.document.signature import index_of, signature_of
from ingest.ports import Refused, Unavailable
from ingest.stack.ports import free_port
from tests.chaos.proxy import Proxy, Request, Status
from tests.conftest import Endpoints
from tests.integration.service import Site, stamped, utc
from tests.property.test_signature import seen, together

pytestmark = pytest.mark.stack
POD = (Path(__file__).parent.parent / "corpus" / "linux" / "pod_memcg.log").read_bytes().splitlines()
AT = utc("2026-11-22T10:15:02")


@pytest.fixture
def prefix(elastic: Elasticsearch, name: str) -> str:
    templates = ElasticTemplates(elastic)
    setup.apply(templates, setup.plan(templates, name))
    return name


def stored(elastic: Elasticsearch, prefix: str) -> dict[str, dict[str, Any]]:
    elastic.indices.refresh(index=index_of(prefix), ignore_unavailable=True)
    hits = elastic.search(index=index_of(prefix), size=1000, ignore_unavailable=True)["hits"]["hits"]
    return {hit["_id"]: hit["_source"] for hit in hits}


def test_a_repeated_sighting_writes_nothing_and_keeps_when_it_was_first_written(
    elastic: Elasticsearch, prefix: str
) -> None:
    one, other = ElasticSignatures(elastic, prefix), ElasticSignatures(elastic, prefix)
    assert one.record([seen("a", 10)]).written == 1
    first = stored(elastic, prefix)["s"]
    assert (one.record([seen("a", 10)]).stale, other.record([seen("a", 10)]).stale) == (1, 1)
    assert stored(elastic, prefix)["s"] == first
    assert other.record([seen("b", 5)]).written == 1
    assert one.record([seen("c", 20)]).written == 1  # its own copy is old by now
    after = stored(elastic, prefix)["s"]
    assert signature_of(after) == together([seen("a", 10), seen("b", 5), seen("c", 20)])
    assert after["event"]["created"] == first["event"]["created"]


def test_workers_at_the_same_time_lose_nothing_of_each_other(
    stack: Endpoints, elastic: Elasticsearch, prefix: str
) -> None:
    workers, each = 4, 12
    failures: list[Exception] = []

    def work(number: int) -> None:
        with connect(ElasticsearchSettings(hosts=(stack.elasticsearch,))) as client:
            signatures = ElasticSignatures(client, prefix)
            for turn in range(each):
                deadline = time.monotonic() + 120
                while True:
                    try:
                        signatures.record([seen(f"h{number}-{turn}", number * each + turn)])
                        break
                    except Unavailable as error:
                        if time.monotonic() > deadline:
                            failures.append(error)
                            return

    threads = [threading.Thread(target=work, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    found = signature_of(stored(elastic, prefix)["s"])
    assert {seen.host for seen in found.hosts} == {f"h{n}-{t}" for n in range(workers) for t in range(each)}


def test_a_signature_that_the_mapping_refuses_is_given_back_with_the_reason(elastic: Elasticsearch, name: str) -> None:
    elastic.indices.create(index=index_of(name), mappings={"properties": {"oom": {"type": "keyword"}}})
    report = ElasticSignatures(elastic, name).record([seen("a", 1)])
    (refusal,) = report.refused
    assert (report.written, refusal.status) == (0, 400)
    assert "oom" in refusal.reason


def test_a_closed_index_is_waited_for(elastic: Elasticsearch, prefix: str) -> None:
    signatures = ElasticSignatures(elastic, prefix)
    signatures.record([seen("a", 1)])
    elastic.indices.close(index=index_of(prefix))
    with pytest.raises(Refused, match="index_closed_exception"):
        signatures.record([seen("b", 2)])


def test_requests_that_are_too_large_are_split_and_a_signature_too_large_alone_is_given_back(
    stack: Endpoints, prefix: str
) -> None:
    def choose(request: Request) -> Status | None:
        return (
            Status(413)
            if request.is_bulk and (request.body.count(b"\n") > 6 or b'"_id":"huge"' in request.body)
            else None
        )

    sightings = [replace(seen("a", 1), id=key) for key in ("b", "c", "huge", "d", "e", "f", "g")]
    with Proxy(stack.elasticsearch) as proxy:
        proxy.choose = choose
        with connect(ElasticsearchSettings(hosts=(proxy.url,))) as client:
            report = ElasticSignatures(client, prefix).record(sightings)
    assert report.written == 6
    assert [(refusal.document.id, refusal.status) for refusal in report.refused] == [("huge", 413)]


def test_an_absent_server_is_unavailable() -> None:
    client = connect(ElasticsearchSettings(hosts=(f"http://127.0.0.1:{free_port()}",)))
    with client, pytest.raises(Unavailable):
        ElasticSignatures(client, "x").record([seen("a", 1)])


def renamed(host: str) -> list[bytes]:
    return [line.replace(b"node-7", host.encode()) for line in POD]


def later(host: str) -> bytes:
    return f"Nov 22 11:00:00 {host} kernel: eth0: link up".encode()


def comparable(elastic: Elasticsearch, prefix: str) -> dict[str, dict[str, Any]]:
    found = stored(elastic, prefix)
    for source in found.values():
        del source["event"]["ingested"], source["event"]["created"]
    return found


def test_one_failure_on_hosts_of_two_workers_is_one_signature_also_after_a_replay(
    stack: Endpoints, name: str, elastic: Elasticsearch
) -> None:
    kafka_admin.create_topic(stack.kafka, name, 2)
    site = Site(stack, name, elastic)
    site.setup()
    hosts = [f"node-{number}" for number in range(6)]
    for host in hosts:
        records = [(host.encode(), line, at) for _, line, at in stamped([*renamed(host), later(host)], AT)]
        site.produce(records)
    with site.service(), site.service():
        site.wait_for(4 * len(hosts), 120)
    once = comparable(elastic, name)
    (signature,) = once.values()
    assert signature["oom"]["hosts"] == hosts
    assert (signature["oom"]["host_count"], signature["oom"]["recent_host_count"]) == (6, 6)
    assert signature["oom"]["first_seen"] == signature["oom"]["last_seen"] == "2026-11-22T10:15:01.000Z"
    group = f"{name}-again"
    with site.service(OOM_INGEST_KAFKA__GROUP=group):
        read_to_the_end(stack, name, group)
    assert comparable(elastic, name) == once


def read_to_the_end(stack: Endpoints, topic: str, group: str) -> None:
    deadline = time.monotonic() + 120
    while not kafka_admin.is_read(stack.kafka, topic, group):
        assert time.monotonic() < deadline, "the topic was not read in time"
        time.sleep(0.5)


def test_a_worker_tells_of_its_work_when_it_ends(stack: Endpoints, topic: str, elastic: Elasticsearch) -> None:
    site = Site(stack, topic, elastic)
    site.setup()
    site.produce(stamped([b"\xff\xfe\x00 invoked oom-killer: gfp_mask=\xff", *POD, later("node-7")], AT))
    with site.service():
        site.wait_for(5)
    elastic.indices.refresh(index=f"{topic}-pipeline-*")
    (hit,) = elastic.search(index=f"{topic}-pipeline-*")["hits"]["hits"]
    found = hit["_source"]["oom"]["pipeline"]
    assert found["records"] >= 11  # more where a rebalance made the worker read them again
    assert (found["unread_lines"], found["dead_letters"]) == (1, 1)
    assert (found["lag"], found["open_reports"], found["documents_refused"]) == (0, 0, 0)
    assert found["documents_written"] >= 5
    assert found["newest_event"] == "2026-11-22T10:15:02.000Z"
    assert datetime.fromisoformat(hit["_source"]["@timestamp"]) > datetime.now(UTC) - timedelta(minutes=10)
