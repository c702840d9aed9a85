"""The report on a terminal. Plain text where it is piped, colours where it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from ingest.safe import short, shown
from ingest.trends.formats import sections
from ingest.trends.report import Trend

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from ingest.trends.formats.sections import Section
    from ingest.trends.report import Report

_ROWS = 10
_NAME = 60
_MOST_NAMES = 100
"""Characters of all names of a row."""
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
    console.print(_text(sections.title(report), "bold"))
    console.print(_text(sections.scope(report), "dim"))
    for note in report.notes:
        console.print(_text(note, "yellow"))
    _section(console, sections.headline(report))
    _time(report, console)
    for section in sections.sections(report):
        _section(console, section)
    for what in sections.footing(report):
        console.print(_text(what, "dim"))


def _time(report: Report, console: Console) -> None:
    kills = [day.kills for day in report.days]
    if not any(kills):
        return
    console.print(_text("Kills of each day", "bold"))
    console.print(_text(f"{_spark(kills)}  at most {max(kills):,}"))
    console.print()
    console.print(_text(f"Kills by weekday and hour ({report.zone})", "bold"))
    most = max(max(hours) for hours in report.week)
    console.print(_text("    0     6     12    18"))
    for name, hours in zip(sections.WEEKDAYS, report.week, strict=True):
        console.print(_text(f"{name[:3]} {_spark(hours, most)} {sum(hours):,}"))
    console.print()


def _section(console: Console, section: Section) -> None:
    if section.title:
        note = f"  {section.note}" if section.note else ""
        style = _COLOURS.get(section.trend, "bold") if section.trend else "bold"
        console.print(_text(section.title, style), _text(note, "dim"), sep="")
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    for at, column in enumerate(section.columns):
        table.add_column(column, justify="left" if at < section.names else "right", overflow="fold")
    room = _NAME if section.names == 1 else _MOST_NAMES // section.names
    for row in section.rows[:_ROWS]:
        table.add_row(*(_text(short(cell.text, room)) for cell in row))
    if len(section.rows) > _ROWS:
        table.add_row(_text(f"and {len(section.rows) - _ROWS} more: --format markdown lists them", "dim"))
    console.print(table)


def _spark(counts: Sequence[int], most: int | None = None) -> str:
    top = most if most is not None else max(counts, default=0)
    return "".join(_BLOCKS[-(-count * (len(_BLOCKS) - 1) // top)] if top else _BLOCKS[0] for count in counts)


def _text(text: str, style: str = "") -> Text:
    """Never markup: what strangers wrote is no command to the terminal or to the library."""
    return Text(shown(text), style=style)
