"""What is shipped for Kibana names only what the mapping has, in types that fit, and shows all of it somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest import assets, mapping
from ingest.fields import FIELDS
from ingest.kibana import bundle, discover, saved, texts, views
from ingest.kibana.lens import RECORDS, Chart, Column, Operation
from ingest.kinds import Kind, Type
from ingest.preview import read

SHIPPED = read.bundle(saved.read((assets.dashboards() / bundle.FILE).read_text()))
BOARDS = {board.id: board for board in SHIPPED.boards}
KINDS = {view.id: view.kind for view in views.VIEWS}
GROUPED = {Type.KEYWORD, Type.PATH, Type.LONG, Type.BOOLEAN}
NUMBERS = {Type.LONG, Type.DOUBLE}
FITTING = {
    Operation.OVER_TIME: {Type.DATE},
    Operation.TERMS: GROUPED,
    Operation.UNIQUE: GROUPED,
    Operation.SUM: NUMBERS,
    Operation.AVERAGE: NUMBERS,
    Operation.PERCENTILE: NUMBERS,
    Operation.MIN: {*NUMBERS, Type.DATE},
    Operation.MAX: {*NUMBERS, Type.DATE},
}
SEARCHED = {Type.KEYWORD, Type.PATH, Type.LONG, Type.BOOLEAN, Type.DOUBLE, Type.DATE}


def panels() -> Iterator[tuple[read.Board, read.Panel]]:
    for board in SHIPPED.boards:
        for panel in board.panels:
            yield board, panel


def charts() -> Iterator[tuple[str, Chart]]:
    for board, panel in panels():
        if isinstance(panel.content, Chart):
            yield f"{board.id}/{panel.title}", panel.content


def columns() -> Iterator[tuple[str, Kind, Column]]:
    for name, chart in charts():
        for layer_id, layer in chart.layers.items():
            for column in layer.columns.values():
                yield name, KINDS[chart.views[layer_id]], column


def queries() -> Iterator[tuple[str, Kind, str]]:
    for name, chart in charts():
        (view,) = chart.views.values()
        yield name, KINDS[view], chart.query
    for name, kind, column in columns():
        if column.filter:
            yield name, kind, column.filter.query
    for board, panel in panels():
        if isinstance(panel.content, read.Found):
            yield f"{board.id}/{panel.title}", KINDS[panel.content.view], panel.content.query


def named_in(query: str) -> set[str]:
    return set(re.findall(r"([a-z_.@]+) :", query))


@pytest.mark.parametrize("path", bundle.generated(), ids=lambda path: path.name)
def test_regenerating_gives_no_difference(path: Path) -> None:
    assert path.read_text() == bundle.generated()[path], "run `make generate` and read the difference"


def test_every_column_has_a_field_of_a_fitting_type() -> None:
    wrong = []
    for name, kind, column in columns():
        if column.operation_type is Operation.COUNT:
            assert column.source_field == RECORDS
            continue
        known = mapping.paths(kind).get(column.source_field or "")
        if known not in FITTING[column.operation_type]:
            wrong.append((name, column.label, column.source_field, known))
    assert wrong == []


def test_every_query_names_fields_of_its_documents() -> None:
    wrong = [
        (name, field)
        for name, kind, query in queries()
        for field in named_in(query)
        if mapping.paths(kind).get(field) not in SEARCHED
    ]
    assert wrong == []


def test_every_search_lists_fields_of_its_documents() -> None:
    wrong = [
        (panel.title, field)
        for _, panel in panels()
        if isinstance(panel.content, read.Found)
        for field in panel.content.columns
        if field not in mapping.paths(KINDS[panel.content.view])
    ]
    assert wrong == []


def test_a_control_filters_every_panel_of_its_board() -> None:
    """A control on a field that some documents never have would empty their panels without a word."""
    wrong = []
    for board, panel in panels():
        content = panel.content
        if isinstance(content, read.Text):
            continue
        if isinstance(content, Chart) and all(layer.ignore_global_filters for layer in content.layers.values()):
            continue
        (view,) = content.views.values() if isinstance(content, Chart) else (content.view,)
        for control in board.controls:
            known = mapping.paths(KINDS[view]).get(control.field)
            if known not in {Type.KEYWORD, Type.PATH}:
                wrong.append((board.id, panel.title, control.field))
    assert wrong == []


def test_every_field_is_shown_or_listed_for_discover() -> None:
    shown = {column.source_field for _, _, column in columns()}
    shown |= {field for _, _, query in queries() for field in named_in(query)}
    shown |= {control.field for board in SHIPPED.boards for control in board.controls}
    shown |= {
        field for _, panel in panels() if isinstance(panel.content, read.Found) for field in panel.content.columns
    }
    neither = {f.name for f in FIELDS if f.name not in shown and not discover.is_for_discover(f.name)}
    assert neither == set(), "put them on a board, or into ingest/kibana/discover.py with a reason"
    both = {f.name for f in FIELDS if f.name in shown and discover.is_for_discover(f.name)}
    assert both == set(), "they are on a board: take them out of ingest/kibana/discover.py"


def test_sizes_times_and_shares_read_as_such() -> None:
    wrong = []
    for _, kind, column in columns():
        if column.is_bucketed or column.operation_type is Operation.COUNT:
            continue
        assert column.source_field
        if column.operation_type is Operation.UNIQUE:
            continue
        how = views.shown(column.source_field)
        own = column.params.format.id if column.params.format else None
        view = next(view for view in SHIPPED.views.values() if KINDS[view.id] is kind)
        known = own or view.formats.get(column.source_field, {}).get("id", "number")
        if known != how:
            wrong.append((column.label, column.source_field, known, how))
    assert wrong == []


@pytest.mark.parametrize("board", BOARDS.values(), ids=lambda board: board.id)
def test_the_first_screen_answers_and_the_board_stays_small(board: read.Board) -> None:
    titles = [panel.title for panel in board.panels]
    assert len(titles) == len(set(titles))
    assert len(titles) <= 20
    above = [panel for panel in board.panels if panel.place.y + panel.place.h <= 24]
    assert 8 <= len(above) <= 12
    assert sum(panel.place.w * panel.place.h for panel in above) == 48 * 24, "no hole above the fold"
    assert any(isinstance(panel.content, Chart) for panel in above)
    assert board.question.endswith("?")


@pytest.mark.parametrize("board", BOARDS.values(), ids=lambda board: board.id)
def test_every_board_leads_to_all_others_and_says_how_to_read_it(board: read.Board) -> None:
    words = {panel.title: panel.content.markdown for panel in board.panels if isinstance(panel.content, read.Text)}
    targets = set(re.findall(r"#/view/([a-z-]+)", words["Boards"]))
    assert targets == set(BOARDS) - {board.id}
    assert "Who **asked**" in words["How to read this"]


def test_the_words_of_a_log_are_explained() -> None:
    words = "\n".join(panel.content.markdown for _, panel in panels() if isinstance(panel.content, read.Text))
    for word in ("constraint", "order", "score", "free", "gen"):
        assert f"**{word}**: {texts.meaning(word)}" in words


def test_titles_and_descriptions_are_set() -> None:
    for board in SHIPPED.boards:
        assert board.title.startswith("[Logs OOM] ")
    missing = [(b.id, p.title) for b, p in panels() if not isinstance(p.content, read.Text) and not p.description]
    assert missing == []
