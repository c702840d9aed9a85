"""``oom-ingest check`` against a healthy set-up and broken ones."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch
from kafka import KafkaProducer

from ingest import rights
from ingest.adapters import kafka_admin
from ingest.config import Settings
from ingest.stack.ports import free_port
from tests.conftest import Endpoints
from tests.integration.secured import PASSWORD, SecuredKafka
from tests.integration.service import COMMAND, Site

pytestmark = pytest.mark.stack
POD = (Path(__file__).parent.parent / "corpus" / "linux" / "pod_memcg.log").read_bytes().splitlines()
NOW = datetime.now(UTC)


@pytest.fixture
def site(stack: Endpoints, name: str, elastic: Elasticsearch) -> Site:
    kafka_admin.create_topic(stack.kafka, name, 2)
    site = Site(stack, name, elastic)
    site.setup()
    site.produce((b"node-7", line, NOW) for line in POD)
    return site


def check(site: Site, extra: Mapping[str, str] | None = None, *, status: int) -> list[dict[str, str]]:
    environment = site.environment() | dict(extra or {})
    command = [*COMMAND, "check", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def wrongs(findings: list[dict[str, str]], state: str = "wrong") -> list[str]:
    return [f"{each['what']}: {each['said']}; {each['mend']}" for each in findings if each["state"] == state]


def test_a_healthy_set_up_has_nothing_wrong_or_doubtful(site: Site) -> None:
    findings = check(site, status=0)
    assert wrongs(findings) == wrongs(findings, "doubtful") == []
    said = {f"{each['what']}: {each['said']}" for each in findings}
    assert f"topic {site.name}: is keyed by host as far as its latest {len(POD)} records tell" in said
    assert "index templates: all 7 are installed" in said


class _Odd(str):
    """The name of a header as clients of other languages may write it."""

    __slots__ = ()

    def encode(self, *_: object, **__: object) -> bytes:
        return b"x-\xff"


def test_a_header_whose_name_is_no_utf8_is_nothing_wrong(site: Site) -> None:
    producer = KafkaProducer(bootstrap_servers=site.stack.kafka)
    producer.send(site.name, POD[0], b"node-7", headers=[(_Odd("x"), b"1")]).get(timeout=10)
    producer.close()
    assert wrongs(check(site, status=0)) == []


def test_servers_that_are_not_there_are_named(site: Site) -> None:
    port = free_port()
    absent = {
        "OOM_INGEST_KAFKA__BOOTSTRAP_SERVERS": f"127.0.0.1:{port}",
        "OOM_INGEST_ELASTICSEARCH__HOSTS": f"http://127.0.0.1:{port}",
    }
    kafka, elasticsearch = wrongs(check(site, absent, status=1))
    assert f"Kafka: is not reachable at 127.0.0.1:{port} (Connection refused): check kafka.bootstrap_servers" in kafka
    assert f"Elasticsearch: is not reachable at http://127.0.0.1:{port} (Connection refused): check" in elasticsearch


def test_servers_that_are_others_are_named_with_the_setting(site: Site) -> None:
    swapped = {
        "OOM_INGEST_KAFKA__BOOTSTRAP_SERVERS": site.stack.elasticsearch.removeprefix("http://"),
        "OOM_INGEST_ELASTICSEARCH__HOSTS": f"http://{site.stack.kafka}",
    }
    kafka, elasticsearch = wrongs(check(site, swapped, status=1))
    assert "does not answer as Kafka" in kafka
    assert "check kafka.bootstrap_servers, kafka.security_protocol" in kafka
    assert "check elasticsearch.hosts (scheme, name and port)" in elasticsearch
    tls = {"OOM_INGEST_ELASTICSEARCH__HOSTS": site.stack.elasticsearch.replace("http://", "https://")}
    (scheme,) = wrongs(check(site, tls, status=1))
    assert scheme.endswith("does not speak TLS there (wrong version number): check elasticsearch.hosts; ")


def test_topics_that_are_missing_or_not_keyed_and_old_templates_are_named_with_what_to_do(site: Site) -> None:
    site.produce((b"other-%d" % number, POD[0], NOW + timedelta(hours=1)) for number in range(20))
    site.elastic.indices.delete_index_template(name=f"{site.name}-task")
    findings = check(site, {"OOM_INGEST_DEAD_LETTERS__TOPIC": f"{site.name}-dead"}, status=1)
    keyed, missing, templates = wrongs(findings)
    assert "1 of 1 hosts are in several partitions, such as node-7; key it by host, or put `oom-ingest route`" in keyed
    assert f"topic {site.name}-dead: is not there, or not shown to us; create it" in missing
    assert f"index templates: missing: {site.name}-task; run `oom-ingest setup`" in templates
    (clocks,) = wrongs(findings, "doubtful")
    assert "in the future; set the clocks" in clocks


def test_a_blocked_index_is_named(site: Site) -> None:
    index = f"{site.name}-kill-2026.11"
    site.elastic.indices.create(index=index)
    site.elastic.indices.put_settings(index=index, settings={"index.blocks.read_only_allow_delete": True})
    (blocked,) = wrongs(check(site, status=1))
    assert f"blocked for writing: {index}; make room" in blocked


def test_missing_rights_are_named_one_by_one_until_all_is_well(site: Site, secured: SecuredKafka) -> None:
    kafka_admin.create_topic(secured.bootstrap, site.name, 1)
    kafka_admin.produce(secured.bootstrap, site.name, ((b"node-7", line, NOW) for line in POD))
    extra = secured.environment("SASL_SSL", site.name)
    group, topic = wrongs(check(site, extra, status=1))
    assert f"group {site.name}: we may not use it; grant Read on the group" in group
    assert f"topic {site.name}: is not there, or not shown to us; create it, or grant Read on it" in topic
    secured.allow("SASL_SSL", rights.run_acls(Settings(kafka=secured.settings("SASL_SSL", site.name))))
    assert wrongs(check(site, extra, status=0)) == []
    (login,) = wrongs(check(site, extra | {"OOM_INGEST_KAFKA__PASSWORD": "wrong-one"}, status=1))
    assert "kafka.username" in login
