"""The report as Markdown: for an issue, a chat or a wiki."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.safe import code, markdown, short
from ingest.trends.formats import sections

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.trends.formats.links import Links
    from ingest.trends.formats.sections import Cell, Section
    from ingest.trends.report import Report

_NAME = 100


def render(report: Report, links: Links | None = None) -> str:
    """The whole text."""
    return "\n".join(_lines(report, links)) + "\n"


def _lines(report: Report, links: Links | None) -> Iterator[str]:
    yield from (f"# {sections.title(report)}", "", markdown(sections.scope(report)))
    for note in report.notes:
        yield from ("", f"**{markdown(note)}**")
    yield from _section(sections.headline(report))
    if links is not None and (board := links.board("fleet")):
        yield from ("", f"[The fleet in Kibana](<{board}>)")
    yield from ("", "## Days", "", "| day | kills | before | episodes | hosts |", "| --- | ---: | ---: | ---: | ---: |")
    for day in report.days:
        cut = "" if day.whole else " (a part)"
        before = "" if day.kills_before is None else f"{day.kills_before:,}"
        episodes = "" if day.episodes is None else f"{day.episodes:,}"
        yield f"| {day.date}{cut} | {day.kills:,} | {before} | {episodes} | {day.hosts:,} |"
    for section in sections.sections(report, links):
        yield from _section(section)
    yield ""
    for what in sections.footing(report):
        yield f"{markdown(what)}  "


def _section(section: Section) -> Iterator[str]:
    yield ""
    if section.title:
        yield from (f"## {markdown(section.title)}", "")
    if section.note:
        end = "" if section.note.endswith("?") else "."
        yield from (markdown(section.note[:1].upper() + section.note[1:]) + end, "")
    yield f"| {' | '.join(section.columns)} |"
    yield f"| {' | '.join('---' if at < section.names else '---:' for at in range(len(section.columns)))} |"
    for row in section.rows:
        yield f"| {' | '.join(_cell(cell) for cell in row)} |"


def _cell(cell: Cell) -> str:
    text = code(short(cell.text, _NAME)) if cell.logged else markdown(cell.text)
    return f"[{text}](<{cell.link}>)" if cell.link else text
