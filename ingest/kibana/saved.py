"""Kibana's saved objects and the NDJSON files that carry them.

The versions are the lowest whose shape we use: Kibana refuses a file that is newer than itself, and brings an older
one up to date. With these, Kibana 8.9 and everything after it takes the files.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CORE_VERSION = "8.8.0"
"""``coreMigrationVersion`` of every object."""

OLDEST_KIBANA = "8.9.0"
"""The first Kibana that takes these files."""


class ObjectType(StrEnum):
    """The kinds of saved objects that we ship."""

    TAG = "tag"
    DATA_VIEW = "index-pattern"
    SEARCH = "search"
    DASHBOARD = "dashboard"


TYPE_VERSIONS = {
    ObjectType.TAG: "8.0.0",
    ObjectType.DATA_VIEW: "8.0.0",
    ObjectType.SEARCH: "8.0.0",
    ObjectType.DASHBOARD: "8.9.0",
}
"""``typeMigrationVersion`` of each kind."""


class Reference(Struct, frozen=True):
    """Another object that one needs, under the name by which its attributes speak of it."""

    type: ObjectType
    id: str
    name: str


class SavedObject(Struct, frozen=True):
    """One object: a line of a file."""

    type: ObjectType
    id: str
    attributes: Mapping[str, Any]
    references: tuple[Reference, ...] = ()


def embedded(value: object) -> str:
    """JSON inside a string, as Kibana keeps the inner parts of an object."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def ndjson(objects: Iterable[SavedObject]) -> str:
    """The text of a file. The same objects give the same bytes: sorted keys, objects in the order given."""
    return "".join(f"{embedded(as_json(each))}\n" for each in objects)


def as_json(saved: SavedObject) -> dict[str, Any]:
    """An object as Kibana's API takes it."""
    return {
        "type": saved.type,
        "id": saved.id,
        "attributes": saved.attributes,
        "references": [{"type": each.type, "id": each.id, "name": each.name} for each in saved.references],
        "coreMigrationVersion": CORE_VERSION,
        "typeMigrationVersion": TYPE_VERSIONS[saved.type],
        "managed": False,
    }


def read(text: str) -> list[SavedObject]:
    """The objects of a file that ``ndjson`` wrote."""
    return [_of_json(json.loads(line)) for line in text.split("\n") if line]


def _of_json(line: Mapping[str, Any]) -> SavedObject:
    references = tuple(
        Reference(ObjectType(each["type"]), each["id"], each["name"]) for each in line.get("references", [])
    )
    return SavedObject(ObjectType(line["type"]), line["id"], line["attributes"], references)
