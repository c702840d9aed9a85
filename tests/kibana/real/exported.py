"""What a Kibana gives back of what was imported, against what was shipped.

Kibana brings objects up to its own version, so their text differs. What must be the same is what a person would miss.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import urllib3

from ingest.kibana.saved import ObjectType, SavedObject

Json = dict[str, Any]


def export(url: str, shipped: list[SavedObject]) -> list[Json]:
    """The objects of our ids, as Kibana exports them."""
    asked = {
        "objects": [{"type": each.type, "id": each.id} for each in shipped],
        "includeReferencesDeep": True,
        "excludeExportDetails": True,
    }
    headers = {"kbn-xsrf": "true", "Content-Type": "application/json"}
    answer = urllib3.request("POST", f"{url}/api/saved_objects/_export", headers=headers, body=json.dumps(asked))
    assert answer.status == 200, answer.data[:500]
    return [json.loads(line) for line in answer.data.decode().splitlines() if line]


def differences(shipped: list[SavedObject], exported: list[Json]) -> Iterator[str]:
    """What was lost or changed on the way, one sentence each."""
    there = {(each["type"], each["id"]): each for each in exported}
    ours = {(str(each.type), each.id): each for each in shipped}
    yield from (f"{kind} {id_}: not there" for kind, id_ in sorted(ours.keys() - there.keys()))
    yield from (f"{kind} {id_}: not ours" for kind, id_ in sorted(there.keys() - ours.keys()))
    for key in sorted(ours.keys() & there.keys()):
        for what, before, after in _facts(ours[key], there[key]):
            if before != after:
                yield f"{key[0]} {key[1]}: {what} was {before!r}, is {after!r}"


def _facts(saved: SavedObject, found: Json) -> Iterator[tuple[str, object, object]]:
    attributes = found["attributes"]
    for name in ("title", "name", "description", "timeFieldName"):
        if name in saved.attributes:
            yield name, saved.attributes[name], attributes.get(name)
    yield "references", {(r.type, r.id) for r in saved.references}, {(r["type"], r["id"]) for r in found["references"]}
    if saved.type is ObjectType.DASHBOARD:
        yield "panels", _panels(saved.attributes["panelsJSON"]), _panels(attributes["panelsJSON"])
    if saved.type is ObjectType.DATA_VIEW:
        formats = "fieldFormatMap"
        yield formats, json.loads(saved.attributes[formats]), json.loads(attributes.get(formats, "{}"))


def _panels(text: str) -> dict[str, tuple[object, ...]]:
    """Each panel's title and place, by its id."""
    return {
        panel["panelIndex"]: (
            panel.get("title") or panel["embeddableConfig"].get("title"),
            *(panel["gridData"][name] for name in "xywh"),
        )
        for panel in json.loads(text)
    }
