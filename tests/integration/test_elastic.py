"""The Elasticsearch adapters against a real node; the memory sink keeps versions the same way."""

from __future__ import annotations

import json
import subprocess
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from ingest import mapping, setup
from ingest.adapters.elastic_client import connect
from ingest.adapters.elastic_dead_letters import ElasticDeadLetters
from ingest.adapters.elastic_heads import ElasticHeads
from ingest.adapters.elastic_signatures import ElasticSignatures
from ingest.adapters.elastic_sink import ElasticSink
from ingest.adapters.elastic_templates import ElasticTemplates
from ingest.adapters.memory import MemorySink
from ingest.assemble import Bounds
from ingest.config import ElasticsearchSettings
from ingest.envelope import Envelope
from ingest.kinds import Kind
from ingest.model import Document, Origin, Raw, Scope, ScopeKind
from ingest.offline import NoHeads
from ingest.output import Output
from ingest.pipeline import Pipeline
from ingest.ports import Partition, Refused, Sink, Unavailable
from ingest.stack.ports import free_port
from tests.chaos.proxy import Fault, Proxy, Request, Status
from tests.conftest import Endpoints
from tests.integration.service import COMMAND, Site
from tests.property.test_signature import seen

pytestmark = pytest.mark.stack
CORPUS = Path(__file__).parent.parent / "corpus"
EL135 = CORPUS / "openvz" / "el135.log"
AT = datetime(2010, 4, 20, 20, 7, 20, tzinfo=UTC)


def document(name: str, key: str, version: int, **extra: object) -> Document:
    source = {"@timestamp": "2026-11-22T10:00:00.000Z", "event": {"id": key, "dataset": "oom.kill"}, **extra}
    return Document(f"{name}-kill-2026.11", key, version, source)


@pytest.fixture(params=["memory", "elasticsearch"])
def sink(request: pytest.FixtureRequest, elastic: Elasticsearch, name: str) -> Sink:
    if request.param == "memory":
        return MemorySink()
    templates = ElasticTemplates(elastic)
    setup.apply(templates, setup.plan(templates, name))
    return ElasticSink(elastic)


def test_only_a_newer_version_replaces(sink: Sink, name: str) -> None:
    first = sink.write([document(name, "a", 2), document(name, "b", 1)])
    assert (first.written, first.stale) == (2, 0)
    again = sink.write([document(name, "a", 2), document(name, "a", 1), document(name, "b", 5)])
    assert (again.written, again.stale) == (1, 2)


def test_a_document_that_does_not_fit_hides_no_other(elastic: Elasticsearch, name: str) -> None:
    templates = ElasticTemplates(elastic)
    setup.apply(templates, setup.plan(templates, name))
    sink = ElasticSink(elastic)
    bad = document(name, "bad", 1, surprise={"field": 1})
    report = sink.write([document(name, "a", 1), bad, document(name, "b", 1)])
    assert report.written == 2
    (refusal,) = report.refused
    assert (refusal.document.id, refusal.status) == ("bad", 400)
    assert "strict_dynamic_mapping_exception" in refusal.reason


def test_a_blocked_index_is_refused_loudly_and_not_dead_lettered(elastic: Elasticsearch, name: str) -> None:
    sink = ElasticSink(elastic)
    sink.write([document(name, "a", 1)])
    elastic.indices.put_settings(index=f"{name}-kill-2026.11", settings={"index.blocks.write": True})
    report = sink.write([document(name, "b", 1)])
    assert (report.written, report.refused, [left.id for left in report.left]) == (0, (), ["b"])
    assert isinstance(report.trouble, Refused)
    assert "cluster_block_exception" in str(report.trouble)


def test_a_closed_index_is_waited_for(elastic: Elasticsearch, name: str) -> None:
    sink = ElasticSink(elastic)
    sink.write([document(name, "a", 1)])
    elastic.indices.close(index=f"{name}-kill-2026.11")
    assert "index_closed_exception" in str(sink.write([document(name, "b", 1)]).trouble)


