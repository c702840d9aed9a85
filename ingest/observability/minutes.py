"""A document of each minute of this worker, for the health board and the alert rules.

It is told beside the work and holds nothing up. What cannot be written now is told with the next minute.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from ingest.document.health import of_minute
from ingest.model import Minute
from ingest.ports import Refused, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from ingest.counts import Counts
    from ingest.observability.vitals import Vitals
    from ingest.pipeline import Pipeline
    from ingest.ports import Batch, Sink

_MINUTE = timedelta(minutes=1)

log = structlog.get_logger(__name__)


class Minutes:
    """Implements ``runtime.Watch``: passes on to the vital signs what it is told, and once a minute writes them down.

    Args:
        vitals: The vital signs.
        sink: Where documents go.
        prefix: First part of every index name.
        host: The machine that this worker runs on.
        process: Its process id.
        began: When it began.
        stop: Set when the worker is to end: then the last minute is written before it is over.
        now: The time.
    """

    def __init__(
        self,
        vitals: Vitals,
        sink: Sink,
        prefix: str,
        host: str,
        process: int,
        began: datetime,
        stop: Event,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._vitals = vitals
        self._sink = sink
        self._prefix = prefix
        self._host = host
        self._worker = f"{host}/{process}"
        self._began = began
        self._stop = stop
        self._now = now
        self._since = began
        self._due = began + _MINUTE
        self._told: Counts = Counter()

    def turned(self, batch: Batch, pipeline: Pipeline) -> None:
        """See ``runtime.Watch``."""
        self._vitals.turned(batch, pipeline)
        now = self._now()
        if now >= self._due or self._stop.is_set():
            self._due = now + _MINUTE
            self._write(now)

    def waiting(self, reason: str) -> None:
        """See ``runtime.Watch``."""
        self._vitals.waiting(reason)

    def _write(self, now: datetime) -> None:
        seen = self._vitals.seen
        counts = Counter(seen.counts)
        minute = Minute(
            worker=self._worker,
            host=self._host,
            began=self._began,
            since=self._since,
            until=now,
            counts=counts - self._told,
            open_reports=seen.open_reports,
            lag=sum(seen.lag.values()) if seen.lag else None,
            newest_event=None if seen.newest_record is None else datetime.fromtimestamp(seen.newest_record, UTC),
        )
        try:
            report = self._sink.write([of_minute(minute, self._prefix)])
        except (Unavailable, Refused) as error:
            log.warning("health_not_written", reason=str(error))
            return
        if report.left:
            log.warning("health_not_written", reason=str(report.trouble))
            return
        if report.refused:
            log.warning("health_refused", reason=report.refused[0].reason)
        self._since, self._told = now, counts
