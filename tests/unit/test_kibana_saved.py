from __future__ import annotations

import json
from uuid import UUID

from ingest.kibana import ids, saved
from ingest.kibana.saved import ObjectType, Reference, SavedObject

_VIEW = SavedObject(ObjectType.DATA_VIEW, "oom-kill", {"title": "oom-kill-*", "name": "Grüße\u2028"})
_SEARCH = SavedObject(
    ObjectType.SEARCH, "oom-latest", {"b": 1, "a": 2}, (Reference(ObjectType.DATA_VIEW, "oom-kill", "index"),)
)


def test_a_file_is_read_back_as_it_was_written() -> None:
    text = saved.ndjson([_VIEW, _SEARCH])
    assert saved.read(text) == [_VIEW, _SEARCH]
    assert text == saved.ndjson(saved.read(text))


def test_a_line_has_what_kibana_asks_for_and_no_noise() -> None:
    line = json.loads(saved.ndjson([_SEARCH]))
    assert line == {
        "type": "search",
        "id": "oom-latest",
        "attributes": {"a": 2, "b": 1},
        "references": [{"type": "index-pattern", "id": "oom-kill", "name": "index"}],
        "coreMigrationVersion": "8.8.0",
        "typeMigrationVersion": "8.0.0",
        "managed": False,
    }


def test_ids_never_change() -> None:
    assert ids.object_id("fleet") == "oom-fleet"
    assert ids.part_id("oom-fleet", "kills") == "362c3887-49c5-5086-8474-948678c13657"
    assert ids.rule_id("storm") == "9862d498-db4f-5e84-8fc9-f46f5ac46227"
    assert UUID(ids.rule_id("storm")).version == 5
    assert len({ids.rule_id("storm"), ids.rule_id("storm", "ops"), ids.rule_id("storm", prefix="acme")}) == 3
