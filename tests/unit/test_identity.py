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


def test_a_report_across_a_months_end_is_in_one_index_whichever_part_of_it_is_read() -> None:
    told = (
        "2026-11-30T23:59:59.900000+00:00 {}java invoked oom-killer: gfp_mask=0x201da, order=0, oom_adj=0",
        "2026-12-01T00:00:00.100000+00:00 {}[ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name",
        "2026-12-01T00:00:00.100000+00:00 {}[ 4711]  1000  4711   226026    29603   1       0             0 java",
        "2026-12-01T00:00:00.200000+00:00 {}Killed process 4711 (java)",
    )
    lines = [line.format("web-1 kernel: ") for line in told]
    whole, tail = ({(each.index, each.id) for each in ingest.parse(part)} for part in (lines, lines[1:]))
    for kind in ("report", "task", "kill"):
        places = {place for place in whole if place[0].startswith(f"oom-{kind}-")}
        assert {index for index, _ in places} == {f"oom-{kind}-2026.12"}
        assert places <= tail
