"""Our own servers: what is kept over a restart, clean or not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from ingest.adapters import kafka_admin
from ingest.stack import Stack

pytestmark = pytest.mark.stack


def test_topics_and_indices_survive_a_stop_and_a_kill(tmp_path: Path) -> None:
    with Stack(tmp_path) as stack:
        kafka_admin.create_topic(stack.kafka.bootstrap, "kept", 1)
        kafka_admin.produce(stack.kafka.bootstrap, "kept", [(None, b"x", datetime.now(UTC))])
        with Elasticsearch(stack.elasticsearch.url) as client:
            client.index(index="kept", id="1", document={"a": 1}, refresh=True)
        stack.kafka.child.kill()
        stack.elasticsearch.child.kill()
        stack.start()
        with Elasticsearch(stack.elasticsearch.url) as client:
            assert client.count(index="kept")["count"] == 1
    with Stack(tmp_path) as stack:
        assert kafka_admin.create_topic(stack.kafka.bootstrap, "kept", 1) is False
        with Elasticsearch(stack.elasticsearch.url) as client:
            assert client.count(index="kept")["count"] == 1
