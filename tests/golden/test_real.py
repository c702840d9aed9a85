"""Real excerpts against annotations made by hand: every kill, and every field that the annotation names."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.assemble import Bounds
from ingest.envelope import Envelope
from ingest.model import Origin, Raw, TimeSource
from ingest.offline import documents

CORPUS = Path(__file__).parent.parent / "corpus"
ANNOTATED = sorted(CORPUS.rglob("real_*.json"))
AT = datetime(2026, 11, 22, tzinfo=UTC)


def read(log: Path) -> dict[str, list[dict[str, Any]]]:
    lines = enumerate(log.read_bytes().split(b"\n"), 1)
    raws = [Raw(Origin(log.name, None, at), line, AT) for at, line in lines if line]
    found: dict[str, list[dict[str, Any]]] = {"kill": [], "report": [], "task": []}
    for document in documents(raws, Envelope(hint_source=TimeSource.FILE), Bounds(), timedelta(minutes=5)):
        found.setdefault(document.index.split("-")[1], []).append(dict(document.source))
    return found


def kilobytes(node: dict[str, Any], *path: str) -> int | None:
    for step in path:
        node = node.get(step, {})
    size = node.get("bytes")
    return None if size is None else int(size) // 1024


def told(report: dict[str, Any]) -> dict[str, Any]:
    """A report's document in the words of the annotations."""
    oom = report["oom"]
    cgroup, request, trigger = oom.get("cgroup", {}), oom.get("request", {}), oom.get("trigger", {})
    container = oom.get("scope_name") if oom.get("scope") == "container" else None
    killed = cgroup.get("killed", {}).get("path")
    return {
        "constraint": oom.get("constraint"),
        "invoker": trigger.get("name"),
        "gfp_mask": request.get("gfp_mask"),
        "order": request.get("order"),
        "oom_score_adj_of_invoker": trigger.get("score_adj"),
        "memcg": killed or cgroup.get("limit", {}).get("path") or container,
        "usage_kb": kilobytes(cgroup, "memory", "usage"),
        "limit_kb": kilobytes(cgroup, "memory", "limit"),
        "task_table_rows": oom.get("tasks", {}).get("count"),
        "outcome": oom["report"]["outcome"],
    }


def killed(kill: dict[str, Any]) -> dict[str, Any]:
    victim = kill["oom"].get("victim", {})
    memory = victim.get("memory", {})
    return {
        "pid": kill["process"]["pid"],
        "comm": kill["process"]["name"],
        "uid": kill["process"].get("user", {}).get("id"),
        "total_vm_kb": kilobytes(memory, "total_vm"),
        "anon_rss_kb": kilobytes(memory, "anon_rss"),
        "file_rss_kb": kilobytes(memory, "file_rss"),
        "shmem_rss_kb": kilobytes(memory, "shmem_rss"),
        "score": victim.get("score"),
        "oom_score_adj": victim.get("score_adj"),
        "task_memcg": kill["oom"].get("cgroup", {}).get("task", {}).get("path"),
    }


@pytest.mark.parametrize("annotation", ANNOTATED, ids=lambda path: path.stem)
def test_every_annotated_kill_and_field_is_there(annotation: Path) -> None:
    known = json.loads(annotation.read_text())
    found = read(annotation.with_suffix(".log"))
    assert len(found["report"]) == len(known["episodes"])
    for report, episode in zip(found["report"], known["episodes"], strict=True):
        said = told(report)
        assert {name: said[name] for name in said if episode[name] is not None} == {
            name: episode[name] for name in said if episode[name] is not None
        }
        kills = [kill for kill in found["kill"] if kill["oom"]["report"]["id"] == report["event"]["id"]]
        assert len(kills) == len(episode["kills"])
        for kill, expected in zip(kills, episode["kills"], strict=True):
            values = killed(kill)
            for name, value in expected.items():
                if value is not None:
                    assert values[name] == (str(value) if name == "uid" else value), name
    if known["episodes"]:
        assert {report["oom"]["family"] for report in found["report"]} == {known["family"]}
        if known["host"]:
            assert {report["host"]["name"] for report in found["report"]} == {known["host"]}


def test_there_are_ten_positive_and_two_negative_excerpts() -> None:
    positive = [path for path in ANNOTATED if json.loads(path.read_text())["episodes"]]
    assert (len(positive), len(ANNOTATED) - len(positive)) == (10, 2)
