"""A file of saved objects taken apart, JSON in strings included."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from ingest.kibana.saved import ObjectType

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]


class Malformed(Exception):
    """It is not even JSON of the right form."""


class Panel(Struct, frozen=True):
    """A panel of a board."""

    board: str
    json: Json

    @property
    def index(self) -> str:
        """Its id on the board."""
        return str(self.json["panelIndex"])

    @property
    def where(self) -> str:
        """For people."""
        return f"{self.board}/{self.json.get('title', '')}"

    @property
    def lens(self) -> Json | None:
        """The chart, where it is one."""
        found = self.json["embeddableConfig"].get("attributes")
        return found if self.json["type"] == "lens" else None

    @property
    def markdown(self) -> str:
        """Its words, where it has some."""
        return str(self.json["embeddableConfig"].get("savedVis", {}).get("params", {}).get("markdown", ""))

    @property
    def drilldowns(self) -> list[Json]:
        """What a click opens."""
        actions = self.json["embeddableConfig"].get("enhancements", {}).get("dynamicActions", {})
        return list(actions.get("events", []))


class Layer(Struct, frozen=True):
    """One table behind a chart."""

    where: str
    id: str
    json: Json
    view: str | None
    """The id of its data view."""

    @property
    def columns(self) -> dict[str, Json]:
        """Its columns by id."""
        return dict(self.json["columns"])


class Board(Struct, frozen=True):
    """A board, its panels and its controls."""

    json: Json
    panels: tuple[Panel, ...]
    controls: dict[str, Json]

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.json["id"])

    @property
    def attributes(self) -> Json:
        """Its attributes."""
        return dict(self.json["attributes"])


class Bundle(Struct, frozen=True):
    """A whole file."""

    lines: tuple[str, ...]
    objects: tuple[Json, ...]
    boards: tuple[Board, ...]

    def of(self, kind: ObjectType) -> list[Json]:
        """The objects of a kind."""
        return [each for each in self.objects if each["type"] == kind]

    def panels(self) -> Iterator[Panel]:
        """The panels of all boards."""
        return (panel for board in self.boards for panel in board.panels)

    def layers(self) -> Iterator[Layer]:
        """The tables of all charts."""
        return (layer for panel in self.panels() for layer in layers_of(panel))


def layers_of(panel: Panel) -> Iterator[Layer]:
    """The tables of a chart."""
    chart = panel.lens
    if chart is None:
        return
    views = {reference["name"].rpartition("-layer-")[2]: reference["id"] for reference in chart["references"]}
    for name, layer in chart["state"]["datasourceStates"].get("formBased", {}).get("layers", {}).items():
        yield Layer(panel.where, name, layer, views.get(name))


def parse(text: str) -> Bundle:
    """Take a file apart. Raises ``Malformed``."""
    lines = tuple(line for line in text.split("\n") if line)
    try:
        objects = tuple(json.loads(line) for line in lines)
        boards = tuple(_board(each) for each in objects if each["type"] == ObjectType.DASHBOARD)
        bundle = Bundle(lines, objects, boards)
        for layer in bundle.layers():
            assert isinstance(layer.columns, dict)  # noqa: S101  all of it can be read
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Malformed(f"{type(error).__name__}: {error}") from error
    return bundle


def _board(saved: Json) -> Board:
    attributes = saved["attributes"]
    panels = tuple(Panel(saved["id"], panel) for panel in json.loads(attributes["panelsJSON"]))
    controls = json.loads(attributes.get("controlGroupInput", {}).get("panelsJSON", "{}"))
    return Board(saved, panels, controls)
