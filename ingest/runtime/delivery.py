"""Documents to the sink until every one was taken or refused for good: only what was not taken is sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from ingest.counts import Count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.model import Document, Signature
    from ingest.pipeline import Pipeline
    from ingest.ports import Refusal, Signatures, Sink, WriteReport
    from ingest.runtime.dead_share import DeadShare
    from ingest.runtime.patience import Patience

log = structlog.get_logger(__name__)


class Delivery:
    """Stores what the pipeline makes; what Elasticsearch will never take becomes a dead letter.

    Args:
        sink: Where documents go.
        signatures: Where what is known of the whole fleet goes.
        pipeline: Makes dead letters, and counts.
        patience: Waits for the sink.
        share: Ends the service when too much is refused.
    """

    def __init__(
        self, sink: Sink, signatures: Signatures, pipeline: Pipeline, patience: Patience, share: DeadShare
    ) -> None:
        self._sink = sink
        self._signatures = signatures
        self._pipeline = pipeline
        self._patience = patience
        self._share = share

    def store(self, documents: Sequence[Document]) -> None:
        """Store documents. Raises ``Stopped``, and ``Halted`` where too many are refused."""
        refused = self._send(documents)
        self._bury(refused)
        self._share.note("documents", len(documents) - len(refused), len(refused))

    def record(self, sightings: Sequence[Signature]) -> None:
        """Add what was seen to what is known of the fleet. Raises ``Stopped``."""
        if sightings:
            report = self._patience.until_answered(lambda: self._signatures.record(sightings))
            self._count(report)
            self._bury(report.refused)

    def _bury(self, refused: Sequence[Refusal]) -> None:
        if not refused:
            return
        log.warning("documents_refused", count=len(refused), reason=refused[0].reason)
        for refusal in self._send(self._pipeline.refused(refused)):
            log.error("dead_letter_refused", id=refusal.document.id, reason=refusal.reason)

    def _send(self, documents: Sequence[Document]) -> list[Refusal]:
        """Send until nothing is left, a few requests at a time, so that Kafka is polled between them."""
        left = documents
        refused: list[Refusal] = []

        def send() -> None:
            nonlocal left
            report = self._sink.write(left)
            left = report.left
            refused.extend(report.refused)
            self._count(report)
            if report.trouble is not None:
                raise report.trouble

        while left:
            self._patience.until_answered(send)
        return refused

    def _count(self, report: WriteReport) -> None:
        counts = self._pipeline.counts
        counts[Count.DOCUMENTS_WRITTEN] += report.written
        counts[Count.DOCUMENTS_STALE] += report.stale
        counts[Count.DOCUMENTS_REFUSED] += len(report.refused)
