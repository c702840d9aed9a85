"""Real Kafka and Elasticsearch for one run of the benchmark."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from ingest.stack.elasticsearch_server import ElasticsearchServer
from ingest.stack.kafka_server import KafkaServer

_JOIN_DELAY_MS = 1_000


class Servers:
    """Both servers. Kafka waits for further members of a new group, so that nobody joins one that is at work."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="oom-ingest-bench-"))
        self.kafka = KafkaServer(self._folder / "kafka", join_delay_ms=_JOIN_DELAY_MS)
        self.elasticsearch = ElasticsearchServer(self._folder / "elasticsearch")

    def __enter__(self) -> Self:
        try:
            self.kafka.start()
            self.elasticsearch.start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        try:
            self.kafka.stop()
        finally:
            self.elasticsearch.stop()
            shutil.rmtree(self._folder, ignore_errors=True)
