"""What a panel asks of Elasticsearch, as Kibana asks it, and the table that the answer gives.

Kibana numbers the aggregations "0", "1", ... in the order of the columns, nests buckets in that order, and puts numbers
into the innermost bucket. What a ``terms`` bucket leaves over ("Other") is asked in a second request. Of the period
before Kibana asks in the same request; here that is a request of its own with the same answer.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from ingest.kibana.lens import RECORDS, Column, Layer, Operation
from ingest.timestamps import iso

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ingest.preview.read import Found, View

Value = str | int | float | bool | None
Row = dict[str, Value]
"""A row of a panel's table: column id to value. Times are milliseconds."""
Body = dict[str, Any]
"""A search body: JSON of Elasticsearch's API."""

OTHER = "Other"
"""The name of what ``terms`` left over."""
MISSING = "(missing value)"
"""The name of documents that do not have the field."""
_MISSING_KEY = "__missing__"

_METRICS = {
    Operation.UNIQUE: "cardinality",
    Operation.SUM: "sum",
    Operation.AVERAGE: "avg",
    Operation.MIN: "min",
    Operation.MAX: "max",
}
_BAR_TARGET = 50
_STEPS = (
    (31_536_000, "1M"), (1_814_400, "1w"), (604_800, "1d"), (86_400, "12h"), (21_600, "3h"), (7_200, "1h"),
    (2_700, "30m"), (1_200, "10m"), (540, "5m"), (180, "1m"), (45, "30s"), (15, "10s"), (7.5, "5s"), (5, "1s"),
)  # fmt: skip
"""Kibana's steps of time: below so many seconds a bar, the step."""
_FEW = 10
_FEW_ON_A_SHARD = 25


class Search(Protocol):
    """Runs a search. Indices that are not there have no documents."""

    def __call__(self, pattern: str, body: Body) -> Body:
        """The answer to a body over the indices of a pattern; raises ``Unavailable`` or ``Refused``."""


class Span(Struct, frozen=True):
    """A range of time, both ends included."""

    start: datetime
    end: datetime

    @property
    def before(self) -> Span:
        """The period of the same length before it."""
        length = self.end - self.start
        return Span(self.start - length, self.end - length)


class Asked(Struct, frozen=True):
    """What is asked for all panels of a board: the range of time, and filters in KQL."""

    span: Span
    filters: tuple[str, ...] = ()


def table(layer: Layer, view: View, query: str, asked: Asked, search: Search) -> list[Row]:
    """The rows behind a panel.

    Args:
        layer: The panel's columns.
        view: Where its documents are.
        query: The panel's own query in KQL.
        asked: The board's range of time and filters.
        search: Runs the queries.
    """
    heeded = () if layer.ignore_global_filters else asked.filters
    queries = [each for each in (query, *heeded) if each]
    plan = _Plan(layer)
    if not plan.shifted:
        return list(_rows(plan, plan.numbers, view, queries, asked.span, search))
    if plan.buckets:
        raise ValueError("the period before is asked for single numbers only")
    now = [name for name in plan.numbers if name not in plan.shifted]
    (row,) = _rows(plan, now, view, queries, asked.span, search)
    (earlier,) = _rows(plan, plan.shifted, view, queries, asked.span.before, search)
    return [row | earlier]


def documents(found: Found, view: View, asked: Asked, most: int, search: Search) -> list[dict[str, list[Any]]]:
    """The newest documents of a saved search: field to values."""
    queries = [each for each in (found.query, *asked.filters) if each]
    order = {"order": "desc", "unmapped_type": "boolean", "format": "strict_date_optional_time"}
    body: Body = {
        "size": most,
        "track_total_hits": True,
        "_source": False,
        "fields": [view.time_field, *found.columns],
        "sort": [{found.sort: order}],
        "query": _filtered(queries, view.time_field, asked.span),
    }
    answer = search(view.pattern, body)
    return [hit.get("fields", {}) for hit in answer["hits"]["hits"]]


