"""A sink that writes dead letters to a topic too, or only there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from ingest.dead_letters import is_dead_letter, of_source, outgoing
from ingest.ports import Writer, WriteReport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.model import Document


class _PingableSink(Protocol):
    def ping(self) -> None: ...

    def write(self, documents: Sequence[Document]) -> WriteReport: ...


class _Topic(Writer, Protocol):
    def connect(self) -> None: ...

    def close(self) -> None: ...


class DeadLetterSink:
    """Implements ``ports.Sink`` around another one.

    Args:
        sink: Where documents go.
        writer: Writes to the topic.
        topic: The topic of dead letters.
        indexed: Whether dead letters are documents too.
    """

    def __init__(self, sink: _PingableSink, writer: _Topic, topic: str, *, indexed: bool) -> None:
        self._sink = sink
        self._writer = writer
        self._topic = topic
        self._indexed = indexed
        self._told: frozenset[str] = frozenset()
        """Those that the topic has and that the sink has not taken yet: they are given to it again."""

    def ping(self) -> None:
        """Prove that both answer. Raises ``Unavailable`` or ``Refused``."""
        self._writer.connect()
        self._sink.ping()

    def write(self, documents: Sequence[Document]) -> WriteReport:
        """Store dead letters in the topic first, then as any document; see ``ports.Sink``."""
        dead = [document for document in documents if is_dead_letter(document)]
        news = [document for document in dead if document.id not in self._told]
        if news:
            now = datetime.now(UTC)
            self._writer.write([outgoing(of_source(document.source), self._topic, now) for document in news])
        self._told = frozenset(document.id for document in dead)
        kept = documents if self._indexed else [each for each in documents if not is_dead_letter(each)]
        report = self._sink.write(kept) if kept else WriteReport(0, 0)
        self._told = frozenset(document.id for document in report.left if document.id in self._told)
        return report if self._indexed else replace(report, written=report.written + len(news))

    def close(self) -> None:
        """End the connection to the topic."""
        self._writer.close()
