from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import formats
from ingest.assemble import Bounds
from ingest.envelope import Envelope, Read, message
from ingest.envelope.message import parts
from ingest.model import Origin, Raw
from ingest.offline import documents

AT = datetime(2026, 11, 22, 10, 15, 2, tzinfo=UTC)
SIZES = "total-vm:1024kB, anon-rss:512kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:44kB oom_score_adj:0"
KILL = f"Out of memory: Killed process 81 (a) {SIZES}"
SUMMARY = "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0"
REAPED = "oom_reaper: reaped process 81 (a), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB"


def read(text: str, tag: str = "kernel") -> Read:
    found = Envelope().read(Raw(Origin("t", 0, 1), f"2026-11-22T10:15:02Z h {tag}: {text}".encode(), AT))
    assert isinstance(found, Read)
    return found


def said(found: Read, *families: str) -> list[tuple[str, str | None]]:
    matched = formats.lines_of(found.whole, found.parts, families)
    return [(line.text, match.wording.id if match and not match.unread else None) for line, match in matched]


@pytest.mark.parametrize("end", ["\n", "\r\n", "#012", r"\n", r"\x0a", r"\012", r"\u000a"])
def test_every_spelling_of_a_line_end_ends_a_line(end: str) -> None:
    assert parts(f"one{end}two{end}{end} {end}three{end}") == ("one", "two", "three")
    assert said(read(f"{KILL}{end}{REAPED}")) == [(KILL, "linux.kill"), (REAPED, "linux.reaped")]


@pytest.mark.parametrize("tab", ["#011", r"\t", r"\x09", r"\011"])
def test_tabs_are_read_where_lines_were(tab: str) -> None:
    assert parts(f"a{tab}b#012c") == ("a\tb", "c")
    assert parts(f"a{tab}b") == ()


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("one", ()),
        ("", ()),
        ("#012", ()),
        ("[  811]     0   811     1024       12    90112        0             0 a", ()),
        ("[1.000000] one [1.000001] two", ("[1.000000] one", "[1.000001] two")),
        ("[1.000000] one[1.000001] two", ("[1.000000] one", "[1.000001] two")),
        ("[1.000000] one<4>[1.000001] two", ("[1.000000] one", "<4>[1.000001] two")),
        ("[1.000000][ T1] one [1.000001][ C22] two", ("[1.000000][ T1] one", "[1.000001][ C22] two")),
        ("one [    1.000001] two", ("one", "[    1.000001] two")),
        ("one kernel: [1.000001] two", ("one", "[1.000001] two")),
        ("one Nov 22 10:15:02 h kernel: [1.000001] two", ("one", "[1.000001] two")),
        ("message repeated 3 times: [ one]", ("one",)),
        ("message repeated 3 times: [ [1.000000] one [x]]", ("[1.000000] one [x]",)),
        ("last message repeated 2 times", ()),
        ("** 7 printk messages dropped **", ()),
        ("** 7 printk messages dropped ** one", ("** 7 printk messages dropped **", "one")),
        (
            "** 7 printk messages dropped ** [1.000000] one [2.000000] two",
            ("** 7 printk messages dropped **", "[1.000000] one", "[2.000000] two"),
        ),
    ],
)
def test_a_message_is_taken_apart(message: str, expected: tuple[str, ...]) -> None:
    assert parts(message) == expected


def test_a_record_holds_no_more_than_4096_lines() -> None:
    assert len(parts("#012".join(map(str, range(10_000))))) == 4_096


def test_glued_lines_have_their_own_uptimes_and_callers_and_the_rest_of_the_record() -> None:
    found = read(f"[5.000000][    T1] {KILL} [6.500000][    C2] {REAPED}")
    lines = [(part.text, part.uptime_us, part.caller) for part in found.parts]
    assert lines == [(KILL, 5_000_000, "T1"), (REAPED, 6_500_000, "C2")]
    assert {(part.host, part.when, part.tag) for part in found.parts} == {
        (found.whole.host, found.whole.when, "kernel")
    }
    assert said(found) == [(KILL, "linux.kill"), (REAPED, "linux.reaped")]


