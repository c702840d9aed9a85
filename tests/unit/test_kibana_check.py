"""The parts of ``make kibana-check`` that need no Docker: what came back against what was shipped."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ingest import assets
from ingest.adapters.kibana import Kibana
from ingest.config import KibanaSettings
from ingest.kibana import bundle, saved
from tests.kibana.fake import State, kibana
from tests.kibana.real.exported import differences, export

SHIPPED = saved.read((assets.dashboards() / bundle.FILE).read_text())


@pytest.fixture(scope="module")
def exported() -> str:
    with kibana(State(key=None)) as url:
        Kibana(KibanaSettings(url=url)).import_objects(saved.ndjson(SHIPPED))
        return json.dumps(export(url, SHIPPED))


def test_an_export_is_what_was_imported_whatever_its_version(exported: str) -> None:
    found = json.loads(exported)
    assert {each["typeMigrationVersion"] for each in found} != set(saved.TYPE_VERSIONS.values())
    assert list(differences(SHIPPED, found)) == []


def test_what_was_lost_or_changed_is_said(exported: str) -> None:
    found: list[dict[str, Any]] = json.loads(exported)
    (board, view) = (next(each for each in found if each["type"] == kind) for kind in ("dashboard", "index-pattern"))
    panels = json.loads(board["attributes"]["panelsJSON"])
    panels[1]["gridData"]["w"] += 1
    board["attributes"]["panelsJSON"] = json.dumps(panels)
    board["references"].pop()
    view["attributes"]["fieldFormatMap"] = "{}"
    found.remove(next(each for each in found if each["type"] == "tag"))
    found.append({**view, "id": "more"})
    said = [each.split(" was ")[0] for each in differences(SHIPPED, found)]
    assert said == [
        "tag oom-tag: not there",
        "index-pattern more: not ours",
        "dashboard oom-fleet: panels",
        f"index-pattern {view['id']}: fieldFormatMap",
    ]