@pytest.mark.parametrize("setting", ["index.default_pipeline", "index.final_pipeline"])
def test_a_pipeline_that_is_not_there_is_waited_for(elastic: Elasticsearch, name: str, setting: str) -> None:
    elastic.indices.create(index=f"{name}-kill-2026.11", settings={setting: "gone"})
    report = ElasticSink(elastic).write([document(name, "a", 1)])
    assert (report.refused, [left.id for left in report.left]) == ((), ["a"])
    assert "pipeline with id [gone] does not exist" in str(report.trouble)


def test_an_alias_without_a_write_index_is_waited_for(elastic: Elasticsearch, name: str) -> None:
    for index in (f"{name}-one", f"{name}-two"):
        elastic.indices.create(index=index, aliases={f"{name}-kill-2026.11": {}})
    report = ElasticSink(elastic).write([document(name, "a", 1)])
    assert (report.refused, [left.id for left in report.left]) == ((), ["a"])
    assert "no write index is defined for alias" in str(report.trouble)


def test_only_documents_that_were_not_taken_are_left(stack: Endpoints, elastic: Elasticsearch, name: str) -> None:
    with Proxy(stack.elasticsearch) as proxy, Elasticsearch(proxy.url, max_retries=0) as client:
        proxy.choose = lambda request: Fault.HALF_REFUSED if request.is_bulk else None
        report = ElasticSink(client).write([document(name, key, 1) for key in "abcde"])
    assert report.written == 3
    assert [left.id for left in report.left] == ["b", "d"]
    assert isinstance(report.trouble, Unavailable)
    elastic.indices.refresh(index=f"{name}-*")
    assert elastic.count(index=f"{name}-*")["count"] == 3


@pytest.mark.parametrize("fault", [Status(429), Status(503), Fault.CUT, Fault.SILENCE])
def test_a_request_without_an_answer_is_to_be_sent_again(
    stack: Endpoints, elastic: Elasticsearch, name: str, fault: Status | Fault
) -> None:
    del elastic  # removes what was stored
    with Proxy(stack.elasticsearch) as proxy:
        client = connect(ElasticsearchSettings(hosts=(proxy.url,), request_timeout=2.0))
        sink = ElasticSink(client)
        proxy.choose = lambda request: fault if request.is_bulk else None
        failed = sink.write([document(name, "a", 1)])
        assert [left.id for left in failed.left] == ["a"]
        assert isinstance(failed.trouble, Unavailable)
        assert proxy.url in str(failed.trouble)
        proxy.choose = lambda _: None
        report = sink.write([document(name, "a", 1)])
        client.close()
    assert report.written + report.stale == 1


def test_requests_shrink_to_what_a_server_takes(stack: Endpoints, elastic: Elasticsearch, name: str) -> None:
    del elastic  # removes what was stored
    documents = [document(name, str(at), 1, message="x" * 10_000) for at in range(40)]
    huge = document(name, "huge", 1, message="x" * 200_000)
    with Proxy(stack.elasticsearch) as proxy, Elasticsearch(proxy.url, max_retries=0) as client:
        proxy.choose = lambda request: Status(413) if len(request.body) > 100_000 else None
        sink = ElasticSink(client)
        left: tuple[Document, ...] = (*documents[:20], huge, *documents[20:])
        written, refused = 0, []
        while left:
            report = sink.write(left)
            left, written = report.left, written + report.written
            refused += [(refusal.document.id, refusal.status) for refusal in report.refused]
        assert (written, refused) == (40, [("huge", 413)])
        before = proxy.broken()
        assert sink.write(documents[:3]).stale == 3
        assert proxy.broken() == before


def test_requests_go_together_and_one_that_fails_costs_the_others_nothing(
    stack: Endpoints, elastic: Elasticsearch, name: str
) -> None:
    """The second of three is refused once the others are on their way; only its documents are left."""
    del elastic  # removes what was stored
    documents = [document(name, str(at), 1) for at in range(1_600)]
    together = threading.Barrier(3)

    def choose(request: Request) -> Status | None:
        if not request.is_bulk or not request.documents:
            return None
        together.wait(60)
        return Status(429) if b'"_id":"500"' in request.body else None

    with Proxy(stack.elasticsearch) as proxy:
        proxy.choose = choose
        with connect(ElasticsearchSettings(hosts=(proxy.url,))) as client:
            report = ElasticSink(client).write(documents)
    assert (report.written, report.refused) == (1_000, ())
    assert [left.id for left in report.left] == [str(at) for at in [*range(500, 1_000), *range(1_500, 1_600)]]
    assert isinstance(report.trouble, Unavailable)


