"""Columns of a panel's table: what it is grouped by, and what is counted or measured."""

from __future__ import annotations

from msgspec.structs import replace

from ingest.kibana import views
from ingest.kibana.lens import (
    BEFORE,
    RECORDS,
    Column,
    Format,
    Operation,
    OrderBy,
    Params,
    Query,
)
from ingest.kibana.views import Shown
from ingest.kinds import Type

_TYPES = {
    Type.LONG: "number",
    Type.DOUBLE: "number",
    Type.BOOLEAN: "boolean",
    Type.DATE: "date",
}


def count(label: str, only: str = "") -> Column:
    """How many documents, or how many that a query in KQL finds."""
    return Column(
        label=label,
        custom_label=True,
        data_type="number",
        operation_type=Operation.COUNT,
        is_bucketed=False,
        scale="ratio",
        source_field=RECORDS,
        filter=Query(only) if only else None,
        params=Params(empty_as_null=True),
    )


def unique(label: str, name: str) -> Column:
    """How many different values of a field."""
    return replace(count(label), operation_type=Operation.UNIQUE, source_field=views.field(name).name)


def measure(label: str, operation: Operation, name: str, percent: int | None = None) -> Column:
    """The sum, mean, least, largest or a percentile of a field. Sizes and shares read as such."""
    kind = views.field(name).type
    return Column(
        label=label,
        custom_label=True,
        data_type=_TYPES[kind],
        operation_type=operation,
        is_bucketed=False,
        scale="interval" if kind is Type.DATE else "ratio",
        source_field=name,
        params=Params(
            percentile=percent,
            format=_format(name),
            empty_as_null=True if operation is Operation.SUM else None,
        ),
    )


def largest(label: str, name: str) -> Column:
    """The largest value of a field, or its newest time."""
    return measure(label, Operation.MAX, name)


def least(label: str, name: str) -> Column:
    """The smallest value of a field, or its oldest time."""
    return measure(label, Operation.MIN, name)


def total(label: str, name: str) -> Column:
    """The sum of a field."""
    return measure(label, Operation.SUM, name)


def mean(label: str, name: str) -> Column:
    """The mean of a field."""
    return measure(label, Operation.AVERAGE, name)


def percentile(label: str, name: str, percent: int) -> Column:
    """The value that so many percent of the documents do not exceed."""
    return measure(label, Operation.PERCENTILE, name, percent=percent)


def before(column: Column) -> Column:
    """The same number of the period before."""
    return replace(column, label=f"{column.label} before", time_shift=BEFORE)


def by(label: str, name: str, size: int, *, other: bool = False, missing: bool = False) -> Column:
    """One bucket for each value of a field, those with the most first.

    ``other`` adds one for the rest, ``missing`` one for the documents that do not have the field.

    The column that orders them is set where the table is put together (``ordered``).
    """
    return Column(
        label=label,
        custom_label=True,
        data_type=_TYPES.get(views.field(name).type, "string"),
        operation_type=Operation.TERMS,
        is_bucketed=True,
        scale="ordinal",
        source_field=name,
        params=Params(
            size=size,
            order_by=OrderBy(type="alphabetical", fallback=True),
            order_direction="asc",
            other_bucket=other or missing,
            missing_bucket=missing,
            parent_format={"id": "terms"},
            include=(),
            exclude=(),
            include_is_regex=False,
            exclude_is_regex=False,
        ),
    )


def ordered(column: Column, measure_id: str) -> Column:
    """The same buckets, those with the largest of a measure first."""
    if column.operation_type is not Operation.TERMS:
        return column
    params = replace(column.params, order_by=OrderBy(type="column", column_id=measure_id), order_direction="desc")
    return replace(column, params=params)


def over_time() -> Column:
    """One bucket for each step of time."""
    return Column(
        label="@timestamp",
        data_type="date",
        operation_type=Operation.OVER_TIME,
        is_bucketed=True,
        scale="interval",
        source_field="@timestamp",
        params=Params(interval="auto", include_empty_rows=True, drop_partials=False),
    )


def _format(name: str) -> Format | None:
    """Durations keep the format of the data view: Lens of older versions knows none of its own."""
    shown = views.shown(name)
    if shown is Shown.BYTES:
        return Format(id="bytes", params={"decimals": 1})
    return Format(id="percent", params={"decimals": 0}) if shown is Shown.PERCENT else None
