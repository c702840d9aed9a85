"""The real servers, once for the whole run, and names that no two tests share."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from elasticsearch import Elasticsearch
from hypothesis import settings

from ingest.adapters import kafka_admin
from ingest.stack.elasticsearch_server import ElasticsearchServer
from ingest.stack.kafka_server import KafkaServer

# A busy machine is no failure: properties are bounded in examples, not in milliseconds. What must pass before a change
# lands tries the same examples each time, so that it fails for the change alone; `make explore` draws new ones.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile("steady")


@dataclass(frozen=True)
class Endpoints:
    """Where the tests' servers listen."""

    kafka: str
    elasticsearch: str


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    """Real servers: those named by OOM_INGEST_TEST_*, else our own. A server that does not start fails the test."""
    kafka = os.environ.get("OOM_INGEST_TEST_KAFKA")
    elasticsearch = os.environ.get("OOM_INGEST_TEST_ELASTICSEARCH")
    folder = tmp_path_factory.mktemp("stack")
    broker = None if kafka else KafkaServer(folder / "kafka")
    node = None if elasticsearch else ElasticsearchServer(folder / "elasticsearch")
    ours = [server for server in (broker, node) if server]
    try:
        for server in ours:
            server.prepare()
            server.launch()
        for server in ours:
            server.wait()
        yield Endpoints(broker.bootstrap if broker else str(kafka), node.url if node else str(elasticsearch))
    finally:
        for server in ours:
            server.stop()


@pytest.fixture
def name() -> str:
    """A name that nothing else in this run has: topic, group and index prefix may all be made of it."""
    return f"t{uuid.uuid4().hex[:10]}"


@pytest.fixture
def topic(stack: Endpoints, name: str) -> str:
    """A new topic with one partition, so that the order of records is the order of the test."""
    kafka_admin.create_topic(stack.kafka, name, 1)
    return name


@pytest.fixture
def elastic(stack: Endpoints, name: str) -> Iterator[Elasticsearch]:
    """A client; what the test has put under its own name is removed afterwards."""
    with Elasticsearch(stack.elasticsearch, request_timeout=60) as client:
        yield client
        indices = list(client.indices.get(index=f"{name}-*", expand_wildcards="all"))
        for begin in range(0, len(indices), 50):  # the names of more do not fit into one request
            client.indices.delete(index=indices[begin : begin + 50])
        for template in client.indices.get_index_template()["index_templates"]:
            if template["name"].startswith(f"{name}-"):
                client.indices.delete_index_template(name=template["name"])
        client.options(ignore_status=404).cluster.delete_component_template(name=f"{name}-*")
