"""A sink in memory that keeps versions as Elasticsearch does: for tests, and for whoever embeds the pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.ports import WriteReport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.model import Document


class MemorySink:
    """Implements ``ports.Sink``. ``documents`` holds the newest version of each, by index and id."""

    def __init__(self) -> None:
        self.documents: dict[tuple[str, str], Document] = {}

    def write(self, documents: Sequence[Document]) -> WriteReport:
        """Store each document whose version is higher than the stored one."""
        written = 0
        for document in documents:
            stored = self.documents.get((document.index, document.id))
            if stored is None or stored.version < document.version:
                self.documents[document.index, document.id] = document
                written += 1
        return WriteReport(written, len(documents) - written)
