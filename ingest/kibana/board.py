"""A board: rows of panels under controls, to the saved object that Kibana keeps of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from ingest.kibana import views
from ingest.kibana.ids import object_id, part_id
from ingest.kibana.lens import attributes, layer_reference
from ingest.kibana.panels import Found, Panel, Text
from ingest.kibana.saved import ObjectType, Reference, SavedObject, embedded

if TYPE_CHECKING:
    from ingest.kibana.views import View

WIDTH = 48
"""Columns of Kibana's grid."""


class Control(Struct, frozen=True):
    """A list to choose from, above the panels."""

    title: str
    field: str
    view: View


class Row(Struct, frozen=True):
    """Panels side by side, with their widths."""

    height: int
    panels: tuple[tuple[int, Panel], ...]


class Board(Struct, frozen=True, kw_only=True):
    """A dashboard. ``question`` is what its first screen answers; ``days`` its time range when it is opened."""

    name: str
    title: str
    question: str
    days: int
    controls: tuple[Control, ...]
    rows: tuple[Row, ...]

    @property
    def id(self) -> str:
        """The id of the saved object."""
        return object_id(self.name)


def row(height: int, *panels: Panel, widths: tuple[int, ...] = ()) -> Row:
    """Panels side by side: of equal widths as near as can be, or of those given. They fill the row."""
    each, over = divmod(WIDTH, len(panels))
    chosen = widths or tuple(each + (at < over) for at in range(len(panels)))
    if sum(chosen) != WIDTH or len(chosen) != len(panels):
        raise ValueError(f"a row of {[panel.title for panel in panels]} is {sum(chosen)} wide, not {WIDTH}")
    return Row(height, tuple(zip(chosen, panels, strict=True)))


def saved(board: Board, tag: str) -> SavedObject:
    """A board as Kibana keeps it."""
    panels: list[dict[str, Any]] = []
    references = [Reference(ObjectType.TAG, tag, f"tag-ref-{tag}")]
    y = 0
    for each in board.rows:
        x = 0
        for width, panel in each.panels:
            index = part_id(board.id, panel.title)
            place = {"x": x, "y": y, "w": width, "h": each.height, "i": index}
            panels.append(_panel(board, panel, index, place))
            references += _references(board, panel, index)
            x += width
        y += each.height
    controls = {part_id(board.id, f"control/{each.field}"): each for each in board.controls}
    references += [
        Reference(ObjectType.DATA_VIEW, each.view.id, f"controlGroup_{name}:optionsListDataView")
        for name, each in controls.items()
    ]
    return SavedObject(
        ObjectType.DASHBOARD,
        board.id,
        {
            "title": f"[Logs OOM] {board.title}",
            "description": board.question,
            "version": 1,
            "timeRestore": True,
            "timeFrom": f"now-{board.days}d",
            "timeTo": "now",
            "refreshInterval": {"pause": True, "value": 60_000},
            "optionsJSON": embedded(_OPTIONS),
            "kibanaSavedObjectMeta": {"searchSourceJSON": embedded(_NO_QUERY)},
            "controlGroupInput": {
                "controlStyle": "oneLine",
                "chainingSystem": "HIERARCHICAL",
                "ignoreParentSettingsJSON": embedded(_HEEDS_ALL),
                "panelsJSON": embedded(
                    {name: _control(name, at, each) for at, (name, each) in enumerate(controls.items())}
                ),
            },
            "panelsJSON": embedded(panels),
        },
        tuple(references),
    )


_OPTIONS = {
    "useMargins": True,
    "syncColors": True,
    "syncCursor": True,
    "syncTooltips": False,
    "hidePanelTitles": False,
}
_NO_QUERY = {"query": {"query": "", "language": "kuery"}, "filter": []}
_HEEDS_ALL = {"ignoreFilters": False, "ignoreQuery": False, "ignoreTimerange": False, "ignoreValidations": False}


def _control(name: str, order: int, control: Control) -> dict[str, Any]:
    return {
        "type": "optionsListControl",
        "order": order,
        "grow": True,
        "width": "medium",
        "explicitInput": {
            "id": name,
            "fieldName": views.field(control.field).name,
            "title": control.title,
            "selectedOptions": [],
            "enhancements": {},
        },
    }


def _panel(board: Board, panel: Panel, index: str, place: dict[str, Any]) -> dict[str, Any]:
    common = {"panelIndex": index, "gridData": place, "title": panel.title}
    content = panel.content
    if isinstance(content, Text):
        return {"type": "visualization", "embeddableConfig": _markdown(content)} | common
    config: dict[str, Any] = {"enhancements": {}, "description": panel.description}
    if isinstance(content, Found):
        return {"type": "search", "panelRefName": f"panel_{index}", "embeddableConfig": config} | common
    config |= {"attributes": attributes(content), "hidePanelTitles": False}
    if panel.opens:
        config["enhancements"] = {"dynamicActions": {"events": [_opens(board, panel)]}}
    return {"type": "lens", "embeddableConfig": config} | common


def _references(board: Board, panel: Panel, index: str) -> list[Reference]:
    content = panel.content
    if isinstance(content, Text):
        return []
    if isinstance(content, Found):
        return [Reference(ObjectType.SEARCH, content.search, f"{index}:panel_{index}")]
    found = [
        Reference(ObjectType.DATA_VIEW, view, f"{index}:{layer_reference(layer)}")
        for layer, view in content.views.items()
    ]
    if panel.opens:
        event = part_id(board.id, f"{panel.title}/opens")
        name = f"{index}:drilldown:{_DRILLDOWN}:{event}:dashboardId"
        found.append(Reference(ObjectType.DASHBOARD, object_id(panel.opens), name))
    return found


_DRILLDOWN = "DASHBOARD_TO_DASHBOARD_DRILLDOWN"


def _opens(board: Board, panel: Panel) -> dict[str, Any]:
    config = {"useCurrentFilters": True, "useCurrentDateRange": True, "openInNewTab": False}
    return {
        "eventId": part_id(board.id, f"{panel.title}/opens"),
        "triggers": ["FILTER_TRIGGER"],
        "action": {"factoryId": _DRILLDOWN, "name": f"Open the {panel.opens} board", "config": config},
    }


def _markdown(content: Text) -> dict[str, Any]:
    params = {"fontSize": 12, "openLinksInNewTab": False, "markdown": content.markdown}
    data = {"aggs": [], "searchSource": _NO_QUERY}
    visual = {"id": "", "title": "", "description": "", "type": "markdown", "params": params, "uiState": {}}
    return {"enhancements": {}, "hidePanelTitles": not content.titled, "savedVis": visual | {"data": data}}
