"""A panel's table to what is seen of it: a number, a picture, rows of text or words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markupsafe import Markup
from msgspec import Struct

from ingest import charts
from ingest.charts import Bar, Cell, Mark, Point, Size, Unit
from ingest.kibana.lens import (
    Chart,
    HeatmapState,
    MetricState,
    Operation,
    PieState,
    TableState,
    XyState,
)
from ingest.preview import query
from ingest.preview.read import Found, Text
from ingest.safe import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingest.charts import Spec
    from ingest.kibana.lens import Column
    from ingest.preview.query import Asked, Row, Search, Value
    from ingest.preview.read import Panel, View

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = 600
"""Characters of one value of a document that are shown."""
_NAME = 80
"""Characters of one name in a table."""
_TEXTS = {"message", "oom.explanation", "event.original", "error.message"}
"""Fields whose values are sentences or lines."""
_ROW = 25
"""Pixels of a row of a table."""
_SECONDS = {"nanoseconds": 1e-9, "microseconds": 1e-6, "seconds": 1.0}


class Number(Struct, frozen=True):
    """One number, and what stands beside it."""

    text: str
    beside: str = ""


class Picture(Struct, frozen=True):
    """A chart."""

    svg: Markup


class Head(Struct, frozen=True):
    """The head of a column; ``kind`` is ``name``, ``number`` or ``text``, which is long and wraps."""

    label: str
    kind: str


class Grid(Struct, frozen=True):
    """A table: heads, rows, and how many rows are not shown."""

    heads: tuple[Head, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int = 0


class Words(Struct, frozen=True):
    """Words as HTML, from our own markdown."""

    html: Markup
    titled: bool


Part = Number | Picture | Grid | Words


def drawn(panel: Panel, views: Mapping[str, View], asked: Asked, size: Size, search: Search) -> Part:
    """What a panel shows, in so many pixels. Raises ``Unavailable`` or ``Refused``."""
    content = panel.content
    if isinstance(content, Text):
        return Words(_html(content.markdown), content.titled)
    if isinstance(content, Found):
        return _documents(content, views[content.view], asked, size, search)
    ((name, layer),) = content.layers.items()
    view = views[content.views[name]]
    return _chart(_Table(content, view, query.table(layer, view, content.query, asked, search)), asked, size)


class _Table:
    """The rows of a chart with what its columns say of them."""

    def __init__(self, chart: Chart, view: View, rows: Sequence[Row]) -> None:
        (layer,) = chart.layers.values()
        self.state = chart.state
        self.rows = rows
        self.columns = layer.columns
        self.buckets = [name for name in layer.column_order if layer.columns[name].is_bucketed]
        self.numbers = [name for name in layer.column_order if not layer.columns[name].is_bucketed]
        self._formats = view.formats

    def unit(self, name: str) -> Unit:
        """How the numbers of a column read."""
        column = self.columns[name]
        if column.operation_type in (Operation.COUNT, Operation.UNIQUE):
            return Unit.NUMBER
        own = column.params.format.id if column.params.format else None
        return Unit(own or self._formats.get(column.source_field or "", {}).get("id", "number"))

    def scaled(self, name: str, value: Value) -> float | None:
        """A number in the unit that it is drawn in: durations in seconds."""
        if not isinstance(value, int | float):
            return None
        if self.unit(name) is not Unit.DURATION:
            return value
        return value * _SECONDS[self._formats[self.columns[name].source_field or ""]["params"]["inputFormat"]]

    def text(self, name: str, value: Value) -> str:
        """A value as people read it."""
        column = self.columns[name]
        if column.data_type == "date":
            return _moment(value)
        if column.is_bucketed:
            return charts.text(None) if value is None else _named(value)
        if _is_plain(self._formats, column):
            return charts.text(None) if value is None else f"{value:.0f}"
        return charts.text(self.scaled(name, value), self.unit(name))


def _chart(table: _Table, asked: Asked, size: Size) -> Part:
    state = table.state
    if isinstance(state, MetricState):
        return _number(table, state)
    if isinstance(state, TableState):
        return _grid(table, size)
    return Picture(Markup(charts.svg(_spec(table, state, asked, size))))  # noqa: S704  drawn by us, names are escaped there


def _number(table: _Table, state: MetricState) -> Number:
    (row,) = table.rows
    beside = ""
    if state.secondary_metric_accessor:
        earlier = table.text(state.secondary_metric_accessor, row[state.secondary_metric_accessor])
        beside = f"{state.secondary_prefix} {earlier}"
    return Number(table.text(state.metric_accessor, row[state.metric_accessor]), beside)


def _grid(table: _Table, size: Size) -> Grid:
    names = [*table.buckets, *table.numbers]
    room = max(1, size.height // _ROW - 1)
    rows = [tuple(table.text(name, row[name]) for name in names) for row in table.rows]
    if len(rows) > room:
        room = max(1, room - 1)
    heads = tuple(Head(table.columns[name].label, "name" if name in table.buckets else "number") for name in names)
    return Grid(heads, tuple(rows[:room]), max(0, len(rows) - room))


def _spec(table: _Table, state: XyState | PieState | HeatmapState, asked: Asked, size: Size) -> Spec:
    between = (asked.span.start, asked.span.end)
    if isinstance(state, PieState):
        by, number = state.layers[0].primary_groups[0], state.layers[0].metrics[0]
        return charts.donut(_bars(table, by, [number]), table.unit(number), size)
    if isinstance(state, HeatmapState):
        cells = [
            Cell(_at(row[state.x_accessor]), _named(row[state.y_accessor]), _zero(row[state.value_accessor]))
            for row in table.rows
        ]
        return charts.heatmap(cells, table.unit(state.value_accessor), size, between)
    (layer,) = state.layers
    unit = table.unit(layer.accessors[0])
    if layer.series_type == "bar_horizontal":
        return charts.ranking(_bars(table, layer.x_accessor, layer.accessors), unit, size)
    mark = Mark.LINES if layer.series_type == "line" else Mark.BARS
    points = [
        Point(
            _at(row[layer.x_accessor]), table.scaled(name, row[name]), _series(table, layer.split_accessor, name, row)
        )
        for row in table.rows
        for name in layer.accessors
    ]
    known = [point for point in points if point.value is not None]
    # Bars need the empty steps as well, to be as wide as a step; a line goes from one value to the next.
    return charts.over_time(points if mark is Mark.BARS and known else known, mark, unit, size, between)


def _series(table: _Table, split: str | None, number: str, row: Row) -> str:
    if split:
        return _named(row[split])
    return table.columns[number].label if len(table.numbers) > 1 else ""


def _bars(table: _Table, by: str, numbers: Sequence[str]) -> list[Bar]:
    several = len(numbers) > 1
    return [
        Bar(_named(row[by]), table.scaled(name, row[name]) or 0, table.columns[name].label if several else "")
        for row in table.rows
        for name in numbers
    ]


def _documents(found: Found, view: View, asked: Asked, size: Size, search: Search) -> Grid:
    room = max(1, size.height // _ROW - 1)
    documents = query.documents(found, view, asked, room, search)
    names = [view.time_field, *found.columns]
    rows = tuple(tuple(_field(document.get(name), name == view.time_field) for name in names) for document in documents)
    return Grid(tuple(Head(name, "text" if name in _TEXTS else "name") for name in names), rows)


def _field(values: Sequence[object] | None, is_time: bool) -> str:
    if not values:
        return charts.text(None)
    if is_time:
        return str(values[0])[:19].replace("T", " ")
    return _cut(", ".join(str(value) for value in values), _LONGEST)


def _named(value: Value) -> str:
    return _cut(str(value), _NAME)


def _cut(text: str, most: int) -> str:
    """A text without what acts on others, but for its lines."""
    return "\n".join(shown(line) for line in (text if len(text) <= most else f"{text[:most]}…").split("\n"))


def _is_plain(formats: Mapping[str, Mapping[str, object]], column: Column) -> bool:
    """Whether a number is a name, such as a process id: without separators of thousands."""
    return formats.get(column.source_field or "", {}).get("params") == {"pattern": "0"}


def _moment(value: Value) -> str:
    return charts.text(None) if value is None else f"{_at(value):%Y-%m-%d %H:%M:%S}"


def _at(value: Value) -> datetime:
    assert isinstance(value, int | float)  # noqa: S101  keys of time are milliseconds
    return _EPOCH + timedelta(milliseconds=value)


def _zero(value: Value) -> float:
    return value if isinstance(value, int | float) else 0.0


def _html(markdown: str) -> Markup:
    return Markup(MarkdownIt("commonmark", {"html": False}).render(markdown))  # noqa: S704  our own words
