"""The report as CSV: one number a row, for a spreadsheet or a notebook."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from ingest.safe import cell
from ingest.trends.formats.sections import WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.trends.report import Report

COLUMNS = ("what", "of", "measure", "value", "before", "tolerance")

_Number = int | float | None
_Row = tuple[str, str, str, _Number, _Number, int]


def render(report: Report) -> str:
    """The whole text. Numbers without a name in ``tolerance`` are exact."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    for what, of, measure, value, before, tolerance in _rows(report):
        if value is not None:
            writer.writerow((what, cell(of), measure, value, "" if before is None else before, tolerance))
    return stream.getvalue()


def _rows(report: Report) -> Iterator[_Row]:
    yield "fleet", "", "kills", report.kills.now, report.kills.before, 0
    if report.episodes:
        yield "fleet", "", "episodes", report.episodes.now, report.episodes.before, 0
    yield "fleet", "", "hosts", report.hosts.now, report.hosts.before, 0
    if report.fleet:
        yield "fleet", "", "hosts in the inventory", report.fleet.size, None, 0
        yield "fleet", "", "hosts of the inventory hit", report.fleet.hit.now, report.fleet.hit.before, 0
    yield "fleet", "", "seconds between episodes", *report.between, 0
    for day in report.days:
        yield "day", str(day.date), "kills", day.kills, day.kills_before, 0
        yield "day", str(day.date), "episodes", day.episodes, None, 0
        yield "day", str(day.date), "hosts", day.hosts, None, 0
    for name, hours in zip(WEEKDAYS, report.week, strict=True):
        for hour, kills in enumerate(hours):
            yield "hour of the week", f"{name} {hour:02d}", "kills", kills, None, 0
    for line in report.top:
        yield "signature", line.name, "kills", line.kills.now, line.kills.before, 0
        yield "signature", line.name, "hosts", line.hosts, None, 0
    for trend, lines in report.changed.items():
        for line in lines:
            yield f"{trend} signature", line.name, "kills", line.kills.now, line.kills.before, 0
    for table in report.tables:
        for row, before in table.rows:
            yield table.field, row.name, "kills", row.count, before, row.tolerance
    yield from _hosts_and_limits(report)


def _hosts_and_limits(report: Report) -> Iterator[_Row]:
    for one in report.offenders:
        if one.episodes:
            yield "host", one.host, "episodes", one.episodes.now, one.episodes.before, 0
        yield "host", one.host, "kills", one.kills.now, one.kills.before, 0
        yield "host", one.host, "seconds between episodes", one.every, None, 0
    for burst in report.bursts:
        of = f"{burst.name} from {burst.start.isoformat()}"
        yield "burst", of, "hosts", burst.hosts, None, 0
        yield "burst", of, "kills", burst.kills, None, 0
    for advice in report.limits:
        yield "limit", advice.name, "bytes at kill", advice.limit_most, None, 0
        yield "limit", advice.name, "bytes used at kill", advice.usage_most, None, 0
        yield "limit", advice.name, "bytes of the largest victim", advice.victim_most, None, 0
        yield "limit", advice.name, f"bytes to try ({advice.proposal})", advice.proposed, None, 0
