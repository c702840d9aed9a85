"""The vital signs of a loop, written by its thread and read by others."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from ingest import __version__
from ingest.counts import Count
from ingest.metrics import Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ingest.model import Document
    from ingest.pipeline import Pipeline
    from ingest.ports import Batch, Outgoing, Sink, Writer, WriteReport
    from ingest.runtime import Pingable

    class _PingableSink(Sink, Pingable, Protocol):
        """Both at once."""


_PROGRESS_WITHIN = 60.0
"""A turn takes less than a second where nothing comes; one that writes much takes a few."""
_HEARD_WITHIN = 300.0
"""Longer than any request may take: a loop that is silent for this long hangs."""


class Vitals:
    """Implements ``runtime.Watch`` and ``route.Watch``. Readers get values that no longer change, so nothing is locked.

    Args:
        clock: Seconds that never go back.
        now: Seconds since 1970.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, now: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._now = now
        self._turned: float | None = None
        self._heard = clock()
        self._reason: str | None = None
        self.seen = Seen(version=__version__)

    # ------------------------------------------------------------ told by the loop

    def turned(self, batch: Batch, pipeline: Pipeline) -> None:
        """See ``runtime.Watch``."""
        self.seen = replace(
            self.seen,
            counts=dict(pipeline.counts),
            unread=dict(pipeline.unread),
            open_reports=pipeline.open_reports,
            uncommitted=dict(pipeline.uncommitted()),
        )
        self._turn_ended(batch)

    def routed(self, batch: Batch, records: int, candidates: int) -> None:
        """See ``route.Watch``."""
        self.seen = replace(self.seen, counts={Count.RECORDS: records}, candidates=candidates)
        self._turn_ended(batch)

    def _turn_ended(self, batch: Batch) -> None:
        now, before = self._now(), self.seen.newest_record
        newest = [min(group[-1].recorded_at.timestamp(), now) for group in batch.records.values() if group]
        self.seen = replace(
            self.seen,
            lag=dict(batch.behind),
            newest_record=max([*newest, *([] if before is None else [before])], default=None),
            turned_at=now,
            waiting=False,
        )
        self._reason = None
        self._turned = self._heard = self._clock()

    def waiting(self, reason: str) -> None:
        """See ``runtime.Watch``."""
        self.seen = replace(self.seen, waiting=True, failures=self.seen.failures + 1)
        self._reason = reason
        self._heard = self._clock()

    def heard(self) -> None:
        """A request ended. A turn may take many of them, each slow: that is no hang, and a restart would begin anew."""
        self._heard = self._clock()

    def wrote(self, documents: Sequence[Document], seconds: float) -> None:
        """A write ended, well or not."""
        events = [_moment(document.source) for document in documents]
        newest = max((moment for moment in events if moment is not None), default=self.seen.newest_event)
        self.seen = replace(self.seen, writes=self.seen.writes.plus(seconds), newest_event=newest)

    # ------------------------------------------------------------ asked by others

    def not_alive(self) -> str | None:
        """Why the process should be started anew; ``None`` while it lives. A start has a time limit of its own."""
        silent = self._clock() - self._heard
        if self._turned is None or silent <= _HEARD_WITHIN:
            return None
        return f"the loop has not been heard of for {silent:.0f} s"

    def not_ready(self) -> str | None:
        """Why there is no progress; ``None`` while there is."""
        if self._reason is not None:
            return self._reason
        if self._turned is None:
            return "starting: not all servers have answered, or the first turn is not over"
        still = self._clock() - self._turned
        return f"the loop has not ended a turn for {still:.0f} s" if still > _PROGRESS_WITHIN else None


class TimedSink:
    """A sink whose writes are timed.

    Args:
        sink: Where documents go.
        vitals: Told of each write.
        clock: Seconds that never go back.
    """

    def __init__(self, sink: _PingableSink, vitals: Vitals, clock: Callable[[], float] = time.monotonic) -> None:
        self._sink = sink
        self._vitals = vitals
        self._clock = clock

    def ping(self) -> None:
        """See ``runtime.Pingable``."""
        self._sink.ping()

    def write(self, documents: Sequence[Document]) -> WriteReport:
        """See ``ports.Sink``."""
        began = self._clock()
        try:
            return self._sink.write(documents)
        finally:
            self._vitals.wrote(documents, self._clock() - began)


class TimedWriter:
    """A writer whose writes are timed.

    Args:
        writer: Where records go.
        vitals: Told of each write.
        clock: Seconds that never go back.
    """

    def __init__(self, writer: Writer, vitals: Vitals, clock: Callable[[], float] = time.monotonic) -> None:
        self._writer = writer
        self._vitals = vitals
        self._clock = clock

    def write(self, records: Sequence[Outgoing]) -> None:
        """See ``ports.Writer``."""
        began = self._clock()
        try:
            self._writer.write(records)
        finally:
            self._vitals.wrote((), self._clock() - began)


def _moment(source: Mapping[str, object]) -> float | None:
    at = source.get("@timestamp")
    return datetime.fromisoformat(at).timestamp() if isinstance(at, str) else None
