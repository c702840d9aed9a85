"""Runs the service as its users do: as a process of its own, against the real servers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import SERVICE_UNAVAILABLE
from typing import Any

from elasticsearch import ApiError, Elasticsearch

from ingest.adapters import kafka_admin
from tests.conftest import Endpoints

VOLATILE = ("ingested",)
"""Provenance of a document: outside equality."""


@dataclass(frozen=True)
class Site:
    """One topic, group and index prefix on the test's servers."""

    stack: Endpoints
    name: str
    elastic: Elasticsearch

    def setup(self) -> None:
        run = subprocess.run([*COMMAND, "setup"], env=self.environment(), capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr

    def environment(self, **extra: str) -> dict[str, str]:
        return {
            **os.environ,
            "OOM_INGEST_KAFKA__BOOTSTRAP_SERVERS": self.stack.kafka,
            "OOM_INGEST_KAFKA__TOPICS": self.name,
            "OOM_INGEST_KAFKA__GROUP": self.name,
            "OOM_INGEST_ELASTICSEARCH__HOSTS": self.stack.elasticsearch,
            "OOM_INGEST_ELASTICSEARCH__INDEX_PREFIX": self.name,
            "OOM_INGEST_REPORT__REORDER": "1",
            "OOM_INGEST_REPORT__SETTLE_AFTER": "0.5",
            "OOM_INGEST_REPORT__LINGER": "120",
            **extra,
        }

    def produce(self, records: Iterable[tuple[bytes | None, bytes | None, datetime]]) -> int:
        return kafka_admin.produce(self.stack.kafka, self.name, records)

    @contextmanager
    def service(self, **extra: str) -> Iterator[subprocess.Popen[str]]:
        process = subprocess.Popen([*COMMAND, "run"], env=self.environment(**extra), stderr=subprocess.PIPE, text=True)
        try:
            yield process
        finally:
            told = process.poll() is None
            process.terminate()
            _, log = process.communicate(timeout=30)
            assert not told or process.returncode in (0, -signal.SIGKILL), log

    def documents(self) -> dict[tuple[str, str], dict[str, Any]]:
        """What was stored of the log, by index and id, without what is outside equality.

        Signatures (of the whole fleet) and the service's own health are looked at by tests of their own.
        """
        indices = [f"{self.name}-*", f"-{self.name}-signature*", f"-{self.name}-pipeline-*"]
        self.elastic.indices.refresh(index=indices, allow_no_indices=True)
        found = {}
        for hit in self._hits(indices):
            source = json.loads(json.dumps(hit["_source"]))
            source.pop("kafka", None)
            source["oom"].pop("envelope", None)
            for key in VOLATILE:
                source["event"].pop(key, None)
            found[hit["_index"], hit["_id"]] = source
        return found

    def _hits(self, indices: list[str]) -> list[dict[str, Any]]:
        try:
            answer = self.elastic.search(index=indices, size=10_000, allow_no_indices=True)
        except ApiError as error:
            if error.status_code != SERVICE_UNAVAILABLE:
                raise
            return []  # An index was made a moment ago, and its shard is not there yet.
        hits: list[dict[str, Any]] = answer["hits"]["hits"]
        return hits

    def wait_for(self, count: int, seconds: float = 60) -> dict[tuple[str, str], dict[str, Any]]:
        """The documents, once there are that many and they have stopped changing."""
        deadline = time.monotonic() + seconds
        before: dict[tuple[str, str], dict[str, Any]] = {}
        while time.monotonic() < deadline:
            time.sleep(1)
            found = self.documents()
            if len(found) >= count and found == before:
                return found
            before = found
        raise AssertionError(f"{len(before)} documents after {seconds} s, {count} expected")


COMMAND = [sys.executable, "-m", "ingest"]


def stamped(lines: Iterable[bytes], at: datetime) -> list[tuple[bytes | None, bytes | None, datetime]]:
    """Lines as records without a key, all with one time stamp."""
    return [(None, line, at) for line in lines]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
