"""Redacted documents tell nothing of what was taken out, and everything else as before."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.adapters import files
from ingest.assemble import Bounds
from ingest.config import ConfigError, load
from ingest.envelope import Envelope
from ingest.offline import documents
from ingest.redaction import Redacted, Redaction

CORPUS = Path(__file__).parent.parent / "corpus"
LOGS = sorted(path for path in CORPUS.glob("*/*.log") if path.parent.name != "near_miss")
ALL = Redaction(frozenset(Redacted), b"key")


def read(log: Path, redaction: Redaction | None) -> list[dict[str, Any]]:
    blocks = files.blocks(log, datetime(2026, 11, 26, tzinfo=UTC))
    made = documents(blocks, Envelope(), Bounds(), timedelta(minutes=5), redaction=redaction)
    return [dict(document.source) for document in made]


def leaves(tree: Any, path: str = "") -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    if isinstance(tree, dict):
        pieces = [(f"{path}.{key}".strip("."), value) for key, value in tree.items()]
    elif isinstance(tree, list):
        pieces = [(path, value) for value in tree]
    else:
        return {path: [tree]}
    for name, value in pieces:
        for inner, values in leaves(value, name).items():
            found.setdefault(inner, []).extend(values)
    return found


SECRET = ("process.name", "process.command_line", "process.user.id", "oom.trigger.name", "oom.trigger.user.id",
          "oom.cgroup.limit.path", "oom.cgroup.task.path", "oom.cgroup.killed.path", "oom.tasks.top.name",
          "oom.request.cpuset", "oom.scope_name", "oom.openvz.ve")  # fmt: skip


def users(documents: list[dict[str, Any]]) -> set[str]:
    found = (leaves(document) for document in documents)
    return {uid for of in found for field in of if field.endswith("user.id") for uid in of[field]}


@pytest.mark.parametrize("log", LOGS, ids=lambda log: f"{log.parent.name}/{log.stem}")
def test_nothing_of_it_is_left_and_nothing_else_is_lost(log: Path) -> None:
    open_ones, redacted = read(log, None), read(log, ALL)
    kinds = [document["event"]["dataset"] for document in open_ones if document["event"]["kind"] != "pipeline_error"]
    assert [each["event"]["dataset"] for each in redacted if each["event"]["kind"] != "pipeline_error"] == kinds
    told = json.dumps(redacted, ensure_ascii=False)
    for document in open_ones:
        of = leaves(document)
        for field in SECRET:
            for value in of.get(field, ()):
                # Short names are words of the sentences around them.
                if isinstance(value, str) and len(value) > 6 and not value.isdigit() and value.strip("/"):
                    assert value not in told, field
        if document["event"]["kind"] != "pipeline_error":
            for line in document["event"].get("original", "").splitlines():
                assert line not in told or len(line) < 20
    assert not users(open_ones) & users(redacted)


def test_numbers_and_times_stay() -> None:
    log = CORPUS / "openvz" / "el135.log"
    open_ones, redacted = read(log, None), read(log, ALL)
    for before, after in zip(open_ones, redacted, strict=True):
        one, other = leaves(before), leaves(after)
        for field in ("@timestamp", "host.name", "process.pid", "oom.openvz.free.pages", "oom.episode.kill_count"):
            assert one.get(field) == other.get(field)


def test_a_token_is_the_same_for_the_same_value_and_key_only() -> None:
    log = CORPUS / "openvz" / "el135.log"
    names = [leaves(each).get("process.name") for each in read(log, Redaction(frozenset({Redacted.NAMES}), b"key"))]
    again = [leaves(each).get("process.name") for each in read(log, Redaction(frozenset({Redacted.NAMES}), b"key"))]
    other = [leaves(each).get("process.name") for each in read(log, Redaction(frozenset({Redacted.NAMES}), b"other"))]
    assert names == again
    assert not {str(name) for name in names if name} & {str(name) for name in other if name}


def test_a_path_stays_below_its_parents() -> None:
    log = CORPUS / "linux" / "case_memcg_parent_neighbour.log"
    kill = next(each for each in read(log, ALL) if each["event"]["dataset"] == "oom.kill")
    limit, task = kill["oom"]["cgroup"]["limit"]["path"], kill["oom"]["cgroup"]["task"]["path"]
    assert task.startswith(limit + "/")


def test_dead_letters_quote_nothing(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("Nov 20 08:00:01 h kernel: [1.000001] secret-name invoked oom-killer: gfp_mask=what is this\n")
    assert "secret-name" in json.dumps(read(log, None))
    assert "secret-name" not in json.dumps(read(log, ALL))


def test_redaction_without_a_key_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"redaction.what needs redaction.key"):
        load(None, {"OOM_INGEST_REDACTION__WHAT": "names,text"})
