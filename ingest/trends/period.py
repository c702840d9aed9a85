"""Periods by the wall clock of a zone: the one that is reported, the one before it, and their days.

Moments are whole milliseconds of the epoch, as Elasticsearch keeps them. A period includes its start and not its end.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from msgspec import Struct

from ingest.trends.wrong import Wrong

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

QUARTER = 15 * 60_000
"""Width of the slots that kills and episodes are counted in: every zone of today begins its days on one."""

LONGEST_DAYS = 1_100
"""Three years. A longer period would have more days than anybody looks at."""

_YEARS = (1980, 2100)
"""Since then every zone keeps quarters of an hour."""

_SPAN = re.compile(r"(\d{1,4})([hdw])")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Window(Struct, frozen=True):
    """From ``start`` until before ``end``; without a start everything before ``end``."""

    start: int | None
    end: int


class Day(Struct, frozen=True):
    """What of a local day lies in a period, and whether that is all of it."""

    date: date
    window: Window
    whole: bool


class Period(Struct, frozen=True):
    """What is reported, and what it is compared with: as much before it, by the wall clock where days are asked."""

    zone: ZoneInfo
    now: Window
    before: Window

    @property
    def history(self) -> Window:
        """Everything before both."""
        return Window(None, start(self.before))


def last(text: str, now: datetime, zone: ZoneInfo) -> Period:
    """The period of ``30d``, ``2w`` or ``12h`` until now.

    Raises:
        Wrong: The text is no such span.
    """
    found = _SPAN.fullmatch(text.strip())
    if not found or not int(found[1]):
        raise Wrong(f"{text!r} is no span of time such as 30d, 2w or 12h")
    number = int(found[1])
    if found[2] == "h":
        return _period(now - timedelta(hours=number), now, zone, by_clock=False)
    days = number * (7 if found[2] == "w" else 1)
    end = now.astimezone(zone)
    return _period(_clock(end.replace(tzinfo=None) - timedelta(days=_bounded(days)), zone), now, zone, by_clock=True)


def between(begin: str, end: str | None, now: datetime, zone: ZoneInfo) -> Period:
    """The period from one day or moment to another (now if there is none); a day given as the end is included.

    Raises:
        Wrong: A text that is neither a day nor a moment, or an end that is not after the begin.
    """
    given = [_moment(begin, end_of_day=False), *([_moment(end, end_of_day=True)] if end is not None else [])]
    start, until = [*(moment if moment.tzinfo else _clock(moment, zone) for moment in given), now][:2]
    if until <= start:
        raise Wrong(f"the period ends ({end or 'now'}) before it begins ({begin})")
    return _period(start, until, zone, by_clock=not any(moment.tzinfo for moment in given))


def days(window: Window, zone: ZoneInfo) -> list[Day]:
    """The local days of a window in their order, the first and the last cut where the window cuts them."""
    found = []
    day = local(start(window), zone).date()
    begins = _midnight(day, zone)
    while begins < window.end:
        ends = _midnight(day + timedelta(days=1), zone)
        part = Window(max(begins, start(window)), min(ends, window.end))
        if start(part) < part.end:
            found.append(Day(day, part, whole=part == Window(begins, ends)))
        day, begins = day + timedelta(days=1), ends
    return found


def start(window: Window) -> int:
    """The begin of a window that has one."""
    if window.start is None:
        raise ValueError("the window has no begin")
    return window.start


def local(moment: int, zone: ZoneInfo) -> datetime:
    """A moment by the wall clock of a zone."""
    return (_EPOCH + timedelta(milliseconds=moment)).astimezone(zone)


def milliseconds(at: datetime) -> int:
    """A moment as whole milliseconds of the epoch."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _period(begin: datetime, end: datetime, zone: ZoneInfo, *, by_clock: bool) -> Period:
    """The two windows; the one before is as long, by the wall clock or in the time that passes."""
    first, until = (at.astimezone(zone if by_clock else UTC).replace(tzinfo=None) for at in (begin, end))
    if by_clock and until <= first:  # the clocks go back in between
        return _period(begin, end, zone, by_clock=False)
    _bounded((until - first).days)
    now = Window(milliseconds(begin), milliseconds(end))
    earlier = milliseconds(_clock(first - (until - first), zone if by_clock else UTC))
    if not earlier < start(now) < now.end:
        raise Wrong("the period is empty")
    return Period(zone, now, Window(earlier, start(now)))


def _moment(text: str, *, end_of_day: bool) -> datetime:
    text = text.strip()
    is_day = _DAY.fullmatch(text) is not None
    try:
        found = datetime.fromisoformat(text) + timedelta(days=1 if is_day and end_of_day else 0)
    except (ValueError, OverflowError):
        found = None
    if found is None or (not is_day and _tells_no_time(text)):
        raise Wrong(f"{text!r} is neither a day (2026-11-01) nor a moment (2026-11-01T06:30)")
    if not _YEARS[0] <= found.year <= _YEARS[1]:
        raise Wrong(f"{text!r} is not between the years {_YEARS[0]} and {_YEARS[1]}")
    return found


def _tells_no_time(text: str) -> bool:
    """Whether a text is a day in another of ISO's forms (20261101, 2026-W44-7), which would be read as its midnight."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _clock(naive: datetime, zone: tzinfo) -> datetime:
    """The moment at which the clocks of a zone show this; where they skip it, the moment at which they skip."""
    return naive.replace(tzinfo=zone)


def _midnight(day: date, zone: ZoneInfo) -> int:
    return milliseconds(datetime(day.year, day.month, day.day, tzinfo=zone))


def _bounded(days: int) -> int:
    if days > LONGEST_DAYS:
        raise Wrong(f"a period has at most {LONGEST_DAYS:,} days")
    return days
