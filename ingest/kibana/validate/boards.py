"""Rules for boards and their panels."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

from ingest.kibana.saved import ObjectType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.kibana.validate.parsed import Bundle

_WIDTH = 48
_FOLD = 24
_MOST_PANELS = 20
_TITLE = "[Logs OOM] "
_PANELS = {"lens", "visualization", "search"}


def places(bundle: Bundle) -> Iterator[str]:
    """Panels lie on the grid, none over another, and leave no hole on the first screen."""
    for board in bundle.boards:
        grids = [panel.json["gridData"] for panel in board.panels]
        for panel, grid in zip(board.panels, grids, strict=True):
            if set(grid) != {"x", "y", "w", "h", "i"} or not _fits(grid):
                yield panel.where
        yield from (board.id for one, other in combinations(grids, 2) if _overlap(one, other))
        above = [grid for grid in grids if grid["y"] + grid["h"] <= _FOLD]
        if sum(grid["w"] * grid["h"] for grid in above) != _WIDTH * max(g["y"] + g["h"] for g in above):
            yield f"{board.id}: a hole above the fold"


def panel_ids(bundle: Bundle) -> Iterator[str]:
    """A panel's id is that of its place, and no other panel has it."""
    for board in bundle.boards:
        ids = [panel.index for panel in board.panels]
        yield from (panel.where for panel in board.panels if panel.json["gridData"]["i"] != panel.index)
        yield from (f"{board.id}: {id_}" for id_ in {each for each in ids if ids.count(each) > 1})


def titles(bundle: Bundle) -> Iterator[str]:
    """Boards and searches are found by how they begin; panels have titles that differ, charts a description."""
    for each in (*bundle.of(ObjectType.DASHBOARD), *bundle.of(ObjectType.SEARCH)):
        if not each["attributes"]["title"].startswith(_TITLE) or not each["attributes"].get("description"):
            yield each["id"]
    for board in bundle.boards:
        said = [panel.json.get("title", "") for panel in board.panels]
        if "" in said or len(set(said)) != len(said):
            yield board.id
        for panel in board.panels:
            if panel.json["type"] != "visualization" and not _description(panel.json):
                yield panel.where


def size(bundle: Bundle) -> Iterator[str]:
    """A board that a person can take in."""
    for board in bundle.boards:
        if not 0 < (count := len(board.panels)) <= _MOST_PANELS:
            yield f"{board.id} has {count} panels, at most {_MOST_PANELS}"


def time(bundle: Bundle) -> Iterator[str]:
    """A board opens with a time range that suits it, and does not refresh by itself."""
    for board in bundle.boards:
        found = board.attributes
        pause = found.get("refreshInterval", {}).get("pause")
        if not (found.get("timeRestore") and found.get("timeFrom") and found.get("timeTo") == "now" and pause):
            yield board.id


def kinds(bundle: Bundle) -> Iterator[str]:
    """Charts by value, searches by reference, words: nothing that an older Kibana has not."""
    for panel in bundle.panels():
        kind, inside = panel.json["type"], panel.json["embeddableConfig"]
        is_words = inside.get("savedVis", {}).get("type") == "markdown"
        by_reference = "panelRefName" in panel.json
        if kind not in _PANELS or is_words != (kind == "visualization") or by_reference != (kind == "search"):
            yield panel.where


def _description(panel: dict[str, Any]) -> str:
    inside = panel["embeddableConfig"]
    return str(inside.get("description") or inside.get("attributes", {}).get("description") or "")


def _fits(grid: dict[str, Any]) -> bool:
    return bool(
        grid["x"] >= 0 and grid["y"] >= 0 and grid["w"] >= 1 and grid["h"] >= 1 and grid["x"] + grid["w"] <= _WIDTH
    )


def _overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
    below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    return not beside and not below
