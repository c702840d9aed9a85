"""The whole pipeline on real servers: the first log, mixed hosts, replays, crashes, bad input, absent servers."""

from __future__ import annotations

import subprocess
import time
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from ingest.adapters import kafka_admin
from ingest.stack.ports import free_port
from tests import expected
from tests.conftest import Endpoints
from tests.integration.service import COMMAND, Site, stamped, utc

pytestmark = pytest.mark.stack
CORPUS = Path(__file__).parent.parent / "corpus"
EL135 = (CORPUS / "openvz" / "el135.log").read_bytes().splitlines()
POD = (CORPUS / "linux" / "pod_memcg.log").read_bytes().splitlines()
ASKED = utc("2010-04-22T09:00:00")
EL135_LATER = b"Apr 20 20:30:00 EL135 kernel: eth0: link up"
POD_LATER = b"Nov 22 11:00:00 node-7 kernel: eth0: link up"


@pytest.fixture
def site(stack: Endpoints, topic: str, elastic: Elasticsearch) -> Site:
    site = Site(stack, topic, elastic)
    site.setup()
    return site


def test_the_first_log_gives_one_episode_five_reports_and_twenty_kills(site: Site) -> None:
    site.produce(stamped([*EL135, EL135_LATER], ASKED))
    with site.service():
        found = site.wait_for(26)
    by_kind: dict[str, list[dict[str, object]]] = {}
    for (index, _), source in found.items():
        by_kind.setdefault(index.removeprefix(f"{site.name}-").split("-")[0], []).append(source)
    assert {kind: len(sources) for kind, sources in by_kind.items()} == {"kill": 20, "report": 5, "episode": 1}
    for each in expected.read(CORPUS / "openvz" / "el135.ndjson"):
        stored = found[each["_index"].replace("oom", site.name, 1), each["_id"]]
        assert _settled(stored) == _settled(each["_source"])


def _settled(source: dict[str, Any]) -> dict[str, Any]:
    """A document without what tells how the input went on behind it: a file ends, a topic does not."""
    if source["@timestamp"] == "2010-04-20T20:07:14.000Z":
        source["oom"].get("report", {}).pop("closed_by", None)
    return source


def test_two_hosts_line_by_line_give_the_same_as_one_after_the_other(site: Site) -> None:
    at = utc("2026-11-22T10:15:02")
    one, other_host = [*EL135, EL135_LATER], [*POD, POD_LATER]
    mixed = [line for pair in zip_longest(one, other_host) for line in pair if line]
    site.produce(stamped(mixed, at))
    with site.service():
        together = site.wait_for(26 + 4)
    other = Site(site.stack, f"{site.name}-b", site.elastic)
    kafka_admin.create_topic(site.stack.kafka, other.name, 1)
    other.setup()
    other.produce(stamped([*one, *other_host], at))
    with other.service():
        apart = other.wait_for(26 + 4)
    renamed = {(index.replace(other.name, site.name, 1), key): value for (index, key), value in apart.items()}
    together = {at: value for at, value in together.items() if not at[0].startswith(f"{other.name}-")}
    assert renamed == together


def test_reading_the_same_lines_again_changes_nothing(site: Site) -> None:
    at = utc("2026-11-22T10:15:02")
    site.produce(stamped([*POD, POD_LATER], at))
    with site.service():
        once = site.wait_for(4)
    site.produce(stamped([*POD, POD_LATER], at))
    with site.service():
        time.sleep(3)
        assert site.wait_for(4) == once
    with site.service(OOM_INGEST_KAFKA__GROUP=f"{site.name}-again"):
        time.sleep(3)
        assert site.wait_for(4) == once


