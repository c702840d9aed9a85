"""The report's plots as SVG that takes the colours of its page, so that it is dark where the page is."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from markupsafe import Markup
from msgspec import Struct

from ingest import charts
from ingest.charts import spec
from ingest.trends.formats.sections import WEEKDAYS, column_days

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date

    from ingest.charts import Spec
    from ingest.trends.report import Report

_WIDE, _NARROW = 1_040, 340
_BARS = 10
_NARROW_HOSTS = 15
_FEW = 31
_VARIABLES = {spec.INK: "--ink", spec.QUIET: "--quiet", spec.RULE: "--line", spec.PAPER: "--paper", "#ddd": "--line"}
_SERIES = {spec.COLOURS[0]: "--now", spec.COLOURS[1]: "--before"}
STEPS = 9
"""Colours of a heat map, ``--h0`` to ``--h8`` of the page."""
_ANY_DAY = datetime(2024, 1, 1, tzinfo=UTC)
_HOURS = {"Jan 1": "00:00", "Jan 2": "24:00"}
"""The hours of a week stand on an axis of time, which names the day at midnight."""


class Plot(Struct, frozen=True):
    """A plot for wide screens and one for narrow ones, with what it shows in words."""

    title: str
    words: str
    wide: Markup
    narrow: Markup


def plots(report: Report) -> Iterator[Plot]:
    """The plots of a report that has kills."""
    if not report.kills.now:
        return
    told = any(day.kills_before is not None for day in report.days)
    before = f", and one of the period before: {report.kills.before:,} kills" if told else ""
    words = f"a line of {report.kills.now:,} kills over {len(report.days)} days{before}"
    yield _plot(report, _trend, "Kills of each day", words)
    yield _plot(
        report,
        _heat,
        f"Hosts with most kills, by day (a column is {column_days(report)})",
        f"darker is more; {len(report.heat.hosts)} hosts, the numbers are in the last table",
    )
    yield _plot(report, _week, f"Kills by weekday and hour ({report.zone})", "darker is more", _HOURS)
    yield _plot(report, _bars, "Signatures with most kills", "bars, the same numbers are in a table below")


def themed(svg: str, name: str) -> Markup:
    """The picture with the page's colours in the place of its own, and ids that no other picture of the page has."""
    svg = _ID.sub(rf"\g<1>{name}-", svg)
    for colour, variable in (_VARIABLES | _SERIES).items():
        svg = svg.replace(f'"{colour}"', f'"var({variable})"')
    return Markup(_RGB.sub(_step, svg))  # noqa: S704  made by the chart library, which escapes what is in it


_ID = re.compile(r'(\bid="|"url\(#)')
_RGB = re.compile(r'"rgb\((\d+), ?(\d+), ?(\d+)\)"')
_LOW, _HIGH = (int(colour[1:3], 16) for colour in (spec.LOW, spec.HIGH))


def _step(found: re.Match[str]) -> str:
    """The page's colour for one between the ends of the scale, by its red."""
    share = (_LOW - int(found[1])) / (_LOW - _HIGH)
    return f'"var(--h{min(STEPS - 1, max(0, round(share * (STEPS - 1))))})"'


def _plot(
    report: Report, draw: Callable[[Report, int], Spec], title: str, words: str, names: Mapping[str, str] | None = None
) -> Plot:
    """Both pictures; ``names`` are labels of the axis of time that are to read otherwise."""
    drawn = []
    for width in (_WIDE, _NARROW):
        svg = charts.svg(draw(report, width))
        for label, other in (names or {}).items():
            svg = svg.replace(f">{label}</text>", f">{other}</text>")
        drawn.append(themed(svg, f"{draw.__name__}-{width}"))
    return Plot(title, words, *drawn)


def _trend(report: Report, width: int) -> Spec:
    """Both periods over the days of this one."""
    dates = [_midnight(day.date) for day in report.days]
    now = [charts.Point(at, day.kills, "this period") for at, day in zip(dates, report.days, strict=True)]
    before = [
        charts.Point(at, day.kills_before, "the period before")
        for at, day in zip(dates, report.days, strict=True)
        if day.kills_before is not None
    ]
    return charts.over_time([*now, *before], charts.Mark.LINES, size=charts.Size(width, 260))


def _heat(report: Report, width: int) -> Spec:
    heat = report.heat
    hosts = heat.hosts if width == _WIDE else heat.hosts[:_NARROW_HOSTS]
    cells = [
        charts.Cell(_midnight(day), host, kills)
        for host, row in zip(hosts, heat.rows, strict=False)
        for day, kills in zip(heat.columns, row, strict=True)
    ]
    few = width == _WIDE and len(heat.columns) <= _FEW
    axis = _midnight(heat.columns[0]), _midnight(heat.columns[-1]) + timedelta(days=heat.days)
    return charts.heatmap(cells, size=charts.Size(width, 60 + 18 * len(hosts)), between=axis, numbers=few)


def _week(report: Report, width: int) -> Spec:
    cells = [
        charts.Cell(_ANY_DAY + timedelta(hours=hour), day[:3], kills)
        for day, hours in zip(WEEKDAYS, report.week, strict=True)
        for hour, kills in enumerate(hours)
    ]
    axis = _ANY_DAY, _ANY_DAY + timedelta(days=1)
    size = charts.Size(width, 220 if width == _WIDE else 260)
    return charts.heatmap(cells, size=size, between=axis, numbers=width == _WIDE)


def _bars(report: Report, width: int) -> Spec:
    bars = [charts.Bar(line.name, line.kills.now) for line in report.top[:_BARS]]
    return charts.ranking(bars, size=charts.Size(width, 34 * (len(bars) + 1)))


def _midnight(day: date) -> datetime:
    """A day on the axis of time, which is in UTC."""
    return datetime.combine(day, time(), UTC)
