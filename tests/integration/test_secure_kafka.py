"""Kafka with TLS, client certificates and passwords, against a real broker that has them all."""

from __future__ import annotations

import os
import subprocess
import time
from datetime import UTC, datetime

import pytest
from elasticsearch import Elasticsearch
from kafka import KafkaAdminClient, TopicPartition

from ingest import rights
from ingest.adapters import kafka_admin
from ingest.adapters.kafka import KafkaSource
from ingest.adapters.kafka_writer import KafkaWriter
from ingest.config import ConfigError, RouteSettings, Settings
from ingest.ports import Outgoing, Partition, Refused
from tests.conftest import Endpoints
from tests.integration.secured import PASSWORD, SecuredKafka
from tests.integration.service import COMMAND, Site
from tests.sources import Nobody, one_by_one

pytestmark = pytest.mark.stack
AT = datetime(2026, 11, 22, 10, 15, 2, tzinfo=UTC)
WAYS = [
    ("SSL", "SCRAM-SHA-512"),
    *((protocol, mechanism) for protocol in ("SASL_PLAINTEXT", "SASL_SSL")
      for mechanism in ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")),
]  # fmt: skip


@pytest.mark.parametrize(("protocol", "mechanism"), WAYS)
def test_records_are_read_and_committed_with_the_least_rights(
    secured: SecuredKafka, name: str, protocol: str, mechanism: str
) -> None:
    kafka_admin.create_topic(secured.bootstrap, name, 1)
    kafka_admin.produce(secured.bootstrap, name, [(b"h", b"one", AT), (b"h", b"two", AT)])
    kafka = secured.settings(protocol, name, sasl_mechanism=mechanism)
    secured.allow(protocol, rights.run_acls(Settings(kafka=kafka)))
    source = KafkaSource(kafka)
    source.subscribe(Nobody())
    try:
        read: list[bytes | None] = []
        deadline = time.monotonic() + 60
        while len(read) < 2 and time.monotonic() < deadline:
            read += [raw.value for group in source.poll(0.5).records.values() for raw in one_by_one(group)]
        assert read == [b"one", b"two"]
        source.commit({Partition(name, 0): 2})
    finally:
        source.close()
    admin = KafkaAdminClient(bootstrap_servers=secured.bootstrap)
    assert admin.list_group_offsets(name)[name][TopicPartition(name, 0)].offset == 2
    admin.close()


def test_candidates_and_dead_letters_are_written_with_the_least_rights(secured: SecuredKafka, name: str) -> None:
    kafka_admin.create_topic(secured.bootstrap, name, 1)
    kafka_admin.create_topic(secured.bootstrap, f"{name}-oom", 1)
    kafka = secured.settings("SASL_SSL", name)
    secured.allow("SASL_SSL", rights.route_acls(Settings(kafka=kafka, route=RouteSettings(topic=f"{name}-oom"))))
    writer = KafkaWriter(kafka, [f"{name}-oom"])
    try:
        writer.write([Outgoing(f"{name}-oom", b"h", b"one", AT)])
    finally:
        writer.close()
    with pytest.raises(Refused, match=rf"{name}-dead"):
        KafkaWriter(kafka, [f"{name}-dead"]).connect()


STRANGER, BROKER = "stranger", "broker"
WRONG = [
    pytest.param("SASL_SSL", {"PASSWORD": "wrong-one"}, ["kafka.username", "kafka.password"], id="password"),
    pytest.param("SASL_SSL", {"CA_FILE": STRANGER}, ["certificate is not trusted", "kafka.ca_file"], id="ca"),
    pytest.param("SSL", {"CERTIFICATE_FILE": None, "KEY_FILE": None}, ["kafka.certificate_file"], id="certificate"),
    pytest.param("SSL", {"BOOTSTRAP_SERVERS": BROKER}, ["does not speak TLS", "security_protocol"], id="no tls"),
    pytest.param(
        "SSL",
        {"SECURITY_PROTOCOL": "PLAINTEXT", "CA_FILE": None, "CERTIFICATE_FILE": None, "KEY_FILE": None},
        ["does not answer", "kafka.security_protocol"],
        id="tls",
    ),
    pytest.param("SASL_SSL", {}, ["shows us no topic", "grant Read"], id="rights"),
]


@pytest.mark.parametrize(("protocol", "wrong", "said"), WRONG)
def test_what_is_wrong_is_one_sentence_that_names_the_setting_and_no_secret(
    elastic: Elasticsearch,
    stack: Endpoints,
    secured: SecuredKafka,
    name: str,
    protocol: str,
    wrong: dict[str, str | None],
    said: list[str],
) -> None:
    """As a process of its own: a client that cannot connect leaves its sockets to the end of the process."""
    Site(stack, name, elastic).setup()
    kafka_admin.create_topic(secured.bootstrap, name, 1)
    places = {STRANGER: str(secured.certificates.stranger), BROKER: secured.bootstrap}
    changes = {f"OOM_INGEST_KAFKA__{key}": places.get(str(value), value) for key, value in wrong.items()}
    environment = {
        **os.environ,
        **secured.environment(protocol, name),
        "OOM_INGEST_ELASTICSEARCH__HOSTS": stack.elasticsearch,
        "OOM_INGEST_ELASTICSEARCH__INDEX_PREFIX": name,
        "OOM_INGEST_STARTUP_TIMEOUT": "1",
        **changes,
    }
    given = {key: value for key, value in environment.items() if value is not None}
    run = subprocess.run([*COMMAND, "run"], env=given, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode in (1, 3)
    sentence = run.stderr.strip().splitlines()[-1]
    assert sentence.startswith("oom-ingest: ")
    assert [each for each in [given["OOM_INGEST_KAFKA__BOOTSTRAP_SERVERS"], *said] if each not in sentence] == []
    assert PASSWORD not in run.stdout + run.stderr
    assert "wrong-one" not in run.stdout + run.stderr
    assert "Traceback" not in run.stderr


def test_files_that_cannot_be_used_are_named(secured: SecuredKafka, name: str) -> None:
    for broken in ({"ca_file": "/nowhere.pem"}, {"key_file": str(secured.certificates.authority)}):
        ((setting, file),) = broken.items()
        with pytest.raises(ConfigError, match=rf"kafka\.{setting}.*{file}.*cannot be used"):
            KafkaSource(secured.settings("SSL", name, **broken)).subscribe(Nobody())
