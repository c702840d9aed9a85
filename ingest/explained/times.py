"""When something was, as far as the lines tell: nothing here takes the time of a file for that of a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from ingest.explanation.sentence import duration, uptime
from ingest.model import TimeSource, uptime_between

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from ingest.model import Episode, Report, When


class Span(Struct, frozen=True, kw_only=True):
    """When an episode was; ``text`` is all of it as it is shown.

    ``start`` and ``end`` are absent where no date is told. Uptimes (microseconds) are there where the lines carry no
    time of their own, and ``lasted`` goes by them.
    """

    text: str
    start: datetime | None
    end: datetime | None
    uptimes_us: tuple[int, int] | None
    lasted: timedelta | None
    year_assumed: bool
    zone_assumed: bool


def span(episode: Episode, reports: Sequence[Report]) -> Span:
    """When an episode was whose reports are these."""
    told = [report for report in reports if is_dated(report.when)]
    start = min((report.when.at for report in told), default=None)
    end = max((max(report.when.at, report.ended.at) for report in told), default=None)
    year = any(report.when.year_inferred for report in told)
    zone = any(report.when.zone_inferred for report in told)
    uptimes = episode.uptimes_us
    lasted = uptime_between(*uptimes) if uptimes else end - start if start and end else None
    shipped = bool(told) and not any(report.when.from_line for report in told)
    words = (
        _uptimes(uptimes) if uptimes else None,
        _date(start, shipped=shipped, year=year, zone=zone) if start else "date not told",
        duration(lasted.total_seconds()) if lasted is not None else None,
    )
    return Span(
        text=", ".join(word for word in words if word),
        start=start,
        end=end,
        uptimes_us=uptimes,
        lasted=lasted,
        year_assumed=year,
        zone_assumed=zone,
    )


def _uptimes(uptimes: tuple[int, int]) -> str:
    first, last = map(uptime, uptimes)
    return first if first == last else f"{first} to {last.removeprefix('uptime ')}"


def _date(start: datetime, *, shipped: bool, year: bool, zone: bool) -> str:
    assumed = ", ".join([*(["year assumed"] if year else []), *(["zone assumed UTC"] if zone else [])])
    date = f"{'shipped ' if shipped else ''}{start:%Y-%m-%d %H:%M:%S}"
    return f"{date}{'' if zone else ' UTC'}{f' ({assumed})' if assumed else ''}"


def is_dated(when: When) -> bool:
    """Whether the record itself tells the date: in the line, or by what a shipper put beside it."""
    return when.source not in (TimeSource.FILE, TimeSource.KAFKA)


def moment(when: When, uptime_us: int | None) -> str:
    """The time of day of a line, else its uptime; empty where it tells neither."""
    if not when.from_line and uptime_us is not None:
        return uptime(uptime_us)
    return f"{when.at:%H:%M:%S}" if is_dated(when) else ""
