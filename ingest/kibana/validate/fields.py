"""Rules for fields: each is in the mapping of the documents it is asked of, in a type that fits."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from ingest import mapping
from ingest.kibana import views
from ingest.kibana.lens import RECORDS, Operation
from ingest.kibana.saved import ObjectType
from ingest.kinds import Kind, Type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ingest.kibana.validate.parsed import Bundle

_NAMES = {Type.KEYWORD, Type.PATH}
_GROUPED = {*_NAMES, Type.LONG, Type.BOOLEAN}
_NUMBERS = {Type.LONG, Type.DOUBLE}
_FITTING = {
    Operation.OVER_TIME: {Type.DATE},
    Operation.TERMS: _GROUPED,
    Operation.UNIQUE: _GROUPED,
    Operation.SUM: _NUMBERS,
    Operation.AVERAGE: _NUMBERS,
    Operation.PERCENTILE: _NUMBERS,
    Operation.MIN: {*_NUMBERS, Type.DATE},
    Operation.MAX: {*_NUMBERS, Type.DATE},
}
_SEARCHED = {*_GROUPED, *_NUMBERS, Type.DATE}
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"')
_NAMED = re.compile(r"([\w.@-]+)\s*(?::|>=|<=|>|<)")


def data_views(bundle: Bundle) -> Iterator[str]:
    """Each is of one kind of document, opens before the first is there, and computes nothing by itself."""
    patterns = {views.pattern(kind) for kind in Kind}
    for each in bundle.of(ObjectType.DATA_VIEW):
        found = each["attributes"]
        bare = (found["runtimeFieldMap"], found["sourceFilters"], found["typeMeta"]) == ("{}", "[]", "{}")
        if (
            found["title"] not in patterns
            or found["timeFieldName"] != "@timestamp"
            or not found["allowNoIndex"]
            or not bare
        ):
            yield each["id"]


def columns(bundle: Bundle) -> Iterator[str]:
    """The source of a column."""
    known = _known(bundle)
    for layer in bundle.layers():
        for column in layer.columns.values():
            field, operation = column.get("sourceField"), column["operationType"]
            if operation == Operation.COUNT:
                if field != RECORDS:
                    yield f"{layer.where}: {column['label']}"
            elif operation in _FITTING and known.get(layer.view or "", {}).get(field or "") not in _FITTING[operation]:
                yield f"{layer.where}: {field}"


def controls(bundle: Bundle) -> Iterator[str]:
    """The field of a control is in the view that it lists the values of."""
    known = _known(bundle)
    for board in bundle.boards:
        targets = {each["name"]: each["id"] for each in board.json["references"]}
        for name, control in board.controls.items():
            view = targets.get(f"controlGroup_{name}:optionsListDataView", "")
            field = control["explicitInput"]["fieldName"]
            if known.get(view, {}).get(field) not in _NAMES or control["explicitInput"]["id"] != name:
                yield f"{board.id}: {field}"


def searches(bundle: Bundle) -> Iterator[str]:
    """The columns of a search and what it is sorted by."""
    known = _known(bundle)
    for each in bundle.of(ObjectType.SEARCH):
        found = each["attributes"]
        of_view = known.get(_view(each["references"]), {})
        wrong = [name for name in found["columns"] if name not in of_view]
        wrong += [name for name, _ in found["sort"] if of_view.get(name) not in _SEARCHED]
        yield from (f"{each['id']}: {name}" for name in wrong)


def queries(bundle: Bundle) -> Iterator[str]:
    """What KQL names: of a chart, of a column, of a search."""
    known = _known(bundle)
    asked = [
        (layer.where, layer.view or "", c.get("filter", {}).get("query", ""))
        for layer in bundle.layers()
        for c in layer.columns.values()
    ]
    for panel in bundle.panels():
        if panel.lens:
            query = panel.lens["state"]["query"]["query"]
            asked += [(panel.where, each["id"], query) for each in panel.lens["references"]]
    for each in bundle.of(ObjectType.SEARCH):
        source = json.loads(each["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])
        asked.append((each["id"], _view(each["references"]), source["query"]["query"]))
    for where, view, query in asked:
        for name in _NAMED.findall(_QUOTED.sub('""', query)):
            if known.get(view, {}).get(name) not in _SEARCHED:
                yield f"{where}: {name}"


def formats(bundle: Bundle) -> Iterator[str]:
    """Sizes and durations read as such, in Discover as well."""
    kinds = _kinds(bundle)
    for each in bundle.of(ObjectType.DATA_VIEW):
        found = json.loads(each["attributes"]["fieldFormatMap"])
        kind = kinds.get(each["id"])
        for name in mapping.paths(kind) if kind else ():
            how = views.shown(name)
            if how is not views.Shown.NUMBER and found.get(name, {}).get("id") != how:
                yield f"{each['id']}: {name}"


def _kinds(bundle: Bundle) -> dict[str, Kind]:
    """The kind of document of each data view."""
    patterns = {views.pattern(kind): kind for kind in Kind}
    found = bundle.of(ObjectType.DATA_VIEW)
    return {
        each["id"]: patterns[each["attributes"]["title"]] for each in found if each["attributes"]["title"] in patterns
    }


def _known(bundle: Bundle) -> dict[str, Mapping[str, Type]]:
    """The fields of each data view."""
    return {view: mapping.paths(kind) for view, kind in _kinds(bundle).items()}


def _view(references: list[dict[str, str]]) -> str:
    return next((each["id"] for each in references if each["type"] == ObjectType.DATA_VIEW), "")
