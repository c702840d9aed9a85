"""docs/least-privilege.md on a node with security: each role suffices for its command, and less does not."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from elasticsearch import ApiError, AuthorizationException, Elasticsearch

from ingest import rights
from ingest.adapters import kafka_admin
from ingest.adapters.elastic_client import connect
from ingest.adapters.elastic_sink import ElasticSink
from ingest.config import ElasticsearchSettings, Secret
from ingest.ports import Refused
from tests.chaos.worker import until
from tests.conftest import Endpoints
from tests.integration.secured import PASSWORD, Certificates
from tests.integration.secured_elasticsearch import LESSER, ROLES, SecuredElasticsearch, secured_elasticsearch
from tests.integration.service import COMMAND, stamped, utc

pytestmark = pytest.mark.stack
CORPUS = Path(__file__).parent.parent / "corpus"
LINES = [
    *(CORPUS / "linux" / "pod_memcg.log").read_bytes().splitlines(),
    b'{"message": "Out of memory: Killed process 5',
    b"Nov 22 11:00:00 node-7 kernel: eth0: link up",
]
WRITTEN = {"oom-kill": 1, "oom-report": 1, "oom-episode": 1, "oom-task": 1, "oom-deadletter": 1}
"""Documents by kind. The service's own health comes once a minute and is not waited for."""
RUN = "oom-ingest-run"
_PATIENCE = 90


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory, papers: Certificates) -> Iterator[SecuredElasticsearch]:
    with secured_elasticsearch(tmp_path_factory.mktemp("elasticsearch"), papers) as node:
        yield node


@pytest.fixture
def ready(node: SecuredElasticsearch) -> Iterator[SecuredElasticsearch]:
    """With templates, which ``setup`` has installed with its own role."""
    done = node.command("oom-ingest-setup", "setup")
    assert done.returncode == 0, done.stdout + done.stderr
    yield node
    node.clean()


def counts(node: SecuredElasticsearch) -> dict[str, int]:
    node.administrator.cluster.health(wait_for_no_initializing_shards=True)  # else a search right now is refused
    node.administrator.indices.refresh(index="oom-*", allow_no_indices=True)
    found: dict[str, int] = {}
    for hit in node.administrator.search(index="oom-*", size=1_000, allow_no_indices=True)["hits"]["hits"]:
        kind = re.sub(r"-\d{4}\.\d\d$", "", hit["_index"])
        found[kind] = found.get(kind, 0) + 1
    return found


@contextmanager
def service(node: SecuredElasticsearch, role: str, stack: Endpoints, topic: str, log: Path) -> Iterator[None]:
    given = {
        **os.environ,
        **node.environment(role),
        "OOM_INGEST_KAFKA__BOOTSTRAP_SERVERS": stack.kafka,
        "OOM_INGEST_KAFKA__TOPICS": topic,
        "OOM_INGEST_KAFKA__GROUP": topic,
        "OOM_INGEST_REPORT__REORDER": "0",
        "OOM_INGEST_REPORT__SETTLE_AFTER": "0.5",
        "OOM_INGEST_DEAD_LETTERS__LIMIT": "1",
    }
    with log.open("w") as said:
        process = subprocess.Popen([*COMMAND, "run"], env=given, stderr=said)
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=30)


def test_the_page_has_the_roles() -> None:
    assert {name: role.body("oom") for name, role in rights.ROLES.items()} == ROLES


def test_run_writes_everything_with_its_role_and_can_do_nothing_else(
    ready: SecuredElasticsearch, stack: Endpoints, topic: str, tmp_path: Path
) -> None:
    kafka_admin.produce(stack.kafka, topic, stamped(LINES, utc("2026-11-22T10:15:02")))
    with service(ready, RUN, stack, topic, tmp_path / "log"):
        until(lambda: WRITTEN.items() <= counts(ready).items(), _PATIENCE, "every document")
        until(lambda: "oom-signature" in counts(ready), _PATIENCE, "a signature")
    said = (tmp_path / "log").read_text()
    assert "waiting" not in said
    assert "templates_not_seen" not in said
    everything, (kill,) = counts(ready), kills(ready)
    ready.administrator.index(index="payroll", id="1", document={"salary": 1}, refresh=True)
    with ready.client(RUN) as writer:
        for forbidden in attempts(writer, kill):
            with pytest.raises(AuthorizationException, match="is unauthorized for user"):
                forbidden()
    assert counts(ready) == everything
    assert ready.administrator.get(index="payroll", id="1")["_source"] == {"salary": 1}
    ready.administrator.indices.delete(index="payroll")


def kills(node: SecuredElasticsearch) -> list[tuple[str, str]]:
    return [(hit["_index"], hit["_id"]) for hit in node.administrator.search(index="oom-kill-*")["hits"]["hits"]]


def attempts(writer: Elasticsearch, kill: tuple[str, str]) -> list[Callable[[], object]]:
    """What somebody with the key of ``run`` might try."""
    (index, id_), indices = kill, writer.indices
    return [
        lambda: writer.get(index="payroll", id="1"),
        lambda: writer.search(index="payroll"),
        lambda: writer.index(index="payroll", document={"salary": 2}),
        lambda: indices.create(index="elsewhere"),
        lambda: writer.delete(index=index, id=id_),
        lambda: indices.delete(index=index),
        lambda: indices.close(index=index),
        lambda: indices.put_settings(index=index, settings={"index.blocks.write": True}),
        lambda: indices.put_index_template(name="oom-kill", index_patterns=["oom-kill-*"]),
        lambda: writer.cluster.put_settings(persistent={"indices.recovery.max_bytes_per_sec": "1b"}),
        lambda: writer.security.get_user(username="administrator"),
    ]


