"""What a panel must show, counted in the plainest way over the documents themselves."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ingest.kibana.lens import Column, Layer, Operation
from ingest.preview.query import MISSING, OTHER, Row, Span, Value, step

Source = dict[str, Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def has(field: str) -> Callable[[Source], bool]:
    return lambda source: bool(values(source, field))


def is_true(field: str) -> Callable[[Source], bool]:
    return lambda source: True in values(source, field)


def any_of(field: str, *wanted: str) -> Callable[[Source], bool]:
    return lambda source: any(value in wanted for value in values(source, field))


QUERIES: dict[str, Callable[[Source], bool]] = {
    "": lambda _: True,
    "oom.verdict : (panic or no_killable)": any_of("oom.verdict", "panic", "no_killable"),
    "kubernetes.pod.uid : *": has("kubernetes.pod.uid"),
    "container.id : *": has("container.id"),
    "oom.openvz.round.seq : *": has("oom.openvz.round.seq"),
    "oom.time.year_inferred : true": is_true("oom.time.year_inferred"),
    "oom.time.zone_inferred : true": is_true("oom.time.zone_inferred"),
    'event.action : "oom-kill-selected"': any_of("event.action", "oom-kill-selected"),
    "oom.episode.storm : true": is_true("oom.episode.storm"),
    "oom.constraint : none": any_of("oom.constraint", "none"),
    'oom.culprit.confidence : "high"': any_of("oom.culprit.confidence", "high"),
    "oom.culprit.is_victim : true": is_true("oom.culprit.is_victim"),
    "oom.cgroup.group_kill : true": is_true("oom.cgroup.group_kill"),
    "oom.cgroup.stat.anon.bytes : * or oom.cgroup.stat.rss.bytes : *": lambda source: bool(
        values(source, "oom.cgroup.stat.anon.bytes") or values(source, "oom.cgroup.stat.rss.bytes")
    ),
    "oom.system.memory.free.bytes : *": has("oom.system.memory.free.bytes"),
    "oom.report.lost_line_count > 0 or oom.report.suppressed_call_count > 0 or oom.report.unread_line_count > 0": (
        lambda source: any(
            count > 0
            for name in ("lost_line_count", "suppressed_call_count", "unread_line_count")
            for count in values(source, f"oom.report.{name}")
        )
    ),
    "oom.family : openvz": any_of("oom.family", "openvz"),
}
"""What each query of a board means; one that is not here fails the test."""


def rows(layer: Layer, query: str, documents: Sequence[Source], span: Span) -> list[Row]:
    """The rows of a panel's table."""
    buckets = [name for name in layer.column_order if layer.columns[name].is_bucketed]
    numbers = [name for name in layer.column_order if not layer.columns[name].is_bucketed]
    if buckets and not documents:
        return []  # there is no index, and Elasticsearch answers without aggregations
    if any(layer.columns[name].time_shift for name in numbers):
        return [{name: _shifted(layer.columns[name], query, documents, span) for name in numbers}]
    return list(_grouped(layer, buckets, numbers, _within(documents, query, span), span))


def _shifted(column: Column, query: str, documents: Sequence[Source], span: Span) -> Value:
    return number(column, _within(documents, query, span.before if column.time_shift else span))


def _within(documents: Sequence[Source], query: str, span: Span) -> list[Source]:
    return [d for d in documents if span.start <= time_of(d) <= span.end and QUERIES[query](d)]


def _grouped(
    layer: Layer, buckets: Sequence[str], numbers: Sequence[str], documents: Sequence[Source], span: Span
) -> Iterator[Row]:
    if not buckets:
        yield {name: number(layer.columns[name], documents) for name in numbers}
        return
    first, *rest = buckets
    for key, members in _members(layer, layer.columns[first], documents, span):
        for row in _grouped(layer, rest, numbers, members, span):
            yield {first: key, **row}


