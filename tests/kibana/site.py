"""Documents under a prefix of their own on the real Elasticsearch, and the shipped boards over them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

from elasticsearch import Elasticsearch

from ingest import assets
from ingest.adapters.elastic_search import ElasticSearch
from ingest.kibana import bundle, saved, views
from ingest.kibana.lens import Chart
from ingest.preview import query, read
from ingest.preview.query import Asked, Row
from tests.kibana import naive, seed

OBJECTS = saved.read((assets.dashboards() / bundle.FILE).read_text())
SHIPPED = read.bundle(OBJECTS)
KINDS = {view.id: view.kind for view in views.VIEWS}
PANELS = {
    f"{board.id}/{panel.title}": panel
    for board in SHIPPED.boards
    for panel in board.panels
    if not isinstance(panel.content, read.Text)
}
CHARTS = {name: panel.content for name, panel in PANELS.items() if isinstance(panel.content, Chart)}
SEARCHES = {name: panel.content for name, panel in PANELS.items() if isinstance(panel.content, read.Found)}
ASKED = Asked(seed.WEEK)


class Site:
    """What is stored, and what panels show of it."""

    def __init__(self, client: Elasticsearch, prefix: str, documents: seed.Seed) -> None:
        self.client = client
        self.prefix = prefix
        self.shipped = read.bundle(OBJECTS, prefix)
        self.search = ElasticSearch(client)
        self.documents = {
            kind: seed.of_kind(documents, prefix, kind) for kind in {str(kind) for kind in KINDS.values()}
        }

    def rows(self, chart: Chart, asked: Asked = ASKED) -> list[Row]:
        """What Elasticsearch answers."""
        ((name, layer),) = chart.layers.items()
        return query.table(layer, self.shipped.views[chart.views[name]], chart.query, asked, self.search)

    def expected(self, chart: Chart) -> list[Row]:
        """What a plain count gives."""
        ((name, layer),) = chart.layers.items()
        return naive.rows(layer, chart.query, self.documents[KINDS[chart.views[name]]], seed.WEEK)


def over(client: Elasticsearch, documents: Callable[[str], seed.Seed]) -> Iterator[Site]:
    """A site, removed afterwards."""
    prefix = f"b{uuid.uuid4().hex[:10]}"
    found = documents(prefix)
    seed.store(client, found, prefix)
    yield Site(client, prefix, found)
    client.indices.delete(index=list(client.indices.get(index=f"{prefix}-*", expand_wildcards="all")))
    for template in client.indices.get_index_template()["index_templates"]:
        if template["name"].startswith(f"{prefix}-"):
            client.indices.delete_index_template(name=template["name"])


def over_nothing(client: Elasticsearch) -> Site:
    """A site without any index."""
    return Site(client, f"b{uuid.uuid4().hex[:10]}", [])
