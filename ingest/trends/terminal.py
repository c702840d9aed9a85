"""The report on a terminal. Plain text where it is piped, colours where it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from ingest.safe import short, shown
from ingest.sentence import size
from ingest.trends import words
from ingest.trends.report import Trend

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console

    from ingest.trends.report import Report, SignatureLine

_NAME = 60
_BLOCKS = " ▁▂▃▄▅▆▇█"
_COLOURS = {
    Trend.NEW: "bold red",
    Trend.BACK: "red",
    Trend.WORSE: "yellow",
    Trend.BETTER: "green",
    Trend.STOPPED: "green",
}


def draw(report: Report, console: Console) -> None:
    """Print a report."""
    console.print(_text(words.title(report), "bold"))
    console.print(_text(words.scope(report), "dim"))
    for note in report.notes:
        console.print(_text(note, "yellow"))
    console.print()
    _table(console, "", ("", "now", "before", "change"), words.headline(report))
    if report.days:
        kills = [day.kills for day in report.days]
        first, last = report.days[0].date, report.days[-1].date
        console.print(_text(f"Kills of each day, {first} to {last}, at most {max(kills):,}"))
        console.print(_text(_spark(kills)))
        console.print(_text(f"Kills by hour of the day (0 to 23), weekday by weekday ({report.zone})"))
        for name, hours in zip(words.WEEKDAYS, report.week, strict=True):
            most = max((max(day) for day in report.week), default=0)
            console.print(_text(f"{name[:3]} {_spark(hours, most)} {sum(hours):,}"))
        console.print()
    for trend, lines in report.changed.items():
        title = words.TRENDS[trend].format(count=report.changed_count[trend])
        _table(console, title, ("signature", "kills", "before", "first"), _changed(lines), _COLOURS.get(trend, ""))
    _top(report, console)
    for table in report.tables:
        ranked = [(short(row.name, _NAME), words.count(row), f"{before:,}") for row, before in table.rows]
        _table(console, words.table_title(table), ("", "kills", "before"), ranked)
    columns = ("host", "episodes", "before", "kills", "one every", "last")
    _table(console, words.offenders_title(report), columns, words.offenders(report))
    burst_columns = ("signature", "hosts", "kills", "first host", "first kill")
    _table(console, words.bursts_title(report), burst_columns, _bursts(report))
    _limits(report, console)
    for what in words.footing(report):
        console.print(_text(what, "dim"))


def _changed(lines: Iterable[SignatureLine]) -> Iterator[Sequence[str]]:
    for line in lines:
        first = f"{line.first:%Y-%m-%d %H:%M}"
        yield short(line.name, _NAME), f"{line.kills.now:,}", f"{line.kills.before:,}", first


def _bursts(report: Report) -> Iterator[Sequence[str]]:
    for burst in report.bursts:
        first = f"{burst.first:%Y-%m-%d %H:%M:%S}"
        yield short(burst.name, _NAME), f"{burst.hosts:,}", f"{burst.kills:,}", short(burst.first_host, _NAME), first


def _top(report: Report, console: Console) -> None:
    rows = [
        (
            short(line.name, _NAME),
            line.trend,
            f"{line.kills.now:,}",
            f"{line.kills.before:,}",
            f"{line.hosts:,}" if line.hosts is not None else "",
            ", ".join(f"{short(host.name, 30)} {host.count:,}" for host in line.most_hosts[:3]),
        )
        for line in report.top
    ]
    title = f"Signatures with most kills (of {report.signature_count:,})"
    _table(console, title, ("signature", "", "kills", "before", "hosts", "most on"), rows)


def _limits(report: Report, console: Console) -> None:
    rows = [
        (
            short(each.name, _NAME),
            f"{each.kills:,}",
            words.span(each.limit_least, each.limit_most),
            words.span(each.victim_least, each.victim_most),
            f"{each.proposal} {size(each.proposed)}",
        )
        for each in report.limits
    ]
    _table(console, "Memory limits", ("workload", "kills", "limit at kill", "victim held", "proposal"), rows)


def _table(
    console: Console, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], style: str = ""
) -> None:
    """A table; nothing where it has no rows."""
    table = Table(box=box.SIMPLE_HEAD, title=_text(title, style or "bold") if title else None, title_justify="left")
    for at, column in enumerate(columns):
        table.add_column(column, justify="left" if at == 0 else "right", overflow="fold")
    for row in rows:
        table.add_row(*(_text(cell) for cell in row))
    if table.row_count:
        console.print(table)


def _spark(counts: Sequence[int], most: int | None = None) -> str:
    top = most if most is not None else max(counts, default=0)
    return "".join(_BLOCKS[-(-count * (len(_BLOCKS) - 1) // top)] if top else _BLOCKS[0] for count in counts)


def _text(text: str, style: str = "") -> Text:
    """Never markup: what strangers wrote is no command to the terminal or to the library."""
    return Text(shown(text), style=style)
