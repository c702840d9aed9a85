"""From a topic to documents that can be found: two workers of ours, and rsyslog's imkafka with omelasticsearch."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from elasticsearch import Elasticsearch
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from bench.speed.lines import MONTH, Logged
from bench.speed.measure import Reader, Run, stopped, watched
from bench.speed.servers import Servers
from ingest import setup
from ingest.adapters.elastic_templates import ElasticTemplates
from ingest.assemble import Bounds
from ingest.document.signature import index_of
from ingest.envelope import Envelope
from ingest.model import Origin, Raw
from ingest.offline import documents

WORKERS = 2
_LONGEST = 300.0
_LOOK = 0.1
_MODULES = Path("/usr/lib/x86_64-linux-gnu/rsyslog")

_RSYSLOG = """\
global(workDirectory="{folder}" maxMessageSize="64k")
module(load="imkafka")
module(load="omelasticsearch")
main_queue(queue.type="FixedArray" queue.size="200000" queue.dequeueBatchSize="4096" queue.workerThreads="1")
template(name="line" type="list" option.jsonf="on") {{
  property(outname="@timestamp" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="host.name" name="hostname" format="jsonf")
  property(outname="message" name="msg" format="jsonf")
}}
input(type="imkafka" broker="{broker}" topic="{topic}" consumergroup="{group}"
      confParam=["auto.offset.reset=earliest", "queued.min.messages=1000000"])
if $rawmsg contains " kernel: " and not ($rawmsg contains "IPv6: ADDRCONF") then {{
  action(type="omelasticsearch" server="127.0.0.1" serverport="{elastic}" template="line" searchIndex="{index}"
         searchType="" bulkmode="on" maxbytes="10m"
         queue.type="LinkedList" queue.size="100000" queue.dequeueBatchSize="1024" queue.workerThreads="2")
}}
"""
"""It is told which lines are of reports by the cheapest filter that tells them in this data."""


class _Contest(NamedTuple):
    """The servers, the topic, and where each partition of it ends."""

    servers: Servers
    topic: str
    ends: dict[TopicPartition, int]


def documents_of(reports: Iterable[Logged]) -> int:
    """How many documents these lines of reports give."""
    records = (Raw(Origin("t", 0, at), line.text.encode(), line.at) for at, line in enumerate(reports))
    made = documents(records, Envelope(), Bounds(), timedelta(minutes=5))
    return len({(document.index, document.id) for document in made})


def readers(servers: Servers, topic: str, expected: int, report_lines: int) -> list[Reader]:
    """Two workers of ours, and rsyslog where Debian's packages of it are installed."""
    contest = _Contest(servers, topic, _ends(servers.kafka.bootstrap, topic))
    found = [Reader(f"oom-ingest, {WORKERS} workers, {expected:,} documents", lambda: _ours(contest, expected))]
    if shutil.which("rsyslogd") and all((_MODULES / f"{name}.so").exists() for name in ("imkafka", "omelasticsearch")):
        name = f"rsyslog, imkafka to omelasticsearch, {report_lines:,} lines of reports"
        found.append(Reader(name, lambda: _rsyslog(contest, report_lines)))
    return found


def environment(servers: Servers, topic: str, name: str) -> dict[str, str]:
    """What a worker is told: a group and an index prefix of this name, everything else as it is by default."""
    return {
        **os.environ,
        "OOM_INGEST_KAFKA__BOOTSTRAP_SERVERS": servers.kafka.bootstrap,
        "OOM_INGEST_KAFKA__TOPICS": topic,
        "OOM_INGEST_KAFKA__GROUP": name,
        "OOM_INGEST_ELASTICSEARCH__HOSTS": servers.elasticsearch.url,
        "OOM_INGEST_ELASTICSEARCH__INDEX_PREFIX": name,
    }


@contextmanager
def installed(url: str, name: str) -> Iterator[Elasticsearch]:
    """A client, and the index templates meanwhile."""
    with Elasticsearch(url, request_timeout=60) as elastic:
        templates = ElasticTemplates(elastic)
        setup.apply(templates, setup.plan(templates, name))
        yield elastic
        for template in setup.shipped(name):
            elastic.options(ignore_status=404).indices.delete_index_template(name=template)


