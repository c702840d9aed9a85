"""A board as one self-contained page: every panel on Kibana's grid, labelled as the preview that it is."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup
from msgspec import Struct

from ingest import __version__
from ingest.charts import Size
from ingest.preview.draw import Part, Words, drawn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.preview.query import Asked, Search
    from ingest.preview.read import Board, Panel, Place, View

_TEMPLATES = files("ingest.preview") / "templates"

WIDTH = 1600
_COLUMNS = 48
_ROW = 20
_GAP = 8
_PADDING = 24
_TITLE = 46
_LINK = re.compile(r"#/view/oom-([a-z]+)")


class Tile(Struct, frozen=True):
    """A panel in its place."""

    panel: Panel
    kind: str
    part: Part


def name_of(board: Board) -> str:
    """The name of a board's page: ``fleet.html``."""
    return f"{board.id.removeprefix('oom-')}.html"


def height_of(board: Board) -> int:
    """Pixels of the whole page, for a picture of it."""
    rows = max(panel.place.y + panel.place.h for panel in board.panels)
    return rows * (_ROW + _GAP) + 100


def render(board: Board, views: Mapping[str, View], asked: Asked, search: Search) -> str:
    """The page of a board over a range of time. Raises ``Unavailable`` or ``Refused``."""
    tiles = [_tile(panel, views, asked, search) for panel in board.panels]
    environment = Environment(
        loader=FunctionLoader(lambda name: (_TEMPLATES / name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("board.html.j2").render(
        board=board, tiles=tiles, asked=asked, width=WIDTH, row=_ROW, gap=_GAP, version=__version__
    )


def _tile(panel: Panel, views: Mapping[str, View], asked: Asked, search: Search) -> Tile:
    part = drawn(panel, views, asked, _inside(panel.place), search)
    if isinstance(part, Words):
        # Between previews the way leads from page to page.
        part = Words(Markup(_LINK.sub(r"\1.html", part.html)), part.titled)  # noqa: S704  our own words
    return Tile(panel, type(part).__name__.lower(), part)


def _inside(place: Place) -> Size:
    """Pixels inside a panel, below its title."""
    column = (WIDTH - 2 * _GAP - (_COLUMNS - 1) * _GAP) / _COLUMNS
    width = place.w * column + (place.w - 1) * _GAP
    return Size(int(width) - _PADDING, place.h * _ROW + (place.h - 1) * _GAP - _TITLE)
