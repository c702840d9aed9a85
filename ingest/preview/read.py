"""Boards as they are shipped, read back from the saved objects: what a panel asks, and where it stands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from ingest.kibana.lens import Chart, layer_reference, of_attributes
from ingest.kibana.saved import ObjectType, SavedObject

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Place(Struct, frozen=True):
    """Columns and rows of the grid."""

    x: int
    y: int
    w: int
    h: int


class Text(Struct, frozen=True):
    """Markdown, with or without the panel's title above it."""

    markdown: str
    titled: bool


class Found(Struct, frozen=True):
    """Documents of some indices, newest first."""

    view: str
    columns: tuple[str, ...]
    query: str
    sort: str


class Panel(Struct, frozen=True):
    """One panel of a board."""

    title: str
    description: str
    place: Place
    content: Chart | Text | Found


class Control(Struct, frozen=True):
    """A list to choose from."""

    title: str
    field: str
    view: str


class View(Struct, frozen=True):
    """A data view: its indices, its time field and how its fields read."""

    id: str
    pattern: str
    time_field: str
    formats: dict[str, dict[str, Any]]


class Board(Struct, frozen=True):
    """A dashboard."""

    id: str
    title: str
    question: str
    days: int
    controls: tuple[Control, ...]
    panels: tuple[Panel, ...]


class Bundle(Struct, frozen=True):
    """Everything that a file of saved objects has."""

    views: dict[str, View]
    boards: tuple[Board, ...]


def bundle(objects: Iterable[SavedObject], prefix: str = "oom") -> Bundle:
    """The boards and data views of a file; indices get the prefix of a site."""
    found = {(each.type, each.id): each for each in objects}
    views = {each.id: _view(each, prefix) for (kind, _), each in found.items() if kind is ObjectType.DATA_VIEW}
    searches = {each.id: _search(each) for (kind, _), each in found.items() if kind is ObjectType.SEARCH}
    boards = tuple(_board(each, searches) for (kind, _), each in found.items() if kind is ObjectType.DASHBOARD)
    return Bundle(views, boards)


def _view(saved: SavedObject, prefix: str) -> View:
    given = saved.attributes
    pattern = given["title"].replace("oom", prefix, 1)
    return View(saved.id, pattern, given["timeFieldName"], json.loads(given["fieldFormatMap"]))


def _search(saved: SavedObject) -> Found:
    source = json.loads(saved.attributes["kibanaSavedObjectMeta"]["searchSourceJSON"])
    view = next(each.id for each in saved.references if each.name == source["indexRefName"])
    ((sort, _),) = saved.attributes["sort"]
    return Found(view, tuple(saved.attributes["columns"]), source["query"]["query"], sort)


def _board(saved: SavedObject, searches: Mapping[str, Found]) -> Board:
    given = saved.attributes
    references = {each.name: each.id for each in saved.references}
    controls = json.loads(given["controlGroupInput"]["panelsJSON"])
    return Board(
        id=saved.id,
        title=given["title"],
        question=given["description"],
        days=int(given["timeFrom"].removeprefix("now-").removesuffix("d")),
        controls=tuple(
            Control(
                each["explicitInput"]["title"],
                each["explicitInput"]["fieldName"],
                references[f"controlGroup_{name}:optionsListDataView"],
            )
            for name, each in sorted(controls.items(), key=lambda item: int(item[1]["order"]))
        ),
        panels=tuple(_panel(each, references, searches) for each in json.loads(given["panelsJSON"])),
    )


def _panel(given: dict[str, Any], references: Mapping[str, str], searches: Mapping[str, Found]) -> Panel:
    index = given["panelIndex"]
    config = given["embeddableConfig"]
    grid = given["gridData"]
    place = Place(grid["x"], grid["y"], grid["w"], grid["h"])
    content: Chart | Text | Found
    match given["type"]:
        case "visualization":
            content = Text(config["savedVis"]["params"]["markdown"], not config["hidePanelTitles"])
        case "search":
            content = searches[references[f"{index}:{given['panelRefName']}"]]
        case _:
            content = of_attributes(config["attributes"])
            for layer, view in content.views.items():
                if references[f"{index}:{layer_reference(layer)}"] != view:
                    raise ValueError(f"panel {given['title']!r} and its board name different data views")
    return Panel(given["title"], config.get("description", ""), place, content)