def _members(layer: Layer, column: Column, documents: Sequence[Source], span: Span) -> list[tuple[Value, list[Source]]]:
    assert column.source_field
    if column.operation_type is Operation.OVER_TIME:
        edges = list(_edges(span))
        return [
            (_ms(edge), [d for d in documents if edge <= time_of(d) < after])
            for edge, after in zip(edges, [*edges[1:], datetime.max.replace(tzinfo=UTC)], strict=True)
        ]
    by_key: dict[Value, list[Source]] = {}
    for document in documents:
        for key in set(values(document, column.source_field)):
            by_key.setdefault(_key(key), []).append(document)
    without = [document for document in documents if not values(document, column.source_field)]
    if without and column.params.missing_bucket:
        by_key["__missing__"] = without
    found = sorted(by_key.items(), key=lambda item: _sortable(item[0]))
    order = column.params.order_by
    assert order
    if order.column_id:
        by = layer.columns[order.column_id]
        found.sort(key=lambda item: _rank(by, item[1]), reverse=True)
    assert column.params.size
    kept, over = found[: column.params.size], found[column.params.size :]
    named = {key for key, _ in kept}
    if over and column.params.other_bucket:
        rest = [
            d
            for d in documents
            if values(d, column.source_field) and not named & {_key(v) for v in values(d, column.source_field)}
        ]
        kept = [*kept, (OTHER, rest)]
    return [(MISSING if key == "__missing__" else key, members) for key, members in kept]


def _rank(column: Column, documents: Sequence[Source]) -> float:
    if column.operation_type is Operation.COUNT:
        return len(documents)
    found = number(column, documents)
    if found is None:
        return 0 if column.operation_type is Operation.SUM else -math.inf
    assert isinstance(found, int | float)
    return found


def number(column: Column, documents: Sequence[Source]) -> Value:
    """One number of some documents."""
    if column.filter:
        documents = [d for d in documents if QUERIES[column.filter.query](d)]
    found = _computed(column, documents)
    return None if found == 0 and column.params.empty_as_null else found


def _computed(column: Column, documents: Sequence[Source]) -> Value:
    operation = column.operation_type
    if operation is Operation.COUNT:
        return len(documents)
    assert column.source_field
    every = [value for d in documents for value in values(d, column.source_field)]
    if operation is Operation.UNIQUE:
        return len(set(every))
    numbers = [_ms(_time(value)) if isinstance(value, str) else value for value in every]
    if operation is Operation.SUM:
        return sum(numbers)
    if not numbers:
        return None
    if operation is Operation.AVERAGE:
        return sum(numbers) / len(numbers)
    if operation is Operation.PERCENTILE:
        assert column.params.percentile
        return float(percentile(numbers, column.params.percentile))
    return min(numbers) if operation is Operation.MIN else max(numbers)


def percentile(numbers: Sequence[float], percent: int) -> float:
    """The value that so many percent do not exceed, between two neighbours in proportion."""
    ordered = sorted(numbers)
    place = (len(ordered) - 1) * percent / 100
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    return low + (high - low) * (place - math.floor(place))


def values(source: Source, field: str) -> list[Any]:
    """Every value of a field."""
    found: list[Any] = [source]
    for name in field.split("."):
        found = [each[name] for each in found if isinstance(each, dict) and name in each]
        found = [item for each in found for item in (each if isinstance(each, list) else [each])]
    return [each for each in found if not isinstance(each, dict)]


def time_of(source: Source) -> datetime:
    return _time(source["@timestamp"])


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _edges(span: Span) -> Iterator[datetime]:
    width = step(span)
    unit = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}[width[-1]] * int(width[:-1])
    at = EPOCH + timedelta(seconds=(span.start - EPOCH).total_seconds() // unit * unit)
    while at <= span.end:
        yield at
        at += timedelta(seconds=unit)


def _ms(at: datetime) -> int:
    return int((at - EPOCH) / timedelta(milliseconds=1))


def _key(value: Any) -> Value:
    return str(value).lower() if isinstance(value, bool) else value


def _sortable(key: Value) -> tuple[int, float, bytes]:
    return (0, float(key), b"") if isinstance(key, int | float) else (1, 0.0, str(key).encode())