def step(span: Span) -> str:
    """The width of a bar, as Kibana chooses it: about 50 bars in the range."""
    seconds = (span.end - span.start).total_seconds() / _BAR_TARGET
    chosen = "1y"
    for bound, name in _STEPS:
        if bound <= seconds:
            break
        chosen = name
    return chosen


class _Plan:
    """Columns in the roles that they play."""

    def __init__(self, layer: Layer) -> None:
        self.columns = layer.columns
        self.buckets = [name for name in layer.column_order if layer.columns[name].is_bucketed]
        self.numbers = [name for name in layer.column_order if not layer.columns[name].is_bucketed]
        self.shifted = [name for name in self.numbers if layer.columns[name].time_shift]
        self.ids = {name: str(at) for at, name in enumerate(layer.column_order)}


def _rows(
    plan: _Plan, numbers: Sequence[str], view: View, queries: Sequence[str], span: Span, search: Search
) -> Iterator[Row]:
    nested = _aggregations(plan, numbers, plan.buckets, span)
    body = _body(queries, view, span, nested)
    answer = search(view.pattern, body)
    found = answer.get("aggregations", {}) | {"doc_count": answer["hits"]["total"]["value"]}
    yield from _walk(plan, numbers, plan.buckets, found)
    yield from _others(plan, numbers, view, queries, span, search, found)


def _others(
    plan: _Plan,
    numbers: Sequence[str],
    view: View,
    queries: Sequence[str],
    span: Span,
    search: Search,
    found: Mapping[str, Any],
) -> Iterator[Row]:
    """The rows of what the outermost terms left over."""
    first = plan.buckets[0] if plan.buckets else None
    if first is None or not plan.columns[first].params.other_bucket:
        return
    outer = found.get(plan.ids[first], {})
    if not outer.get("sum_other_doc_count"):
        return
    field = plan.columns[first].source_field
    taken = [{"match_phrase": {field: key}} for key in (b["key"] for b in outer["buckets"]) if key != _MISSING_KEY]
    rest = {"bool": {"filter": [{"exists": {"field": field}}], "must_not": taken}}
    inner = _aggregations(plan, numbers, plan.buckets[1:], span)
    nested = {"other-filter": {"filters": {"filters": {"": rest}}, **({"aggs": inner} if inner else {})}}
    answer = search(view.pattern, _body(queries, view, span, nested))
    bucket = answer["aggregations"]["other-filter"]["buckets"][""]
    for row in _walk(plan, numbers, plan.buckets[1:], bucket):
        yield {first: OTHER, **row}


def _body(queries: Sequence[str], view: View, span: Span, nested: Body) -> Body:
    query = _filtered(queries, view.time_field, span)
    return {"size": 0, "track_total_hits": True, "query": query} | ({"aggs": nested} if nested else {})


def _filtered(queries: Sequence[str], time_field: str, span: Span) -> Body:
    within = {"gte": iso(span.start), "lte": iso(span.end), "format": "strict_date_optional_time"}
    return {"bool": {"filter": [*(_kql(query) for query in queries), {"range": {time_field: within}}]}}


def _kql(query: str) -> Body:
    return {"kql": {"query": query}}


def _aggregations(plan: _Plan, numbers: Sequence[str], buckets: Sequence[str], span: Span) -> Body:
    nested: Body = {}
    for name in numbers:
        nested |= _number(plan, name)
    for name in reversed(buckets):
        extra, own = _bucket(plan, name, span)
        inner = extra | nested
        nested = {plan.ids[name]: own | ({"aggs": inner} if inner else {})}
    return nested


