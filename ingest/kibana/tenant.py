"""The shipped objects for another index prefix: one installation for each tenant, side by side.

Ids begin with the prefix too. Kibana keeps ids apart by cluster, not by space: the same id in a second space would get
another one there, and links between boards would lead nowhere.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ingest.kibana import views
from ingest.kibana.saved import ObjectType, Reference, SavedObject, embedded
from ingest.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SHIPPED = "oom"
"""The prefix of the shipped files."""

_LINK = re.compile(r"#/view/([a-z0-9-]+)")


def for_prefix(objects: Sequence[SavedObject], prefix: str) -> list[SavedObject]:
    """The objects with ids, index patterns and titles of a prefix."""
    if prefix == SHIPPED:
        return list(objects)
    ids = {each.id: prefix + each.id.removeprefix(SHIPPED) for each in objects}
    return [_moved(each, ids, prefix) for each in objects]


def _moved(saved: SavedObject, ids: dict[str, str], prefix: str) -> SavedObject:
    attributes = _inside(saved.attributes, lambda known: ids.get(known, known))
    if saved.type is ObjectType.DATA_VIEW:
        kind = next(kind for kind in Kind if views.pattern(kind) == attributes["title"])
        attributes["title"] = views.pattern(kind, prefix)
        attributes["name"] = f"{prefix}: {attributes['name']}"
    elif saved.type is ObjectType.TAG:
        attributes["name"] = f"{attributes['name']} {prefix}"
    else:
        attributes["title"] = attributes["title"].replace("OOM", f"OOM {prefix}", 1)
    references = tuple(
        Reference(each.type, ids[each.id], each.name.replace(f"tag-ref-{each.id}", f"tag-ref-{ids[each.id]}"))
        for each in saved.references
    )
    return SavedObject(saved.type, ids[saved.id], attributes, references)


def _inside(value: Any, renamed: Callable[[str], str]) -> Any:
    """A part of an object with its references and links renamed, also where it is JSON in a string."""
    if isinstance(value, list):
        return [_inside(each, renamed) for each in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"type", "id", "name"}:
        return value | {"id": renamed(value["id"])}
    return {name: _member(name, each, renamed) for name, each in value.items()}


def _member(name: str, value: Any, renamed: Callable[[str], str]) -> Any:
    if name == "markdown":
        return _LINK.sub(lambda found: f"#/view/{renamed(found[1])}", value)
    if name.endswith("JSON"):
        return embedded(_inside(json.loads(value), renamed))
    return _inside(value, renamed)
