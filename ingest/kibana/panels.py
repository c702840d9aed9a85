"""Panels: one function for each way to show something. What they give is complete but for its place on a board."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from ingest.kibana.columns import before, ordered
from ingest.kibana.columns import over_time as time_column
from ingest.kibana.lens import (
    Chart,
    Column,
    HeatmapState,
    Layer,
    MetricState,
    Operation,
    PieLayer,
    PieState,
    Sides,
    TableColumn,
    TableState,
    Visualization,
    XyLayer,
    XyState,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.kibana.views import View

_LAYER = "layer"
_TIME = "time"
_PALETTE = {"type": "palette", "name": "default"}
"""Kibana's default colours for names: told apart with the usual kinds of colour blindness."""
_SHADES = ("#dbe6f2", "#a9c4e0", "#6f9cca", "#3f74ae", "#1f4e83")


class Series(StrEnum):
    """How values are drawn against time or names."""

    BARS = "bar_stacked"
    LINES = "line"
    RANKING = "bar_horizontal"


class Text(Struct, frozen=True):
    """Markdown, with or without the panel's title above it."""

    markdown: str
    titled: bool = True


class Found(Struct, frozen=True):
    """Documents, newest first: a saved search, by its id."""

    search: str


class Panel(Struct, frozen=True, kw_only=True):
    """One panel. ``opens`` is the board that a click on a name leads to, with that name as its filter."""

    title: str
    description: str
    content: Chart | Text | Found
    opens: str | None = None


def text(title: str, markdown: str, *, titled: bool = True) -> Panel:
    """A panel of words."""
    return Panel(title=title, description="", content=Text(markdown, titled))


def found(title: str, description: str, search: str) -> Panel:
    """A panel of documents."""
    return Panel(title=title, description=description, content=Found(search))


def metric(title: str, description: str, view: View, number: Column, query: str = "") -> Panel:
    """One number, and the same of the period before beside it."""
    columns = {"now": _with_zero(number), "before": before(_with_zero(number))}
    state = MetricState(
        layer_id=_LAYER,
        layer_type="data",
        metric_accessor="now",
        secondary_metric_accessor="before",
        secondary_prefix="period before",
    )
    return _lens(title, description, view, Visualization.METRIC, state, columns, query)


def state_metric(title: str, description: str, view: View, number: Column, query: str = "") -> Panel:
    """One number of which an earlier one would say nothing."""
    state = MetricState(layer_id=_LAYER, layer_type="data", metric_accessor="now")
    return _lens(title, description, view, Visualization.METRIC, state, {"now": _with_zero(number)}, query)


def over_time(
    title: str,
    description: str,
    view: View,
    numbers: Sequence[Column],
    *,
    split: Column | None = None,
    series: Series = Series.BARS,
    query: str = "",
    opens: str | None = None,
) -> Panel:
    """Numbers against time, split by names where a column says so: the largest of the whole range, not of each step."""
    named = {f"number{at}": column for at, column in enumerate(numbers)}
    columns = ({"split": split} if split else {}) | {_TIME: time_column()} | named
    several = split is not None or len(numbers) > 1
    state = _axes(series, tuple(named), _TIME, "split" if split else None, legend=several)
    return replace(_lens(title, description, view, Visualization.XY, state, columns, query), opens=opens)


def ranking(
    title: str,
    description: str,
    view: View,
    group: Column,
    numbers: Sequence[Column],
    *,
    query: str = "",
    opens: str | None = None,
) -> Panel:
    """Names, those with the largest number first."""
    named = {f"number{at}": column for at, column in enumerate(numbers)}
    state = _axes(Series.RANKING, tuple(named), "by", None, legend=len(numbers) > 1)
    columns = {"by": group} | named
    return replace(_lens(title, description, view, Visualization.XY, state, columns, query), opens=opens)


def table(
    title: str,
    description: str,
    view: View,
    groups: Sequence[Column],
    numbers: Sequence[Column],
    *,
    query: str = "",
    opens: str | None = None,
    whole_fleet: bool = False,
) -> Panel:
    """Names with several numbers each. ``whole_fleet``: filters and controls of the board do not touch it."""
    by = {f"by{at}": column for at, column in enumerate(groups)}
    named = {f"number{at}": column for at, column in enumerate(numbers)}
    state = TableState(
        layer_id=_LAYER,
        layer_type="data",
        columns=(
            *(TableColumn(column_id=each, is_transposed=False, is_metric=False) for each in by),
            *(TableColumn(column_id=each, is_transposed=False, is_metric=True, alignment="right") for each in named),
        ),
        sorting={"columnId": "number0", "direction": "desc"},
        paging={"size": 10, "enabled": True},
        row_height="single",
        row_height_lines=1,
        header_row_height="single",
    )
    panel = _lens(title, description, view, Visualization.TABLE, state, by | named, query, whole_fleet=whole_fleet)
    return replace(panel, opens=opens)


