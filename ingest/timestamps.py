"""Times of log lines: RFC 3164 without year and zone, ISO 8601, and what had to be inferred.

The hint (Kafka's time stamp or a file's mtime) chooses the year and nothing else. Nobody's clock is asked.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from ingest.model import TimeSource, When

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}

_FUTURE = timedelta(days=1)
"""A line may be this much later than its hint: clocks are skewed and zones unknown. More means another year."""

_YEARS_BACK = 8
"""29 February comes at least once in any eight years."""


def syslog_time(month: str, day: str, clock: str, zone: tzinfo | None, hint: datetime) -> When | None:
    """The time of an RFC 3164 stamp such as ``Apr 20 20:03:27``, in the year that lies nearest to ``hint``.

    Args:
        month: English abbreviation.
        day: Day of the month, blank padded or not.
        clock: ``HH:MM:SS``, with a fraction or not.
        zone: The sender's zone; ``None`` reads the stamp as UTC and says so.
        hint: An aware time near the event, at best a little later than it.

    Returns:
        ``None`` where the stamp is no date in any year.
    """
    number = _MONTHS.get(month)
    if number is None:
        return None
    try:
        time = datetime.strptime(clock[:8], "%H:%M:%S").time()  # noqa: DTZ007  the zone is added below
    except ValueError:
        return None
    fraction = clock[9:15].ljust(6, "0")
    micros = int(fraction) if fraction.isdigit() else 0
    candidates = []
    for year in range(hint.year + 1, hint.year - _YEARS_BACK - 1, -1):
        try:
            local = datetime(year, number, int(day), time.hour, time.minute, time.second, micros, tzinfo=zone or UTC)
        except ValueError:
            continue
        candidates.append(local.astimezone(UTC))
    past = [at for at in candidates if at - hint <= _FUTURE]
    if not past:
        return None
    at = min(past, key=lambda at: abs(at - hint))
    return When(at, TimeSource.SYSLOG, year_inferred=True, zone_inferred=zone is None)


def iso_time(stamp: str, zone: tzinfo | None) -> When | None:
    """The time of an ISO 8601 stamp; ``None`` where it is none. A stamp without an offset is read in ``zone``."""
    try:
        at = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    if at.tzinfo is not None:
        return When(at.astimezone(UTC), TimeSource.ISO, year_inferred=False, zone_inferred=False)
    local = at.replace(tzinfo=zone or UTC)
    return When(local.astimezone(UTC), TimeSource.ISO, year_inferred=False, zone_inferred=zone is None)
