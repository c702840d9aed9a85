"""The form of a Lens panel: what Kibana keeps of it, as types. Boards are built of these, and read back into them.

Only what our boards use is here. Names are Kibana's own (in snake case), so that its documentation applies.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

RECORDS = "___records___"
"""The source field of a count of documents."""

BEFORE = "previous"
"""A time shift: the period of the same length before this one."""


class Operation(StrEnum):
    """What a column is computed by."""

    OVER_TIME = "date_histogram"
    TERMS = "terms"
    COUNT = "count"
    UNIQUE = "unique_count"
    SUM = "sum"
    AVERAGE = "average"
    MIN = "min"
    MAX = "max"
    PERCENTILE = "percentile"


class Visualization(StrEnum):
    """How a panel is drawn."""

    METRIC = "lnsMetric"
    XY = "lnsXY"
    TABLE = "lnsDatatable"
    PIE = "lnsPie"
    HEATMAP = "lnsHeatmap"


class _Written(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What is absent is not written; what has no default always is."""


class Query(Struct, frozen=True):
    """A query in KQL."""

    query: str = ""
    language: str = "kuery"


class Format(_Written, frozen=True):
    """How a number reads: ``bytes``, ``percent`` or ``number``."""

    id: str
    params: dict[str, int]


class OrderBy(_Written, frozen=True):
    """What the terms of a column are ordered by."""

    type: str
    column_id: str | None = None
    fallback: bool | None = None


class Params(_Written, frozen=True):
    """The settings of a column; which of them count depends on its operation."""

    interval: str | None = None
    include_empty_rows: bool | None = None
    drop_partials: bool | None = None
    size: int | None = None
    order_by: OrderBy | None = None
    order_direction: str | None = None
    other_bucket: bool | None = None
    missing_bucket: bool | None = None
    parent_format: dict[str, str] | None = None
    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None
    include_is_regex: bool | None = None
    exclude_is_regex: bool | None = None
    percentile: int | None = None
    empty_as_null: bool | None = None
    format: Format | None = None


class Column(_Written, frozen=True):
    """One column of the table behind a panel."""

    label: str
    data_type: str
    operation_type: Operation
    is_bucketed: bool
    scale: str
    params: Params
    custom_label: bool = False
    source_field: str | None = None
    filter: Query | None = None
    time_shift: str | None = None


class Layer(Struct, frozen=True, rename="camel"):
    """The table behind a panel: buckets first, in the order of their nesting, then numbers."""

    columns: dict[str, Column]
    column_order: tuple[str, ...]
    incomplete_columns: dict[str, Any] = {}
    sampling: int = 1
    ignore_global_filters: bool = False


class MetricState(_Written, frozen=True):
    """One number, and a second one beside it."""

    layer_id: str
    layer_type: str
    metric_accessor: str
    secondary_metric_accessor: str | None = None
    secondary_prefix: str | None = None


class Sides(Struct, frozen=True, rename="camel"):
    """Something that is switched for each axis."""

    x: bool = True
    y_left: bool = True
    y_right: bool = True


class XyLayer(_Written, frozen=True):
    """Bars, lines or areas of one table."""

    layer_id: str
    layer_type: str
    series_type: str
    accessors: tuple[str, ...]
    x_accessor: str
    position: str
    show_gridlines: bool
    palette: dict[str, str]
    split_accessor: str | None = None


class XyState(_Written, frozen=True):
    """A chart with two axes."""

    preferred_series_type: str
    legend: dict[str, Any]
    value_labels: str
    fitting_function: str
    axis_titles_visibility_settings: Sides
    tick_labels_visibility_settings: Sides
    gridlines_visibility_settings: Sides
    labels_orientation: dict[str, int]
    y_left_extent: dict[str, str]
    y_right_extent: dict[str, str]
    layers: tuple[XyLayer, ...]


class TableColumn(_Written, frozen=True):
    """How one column of a table looks."""

    column_id: str
    is_transposed: bool
    is_metric: bool
    alignment: str | None = None
    width: int | None = None


class TableState(_Written, frozen=True):
    """A table."""

    layer_id: str
    layer_type: str
    columns: tuple[TableColumn, ...]
    sorting: dict[str, str]
    paging: dict[str, Any]
    row_height: str
    row_height_lines: int
    header_row_height: str


class PieLayer(_Written, frozen=True):
    """The parts of a whole."""

    layer_id: str
    layer_type: str
    primary_groups: tuple[str, ...]
    metrics: tuple[str, ...]
    number_display: str
    category_display: str
    legend_display: str
    legend_position: str
    legend_size: str
    nested_legend: bool
    percent_decimals: int
    empty_size_ratio: float
    truncate_legend: bool
    legend_max_lines: int


class PieState(_Written, frozen=True):
    """A donut."""

    shape: str
    palette: dict[str, str]
    layers: tuple[PieLayer, ...]


class HeatmapState(_Written, frozen=True):
    """Names against time."""

    shape: str
    layer_id: str
    layer_type: str
    value_accessor: str
    x_accessor: str
    y_accessor: str
    legend: dict[str, Any]
    grid_config: dict[str, Any]
    palette: dict[str, Any]


State = MetricState | XyState | TableState | PieState | HeatmapState

STATES: dict[Visualization, type[State]] = {
    Visualization.METRIC: MetricState,
    Visualization.XY: XyState,
    Visualization.TABLE: TableState,
    Visualization.PIE: PieState,
    Visualization.HEATMAP: HeatmapState,
}


class Chart(Struct, frozen=True, kw_only=True):
    """A Lens panel: the tables behind it by layer, the data view of each, how it is drawn, its own query."""

    visualization: Visualization
    state: State
    layers: dict[str, Layer]
    views: dict[str, str]
    """Layer id to the id of its data view."""
    query: str = ""


def attributes(chart: Chart) -> dict[str, Any]:
    """A chart as Kibana keeps it inside a panel."""
    return {
        "title": "",
        "description": "",
        "visualizationType": chart.visualization.value,
        "type": "lens",
        "references": [
            {"type": "index-pattern", "id": view, "name": layer_reference(layer)} for layer, view in chart.views.items()
        ],
        "state": {
            "visualization": msgspec.to_builtins(chart.state),
            "query": msgspec.to_builtins(Query(chart.query)),
            "filters": [],
            "datasourceStates": {
                "formBased": {"layers": msgspec.to_builtins(chart.layers)},
                "textBased": {"layers": {}},
            },
            "internalReferences": [],
            "adHocDataViews": {},
        },
    }


def of_attributes(found: dict[str, Any]) -> Chart:
    """The chart of what ``attributes`` wrote. Raises ``msgspec.ValidationError`` for anything else."""
    visualization = Visualization(found["visualizationType"])
    state = found["state"]
    return Chart(
        visualization=visualization,
        state=msgspec.convert(state["visualization"], STATES[visualization]),
        layers=msgspec.convert(state["datasourceStates"]["formBased"]["layers"], dict[str, Layer]),
        views={
            each["name"].removeprefix(layer_reference("")): each["id"]
            for each in found["references"]
            if each["type"] == "index-pattern"
        },
        query=state["query"]["query"],
    )


def layer_reference(layer: str) -> str:
    """The name under which a layer refers to its data view."""
    return f"indexpattern-datasource-layer-{layer}"
