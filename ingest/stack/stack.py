"""Both servers together."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Self

from ingest.stack.elasticsearch_server import ElasticsearchServer
from ingest.stack.kafka_server import KafkaServer

if TYPE_CHECKING:
    from types import TracebackType


class Stack:
    """Kafka and Elasticsearch, started together and stopped together.

    Args:
        folder: Where topics and indices are kept from one run to the next; without it they go with the stack.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._temporary = folder is None
        self._folder = folder or Path(tempfile.mkdtemp(prefix="oom-ingest-"))
        self.kafka = KafkaServer(self._folder / "kafka")
        self.elasticsearch = ElasticsearchServer(self._folder / "elasticsearch")

    def start(self) -> None:
        """Start both, then wait for both. Raises ``StackError``, and nothing is left running."""
        try:
            for server in (self.elasticsearch, self.kafka):
                server.start()
            for server in (self.kafka, self.elasticsearch):
                server.wait()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop both."""
        for server in (self.kafka, self.elasticsearch):
            server.stop()
        if self._temporary:
            shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