def test_copies_in_requests_that_overtake_each_other_leave_the_newest(elastic: Elasticsearch, name: str) -> None:
    copies = [document(name, str(at % 40), at + 1, message=str(at)) for at in range(1_400)]
    report = ElasticSink(elastic).write(copies)
    assert (report.written + report.stale, report.left, report.trouble) == (1_400, (), None)
    elastic.indices.refresh(index=f"{name}-*")
    hits = elastic.search(index=f"{name}-*", size=100, version=True)["hits"]["hits"]
    assert sorted(int(hit["_source"]["message"]) for hit in hits) == list(range(1_360, 1_400))


def test_an_absent_server_is_named() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with connect(ElasticsearchSettings(hosts=(url,))) as client:
        report = ElasticSink(client).write([document("x", "a", 1)])
    assert isinstance(report.trouble, Unavailable)
    assert url in str(report.trouble)


def test_an_episode_is_rebuilt_as_it_was(elastic: Elasticsearch, name: str) -> None:
    pipeline = Pipeline(Envelope(), Bounds(), timedelta(minutes=5), NoHeads(), name)
    lines = EL135.read_bytes().splitlines()
    output = Output()
    pipeline.read([Raw(Origin("t", 0, at), line, AT) for at, line in enumerate(lines)], AT, output)
    output.blocks += pipeline.finish().blocks
    documents = pipeline.join(output)
    templates = ElasticTemplates(elastic)
    setup.apply(templates, setup.plan(templates, name))
    assert ElasticSink(elastic).write(documents).left == ()
    heads = ElasticHeads(elastic, name)
    heads.refresh()
    begin = datetime(2010, 4, 20, 20, 0, tzinfo=UTC)
    scope = Scope(ScopeKind.CONTAINER, "13516")
    (found,) = heads.at("el135", scope, begin, begin + timedelta(minutes=4))
    (stored,) = [each for each in documents if "-episode-" in each.index]
    assert found.id == stored.id
    assert found.version == stored.version
    assert sum(len(member.victims) for member in found.members) == 20
    assert heads.at("el135", scope, begin - timedelta(hours=2), begin - timedelta(hours=1)) == []
    assert heads.at("el135", Scope(ScopeKind.MACHINE), begin, begin + timedelta(minutes=4)) == []
    assert [episode.id for episode in heads.open(Partition("t", 0))] == [found.id]
    assert heads.open(Partition("t", 1)) == []
    elastic.indices.delete(index=f"{name}-report-2010.04")
    assert heads.at("el135", scope, begin, begin + timedelta(minutes=4)) == []
    assert heads.open(Partition("t", 0)) == []


def test_a_search_without_all_of_its_shards_finds_nothing_out(elastic: Elasticsearch, name: str) -> None:
    """As after a restart, when some indices are recovered and others are not: what is not there yet is waited for."""
    templates = ElasticTemplates(elastic)
    setup.apply(templates, setup.plan(templates, name))
    nowhere = {"index.routing.allocation.require._name": "nowhere"}
    for kind in ("kill", "report", "episode", "deadletter"):
        elastic.indices.create(index=f"{name}-{kind}-2010.04")
        elastic.indices.create(index=f"{name}-{kind}-2010.05", settings=nowhere, wait_for_active_shards="0")
    heads, begin, end = ElasticHeads(elastic, name), AT, AT + timedelta(minutes=5)
    looks: list[Callable[[], object]] = [
        lambda: heads.expect({"el135", "another"}, begin, end),
        lambda: heads.at("el135", Scope(ScopeKind.MACHINE), begin, end),
        lambda: heads.kills("el135", begin, end),
        lambda: heads.holds("el135", begin, end, []),
        lambda: heads.open(Partition("t", 0)),
        lambda: list(ElasticDeadLetters(elastic, name).all()),
    ]
    for look in looks:
        with pytest.raises(Unavailable, match=f"answered 503: .*{name}-.*-2010.05"):
            look()


