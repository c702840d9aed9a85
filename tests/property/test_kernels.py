"""A report of any kernel generation, written from its format strings, gives back what it was written about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ingest.assemble import Bounds
from ingest.envelope import Envelope
from ingest.model import Origin, Raw
from ingest.offline import documents
from tests.generator.kernels import GENERATIONS, Generation, Truth, report, truth

AT = datetime(2026, 11, 22, 10, 15, 2, tzinfo=UTC)


def parsed(lines: list[str]) -> dict[str, list[dict[str, Any]]]:
    raws = [
        Raw(Origin("t", 0, at), f"2026-11-22T10:15:01Z h kernel: {each}".encode(), AT) for at, each in enumerate(lines)
    ]
    found: dict[str, list[Any]] = {}
    for document in documents(raws, Envelope(), Bounds(), timedelta(minutes=5)):
        found.setdefault(document.index.split("-")[1], []).append(document.source)
    return found


@pytest.mark.parametrize("generation", GENERATIONS, ids=lambda generation: generation.name)
@settings(max_examples=40)
@given(random=st.randoms(use_true_random=False), memcg=st.booleans())
def test_a_report_tells_what_it_was_written_about(generation: Generation, random: Random, memcg: bool) -> None:
    told = truth(random, generation, memcg=memcg)
    lines = report(random, told)
    found = parsed(lines)
    (kill,) = found["kill"]
    (whole,) = found["report"]
    assert (kill["process"]["pid"], kill["process"]["name"]) == (told.victim.pid, told.victim.name), lines
    assert kill["event"]["action"] == "oom-kill"
    assert whole["oom"]["report"]["line_count"] == len(lines)
    assert "unread_line_count" not in whole["oom"]["report"]
    _sizes_agree(kill, told)
    _tasks_agree(found, told)
    if generation.header not in ("", "H0", "H1"):
        assert kill["oom"]["trigger"]["name"] == told.trigger
    if generation.cpu:
        assert kill["host"]["os"]["kernel"] == generation.release
    if told.limit:
        assert kill["oom"]["constraint"] == "memcg"
        assert kill["oom"]["cgroup"]["memory"]["limit"]["bytes"] == told.limit_kb * 1024
        if generation.taskin or generation.summary:
            assert kill["oom"]["cgroup"]["limit"]["path"] == told.limit
            assert kill["oom"]["cgroup"]["task"]["path"] == told.task_path
    elif generation.summary:
        assert kill["oom"]["constraint"] == "none"
    if not told.limit and generation.memory:
        assert whole["oom"]["system"]["zones"]


@pytest.mark.parametrize("generation", [each for each in GENERATIONS if each.table], ids=lambda each: each.name)
@settings(max_examples=20)
@given(random=st.randoms(use_true_random=False), memcg=st.booleans())
def test_the_end_of_a_log_tells_who_held_memory_without_the_heading(
    generation: Generation, random: Random, memcg: bool
) -> None:
    told = truth(random, generation, memcg=memcg)
    processes = {each.pid: each for each in (told.victim, *told.others)}
    assume(not any(each.name.split()[0].isdecimal() for each in processes.values()))  # columns are counted
    lines = report(random, told)
    heading = next(at for at, line in enumerate(lines) if "total_vm " in line)
    found = parsed(lines[heading + 1 :])
    rows = {task["process"]["pid"]: task for task in found["task"]}
    assert rows.keys() == processes.keys()
    for pid, each in processes.items():
        task = rows[pid]["oom"]["task"]
        assert (rows[pid]["process"]["name"], task["rss"]["bytes"]) == (
            each.name,
            (each.anon + each.file + each.shmem) * 4096,
        )
        assert task.get("page_tables", {}).get("bytes") in (None, each.page_tables)
        assert task.get("swap", {}).get("bytes") in (None, each.swap * 4096)
    (kill,) = found["kill"]
    assert "table_heading_missing" in kill["oom"]["verdict"]
    assert kill["oom"]["culprit"]["confidence"] != "high" if "culprit" in kill["oom"] else True


def _sizes_agree(kill: dict[str, Any], told: Truth) -> None:
    victim, kill_line = told.victim, told.generation.kill
    memory = kill["oom"].get("victim", {}).get("memory", {})
    if "kill_bare" in kill_line:
        assert "anon_rss" not in memory
        return
    assert memory["anon_rss"]["bytes"] == victim.anon * 4096
    assert memory["file_rss"]["bytes"] == victim.file * 4096
    assert memory["total_vm"]["bytes"] == victim.total_vm * 4096
    if "shmem_rss" in memory:
        assert memory["rss"]["bytes"] == (victim.anon + victim.file + victim.shmem) * 4096


def _tasks_agree(found: dict[str, list[dict[str, Any]]], told: Truth) -> None:
    if not told.generation.table:
        assert "task" not in found
        return
    rows = {task["process"]["pid"]: task for task in found["task"]}
    for each in (told.victim, *told.others):
        row = rows[each.pid]
        assert row["process"]["name"] == each.name
        assert row["oom"]["task"]["rss"]["bytes"] == (each.anon + each.file + each.shmem) * 4096
        assert row["process"]["user"]["id"] == str(each.uid)
