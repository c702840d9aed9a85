"""Queries and aggregations of trend reports, as Elasticsearch writes them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from ingest.kinds import Type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ingest.trends.period import Window
    from ingest.trends.selection import Selection, Term

    Body = dict[str, Any]

Item = TypeVar("Item")

FIRST: Body = {"min": {"field": "@timestamp"}}
SPAN: Body = {"first": FIRST, "last": {"max": {"field": "@timestamp"}}}


def selected(selection: Selection) -> list[Body]:
    """The filters of a selection: alternatives of one field, and all fields."""
    return [
        {"bool": {"should": [_term(term) for term in terms], "minimum_should_match": 1}}
        for terms in selection.by_field.values()
    ]


def within(window: Window) -> Body:
    """Documents of a window."""
    bounds: Body = {"lt": window.end, "format": "epoch_millis"}
    if window.start is not None:
        bounds["gte"] = window.start
    return {"range": {"@timestamp": bounds}}


def any_of(field: str, values: Iterable[str]) -> Body:
    """Documents with one of these values."""
    return {"terms": {field: list(values)}}


def crowd(signature: str, window: Window) -> Body:
    """Documents of a signature in a window."""
    return {"bool": {"filter": [any_of("oom.signature", [signature]), within(window)]}}


def by_time(width: int) -> Body:
    """A source of a composite aggregation: slots of so many milliseconds."""
    return {"date_histogram": {"field": "@timestamp", "fixed_interval": f"{width}ms"}}


def by_value(field: str, *, absent: bool = False) -> Body:
    """A source of a composite aggregation: the values of a field, and ``absent`` for documents without any."""
    return {"terms": {"field": field, "missing_bucket": absent}}


def each_slot(width: int) -> Body:
    """Slots of so many milliseconds that have documents."""
    return {"date_histogram": {"field": "@timestamp", "fixed_interval": f"{width}ms", "min_doc_count": 1}}


def each_window(windows: Sequence[Window]) -> Body:
    """One bucket for each window, in their order."""
    ranges = [{"from": window.start, "to": window.end} for window in windows]
    return {"date_range": {"field": "@timestamp", "format": "epoch_millis", "ranges": ranges}}


def largest(field: str, size: int, room: int) -> Body:
    """The values of a field with most documents, of equals the first; each shard offers ``room`` of them."""
    return {"terms": {"field": field, "size": size, "shard_size": room, "show_term_doc_count_error": True}}


def these(field: str, values: Sequence[str]) -> Body:
    """How many documents have each of these values."""
    return {"terms": {"field": field, "include": list(values), "size": len(values), "shard_size": len(values)}}


def sizes(percentile: int, compression: int) -> Body:
    """What documents tell of memory."""
    victim = "oom.victim.memory.rss.bytes"
    return {
        "limit": {"stats": {"field": "oom.cgroup.memory.limit.bytes"}},
        "usage": {"stats": {"field": "oom.cgroup.memory.usage.bytes"}},
        "victim": {"stats": {"field": victim}},
        "most_victims": {
            "percentiles": {
                "field": victim,
                "percents": [percentile],
                "keyed": False,
                "tdigest": {"compression": compression},
            }
        },
    }


def portions(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in portions of at most ``size``."""
    left = iter(items)
    while portion := list(islice(left, size)):
        yield portion


def _term(term: Term) -> Body:
    """One value; ``*`` is any text, and nothing else in it is special."""
    if not term.is_pattern:
        return {"term": {term.field: term.value}}
    if term.value == "*":
        return {"exists": {"field": term.field}}
    if term.type is Type.FLATTENED:
        return {"prefix": {term.field: term.value.removesuffix("*")}}
    escaped = term.value.replace("\\", "\\\\").replace("?", "\\?")
    return {"wildcard": {term.field: {"value": escaped}}}
