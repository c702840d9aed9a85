"""Times of log lines: RFC 3164 without year and zone, ISO 8601, numbers of seconds, and what had to be inferred.

The hint (Kafka's time stamp or a file's mtime) chooses the year, and in the hour that comes twice when clocks are set
back which of the two it is. Nothing else. Nobody's clock is asked.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from ingest.model import TimeSource, When

MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}

_NUMBERED_MONTHS = {f"{number}{word}": number for number in range(1, 13) for word in ("月", "월")}
"""Chinese, Japanese and Korean locales count the months."""

_FOREIGN_MONTHS = {
    word: number
    for months in (
        "jan feb mär apr mai jun jul aug sep okt nov dez",  # German
        "janv févr mars avril mai juin juil août sept oct nov déc",  # French
        "ene feb mar abr may jun jul ago sep oct nov dic",  # Spanish
        "gen feb mar apr mag giu lug ago set ott nov dic",  # Italian
        "jan fev mar abr mai jun jul ago set out nov dez",  # Portuguese
        "jan feb mrt apr mei jun jul aug sep okt nov dec",  # Dutch
        "sty lut mar kwi maj cze lip sie wrz paź lis gru",  # Polish
        "jan feb mar apr maj jun jul aug sep okt nov dec",  # Swedish, Danish
        "янв фев мар апр мая июн июл авг сен окт ноя дек",  # Russian
    )
    for number, word in enumerate(months.split(), start=1)
}
"""As ``journalctl`` and ``dmesg -T`` print them in these locales; no word is another month in another language."""

_FUTURE = timedelta(days=1)
"""A line may be this much later than its hint: clocks are skewed and zones unknown. More means another year."""

_TWICE = timedelta(hours=1)
"""A hint that is this much later than both does not tell which of two hours it was: then it is the first."""

_SURELY = timedelta(days=180)
"""A time so soon before its hint is nearer to it than the same day of any other year."""

_YEARS_BACK = 8
"""29 February comes at least once in any eight years."""

FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""A time before or after is none: Go writes the year 1 where it has no time, and some clocks run wild."""

_CENTURY = LAST.timestamp()
"""A larger number counts in smaller units than seconds."""


_KEPT = 1_024
"""Times kept: the lines of a report are logged within a second or two."""


def yearless_time(month: int, day: int, clock: str, zone: tzinfo | None, hint: datetime) -> When | None:
    """The time of a stamp such as ``Apr 20 20:03:27``, in the year that lies nearest to ``hint``.

    Args:
        month: 1 to 12.
        day: Day of the month.
        clock: ``HH:MM:SS``, with a fraction or not.
        zone: The sender's zone; ``None`` reads the stamp as UTC and says so.
        hint: An aware time near the event, at best a little later than it.

    Returns:
        ``None`` where the stamp is no date in any year.
    """
    at = _utc(hint.year, month, day, clock, zone)
    if at is None or not -_FUTURE <= hint - at <= _SURELY:
        at = _nearest(month, day, clock, zone, hint)
    if at is None:
        return None
    if zone is not None and (again := _again(at, zone)) != at and abs(hint - again) < min(hint - at, _TWICE):
        at = again
    return _yearless(at, zone is None)


@lru_cache(maxsize=_KEPT)
def _yearless(at: datetime, zone_inferred: bool) -> When:
    """One for all lines of a second: a report of a hundred lines holds it once."""
    return When(at, TimeSource.SYSLOG, year_inferred=True, zone_inferred=zone_inferred)


@lru_cache(maxsize=_KEPT)
def _again(at: datetime, zone: tzinfo) -> datetime:
    """When clocks of a zone show the same time once more, which they do in the hour after they were set back."""
    return at.astimezone(zone).replace(fold=1).astimezone(UTC)


def _nearest(month: int, day: int, clock: str, zone: tzinfo | None, hint: datetime) -> datetime | None:
    years = range(hint.year + 1, hint.year - _YEARS_BACK - 1, -1)
    past = [at for year in years if (at := _utc(year, month, day, clock, zone)) and at - hint <= _FUTURE]
    return min(past, key=lambda at: abs(at - hint)) if past else None


def month_of(word: str) -> int:
    """The number of a month's abbreviation in English or in the words of a locale; 0 for any other word."""
    return MONTHS.get(word) or _NUMBERED_MONTHS.get(word) or _FOREIGN_MONTHS.get(word.lower(), 0)


def dated_time(year: int, month: int, day: int, clock: str, zone: tzinfo | None, source: TimeSource) -> When | None:
    """The time of a stamp with a year and without a zone; ``None`` where it is no date."""
    at = _utc(year, month, day, clock, zone)
    return When(at, source, year_inferred=False, zone_inferred=zone is None) if at else None


def to_the_millisecond(at: datetime) -> datetime:
    """A time as documents tell it, which know no smaller parts of a second."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def iso_time(stamp: str, zone: tzinfo | None, source: TimeSource = TimeSource.ISO) -> When | None:
    """The time of an ISO 8601 stamp; ``None`` where it is none. A stamp without an offset is read in ``zone``."""
    try:
        at = datetime.fromisoformat(stamp.replace(",", "."))
    except ValueError:
        return None
    zone_inferred = at.tzinfo is None and zone is None
    try:
        at = (at if at.tzinfo else at.replace(tzinfo=zone or UTC)).astimezone(UTC)
    except OverflowError:
        return None
    return When(at, source, year_inferred=False, zone_inferred=zone_inferred) if FIRST <= at < LAST else None


def epoch_time(number: float, source: TimeSource) -> When | None:
    """The time of a number of seconds, milli-, micro- or nanoseconds since 1970, told apart by their size."""
    for factor in (1, 1_000, 1_000_000, 1_000_000_000):
        if 0 < number / factor < _CENTURY:
            seconds, rest = divmod(number, factor)
            micros = int(rest * 1_000_000 / factor) if factor > 1 else round((number % 1) * 1_000_000)
            at = datetime.fromtimestamp(int(seconds), UTC) + timedelta(microseconds=micros)
            return When(at, source, year_inferred=False, zone_inferred=False)
    return None


@lru_cache(maxsize=_KEPT)
def _utc(year: int, month: int, day: int, clock: str, zone: tzinfo | None) -> datetime | None:
    try:
        hour, minute, second = int(clock[:2]), int(clock[3:5]), int(clock[6:8] or 0)
        fraction = clock[9:15].ljust(6, "0")
        micros = int(fraction) if fraction.isdigit() else 0
        at = datetime(year, month, day, hour, minute, second, micros, tzinfo=zone or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if FIRST <= at < LAST else None


def recorded_time(milliseconds: int) -> datetime:
    """The time stamp of a record of Kafka's; of one that is none, such as -1, the nearest that is one."""
    return datetime.fromtimestamp(min(max(milliseconds / 1000, 0), _CENTURY), UTC)


@lru_cache(maxsize=_KEPT)
def iso(at: datetime) -> str:
    """An aware time in UTC, with the milliseconds that Elasticsearch's ``date`` keeps."""
    return f"{at.astimezone(UTC).isoformat(timespec='milliseconds').removesuffix('+00:00')}Z"
