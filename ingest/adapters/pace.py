"""How fast records may be read, where that is limited: what was read too much of is waited for afterwards."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Pace:
    """A limit of records per second, held on average.

    A poll brings as many records as it brings. They are counted when they are there, and the next poll is due when that
    many may have been read. Time that passes unused is not saved up: after a pause there is no rush.

    Args:
        rate: Records per second; ``None`` is no limit.
        clock: Seconds that never go back.
    """

    def __init__(self, rate: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._due = clock()

    def took(self, records: int) -> None:
        """So many records were read."""
        if self._rate:
            self._due = max(self._due, self._clock()) + records / self._rate

    def owed(self) -> float:
        """Seconds to wait before the next records may be read."""
        return max(0.0, self._due - self._clock())
