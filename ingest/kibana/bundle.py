"""Everything that is imported into Kibana, as one file: each object finds what it refers to in it."""

from __future__ import annotations

from pathlib import Path

from ingest.kibana import board, searches, views
from ingest.kibana.boards import BOARDS
from ingest.kibana.ids import object_id
from ingest.kibana.saved import ObjectType, SavedObject, ndjson

FILE = "oom.ndjson"
"""Name of the file under ``dashboards/``."""

_CHECKOUT = Path(__file__).parent.parent.parent

TAG = object_id("tag")


def objects() -> list[SavedObject]:
    """Tag, data views, searches and boards: in this order each stands behind what it needs."""
    tag = SavedObject(
        ObjectType.TAG, TAG, {"name": "OOM", "description": "Out of memory, by oom-ingest", "color": "#b0496e"}
    )
    return [
        tag,
        *(views.saved(view) for view in views.VIEWS),
        *(searches.saved(search, TAG) for search in searches.SEARCHES),
        *(board.saved(each, TAG) for each in BOARDS),
    ]


def generated() -> dict[Path, str]:
    """The generated files of the checkout with their text."""
    return {_CHECKOUT / "dashboards" / FILE: text()}


def text() -> str:
    """The file."""
    return ndjson(objects())