def donut(title: str, description: str, view: View, group: Column, number: Column, query: str = "") -> Panel:
    """The few parts of a whole."""
    layer = PieLayer(
        layer_id=_LAYER,
        layer_type="data",
        primary_groups=("by",),
        metrics=("number0",),
        number_display="percent",
        category_display="default",
        legend_display="show",
        legend_position="right",
        legend_size="auto",
        nested_legend=False,
        percent_decimals=0,
        empty_size_ratio=0.54,
        truncate_legend=True,
        legend_max_lines=1,
    )
    state = PieState(shape="donut", palette=_PALETTE, layers=(layer,))
    return _lens(title, description, view, Visualization.PIE, state, {"by": group, "number0": number}, query)


def heatmap(
    title: str, description: str, view: View, group: Column, number: Column, query: str = "", opens: str | None = None
) -> Panel:
    """Names against time; cells carry their numbers, so that shade is not all there is."""
    grid = {
        "type": "heatmap_grid",
        "isCellLabelVisible": True,
        "isYAxisLabelVisible": True,
        "isXAxisLabelVisible": True,
        "isYAxisTitleVisible": False,
        "isXAxisTitleVisible": False,
    }
    state = HeatmapState(
        shape="heatmap",
        layer_id=_LAYER,
        layer_type="data",
        value_accessor="number0",
        x_accessor=_TIME,
        y_accessor="by",
        legend={"isVisible": True, "position": "right", "type": "heatmap_legend"},
        grid_config=grid,
        palette=_shades("number0"),
    )
    columns = {"by": group, _TIME: time_column(), "number0": number}
    return replace(_lens(title, description, view, Visualization.HEATMAP, state, columns, query), opens=opens)


def _lens(
    title: str,
    description: str,
    view: View,
    visualization: Visualization,
    state: MetricState | XyState | TableState | PieState | HeatmapState,
    columns: dict[str, Column],
    query: str,
    *,
    whole_fleet: bool = False,
) -> Panel:
    first = next((name for name, column in columns.items() if not column.is_bucketed), "")
    layer = Layer(
        columns={name: ordered(column, first) for name, column in columns.items()},
        column_order=tuple(columns),
        ignore_global_filters=whole_fleet,
    )
    chart = Chart(
        visualization=visualization, state=state, layers={_LAYER: layer}, views={_LAYER: view.id}, query=query
    )
    return Panel(title=title, description=description, content=chart)


def _with_zero(number: Column) -> Column:
    """As the one number of a panel, none at all is 0, not a dash."""
    if number.operation_type not in (Operation.COUNT, Operation.UNIQUE, Operation.SUM):
        return number
    return replace(number, params=replace(number.params, empty_as_null=False))


def _axes(series: Series, numbers: tuple[str, ...], x: str, split: str | None, *, legend: bool) -> XyState:
    layer = XyLayer(
        layer_id=_LAYER,
        layer_type="data",
        series_type=series,
        accessors=numbers,
        x_accessor=x,
        split_accessor=split,
        position="top",
        show_gridlines=False,
        palette=_PALETTE,
    )
    return XyState(
        preferred_series_type=series,
        legend={"isVisible": legend, "position": "right", "shouldTruncate": True, "maxLines": 1},
        value_labels="show" if series is Series.RANKING else "hide",
        # Reports are seldom: a line goes from one to the next.
        fitting_function="Linear" if series is Series.LINES else "None",
        axis_titles_visibility_settings=Sides(x=False, y_left=False, y_right=False),
        tick_labels_visibility_settings=Sides(),
        gridlines_visibility_settings=Sides(),
        labels_orientation={"x": 0, "yLeft": 0, "yRight": 0},
        y_left_extent={"mode": "full"},
        y_right_extent={"mode": "full"},
        layers=(layer,),
    )


def _shades(accessor: str) -> dict[str, Any]:
    """One colour from light to dark: more is darker, for every eye and on paper."""
    step = 100 // len(_SHADES)
    params = {
        "name": "custom",
        "steps": len(_SHADES),
        "reverse": False,
        "rangeType": "percent",
        "rangeMin": 0,
        "rangeMax": None,
        "progression": "fixed",
        "continuity": "above",
        "colorStops": [{"color": shade, "stop": at * step} for at, shade in enumerate(_SHADES)],
        "stops": [{"color": shade, "stop": (at + 1) * step} for at, shade in enumerate(_SHADES)],
    }
    return {"name": "custom", "type": "palette", "params": params, "accessor": accessor}