def test_hosts_of_which_nothing_is_known_are_not_asked_about(
    elastic: Elasticsearch, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = Pipeline(Envelope(), Bounds(), timedelta(minutes=5), NoHeads(), name)
    output = Output()
    lines = EL135.read_bytes().splitlines()
    pipeline.read([Raw(Origin("t", 0, at), line, AT) for at, line in enumerate(lines)], AT, output)
    output.blocks += pipeline.finish().blocks
    templates = ElasticTemplates(elastic)
    setup.apply(templates, setup.plan(templates, name))
    assert ElasticSink(elastic).write(pipeline.join(output)).left == ()
    asked, heads = ElasticHeads(elastic, name), ElasticHeads(elastic, name)
    asked.refresh()
    begin = datetime(2010, 4, 20, 20, 0, tzinfo=UTC)
    end, scope = begin + timedelta(minutes=4), Scope(ScopeKind.CONTAINER, "13516")
    heads.expect({"el135", "another"}, begin, end)
    assert heads.at("el135", scope, begin, end) == asked.at("el135", scope, begin, end) != []
    assert heads.kills("el135", begin, end) == asked.kills("el135", begin, end) != []
    searches = Counter[str]()

    def search(**arguments: Any) -> Any:
        searches[arguments["index"]] += 1
        return elastic.search(**arguments)

    monkeypatch.setattr(heads, "_client", SimpleNamespace(search=search))
    assert (heads.at("another", scope, begin, end), heads.kills("another", begin, end)) == ([], [])
    assert not searches
    later = end + timedelta(days=1)
    assert (heads.at("another", scope, begin, later), heads.kills("third", begin, end)) == ([], [])
    assert searches == {f"{name}-episode-*": 1, f"{name}-kill-*": 1}  # not announced
    heads.expect((), begin, end)
    assert heads.kills("another", begin, end) == []
    assert searches[f"{name}-kill-*"] == 2  # forgotten


def test_setup_in_the_middle_of_a_month_gives_indices_the_fields_they_lack(
    elastic: Elasticsearch, name: str, stack: Endpoints
) -> None:
    site = Site(stack, name, elastic)
    old = {
        "dynamic": "strict",
        "properties": {
            "@timestamp": {"type": "date"},
            "message": {"type": "keyword"},
            "event": {"properties": {"id": {"type": "keyword"}, "dataset": {"type": "keyword"}}},
        },
    }
    elastic.indices.create(index=f"{name}-kill-2026.11", mappings=old)
    elastic.indices.create(index=f"{name}-signature", mappings=old)
    command = [*COMMAND, "setup"]
    run = subprocess.run(command, env=site.environment(), capture_output=True, text=True, check=True)
    assert (
        f"{name}-signature: lacked {len(mapping.paths(Kind.SIGNATURE)) - 4} fields: ecs.version, event.kind, "
        in run.stdout
    )
    run = subprocess.run(command, env=site.environment(), capture_output=True, text=True, check=True)
    said = [line for line in run.stdout.splitlines() if "unchanged" not in line]
    different = "has another type, which cannot be changed, of 1 field: message"
    assert said == [f"{name}-kill-2026.11: {different}", f"{name}-signature: {different}"]
    new = {"oom": {"victim": {"score": 7}}, "process": {"pid": 1}}
    assert ElasticSink(elastic).write([document(name, "a", 1, **new)]).written == 1
    assert ElasticSignatures(elastic, name).record([seen("a", 1)]).written == 1


def test_setup_can_be_run_again_shows_differences_and_never_downgrades(
    stack: Endpoints, elastic: Elasticsearch, name: str
) -> None:
    site = Site(stack, name, elastic)

    def run(*flags: str) -> subprocess.CompletedProcess[str]:
        command = [*COMMAND, "setup", *flags]
        return subprocess.run(command, env=site.environment(), capture_output=True, text=True, check=False)

    assert "+++ shipped/" in run("--dry-run").stdout
    assert elastic.indices.exists_index_template(name=f"{name}-kill").body is False
    assert run().stdout.count(": create") == 7
    assert run().stdout.count(": unchanged") == 7

    body = setup.shipped(name)[f"{name}-kill"]
    elastic.indices.put_index_template(name=f"{name}-kill", body={**body, "priority": 7})
    shown = run("--dry-run").stdout
    assert '-  "priority": 7' in shown
    assert run().stdout.count(": update") == 1

    elastic.indices.put_index_template(name=f"{name}-kill", body={**body, "version": 99})
    refused = run()
    assert refused.returncode == 1
    assert "newer oom-ingest" in refused.stderr
    assert (
        elastic.indices.get_index_template(name=f"{name}-kill")["index_templates"][0]["index_template"]["version"] == 99
    )


def test_what_people_add_to_a_template_reaches_new_indices_and_setup_leaves_it_alone(
    elastic: Elasticsearch, name: str
) -> None:
    templates = ElasticTemplates(elastic)
    setup.apply(templates, setup.plan(templates, name))
    own = {"settings": {"index.refresh_interval": "7s"}}
    elastic.cluster.put_component_template(name=f"{name}-kill@custom", template=own)
    assert {step.action for step in setup.plan(templates, name)} == {setup.Action.UNCHANGED}
    assert ElasticSink(elastic).write([document(name, "a", 1)]).written == 1
    found = elastic.indices.get(index=f"{name}-kill-2026.11")[f"{name}-kill-2026.11"]
    assert found["settings"]["index"]["refresh_interval"] == "7s"
    assert found["settings"]["index"]["auto_expand_replicas"] == "0-1"
    assert found["mappings"]["dynamic"] == "strict"


def test_what_is_no_address_of_a_host_is_kept_and_costs_nothing(elastic: Elasticsearch, name: str) -> None:
    templates = ElasticTemplates(elastic)
    setup.apply(templates, setup.plan(templates, name))
    odd = ["n/a", "10.0.0.7", ""]
    assert ElasticSink(elastic).write([document(name, "a", 1, host={"ip": odd})]).written == 1
    elastic.indices.refresh(index=f"{name}-*")
    (hit,) = elastic.search(index=f"{name}-*", query={"term": {"host.ip": "10.0.0.0/8"}})["hits"]["hits"]
    assert hit["_source"]["host"]["ip"] == odd


def test_every_document_of_the_corpus_fits_the_mapping(elastic: Elasticsearch, name: str) -> None:
    templates = ElasticTemplates(elastic)
    setup.apply(templates, setup.plan(templates, name))
    lines = (line for case in sorted(CORPUS.rglob("*.ndjson")) for line in case.read_text().splitlines())
    stored = [json.loads(line) for line in lines]
    documents = [
        Document(d["_index"].replace("oom-", f"{name}-", 1), d["_id"], at, d["_source"])
        for at, d in enumerate(stored, 1)
    ]
    sink, left, taken = ElasticSink(elastic), tuple(documents), 0
    while left:
        report = sink.write(left)
        left, taken = report.left, taken + report.written + report.stale
        assert [(refusal.status, refusal.reason) for refusal in report.refused] == []
        assert report.trouble is None
    assert taken == len(documents)  # several cases tell of one kill: a later copy may overtake an earlier one


def test_an_index_that_takes_no_fields_keeps_no_other_from_them(elastic: Elasticsearch, name: str) -> None:
    templates = ElasticTemplates(elastic)
    old, new = f"{name}-kill-2010.04", f"{name}-kill-2010.05"
    for index in (old, new):
        elastic.indices.create(index=index, mappings={"dynamic": "strict"})
    elastic.indices.put_settings(index=old, settings={"index.blocks.read_only": True})
    steps = setup.plan(templates, name)
    refused = setup.extend(templates, setup.extensions(templates, steps))
    elastic.indices.put_settings(index=old, settings={"index.blocks.read_only": False})
    assert list(refused) == [old]
    assert "read-only" in str(refused[old])
    assert [each.index for each in setup.extensions(templates, steps)] == [old]
