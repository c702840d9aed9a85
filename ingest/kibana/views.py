"""Data views: one for each kind of document.

Formats of fields are set here first, so that Discover shows them as well.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from msgspec import Struct

from ingest.fields import FIELDS
from ingest.kibana.ids import object_id
from ingest.kibana.saved import ObjectType, SavedObject, embedded
from ingest.kinds import DESCRIPTIONS, Field, Kind, Type


class Shown(StrEnum):
    """How a number reads."""

    NUMBER = "number"
    BYTES = "bytes"
    PERCENT = "percent"
    DURATION = "duration"


class View(Struct, frozen=True):
    """A data view: which documents a panel is about."""

    kind: Kind
    title: str

    @property
    def id(self) -> str:
        """The id of the saved object."""
        return object_id(_PLURALS[self.kind])

    @property
    def pattern(self) -> str:
        """The indices."""
        return pattern(self.kind)


_PLURALS = {
    Kind.KILL: "kills",
    Kind.REPORT: "reports",
    Kind.EPISODE: "episodes",
    Kind.TASK: "tasks",
    Kind.SIGNATURE: "signatures",
    Kind.DEADLETTER: "deadletters",
    Kind.PIPELINE: "pipeline",
}

KILLS = View(Kind.KILL, "OOM kills")
REPORTS = View(Kind.REPORT, "OOM reports")
EPISODES = View(Kind.EPISODE, "OOM episodes")
TASKS = View(Kind.TASK, "OOM process tables")
SIGNATURES = View(Kind.SIGNATURE, "OOM signatures")
PIPELINE = View(Kind.PIPELINE, "OOM pipeline")
DEADLETTERS = View(Kind.DEADLETTER, "OOM dead letters")

VIEWS = (KILLS, REPORTS, EPISODES, TASKS, SIGNATURES, PIPELINE, DEADLETTERS)

_TIME = {"s": "seconds", "ns": "nanoseconds", "us": "microseconds"}
_FIELDS = {field.name: field for field in FIELDS}


def pattern(kind: Kind, prefix: str = "oom") -> str:
    """The indices of a kind."""
    return f"{prefix}-{kind}" if kind is Kind.SIGNATURE else f"{prefix}-{kind}-*"


def field(name: str) -> Field:
    """A field of the catalogue; a board that names another cannot be built."""
    return _FIELDS[name]


def shown(name: str) -> Shown:
    """How the values of a field read."""
    unit = _FIELDS[name].unit
    if unit == "bytes":
        return Shown.BYTES
    if unit == "ratio":
        return Shown.PERCENT
    return Shown.DURATION if unit in _TIME else Shown.NUMBER


def saved(view: View) -> SavedObject:
    """A data view as Kibana keeps it."""
    formats = {each.name: _format(each) for each in FIELDS if view.kind in each.kinds and _format(each)}
    texts = {each.name: {"customDescription": each.text} for each in FIELDS if view.kind in each.kinds}
    return SavedObject(
        ObjectType.DATA_VIEW,
        view.id,
        {
            "title": view.pattern,
            "name": f"{view.title}: {DESCRIPTIONS[view.kind]}",
            "timeFieldName": "@timestamp",
            "allowNoIndex": True,
            "fields": "[]",
            "fieldAttrs": embedded(texts),
            "fieldFormatMap": embedded(formats),
            "runtimeFieldMap": "{}",
            "sourceFilters": "[]",
            "typeMeta": "{}",
        },
    )


def _format(each: Field) -> dict[str, Any] | None:
    """Kibana's format of a field, where the plain number would not read well."""
    if each.type not in (Type.LONG, Type.DOUBLE):
        return None
    if each.unit == "bytes":
        return {"id": "bytes", "params": {"pattern": "0,0.[0]b"}}
    if each.unit == "ratio":
        return {"id": "percent", "params": {"pattern": "0,0.[0]%"}}
    if each.unit in _TIME:
        params = {
            "inputFormat": _TIME[each.unit],
            "outputFormat": "humanizePrecise",
            "outputPrecision": 1,
            "useShortSuffix": True,
            "includeSpaceWithSuffix": True,
        }
        return {"id": "duration", "params": params}
    if each.name.endswith((".pid", ".offset")):
        return {"id": "number", "params": {"pattern": "0"}}
    return None
