"""Seeded sites, once for all tests of the boards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from elasticsearch import Elasticsearch

from tests.conftest import Endpoints
from tests.kibana import seed
from tests.kibana.site import Site, over, over_nothing


@pytest.fixture(scope="session")
def client(stack: Endpoints) -> Iterator[Elasticsearch]:
    with Elasticsearch(stack.elasticsearch, request_timeout=60) as client:
        yield client


@pytest.fixture(scope="session")
def fleet(client: Elasticsearch) -> Iterator[Site]:
    yield from over(client, seed.fleet_documents)


@pytest.fixture(scope="session")
def corpus(client: Elasticsearch) -> Iterator[Site]:
    yield from over(client, seed.corpus_documents)


@pytest.fixture(scope="session")
def hostile(client: Elasticsearch) -> Iterator[Site]:
    yield from over(client, seed.hostile_documents)


@pytest.fixture(scope="session")
def empty(client: Elasticsearch) -> Site:
    return over_nothing(client)
