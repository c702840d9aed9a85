"""Rules for what leads from one object to another. Kibana looks only for data views and searches that are missing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.kibana.saved import ObjectType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.kibana.validate.parsed import Bundle, Panel

_LINK = re.compile(r"\]\(([^)]*)\)")
_VIEW = re.compile(r"#/view/([a-z0-9-]+)")
_PAGE = re.compile(r"https://\S+")
_DRILLDOWN = "DASHBOARD_TO_DASHBOARD_DRILLDOWN"


def resolved(bundle: Bundle) -> Iterator[str]:
    """Everything that an object needs is in the file."""
    there = {(each["type"], each["id"]) for each in bundle.objects}
    for each in bundle.objects:
        for reference in each["references"]:
            if (reference["type"], reference["id"]) not in there:
                yield f"{each['id']}: {reference['type']} {reference['id']}"


def named(bundle: Bundle) -> Iterator[str]:
    """Every use has its reference and every reference its use, under the name that Kibana looks for."""
    for board in bundle.boards:
        found = {(each["name"], each["type"], each["id"]) for each in board.json["references"]}
        wanted = {name for panel in board.panels for name in _wanted(panel)}
        wanted |= {f"controlGroup_{control}:optionsListDataView" for control in board.controls}
        tags = {name for name, kind, _ in found if kind == ObjectType.TAG}
        inner = {
            (f"{panel.index}:{each['name']}", each["type"], each["id"])
            for panel in board.panels
            if panel.lens
            for each in panel.lens["references"]
        }
        yield from (f"{board.id}: {name}" for name in sorted(wanted ^ {name for name, _, _ in found} - tags))
        yield from (f"{board.id}: {name}" for name, _, _ in sorted(inner - found))
    for search in bundle.of(ObjectType.SEARCH):
        names = [each["name"] for each in search["references"] if each["type"] == ObjectType.DATA_VIEW]
        if names != ["kibanaSavedObjectMeta.searchSourceJSON.index"]:
            yield search["id"]


def markdown(bundle: Bundle) -> Iterator[str]:
    """Links in words lead to boards of the file, or to pages."""
    boards = {board.id for board in bundle.boards}
    for panel in bundle.panels():
        for target in _LINK.findall(panel.markdown):
            view = _VIEW.fullmatch(target)
            if not (view and view[1] in boards) and not _PAGE.fullmatch(target):
                yield f"{panel.where}: {target}"


def navigation(bundle: Bundle) -> Iterator[str]:
    """The first panel of a board leads to all others, and a click leads to a board."""
    ids = {board.id for board in bundle.boards}
    for board in bundle.boards:
        if set(_VIEW.findall(board.panels[0].markdown)) != ids - {board.id}:
            yield board.id
        for panel in board.panels:
            for event in panel.drilldowns:
                if event["action"]["factoryId"] != _DRILLDOWN or event["triggers"] != ["FILTER_TRIGGER"]:
                    yield panel.where


def tagged(bundle: Bundle) -> Iterator[str]:
    """Boards and searches carry our tag, under the name that Kibana looks for."""
    (tag, *_) = [each["id"] for each in bundle.of(ObjectType.TAG)] or [""]
    for each in (*bundle.of(ObjectType.DASHBOARD), *bundle.of(ObjectType.SEARCH)):
        tags = [r for r in each["references"] if r["type"] == ObjectType.TAG]
        if [(r["id"], r["name"]) for r in tags] != [(tag, f"tag-ref-{tag}")]:
            yield each["id"]


def _wanted(panel: Panel) -> Iterator[str]:
    """The names of references that a panel makes use of."""
    if panel.lens:
        yield from (f"{panel.index}:{each['name']}" for each in panel.lens["references"])
    if "panelRefName" in panel.json:
        yield f"{panel.index}:{panel.json['panelRefName']}"
    for event in panel.drilldowns:
        yield f"{panel.index}:drilldown:{event['action']['factoryId']}:{event['eventId']}:dashboardId"
