"""Ids of what tells little of itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import ingest

AT = datetime(2026, 11, 22, tzinfo=UTC)
SAID = (
    "java invoked oom-killer: gfp_mask=0x201da, order=0, oom_adj=0",
    "Out of memory: kill process {pid} (java) score 113 or a child",
    "Killed process {pid} (java)",
)


def shipped(pid: int, hour: int) -> list[str]:
    """A report of a kernel without printk.time, whose time only the shipper tells."""
    time = f"2026-11-20T{hour:02}:00:00Z"
    return [
        json.dumps({"host": "node-1", "ident": "kernel", "message": text.format(pid=pid), "time": time})
        for text in SAID
    ]


def ids(lines: list[str], kind: str) -> set[str]:
    return {each.id for each in ingest.parse(lines, recorded_at=AT) if each.index.startswith(f"oom-{kind}-")}


def test_episodes_that_begin_with_the_same_line_and_no_time_are_two() -> None:
    both = [*shipped(4711, hour=8), *shipped(5822, hour=14)]
    for kind in ("episode", "report", "kill"):
        assert len(ids(both, kind)) == 2


def test_their_ids_are_the_same_whenever_they_are_read() -> None:
    assert ids(shipped(4711, hour=8), "episode") == ids(shipped(4711, hour=9), "episode")
