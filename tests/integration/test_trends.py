"""Trend reports out of a real Elasticsearch: the same facts as from a file."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result
from elasticsearch import Elasticsearch
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace

from ingest import setup
from ingest.adapters import elastic_queries as queries
from ingest.adapters.elastic_templates import ElasticTemplates
from ingest.adapters.elastic_trends import ElasticTrends
from ingest.cli import cli
from ingest.trends.compute import report
from ingest.trends.documents import Documents
from ingest.trends.facts import Facts
from ingest.trends.formats.links import kql
from ingest.trends.gather import gather
from ingest.trends.selection import Selection, pair, selection
from tests.conftest import Endpoints
from tests.trends.compare import check
from tests.trends.fleets import SELECTIONS, Document, Fleet, example, fleets

pytestmark = pytest.mark.stack


def _trends(stack: Endpoints, name: str, *arguments: str) -> Result:
    environment = {"OOM_INGEST_ELASTICSEARCH__INDEX_PREFIX": name}
    return CliRunner().invoke(cli, ["trends", "--elasticsearch", stack.elasticsearch, *arguments], env=environment)


def _store(client: Elasticsearch, name: str, documents: list[Document]) -> None:
    """These documents and no others, in indices whose names begin with a prefix."""
    old = list(client.indices.get(index=f"{name}-*", expand_wildcards="all"))
    if old:
        client.indices.delete(index=old)
    for kind in ("kill", "episode"):
        client.indices.create(index=f"{name}-{kind}-2026.11")
    operations: list[Document] = []
    for document in documents:
        index = str(document["_index"]).replace("oom", name, 1)
        operations += [{"index": {"_index": index, "_id": document["_id"]}}, document["_source"]]
    if operations:
        assert not client.bulk(operations=operations, refresh=True)["errors"]


@given(fleet=fleets(most=150))
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_elasticsearch_and_a_file_give_the_same_report(elastic: Elasticsearch, name: str, fleet: Fleet) -> None:
    templates = ElasticTemplates(elastic)
    setup.apply(templates, setup.plan(templates, name))
    _store(elastic, name, fleet.documents)
    with ElasticTrends(elastic, name, Selection()) as source:
        facts = gather(source, fleet.period, "", lambda _: None)
    check(report(facts, fleet.inventory), fleet, estimated=True)


def test_selections_mean_the_same_to_elasticsearch_and_to_a_file(elastic: Elasticsearch, name: str) -> None:
    templates = ElasticTemplates(elastic)
    setup.apply(templates, setup.plan(templates, name))
    fleet = example(150)
    _store(elastic, name, fleet.documents)
    for text in SELECTIONS:
        asked = selection([pair(each) for each in text])
        file = gather(Documents("", fleet.documents, asked), fleet.period, "", lambda _: None)
        with ElasticTrends(elastic, name, asked) as source:
            server = gather(source, fleet.period, "", lambda _: None)
        assert _exact(server) == _exact(file), text
        # Kibana's own parser takes the query of a link for the same kills.
        if (asked_of_kibana := kql(asked)) is None:
            continue
        query = {"bool": {"filter": [{"kql": {"query": asked_of_kibana}}, queries.within(fleet.period.now)]}}
        found = elastic.count(index=f"{name}-kill-*", query=query)["count"]
        assert found == sum(slot.count for slot in file.now.slots), asked_of_kibana
        assert file.now.slots, text


def test_a_missing_index_is_one_sentence_and_status_3(stack: Endpoints, name: str) -> None:
    done = _trends(stack, name)
    assert done.exit_code == 3
    assert f"has no index {name}-kill-*" in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_an_index_of_episodes_they_are_not_told(elastic: Elasticsearch, stack: Endpoints, name: str) -> None:
    templates = ElasticTemplates(elastic)
    setup.apply(templates, setup.plan(templates, name))
    elastic.indices.create(index=f"{name}-kill-2026.11")
    done = _trends(stack, name, "--format", "json", "--fail-on", "new-signature")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["episodes"] is None
    assert found["kills"] == {"now": 0, "before": 0}


def _exact(facts: Facts) -> Facts:
    """Facts without what is estimated, in an order of their own."""
    sizes = tuple(replace(each, most_victims=None) for each in facts.sizes)
    counts = {field: {name: n for name, n in of.items() if n} for field, of in facts.ranked_before.items()}
    return replace(facts, source="", estimates=False, sizes=sizes, ranked_before=counts)
