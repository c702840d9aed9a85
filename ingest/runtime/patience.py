"""Waiting for servers without leaving the consumer group: the one place that waits, and the one that tries again.

A call to Elasticsearch runs in a thread of its own while this one goes on polling Kafka with paused partitions: a slow
answer, or one that never comes, costs neither the membership (``max.poll.interval.ms``) nor a quick end on SIGTERM.
"""

from __future__ import annotations

from concurrent.futures import wait
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

import stamina
import structlog

from ingest import background
from ingest.ports import Refused, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from ingest.ports import Source

LONGEST_WAIT = 3.0
"""Seconds between two attempts at most: SIGTERM is noticed that late, and the group hears of us that often."""

_LOOK = 1.0
"""Seconds between two polls while a call has not been answered."""

_LAST_ANSWERS = 3.0
"""Seconds that all answers together may still take after SIGTERM."""

_T = TypeVar("_T")

log = structlog.get_logger(__name__)


class Stopped(Exception):
    """The service was asked to end while it waited for a server: nothing more is written or committed."""


class Patience:
    """Repeats calls until they succeed, staying in the consumer group meanwhile.

    Args:
        source: Whose group not to leave.
        stop: Set when the service is to end.
        tell: Told what is waited for.
    """

    def __init__(self, source: Source, stop: Event, tell: Callable[[str], None]) -> None:
        self._source = source
        self._stop = stop
        self._tell = tell
        self._last: float | None = None

    def until_done(self, call: Callable[[], _T]) -> _T:
        """The result of ``call``, however long it takes. ``call`` runs in this thread, as Kafka's client wants it.

        Raises:
            Stopped: The service is to end.
        """
        waited = False
        for attempt in stamina.retry_context(
            on=(Unavailable, Refused), attempts=None, timeout=None, wait_max=LONGEST_WAIT
        ):
            with attempt:
                if attempt.num > 1:
                    self._stay()
                try:
                    result = call()
                except (Unavailable, Refused) as error:
                    waited = True
                    log.warning("waiting", reason=str(error))
                    self._tell(str(error))
                    raise
                if waited:
                    log.info("resumed")
                return result
        raise AssertionError("unreachable: the retries do not end")

    def until_answered(self, call: Callable[[], _T]) -> _T:
        """The same for a call to Elasticsearch: Kafka is polled while it lasts."""
        return self.until_done(lambda: self._meanwhile(call))

    def _stay(self) -> None:
        if self._stop.is_set():
            raise Stopped
        self._source.keep_alive()

    def _meanwhile(self, call: Callable[[], _T]) -> _T:
        self._is_ending()
        answer = background.begin(call)
        while not wait([answer], _LOOK).done:
            if not self._is_ending():
                with suppress(Unavailable, Refused):  # The loop's next call to Kafka says so.
                    self._source.keep_alive()
        return answer.result()

    def _is_ending(self) -> bool:
        """Whether the service is to end. Raises ``Stopped`` where that is long enough ago."""
        if not self._stop.is_set():
            return False
        self._last = self._last or monotonic() + _LAST_ANSWERS
        if monotonic() > self._last:
            raise Stopped
        return True
