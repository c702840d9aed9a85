"""The time of a partition: that of its records, and at its end the time that passes in silence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Clock:
    """A partition's time: the latest time stamp of its records, and at its end the time that passes in silence.

    Attributes:
        read_at: When the last record came, or up to when the silence after it was counted.
        early: A report that begins so soon after the first record may have begun before it.
    """

    early: timedelta
    recorded: datetime = _EPOCH
    read_at: datetime = _EPOCH
    at_end: bool = False
    time: datetime = _EPOCH
    advanced: datetime | None = None
    """The time up to which everything that waits was looked at."""
    began: datetime | None = None
    """When the first record was recorded."""
    early_until: int = -1
    """The last offset before which nothing was recorded that is not early."""

    def saw(self, offset: int, recorded_at: datetime, now: datetime) -> None:
        """A record came, or several of which this is the last; ``recorded_at`` is the latest time of theirs.

        One that is ahead of ``now`` counts as recorded now: else time would stand still for all until it is over.
        """
        self.read_at = now
        if recorded_at > now:  # noqa: PLR1730  this is of each record: a call takes longer
            recorded_at = now
        if recorded_at > self.recorded:
            self.recorded = recorded_at
            self.time = max(self.time, recorded_at)
        self.began = self.began or recorded_at
        if self.recorded - self.began <= self.early:
            self.early_until = offset

    def passes(self, now: datetime) -> None:
        """Nothing came: at the end of a partition that is silence, elsewhere it is only slowness."""
        if self.at_end and self.read_at > _EPOCH and now > self.read_at:
            # Counted on from the time that was reached: what comes late would stop it for as long as it is late.
            self.time += now - self.read_at
            self.read_at = now