def _number(plan: _Plan, name: str) -> Body:
    """The aggregation of a number; a plain count needs none."""
    column, own = plan.columns[name], plan.ids[name]
    metric = _metric(column)
    if column.filter:
        filtered: Body = {"filter": {"bool": {"filter": [_kql(column.filter.query)]}}}
        return {f"{own}-filter": filtered | ({"aggs": {f"{own}-metric": metric}} if metric else {})}
    return {own: metric} if metric else {}


def _metric(column: Column) -> Body | None:
    if column.operation_type is Operation.COUNT:
        if column.source_field != RECORDS:
            raise ValueError(f"a count of {column.source_field} is not a count of documents")
        return None
    if column.operation_type is Operation.PERCENTILE:
        return {"percentiles": {"field": column.source_field, "percents": [column.params.percentile], "keyed": False}}
    return {_METRICS[column.operation_type]: {"field": column.source_field}}


def _bucket(plan: _Plan, name: str, span: Span) -> tuple[Body, Body]:
    """What orders a bucket's values, and the bucket itself."""
    column = plan.columns[name]
    if column.operation_type is Operation.OVER_TIME:
        bounds = {"min": _ms(span.start), "max": _ms(span.end)}
        own = {"field": column.source_field, "time_zone": "UTC", "min_doc_count": 0, "extended_bounds": bounds}
        return {}, {"date_histogram": own | _interval(step(span))}
    params = column.params
    order, extra = "_key", Body()
    if params.order_by and params.order_by.column_id:
        by = params.order_by.column_id
        order, extra = _order_path(plan, by), _number(plan, by)
    terms = {"field": column.source_field, "size": params.size, "order": {order: params.order_direction}}
    if params.missing_bucket:
        terms["missing"] = _MISSING_KEY
    if (params.size or 0) <= _FEW:
        terms["shard_size"] = _FEW_ON_A_SHARD
    return extra, {"terms": terms}


def _order_path(plan: _Plan, name: str) -> str:
    column = plan.columns[name]
    if column.filter or column.operation_type is Operation.PERCENTILE:
        # Elasticsearch takes no order by the count of a filter, and one by a percentile needs its number in the path.
        raise ValueError(f"{column.label!r} is no number to order by: put a plain one first")
    return plan.ids[name] if _metric(column) else "_count"


def _interval(name: str) -> Body:
    """Calendar steps where there is one of them, fixed ones else."""
    calendar = name[-1] in "wMy" or name in {"1m", "1h", "1d"}
    return {"calendar_interval" if calendar else "fixed_interval": name}


def _walk(plan: _Plan, numbers: Sequence[str], buckets: Sequence[str], node: Mapping[str, Any]) -> Iterator[Row]:
    if not buckets:
        yield {name: _value(plan, name, node) for name in numbers}
        return
    name, *rest = buckets
    for bucket in node.get(plan.ids[name], {}).get("buckets", ()):
        key = bucket.get("key_as_string", bucket["key"]) if _is_boolean(plan.columns[name]) else bucket["key"]
        for row in _walk(plan, numbers, rest, bucket):
            yield {name: MISSING if key == _MISSING_KEY else key, **row}


def _is_boolean(column: Column) -> bool:
    return column.data_type == "boolean"


def _value(plan: _Plan, name: str, node: Mapping[str, Any]) -> Value:
    column, own = plan.columns[name], plan.ids[name]
    if column.filter:
        node = node.get(f"{own}-filter", {"doc_count": 0})
        own = f"{own}-metric"
    value: Value
    if column.operation_type is Operation.COUNT:
        value = node["doc_count"]
    elif column.operation_type is Operation.PERCENTILE:
        ranked = node.get(own, {}).get("values", [])
        value = ranked[0]["value"] if ranked else None
    else:
        # Without any index Elasticsearch answers without aggregations.
        none = 0 if column.operation_type in (Operation.UNIQUE, Operation.SUM) else None
        value = node.get(own, {}).get("value", none)
    return None if value == 0 and column.params.empty_as_null else value


def _ms(at: datetime) -> int:
    return int((at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))