def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(site: Site) -> None:
    at = utc("2026-11-22T10:15:02")
    half = len(EL135) // 2
    site.produce(stamped([*POD[:5], *EL135[:half]], at))
    with site.service() as worker:
        site.wait_for(1)
        worker.kill()
    site.produce(stamped([*EL135[half:], *POD[5:], EL135_LATER, POD_LATER], at))
    with site.service():
        found = site.wait_for(26 + 4)
    assert len(found) == 26 + 4
    kill = next(s for (index, _), s in found.items() if "-kill-" in index and s["process"]["pid"] == 238343)
    assert kill["oom"]["trigger"]["name"] == "go-oom-test"
    report = next(s for (index, _), s in found.items() if "-report-" in index and s["host"]["name"] == "node-7")
    assert report["oom"]["report"]["completeness"] == "complete"


def test_bad_input_is_kept_with_its_reason_and_stops_nothing(site: Site) -> None:
    at = utc("2026-11-22T10:15:02")
    bad = [
        b"\xff\xfe\x00 invoked oom-killer: gfp_mask=\xff",
        b"Out of memory: Killed process " + b"x" * 1_000_000,
        b'{"message": "Out of memory: Killed process 5 (x) total-vm:1kB"',
        b"",
        b"\xc3\x28 not utf-8 and nothing to do with memory",
        b"{}",
    ]
    site.produce([*stamped(bad, at), (b"key", None, at), *stamped(POD, at)])
    with site.service():
        found = site.wait_for(3 + 4)
    codes = sorted(s["error"]["code"] for (index, _), s in found.items() if "-deadletter-" in index)
    assert codes == ["json", "too_long", "unread"]
    assert sum("-kill-" in index for index, _ in found) == 1


def test_every_codec_of_kafka_is_read(site: Site) -> None:
    """A shipper compresses as it likes: the report comes in pieces, each by another codec."""
    at = utc("2026-11-22T10:15:02")
    lines = [*POD, POD_LATER]
    for number, codec in enumerate(["gzip", "snappy", "lz4", "zstd"]):
        part = stamped(lines[number * 3 :][: 3 if number < 3 else None], at)
        kafka_admin.produce(site.stack.kafka, site.name, part, codec)
    with site.service():
        found = site.wait_for(4)
    report = next(s for (index, _), s in found.items() if "-report-" in index)
    assert report["oom"]["report"]["completeness"] == "complete"


@pytest.mark.parametrize("absent", ["kafka", "elasticsearch"])
def test_an_absent_server_ends_the_start_with_one_sentence(
    stack: Endpoints, elastic: Elasticsearch, name: str, absent: str
) -> None:
    Site(stack, name, elastic).setup()
    port = free_port()
    kafka = f"127.0.0.1:{port}" if absent == "kafka" else stack.kafka
    elasticsearch = f"http://127.0.0.1:{port}" if absent == "elasticsearch" else stack.elasticsearch
    run = refused(Site(Endpoints(kafka, elasticsearch), name, elastic), OOM_INGEST_STARTUP_TIMEOUT="3")
    assert run.returncode == 3
    assert "Traceback" not in run.stderr
    sentence = run.stderr.strip().splitlines()[-1]
    assert sentence.startswith("oom-ingest: ")
    assert f"127.0.0.1:{port}" in sentence


def test_nothing_is_written_before_setup_was_run(stack: Endpoints, topic: str, elastic: Elasticsearch) -> None:
    """An index that is made without its template has types that were guessed, for ever."""
    site = Site(stack, topic, elastic)
    site.produce(stamped([*POD, POD_LATER], utc("2026-11-22T10:15:02")))
    run = refused(site)
    assert run.returncode == 1
    assert f"has no index template {topic}-deadletter, {topic}-episode, " in run.stderr
    assert run.stderr.endswith("run `oom-ingest setup` first\n")
    assert list(elastic.indices.get(index=f"{topic}-*")) == []


def refused(site: Site, **extra: str) -> subprocess.CompletedProcess[str]:
    """What becomes of a service that ends by itself."""
    return subprocess.run(
        [*COMMAND, "run"], env=site.environment(**extra), capture_output=True, text=True, timeout=60, check=False
    )
