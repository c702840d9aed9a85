"""The columns of what searches export, by the names under which the envelope looks for what they hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.envelope.json_record import MESSAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_COLUMNS = {
    "@message": "message", "content": "message", "body": "message", "date": "@timestamp", "time": "@timestamp",
    "timestamp": "@timestamp", "timegenerated [utc]": "@timestamp", "host": "host", "service": "service.name",
    "tsns": "timestamp", "labels": "labels",
}  # fmt: skip
"""Columns that have other names there, written small. ``tsNs`` is when Loki's entries were logged, in UTC."""
_GRAYLOG = {"timestamp", "source", "message"}
"""Columns of Graylog, where the source is the host; with Splunk it is a file."""
_LABELLED = re.compile(r".*\((?P<name>[^()]+)\)")
"""A column to which Kibana's data view gives a label of its own."""
_GUARDED = re.compile(r"'[-+=@]")
"""A text that a sheet would take for a formula, as Kibana escapes it."""


def bare(cell: str) -> str:
    """A cell without the sign that keeps a sheet from calculating it."""
    return cell[1:] if _GUARDED.match(cell) else cell


def names(told: Iterable[str]) -> list[str]:
    """Names of columns as the envelope knows them. A column that has such a name keeps it to itself."""
    plain = [_plain(each) for each in told]
    if {*plain} >= _GRAYLOG and "host" not in plain:
        plain[plain.index("source")] = "host"
    return [each if (known := _COLUMNS.get(each.lower(), each)) in plain else known for each in plain]


def has_messages(columns: Sequence[str]) -> bool:
    """Whether a column holds messages."""
    return any(name in MESSAGES for name in columns)


def _plain(told: str) -> str:
    name = bare(told.strip())
    if labelled := _LABELLED.fullmatch(name):
        name = labelled["name"]
    return name.lower() if name.lower() in MESSAGES and name not in MESSAGES else name
