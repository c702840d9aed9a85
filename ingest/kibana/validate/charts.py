"""Rules for charts: the tables behind them and what is drawn of these. Kibana's import looks at none of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ingest.kibana.lens import Operation, Visualization
from ingest.kibana.validate.parsed import layers_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.kibana.validate.parsed import Bundle, Layer, Panel

_COLOUR = re.compile(r"#[0-9a-f]{6}")
_COMPUTED = (Operation.COUNT, Operation.UNIQUE, Operation.SUM, Operation.AVERAGE, Operation.MIN, Operation.MAX)
"""Numbers that Elasticsearch can order terms by, under the name that Kibana gives them."""


def layers(bundle: Bundle) -> Iterator[str]:
    """What is drawn, the tables and their references speak of the same layers."""
    for panel, state in _states(bundle):
        tables = {layer.id for layer in layers_of(panel)}
        drawn = {each["layerId"] for each in state.get("layers", [state])}
        referred = {each["name"] for each in panel.lens["references"]} if panel.lens else set()
        if tables != drawn or referred != {f"indexpattern-datasource-layer-{name}" for name in tables}:
            yield panel.where


def column_order(bundle: Bundle) -> Iterator[str]:
    """The order has each column once, buckets first."""
    for layer in bundle.layers():
        order, columns = layer.json["columnOrder"], layer.columns
        bucketed = [columns[each]["isBucketed"] for each in order if each in columns]
        if sorted(order) != sorted(columns) or bucketed != sorted(bucketed, reverse=True):
            yield layer.where


def nesting(bundle: Bundle) -> Iterator[str]:
    """Names before time: the largest of the whole range, not of each step."""
    for layer in bundle.layers():
        operations = [
            layer.columns[each]["operationType"] for each in layer.json["columnOrder"] if each in layer.columns
        ]
        if (
            Operation.TERMS in operations[operations.index(Operation.OVER_TIME) :]
            if Operation.OVER_TIME in operations
            else False
        ):
            yield layer.where


def operations(bundle: Bundle) -> Iterator[str]:
    """Only what any Elasticsearch computes: no last value, no formula, no terms of several fields."""
    for layer in bundle.layers():
        for column in layer.columns.values():
            several = (
                "secondaryFields" in column["params"]
                or column["params"].get("parentFormat", {}).get("id") == "multi_terms"
            )
            if column["operationType"] not in tuple(Operation) or several or "references" in column:
                yield f"{layer.where}: {column['label']}"


def accessors(bundle: Bundle) -> Iterator[str]:
    """What is drawn is there, names and times where buckets belong, numbers where numbers do, and nothing is idle."""
    for panel, state in _states(bundle):
        for layer in layers_of(panel):
            drawn = (
                state if "layers" not in state else next((s for s in state["layers"] if s["layerId"] == layer.id), {})
            )
            wanted = dict(_drawn(str(panel.lens["visualizationType"]) if panel.lens else "", drawn))
            actual = {name: column["isBucketed"] for name, column in layer.columns.items()}
            if wanted != actual:
                yield layer.where


def order_by(bundle: Bundle) -> Iterator[str]:
    """Terms are ordered by a number that Elasticsearch computes, or by themselves."""
    for layer in bundle.layers():
        for column in layer.columns.values():
            order = column["params"].get("orderBy")
            if column["operationType"] != Operation.TERMS:
                if order:
                    yield f"{layer.where}: {column['label']}"
            elif not order or not _orders(order, layer):
                yield f"{layer.where}: {column['label']}"


def sources(bundle: Bundle) -> Iterator[str]:
    """Search bodies only: ES|QL and views that are made on the fly are not proven here."""
    for panel in bundle.panels():
        if panel.lens:
            state = panel.lens["state"]
            others = set(state["datasourceStates"]) - {"formBased", "textBased"}
            texts = state["datasourceStates"].get("textBased", {}).get("layers", {})
            if others or texts or state["adHocDataViews"] or state["internalReferences"]:
                yield panel.where


def palettes(bundle: Bundle) -> Iterator[str]:
    """Steps go up, colours are colours."""
    for panel, state in _states(bundle):
        for palette in _palettes(state):
            stops = [each["stop"] for each in palette["params"]["stops"]]
            colours = [each["color"] for name in ("stops", "colorStops") for each in palette["params"][name]]
            if stops != sorted(set(stops)) or not all(_COLOUR.fullmatch(each) for each in colours):
                yield panel.where


def _states(bundle: Bundle) -> Iterator[tuple[Panel, dict[str, Any]]]:
    """Charts with how they are drawn."""
    for panel in bundle.panels():
        if panel.lens:
            yield panel, panel.lens["state"]["visualization"]


def _drawn(visualization: str, state: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """The columns that a chart draws, each with whether it must be a bucket."""
    buckets: list[Any] = []
    numbers: list[Any] = []
    match visualization:
        case Visualization.METRIC:
            buckets = [state.get("breakdownByAccessor")]
            numbers = [state.get("metricAccessor"), state.get("secondaryMetricAccessor"), state.get("maxAccessor")]
        case Visualization.XY:
            buckets = [state.get("xAccessor"), state.get("splitAccessor")]
            numbers = state.get("accessors", [])
        case Visualization.TABLE:
            buckets = [each["columnId"] for each in state["columns"] if not each["isMetric"]]
            numbers = [each["columnId"] for each in state["columns"] if each["isMetric"]]
        case Visualization.PIE:
            buckets = [*state.get("primaryGroups", []), *state.get("secondaryGroups", [])]
            numbers = state.get("metrics", [])
        case Visualization.HEATMAP:
            buckets = [state.get("xAccessor"), state.get("yAccessor")]
            numbers = [state.get("valueAccessor")]
    yield from ((each, True) for each in buckets if each)
    yield from ((each, False) for each in numbers if each)


def _orders(order: dict[str, Any], layer: Layer) -> bool:
    if order["type"] == "alphabetical":
        return True
    column = layer.columns.get(order.get("columnId", ""))
    return order["type"] == "column" and column is not None and column["operationType"] in _COMPUTED


def _palettes(value: Any) -> Iterator[dict[str, Any]]:
    """The palettes with steps anywhere in a state."""
    if isinstance(value, list):
        for each in value:
            yield from _palettes(each)
    elif isinstance(value, dict):
        if value.get("type") == "palette" and "stops" in value.get("params", {}):
            yield value
        for each in value.values():
            yield from _palettes(each)