@pytest.mark.parametrize("role", [name for name in LESSER if name.startswith(f"{RUN}-")])
def test_run_with_less_waits_or_ends_and_says_where_the_rights_are(
    role: str, ready: SecuredElasticsearch, stack: Endpoints, topic: str, tmp_path: Path
) -> None:
    kafka_admin.produce(stack.kafka, topic, stamped(LINES, utc("2026-11-22T10:15:02")))
    log = tmp_path / "log"
    with service(ready, role, stack, topic, log):
        until(lambda: "403" in log.read_text(), _PATIENCE, "what the log says of it")
    assert "docs/least-privilege.md has the rights that are needed" in log.read_text()
    lacking = role.removeprefix(f"{RUN}-without-")
    assert ("templates_not_seen" in log.read_text()) is (lacking == "monitor")
    told = ready.command(role, "check", OOM_INGEST_KAFKA__BOOTSTRAP_SERVERS=stack.kafka).stdout
    assert f"this user lacks {lacking}; docs/least-privilege.md has the role" in told


@pytest.mark.parametrize("role", [name for name in LESSER if name.startswith("oom-ingest-setup-")])
def test_setup_with_less_is_refused_and_says_why(role: str, ready: SecuredElasticsearch) -> None:
    ready.administrator.indices.create(index="oom-kill-2026.11", mappings={"dynamic": "strict"})
    ready.administrator.indices.delete_index_template(name="oom-kill")
    done = ready.command(role, "setup")
    assert done.returncode != 0
    assert "is unauthorized for user" in done.stdout + done.stderr


def test_readers_report_on_the_fleet_and_dead_letters_are_tried_again_each_with_its_role(
    ready: SecuredElasticsearch, stack: Endpoints, topic: str, tmp_path: Path
) -> None:
    kafka_admin.produce(stack.kafka, topic, stamped(LINES, utc("2026-11-22T10:15:02")))
    with service(ready, RUN, stack, topic, tmp_path / "log"):
        until(lambda: WRITTEN.items() <= counts(ready).items(), _PATIENCE, "every document")
    asked = ("trends", "--from", "2026-11-20", "--format", "json")
    told = ready.command("oom-ingest-reader", *asked)
    assert told.returncode == 0, told.stderr
    assert '"kills"' in told.stdout
    refused = ready.command("oom-ingest-reader-without-read", *asked)
    assert refused.returncode != 0
    assert "docs/least-privilege.md" in refused.stderr
    with ready.client("oom-ingest-reader") as reader, pytest.raises(AuthorizationException):
        reader.index(index="oom-kill-2026.11", document={})
    kafka = {"OOM_INGEST_KAFKA__BOOTSTRAP_SERVERS": stack.kafka, "OOM_INGEST_KAFKA__TOPICS": topic}
    again = ("deadletters", "replay", "--all")
    for lacking in ("read", "maintenance", "delete"):
        role = f"oom-ingest-replay-without-{lacking}"
        refused = ready.command(role, *again, **kafka)
        assert refused.returncode != 0, role
        assert "docs/least-privilege.md" in refused.stderr
    done = ready.command("oom-ingest-replay", *again, **kafka)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "record written again" in done.stdout
    assert "oom-deadletter" not in counts(ready)


def test_prune_deletes_old_months_with_its_role_and_no_documents(ready: SecuredElasticsearch) -> None:
    ready.administrator.indices.create(index="oom-kill-2020.01")
    for role in (name for name in LESSER if name.startswith("oom-ingest-prune-")):
        refused = ready.command(role, "prune", "--keep", "13months")
        assert refused.returncode != 0, role
        assert "docs/least-privilege.md" in refused.stderr
    done = ready.command("oom-ingest-prune", "prune", "--keep", "13months")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not ready.administrator.indices.exists(index="oom-kill-2020.01")
    with ready.client("oom-ingest-prune") as pruner, pytest.raises(ApiError):
        pruner.search(index="oom-*")


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"password": Secret("wrong")}, "answered 401: .*check elasticsearch.api_key, or elasticsearch.username"),
        ({"username": "nobody"}, "answered 401"),
        ({"username": f"{RUN}-without-monitor"}, r"answered 403: .*docs/least-privilege\.md has the rights"),
        ({"ca_file": None}, "not trusted .*check elasticsearch.ca_file"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    node: SecuredElasticsearch, papers: Certificates, broken: dict[str, object], said: str
) -> None:
    right = {"username": RUN, "password": Secret(PASSWORD), "ca_file": str(papers.authority)}
    with connect(ElasticsearchSettings(hosts=(node.url,), **right | broken)) as client:  # type: ignore[arg-type]
        with pytest.raises(Refused, match=said) as refused:
            ElasticSink(client).ping()
        assert PASSWORD not in str(refused.value)
    with connect(ElasticsearchSettings(hosts=(node.url,), **right)) as client:  # type: ignore[arg-type]
        ElasticSink(client).ping()