def test_lines_without_an_uptime_have_the_records() -> None:
    found = read("[5.000000][    T1] one#012two")
    assert [(part.text, part.uptime_us, part.caller) for part in found.parts] == [
        ("one", 5_000_000, "T1"),
        ("two", 5_000_000, "T1"),
    ]


def test_lines_of_a_daemon_are_parted_and_nothing_else_is_done_to_them() -> None:
    found = read(r"Implementing a corrective action:\n  [1.000000] SIGTERM", "nohang[7]")
    assert [part.text for part in found.parts] == ["Implementing a corrective action:", "  [1.000000] SIGTERM"]
    assert {(part.tag, part.uptime_us) for part in found.parts} == {("nohang", None)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"message repeated 2 times: [ [5.000000] {REAPED}]", [(REAPED, "linux.reaped")]),
        (f"message repeated 2 times: [ {KILL}]", [(KILL, "linux.kill")]),
        (
            f"** 7 printk messages dropped ** [5.000000] {KILL}",
            [("** 7 printk messages dropped **", "linux.suppressed"), (KILL, "linux.kill")],
        ),
        (
            f"[5.000000] ** 7 printk messages dropped ** {KILL}",
            [("** 7 printk messages dropped **", "linux.suppressed"), (KILL, "linux.kill")],
        ),
        (
            "Memory cgroup stats for /x:#012anon 1062739968#012file 0",
            [
                ("Memory cgroup stats for /x:", "linux.memcg_stats"),
                ("anon 1062739968", "linux.memcg_stat"),
                ("file 0", "linux.memcg_stat"),
            ],
        ),
    ],
)
def test_the_lines_in_a_message_are_read(text: str, expected: list[tuple[str, str]]) -> None:
    assert said(read(text), "linux") == expected


NAMES = (
    "a#012b", r"a\nb", r"a\x0ab", "a#011b", "[1.000000] x", "x [1.0] kernel:", "<4>[1.000000] x", "] [2.000000] (",
    "** 7 printk m", "kernel: [1.0000",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "text",
    [
        f"Out of memory: Killed process 81 (%s) {SIZES}",
        "oom_reaper: reaped process 81 (%s), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
        f"{SUMMARY},global_oom,task_memcg=/,task=%s,pid=81,uid=0",
    ],
)
def test_a_name_that_looks_like_a_lines_end_is_kept_whole(text: str, name: str) -> None:
    found = read(f"[5.000000] {text % name}")
    ((line, wording),) = said(found, "linux")
    assert name in line
    assert wording is not None


@pytest.mark.parametrize("name", NAMES)
def test_a_victim_keeps_the_name_that_it_gave_itself(name: str) -> None:
    record: dict[str, Any] = {"MESSAGE": KILL.replace("(a)", f"({name})"), "_HOSTNAME": "h", "_TRANSPORT": "kernel"}
    raw = Raw(Origin("t", 0, 1), json.dumps(record).encode(), AT)
    found = documents([raw], Envelope(), Bounds(), timedelta(minutes=5))
    names = [each.source["process"] for each in found if each.index.startswith("oom-kill")]
    assert names == [{"pid": 81, "name": name, "user": {"id": "0"}}]


PIECES = (
    "[", "]", " ", "1", "12", ".", "123456", "Nov", " 22", "10:15:02", " 2026", "<6>", " kernel: ", "h", "[ T1]", "a",
)  # fmt: skip
GLUED = (
    "[1.000001] ",
    "[    1.000001][ T1] ",
    "<4>[1.000001] ",
    "[Mon Nov 22 10:15:02 2026] ",
    " h kernel: [1.000001]",
)


@given(st.lists(st.sampled_from((*PIECES, *GLUED)), max_size=14).map("".join))
def test_a_quick_look_misses_no_line_that_is_glued_to_another(text: str) -> None:
    pieces = [piece for piece in message._GLUED.split(text) if piece.strip()]  # noqa: SLF001
    assert len(pieces) < 2 or message._MAY_BE_GLUED.search(text, 1)  # noqa: SLF001
