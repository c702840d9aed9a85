"""The report's words and numbers for people, the same in every format that people read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.sentence import duration, size
from ingest.trends import bursts
from ingest.trends.report import Trend

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.trends.facts import Named
    from ingest.trends.report import Change, Report, Table

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

TRENDS = {
    Trend.NEW: "New: never seen before ({count:,})",
    Trend.BACK: "Back: not in the period before, but earlier ({count:,})",
    Trend.WORSE: "Worse ({count:,})",
    Trend.BETTER: "Better ({count:,})",
    Trend.STOPPED: "Stopped: in the period before, not in this one ({count:,})",
}


def title(report: Report) -> str:
    """What is reported."""
    return f"OOM kills from {report.start:%Y-%m-%d %H:%M} to {report.end:%Y-%m-%d %H:%M} ({report.zone})"


def scope(report: Report) -> str:
    """What it is compared with, of what, and where from."""
    of = f"selected by {report.selection}; " if report.selection else ""
    return f"{of}compared with the time from {report.start_before:%Y-%m-%d %H:%M} on; counted in {report.source}"


def headline(report: Report) -> list[tuple[str, str, str, str]]:
    """The totals: what, now, before, change."""
    rows = [_row("kills", report.kills)]
    if report.episodes is not None:
        rows.append(_row("episodes", report.episodes))
    rows.append(_row("hosts hit", report.hosts))
    if report.fleet is not None:
        now, before = (
            f"{count / report.fleet.size:.1%}" if report.fleet.size else ""
            for count in (report.fleet.hit.now, report.fleet.hit.before)
        )
        rows.append((f"of the {report.fleet.size:,} hosts of the inventory", now, before, ""))
        if report.fleet.strangers:
            rows.append(("hosts hit that the inventory does not have", f"{report.fleet.strangers:,}", "", ""))
    if report.between != (None, None):
        now, before = ("" if each is None else duration(each) for each in report.between)
        rows.append(("mean time between episodes of a host", now, before, ""))
    return rows


def change(of: Change) -> str:
    """By how much a number rose or fell."""
    if of.percent is None:
        return "" if not of.now else "from none"
    return f"{of.percent:+.0f} %" if of.now != of.before else "same"


def count(row: Named) -> str:
    """A count, with its tolerance where it has one."""
    return f"{row.count:,}" if not row.tolerance else f"{row.count:,} to {row.count + row.tolerance:,}"


def table_title(table: Table) -> str:
    """What a table lists, and what it leaves out."""
    left = [f"{table.rest:,} kills with other values"] if table.rest else []
    left += [f"{table.untold:,} kills tell none"] if table.untold else []
    return f"{table.title} ({', '.join(left)})" if left else table.title


def offenders_title(report: Report) -> str:
    """What an offender is."""
    of = "kills" if report.episodes is None else "episodes"
    return f"Hosts with several {of} ({report.offender_count:,})"


def offenders(report: Report) -> Iterator[tuple[str, ...]]:
    """Host, episodes, episodes before, kills, time between, last."""
    for one in report.offenders:
        yield (
            one.host,
            f"{one.episodes.now:,}" if one.episodes else "",
            f"{one.episodes.before:,}" if one.episodes else "",
            f"{one.kills.now:,}",
            duration(one.every) if one.every is not None else "",
            f"{one.last:%Y-%m-%d %H:%M}",
        )


def bursts_title(report: Report) -> str:
    """What a burst is."""
    return (
        f"Bursts: one signature on {bursts.HOSTS} hosts or more within minutes, and {bursts.TIMES} times its usual "
        f"({report.burst_count:,}). What was rolled out on the first host just before?"
    )


def span(least: int | None, most: int | None) -> str:
    """Smallest and largest of some sizes."""
    if least is None or most is None:
        return ""
    return size(least) if least == most else f"{size(least)} to {size(most)}"


def footing(report: Report) -> Iterator[str]:
    """What the numbers rest on."""
    yield (
        f"Time is counted in {report.widths.slots} minutes, for bursts in {report.widths.bursts}; days and hours are "
        f"those of {report.zone}. An episode counts where it begins."
    )
    exact = "All other counts are exact." if report.approximate else "All counts are exact."
    for what, how in report.approximate.items():
        yield f"{what}: {how}."
    yield exact


def _row(what: str, of: Change) -> tuple[str, str, str, str]:
    return what, f"{of.now:,}", f"{of.before:,}", change(of)
