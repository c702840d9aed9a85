"""The real servers: data survives a stop and a kill, and nothing survives the parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from ingest.stack import Stack

pytestmark = pytest.mark.stack
TOPIC = "kept"


def write(stack: Stack) -> str:
    """Leave a message, a committed offset and a document behind. Gives the cluster's id."""
    admin = KafkaAdminClient(bootstrap_servers=stack.kafka.bootstrap)
    admin.create_topics([NewTopic(TOPIC, num_partitions=1, replication_factor=1)])
    cluster = str(admin.describe_cluster()["cluster_id"])
    admin.close()
    producer = KafkaProducer(bootstrap_servers=stack.kafka.bootstrap, acks="all")
    # Older than any default retention.
    producer.send(TOPIC, b"message", timestamp_ms=1_000_000_000_000).get(timeout=10)
    producer.close()
    consumer = KafkaConsumer(
        TOPIC,
        bootstrap_servers=stack.kafka.bootstrap,
        group_id="g",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    assert consumer.poll(timeout_ms=10_000, max_records=1)
    consumer.commit()
    consumer.close()
    with Elasticsearch(stack.elasticsearch.url) as client:
        client.index(index=TOPIC, id="1", document={"kept": True}, refresh=True)
    return cluster


def check(stack: Stack, cluster: str) -> None:
    """What ``write`` left is there."""
    admin = KafkaAdminClient(bootstrap_servers=stack.kafka.bootstrap)
    assert TOPIC in admin.list_topics()
    assert admin.describe_cluster()["cluster_id"] == cluster
    partition = TopicPartition(TOPIC, 0)
    assert admin.list_group_offsets(["g"])["g"][partition].offset == 1
    admin.close()
    consumer = KafkaConsumer(bootstrap_servers=stack.kafka.bootstrap)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    records = consumer.poll(timeout_ms=10_000)
    assert [record.value for record in records[partition]] == [b"message"]
    consumer.close()
    with Elasticsearch(stack.elasticsearch.url) as client:
        assert client.get(index=TOPIC, id="1")["_source"] == {"kept": True}
        assert client.search(index=TOPIC, query={"kql": {"query": "kept: true"}})["hits"]["total"]["value"] == 1


def test_data_survives_a_stop_and_a_kill(tmp_path: Path) -> None:
    with Stack(tmp_path) as stack:
        cluster = write(stack)
    with Stack(tmp_path) as stack:
        check(stack, cluster)
        places = (stack.kafka.bootstrap, stack.elasticsearch.url)
        for server in (stack.kafka, stack.elasticsearch):
            assert server.pid
            os.kill(server.pid, signal.SIGKILL)
        stack.kafka.start()
        stack.elasticsearch.start()
        assert (stack.kafka.bootstrap, stack.elasticsearch.url) == places
        check(stack, cluster)


def test_nothing_outlives_a_killed_parent(tmp_path: Path) -> None:
    code = f"""
        import pathlib, sys, threading
        from ingest.stack import Stack
        stack = Stack(pathlib.Path({str(tmp_path)!r}))
        # From a thread that ends: the servers must not end with it.
        starting = threading.Thread(target=stack.start)
        starting.start()
        starting.join()
        sys.stdout.write(f"{{stack.kafka.pid}} {{stack.elasticsearch.pid}}\\n")
        sys.stdout.flush()
        sys.stdin.read()
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert all(Path(f"/proc/{pid}").exists() for pid in pids)
        parent.kill()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and any(Path(f"/proc/{pid}").exists() for pid in pids):
        time.sleep(0.1)
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
