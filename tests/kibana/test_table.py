"""``docs/boards.md``: every board and panel with what it showed over the seeded fleet and over nothing.

``OOM_INGEST_UPDATE_BOARDS=1`` writes it anew; read the difference before you commit it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingest import charts
from ingest.charts import Size
from ingest.kibana.lens import Chart, MetricState, Operation
from ingest.preview import query, read
from ingest.preview.draw import Number, drawn
from tests.kibana import seed
from tests.kibana.site import ASKED, SHIPPED, Site

pytestmark = pytest.mark.stack

PAGE = Path(__file__).parent.parent.parent / "docs" / "boards.md"
_HEAD = """# Boards

Seven boards for Kibana 8.9 and newer ([how to install them](kibana.md)). `oom-ingest dashboards preview --out DIR`
draws them without a Kibana, `make kibana-check` opens them in a real one. With `--png` it also writes a picture of each
page, where Chromium is: `oom-ingest dashboards preview --out DIR --board fleet --png` once a week is a picture to mail.

The tables are generated: `OOM_INGEST_UPDATE_BOARDS=1 .venv/bin/pytest tests/kibana/test_table.py`. Each panel is
read back from `dashboards/oom.ndjson`, asked as Kibana asks it, and run on a real Elasticsearch: over a seeded fleet of
one week, and over no index at all. Of a table or chart they have the number of rows and the sum, or the largest, of its
first number. The other tests of `tests/kibana/` compare every row of every answer with a plain count of the documents,
over this fleet and over all cases of the corpus.

Proven without a Kibana: fields and types, queries, numbers, layout, links, names that a stranger chose. How Kibana
draws a board is seen in a Kibana only.
"""


def test_the_table_of_boards_is_what_elasticsearch_answers(fleet: Site, empty: Site) -> None:
    text = "\n".join([_HEAD, *(line for board in SHIPPED.boards for line in _board(board, fleet, empty))]) + "\n"
    if os.environ.get("OOM_INGEST_UPDATE_BOARDS"):
        PAGE.write_text(text)
    assert PAGE.read_text() == text, "run it with OOM_INGEST_UPDATE_BOARDS=1 and read the difference"


def _board(board: read.Board, fleet: Site, empty: Site) -> list[str]:
    controls = ", ".join(control.title for control in board.controls)
    lines = [
        f"## {board.title.removeprefix('[Logs OOM] ')}",
        "",
        f"{board.question} Opens with the last {board.days} days.",
    ]
    lines += [f"Controls: {controls}." if controls else "No controls.", ""]
    lines += ["| panel | what it is | seeded fleet | nothing |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {panel.title} | {panel.description} | {_shown(panel, fleet)} | {_shown(panel, empty)} |"
        for panel in board.panels
        if not isinstance(panel.content, read.Text)
    ]
    return [*lines, ""]


def _shown(panel: read.Panel, site: Site) -> str:
    content = panel.content
    if isinstance(content, read.Found):
        found = query.documents(content, site.shipped.views[content.view], ASKED, 100, site.search)
        return _many(len(found), "document")
    assert isinstance(content, Chart)
    if isinstance(content.state, MetricState):
        part = drawn(panel, site.shipped.views, ASKED, Size(200, 80), site.search)
        assert isinstance(part, Number)
        return f"{part.text}, {part.beside}" if part.beside else part.text
    return _rows(content, site)


def _rows(chart: Chart, site: Site) -> str:
    ((name, layer),) = chart.layers.items()
    first = next(each for each in layer.column_order if not layer.columns[each].is_bucketed)
    column = layer.columns[first]
    rows = [row for row in site.rows(chart) if row[first] is not None]
    if not rows:
        return "0 rows"
    values = [float(row[first] or 0) for row in rows]
    adds = column.operation_type in (Operation.COUNT, Operation.SUM)
    number = sum(values) if adds else max(values)
    if column.data_type == "date":
        return _many(len(rows), "row")
    view = site.shipped.views[chart.views[name]]
    known = view.formats.get(column.source_field or "", {}).get("id", "number")
    unit = charts.Unit(column.params.format.id if column.params.format else known)
    return f"{_many(len(rows), 'row')}, {'in all' if adds else 'at most'} {charts.text(number, unit)}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def test_the_fleet_of_the_page_is_a_week() -> None:
    assert (seed.WEEK.end - seed.WEEK.start).days == 7
