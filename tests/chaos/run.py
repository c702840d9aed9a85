"""One run: a topic, a group and an index prefix of its own, workers, and a watch over commits and memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self

from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from ingest import setup
from ingest.adapters import kafka_admin
from ingest.adapters.elastic_templates import ElasticTemplates
from ingest.stack import Stack
from tests.chaos.answer import hits, victim
from tests.chaos.proxy import Proxy
from tests.chaos.traffic import PARTITIONS, Traffic
from tests.chaos.worker import Worker, until
from tests.conftest import Endpoints
from tests.integration.service import Site

_LOOK = 0.5
_PATIENCE = 240.0
"""Seconds within which everything must be read once nothing disturbs any more: a busy machine is no failure."""


class Run:
    """Workers over one topic.

    Args:
        stack: The real servers.
        name: Of topic, group and index prefix.
        traffic: What is sent.
        folder: Where logs go.
        elastic: Talks to Elasticsearch itself, not through the proxy.
    """

    def __init__(self, stack: Stack, name: str, traffic: Traffic, folder: Path, elastic: Elasticsearch) -> None:
        self.stack = stack
        self.name = name
        self.traffic = traffic
        self.elastic = elastic
        self.random = Random(f"{name} {traffic.seed}")
        self.workers: list[Worker] = []
        self.complaints: list[str] = []
        self.looks = 0
        """How often committed offsets that had passed a kill were held against what was stored."""
        self.folder = folder
        self._over = threading.Event()
        self._closing = ExitStack()
        self._site = Site(Endpoints(stack.kafka.bootstrap, stack.elasticsearch.url), name, elastic)
        self.proxy = self._closing.enter_context(Proxy(stack.elasticsearch.url))
        self._watch = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        bootstrap = self.stack.kafka.bootstrap
        kafka_admin.create_topic(bootstrap, self.name, PARTITIONS)
        templates = ElasticTemplates(self.elastic)
        setup.apply(templates, setup.plan(templates, self.name))
        self._admin = KafkaAdminClient(bootstrap_servers=bootstrap, reconnect_backoff_max_ms=1_000)
        self._closing.callback(self._admin.close)
        self._consumer = KafkaConsumer(bootstrap_servers=bootstrap, reconnect_backoff_max_ms=1_000)
        self._closing.callback(self._consumer.close)
        self._watch.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for worker in self.workers:
            if worker.alive:
                worker.kill()
        self._watch.join()
        self._closing.close()

    # ------------------------------------------------------------ workers

    def start(self, instance: str | None = None, **extra: str) -> Worker:
        """Another worker; with ``instance`` one whose name survives a restart."""
        named = {"OOM_INGEST_KAFKA__GROUP_INSTANCE_ID": instance} if instance else {}
        name = f"{self.name}-{len(self.workers)}"
        settings = {
            "OOM_INGEST_KAFKA__CLIENT_ID": name,
            "OOM_INGEST_ELASTICSEARCH__HOSTS": self.proxy.url,
            "OOM_INGEST_ELASTICSEARCH__REQUEST_TIMEOUT": "5",
            "OOM_INGEST_REPORT__REORDER": "30",
            "OOM_INGEST_REPORT__SETTLE_AFTER": "10",
        }
        worker = Worker(
            self._site.environment(**{**settings, **named, **extra}),
            name,
            self.folder / f"{self.name}-{len(self.workers)}.log",
        )
        self.workers.append(worker)
        return worker

    def end(self, worker: Worker) -> None:
        """SIGTERM; complains where the worker does not end well within ten seconds."""
        seconds = worker.terminate()
        if seconds > 10 or worker.status != 0:
            self.complaints.append(f"SIGTERM: {seconds:.1f} s, status {worker.status}: {worker.log[-500:]}")

    def members(self) -> set[str]:
        """The names of the workers in the group."""
        return {member["client_id"] for member in self._admin.describe_groups([self.name])[self.name]["members"]}

    # ------------------------------------------------------------ progress

    def until_stored(self, kills: int) -> None:
        """Wait until so many kills are stored: the run is in the middle of its work."""

        def stored() -> bool:
            with suppress(ApiError, TransportError):  # an index that is just being made
                return len(self._kills()) >= kills
            return False

        until(stored, _PATIENCE, f"{self.name}: {kills} kills stored")

    def until_read(self) -> None:
        """Wait until everything is read, written and committed."""

        places = [TopicPartition(self.name, number) for number in range(PARTITIONS)]

        def read() -> bool:
            with suppress(KafkaError):
                committed = self.committed()
                ends = self._consumer.end_offsets(places)
                return all(committed.get(place.partition) == end for place, end in ends.items())
            return False

        until(read, _PATIENCE, f"{self.name}: every partition committed to its end")
        self._hold_commits()  # A worker that reads everything in one turn commits once, between two looks.

    def committed(self) -> Mapping[int, int]:
        """The committed offset of each partition."""
        found = self._admin.list_group_offsets(self.name)[self.name]
        return {place.partition: each.offset for place, each in found.items()}

    @property
    def peak_mb(self) -> float:
        """The most memory that any worker had."""
        return max((worker.peak_kb for worker in self.workers), default=0) / 1024

    def check_logs(self) -> None:
        """Complain of crashes."""
        for worker in self.workers:
            if "Traceback" in (log := worker.log):
                self.complaints.append(f"a worker crashed: {log[log.index('Traceback') :][-1500:]}")

    # ------------------------------------------------------------ the watch

    def _look(self) -> None:
        while not self._over.wait(_LOOK):
            for worker in self.workers:
                if worker.alive:
                    worker.measure()
            # A server may be away just now; the next look sees the same promise.
            with suppress(KafkaError, OSError, ApiError, TransportError):
                self._hold_commits()

    def _hold_commits(self) -> None:
        """No offset is committed past a line whose kill is not stored: offsets are read first, then documents."""
        named = dict(self.traffic.first_named)
        committed = self.committed()
        passed = [kill for kill, (place, offset) in named.items() if offset < committed.get(place, 0)]
        stored = self._kills()
        self.looks += bool(passed)
        for kill in passed:
            known = self.traffic.told.kills[kill]
            if (known.host, known.pid, known.name) not in stored:
                self.complaints.append(f"committed past an unwritten line: {known.host} {known.pid} at {named[kill]}")

    def _kills(self) -> set[tuple[str, int, str]]:
        found = hits(self.elastic, [f"{self.name}-kill-*"], ["host.name", "process.pid", "process.name"])
        return {victim(hit["_source"]) for hit in found}


def wait(seconds: float) -> None:
    """Let a disturbance last."""
    time.sleep(seconds)
