"""Elasticsearch behind TLS and authentication: a proxy that checks the header, in front of the real node."""

from __future__ import annotations

import base64
import hashlib
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from ingest.adapters.elastic_client import connect
from ingest.adapters.elastic_sink import ElasticSink
from ingest.config import ConfigError, ElasticsearchSettings, Secret
from ingest.ports import Refused
from tests.conftest import Endpoints
from tests.integration.secured import Certificates
from tests.integration.service import COMMAND, Site, stamped, utc
from tests.integration.tls_proxy import Gate, tls_proxy

pytestmark = pytest.mark.stack
CORPUS = Path(__file__).parent.parent / "corpus"
EL135 = (CORPUS / "openvz" / "el135.log").read_bytes().splitlines()
POD = (CORPUS / "linux" / "pod_memcg.log").read_bytes().splitlines()
KEY = base64.b64encode(b"key-id:key-secret").decode()
PASSWORD = "not-the-usual-one"  # noqa: S105  must be seen nowhere
BASIC = base64.b64encode(f"ingest:{PASSWORD}".encode()).decode()


@pytest.fixture
def gate(stack: Endpoints, papers: Certificates) -> Iterator[Gate]:
    with tls_proxy(stack.elasticsearch, papers.server, {f"ApiKey {KEY}", f"Basic {BASIC}"}) as gate:
        yield gate


def fingerprint(papers: Certificates) -> str:
    leaf = papers.server.read_text().partition("-----BEGIN CERT")[2].partition("-----END CERT")[0]
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(f"-----BEGIN CERT{leaf}-----END CERTIFICATE-----\n")).hexdigest()


def ping(gate: Gate, **settings: object) -> None:
    with connect(ElasticsearchSettings(hosts=(gate.url,), **settings)) as client:  # type: ignore[arg-type]  # by name
        ElasticSink(client).ping()


@pytest.mark.parametrize(
    "proof",
    [
        {"api_key": Secret(KEY)},
        {"api_key": Secret("key-id:key-secret")},
        {"username": "ingest", "password": Secret(PASSWORD)},
    ],
    ids=["key as Kibana shows it", "id and key", "user and password"],
)
def test_keys_and_passwords_are_sent_over_tls(gate: Gate, papers: Certificates, proof: dict[str, object]) -> None:
    ping(gate, ca_file=str(papers.authority), **proof)
    assert gate.seen


def test_a_fingerprint_is_trusted_in_place_of_a_ca(gate: Gate, papers: Certificates) -> None:
    trusted = fingerprint(papers)
    ping(gate, fingerprint=trusted, api_key=Secret(KEY))
    colons = ":".join(trusted[at : at + 2] for at in range(0, len(trusted), 2)).upper()
    ping(gate, fingerprint=colons, api_key=Secret(KEY))


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"fingerprint": None}, "not trusted .*check elasticsearch.ca_file"),
        ({"fingerprint": "ab" * 32}, "another certificate: check elasticsearch.fingerprint"),
        ({"api_key": Secret("wrong")}, "answered 401: security_exception.*check elasticsearch.api_key"),
        ({"api_key": None}, "answered 401"),
    ],
)
def test_what_is_wrong_is_one_sentence_without_the_secret(
    gate: Gate, papers: Certificates, broken: dict[str, object], said: str
) -> None:
    right = {"fingerprint": fingerprint(papers), "api_key": Secret(KEY)}
    with pytest.raises(Refused, match=said) as refused:
        ping(gate, **right | broken)
    assert not {KEY, "wrong"} & set(str(refused.value).replace(":", " ").split())
    assert gate.url in str(refused.value)


def test_an_untrusted_server_is_never_told_the_secret(gate: Gate, papers: Certificates) -> None:
    with pytest.raises(Refused, match="not trusted"):
        ping(gate, ca_file=str(papers.stranger), api_key=Secret(KEY))
    assert gate.seen == []


def test_a_ca_that_cannot_be_read_is_named(gate: Gate, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"elasticsearch\.ca_file .*nowhere.* cannot be used: No such file"):
        ping(gate, ca_file=str(tmp_path / "nowhere"))
    (tmp_path / "empty").write_text("")
    with pytest.raises(ConfigError, match=r"elasticsearch\.ca_file .*empty cannot be used"):
        ping(gate, ca_file=str(tmp_path / "empty"))


def test_the_service_works_behind_tls_and_takes_a_renewed_key_without_a_restart(
    stack: Endpoints, topic: str, elastic: Elasticsearch, gate: Gate, papers: Certificates, tmp_path: Path
) -> None:
    site = Site(stack, topic, elastic)
    key = tmp_path / "key"
    key.write_text(f"{KEY}\n")
    secured = {
        "OOM_INGEST_ELASTICSEARCH__HOSTS": gate.url,
        "OOM_INGEST_ELASTICSEARCH__CA_FILE": str(papers.authority),
        "OOM_INGEST_ELASTICSEARCH__API_KEY_FILE": str(key),
    }
    done = subprocess.run(
        [*COMMAND, "setup"], env=site.environment(**secured), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    renewed = base64.b64encode(b"key-id:renewed").decode()
    with site.service(**secured) as worker:
        site.produce(stamped(POD, utc("2026-11-22T10:15:02")))
        site.wait_for(4)
        gate.accepted.clear()  # the key has expired
        site.produce(stamped([*EL135, b"Apr 20 20:30:00 EL135 kernel: eth0: link up"], utc("2026-11-22T10:15:02")))
        seen = len(gate.seen)
        while len(gate.seen) < seen + 3:
            time.sleep(0.1)
            assert worker.poll() is None
        gate.accepted.add(f"ApiKey {renewed}")
        key.write_text(renewed)
        found = site.wait_for(4 + 26)
    assert sum("-deadletter-" in index for index, _ in found) == 0
    shown = subprocess.run(
        [*COMMAND, "config"], env=site.environment(**secured), capture_output=True, text=True, check=True
    )
    assert renewed not in shown.stdout
    assert f"environment OOM_INGEST_ELASTICSEARCH__API_KEY_FILE, {key}" in shown.stdout
