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

    Each can also be stopped, killed and started alone, on the same port and with the same data.

    Args:
        data_dir: Where topics, offsets and indices are kept between runs; without it they go with the stack.
        kafka_port: Any free one if not given.
        elasticsearch_port: Any free one if not given.
    """

    def __init__(
        self, data_dir: Path | None = None, *, kafka_port: int | None = None, elasticsearch_port: int | None = None
    ) -> None:
        self._ephemeral = data_dir is None
        self._folder = data_dir.absolute() if data_dir else Path(tempfile.mkdtemp(prefix="oom-ingest-"))
        self.kafka = KafkaServer(self._folder / "kafka", kafka_port)
        self.elasticsearch = ElasticsearchServer(self._folder / "elasticsearch", elasticsearch_port)

    def start(self) -> None:
        """Start both at once and wait until both are usable. Raises ``StackError``, and leaves nothing running."""
        try:
            self.kafka.prepare()
            self.elasticsearch.prepare()
            self.elasticsearch.launch()
            self.kafka.launch()
            self.kafka.wait()
            self.elasticsearch.wait()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop both; data without a ``data_dir`` of its own is deleted."""
        try:
            self.kafka.stop()
        finally:
            self.elasticsearch.stop()
            if self._ephemeral:
                shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