def forget(elastic: Elasticsearch, name: str) -> None:
    """Delete what a run has stored."""
    indices = list(elastic.indices.get(index=f"{name}*"))
    if indices:
        elastic.indices.delete(index=indices)


def _ours(contest: _Contest, expected: int) -> Run:
    name = _name()
    command = [sys.executable, "-m", "ingest", "run"]

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, env=environment(contest.servers, contest.topic, name), stderr=subprocess.DEVNULL
        )

    # As in the middle of a month: indices are there.
    indices = [f"{name}-{kind}-{MONTH}" for kind in ("kill", "report", "episode", "task")]
    url = contest.servers.elasticsearch.url
    with installed(url, name) as elastic, _committed(contest, name) as committed:
        for index in [*indices, index_of(name)]:
            elastic.indices.create(index=index)
        run = _timed(contest, name, [start] * WORKERS, lambda: _count(elastic, indices) >= expected and committed())
        forget(elastic, name)
    return run


def _rsyslog(contest: _Contest, report_lines: int) -> Run:
    name = _name()
    folder = Path("build/bench/rsyslog").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    url = contest.servers.elasticsearch.url
    text = _RSYSLOG.format(
        folder=folder,
        broker=contest.servers.kafka.bootstrap,
        topic=contest.topic,
        group=name,
        elastic=url.rpartition(":")[2],
        index=name,
    )
    (folder / "rsyslog.conf").write_text(text, encoding="utf-8")
    command = ["rsyslogd", "-n", "-f", str(folder / "rsyslog.conf"), "-i", str(folder / "pid")]

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    with Elasticsearch(url, request_timeout=60) as elastic:
        elastic.indices.create(index=name, settings={"number_of_shards": 1, "number_of_replicas": 0})
        run = _timed(contest, name, [start], lambda: _count(elastic, [name]) >= report_lines)
        forget(elastic, name)
    return run


def _timed(
    contest: _Contest, group: str, starts: Sequence[Callable[[], subprocess.Popen[bytes]]], done: Callable[[], bool]
) -> Run:
    """From the moment that the group has handed out its partitions until everything can be found."""
    processes = [start() for start in starts]
    with watched(processes) as memory:
        try:
            _wait_for_group(contest.servers.kafka.bootstrap, group)
            began = time.perf_counter()
            while not done():
                if time.perf_counter() - began > _LONGEST:
                    raise RuntimeError(f"{group} was not done after {_LONGEST:.0f} s")
                time.sleep(_LOOK)
            seconds = time.perf_counter() - began
        finally:
            cpu = stopped(processes)
    return Run(seconds, cpu, memory())


def _wait_for_group(bootstrap: str, group: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    deadline = time.monotonic() + 60
    try:
        while admin.describe_groups([group])[group]["group_state"] != "Stable":
            if time.monotonic() > deadline:
                raise RuntimeError(f"nobody has joined {group}")
            time.sleep(0.02)
    finally:
        admin.close()


@contextmanager
def _committed(contest: _Contest, group: str) -> Iterator[Callable[[], bool]]:
    """Asks whether a group has committed all partitions to their ends."""
    admin = KafkaAdminClient(bootstrap_servers=contest.servers.kafka.bootstrap)

    def asked() -> bool:
        try:
            committed = admin.list_group_offsets(group)[group]
        except KafkaError:
            return False
        return all(place in committed and committed[place].offset >= end for place, end in contest.ends.items())

    try:
        yield asked
    finally:
        admin.close()


def _ends(bootstrap: str, topic: str) -> dict[TopicPartition, int]:
    consumer = KafkaConsumer(bootstrap_servers=bootstrap)
    try:
        consumer.bootstrap(timeout_ms=10_000)
        places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        return dict(consumer.end_offsets(places))
    finally:
        consumer.close()


def _count(elastic: Elasticsearch, indices: list[str]) -> int:
    """How many documents can be found."""
    elastic.indices.refresh(index=indices, ignore_unavailable=True, allow_no_indices=True)
    return int(elastic.count(index=indices, ignore_unavailable=True, allow_no_indices=True)["count"])


def _name() -> str:
    return f"bench{time.time_ns()}"
