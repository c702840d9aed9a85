from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from ingest.assemble import Bounds
from ingest.assemble.partial import Partials
from ingest.envelope import Envelope, Read
from ingest.model import Origin, Place, Raw
from ingest.offline import documents

AT = datetime(2026, 11, 22, 10, 15, 2, tzinfo=UTC)
PLACE: Place = ("t", 0)
HEAD = "Nov 22 10:15:02 h kernel: [5.000000] "
KILL = "Killed process 81 (a  <4>b) total-vm:1024kB, anon-rss:512kB, file-rss:0kB"
STAMP = "2026-11-22T10:15:02.123456789Z"


def piece(text: str, mark: str = "F", offset: int = 1, stream: str = "stderr", host: str | None = None) -> Raw:
    return Raw(Origin("t", 0, offset), f"{STAMP} {stream} {mark} {text}".encode(), AT, host)


def read(raw: Raw) -> Read:
    found = Envelope().read(raw)
    assert isinstance(found, Read)
    return found


def texts(reads: Iterable[Read]) -> list[str]:
    return [each.whole.text for each in reads]


def add(partials: Partials, raw: Raw, after: float = 0.0) -> list[str]:
    return texts(partials.add(read(raw), raw.origin.place, AT + timedelta(seconds=after)))


@pytest.mark.parametrize("cuts", [[20], [22], [23], [24], [5, 22, 23], list(range(1, len(KILL)))])
def test_a_line_is_put_together_wherever_it_was_cut(cuts: list[int]) -> None:
    edges = [0, *cuts, len(KILL)]
    pieces = [KILL[start:end] for start, end in pairwise(edges)]
    pieces[0] = HEAD + pieces[0]
    partials = Partials()
    for offset, text in enumerate(pieces[:-1]):
        assert add(partials, piece(text, "P", offset)) == []
    (whole,) = partials.add(read(piece(pieces[-1], "F", len(pieces))), PLACE, AT)
    line = whole.whole
    assert (line.text, line.tag, line.host.name, line.uptime_us) == (KILL, "kernel", "h", 5_000_000)
    assert line.raw == f"{STAMP} stderr P {HEAD}{KILL}"
    assert (line.origin.offset, whole.parts, whole.partial) == (0, (), False)
    assert not partials.awaits(PLACE)


def test_a_whole_line_passes_at_once() -> None:
    assert add(Partials(), piece("x")) == ["x"]


def test_a_line_put_together_may_hold_several() -> None:
    partials = Partials()
    add(partials, piece(f"{HEAD}one#0", "P"))
    (whole,) = partials.add(read(piece("12[6.000000] two")), PLACE, AT)
    assert [(part.text, part.uptime_us) for part in whole.parts] == [("one", 5_000_000), ("two", 6_000_000)]


@pytest.mark.parametrize(
    "other",
    [
        {"stream": "stdout"},
        {"host": "other"},
    ],
)
def test_pieces_of_other_streams_and_hosts_are_kept_apart(other: dict[str, Any]) -> None:
    partials = Partials()
    add(partials, piece("one ", "P", host="h"))
    assert add(partials, piece("x", **({"host": "h"} | other))) == ["x"]
    assert add(partials, piece("two", host="h")) == ["one two"]


@pytest.mark.parametrize("differs", [{"host": "b"}, {"container.id": "c2"}, {"log.file.path": "/var/log/pods/b/0.log"}])
def test_pieces_in_json_are_kept_apart_by_host_and_container(differs: dict[str, str]) -> None:
    def wrapped(text: str, mark: str, **fields: str) -> Raw:
        record = {"log": f"{STAMP} stderr {mark} {text}\n", "host": "a"} | fields
        return Raw(Origin("t", 0, 1), json.dumps(record).encode(), AT)

    partials = Partials()
    add(partials, wrapped(f"{HEAD}one ", "P"))
    add(partials, wrapped(f"{HEAD}uno ", "P", **differs))
    assert add(partials, wrapped(" due", "F", **differs)) == ["uno  due"]
    assert add(partials, wrapped(" two", "F")) == ["one  two"]


def test_a_line_of_no_stream_is_never_the_rest_of_one() -> None:
    partials = Partials()
    add(partials, piece("one ", "P"))
    assert add(partials, Raw(Origin("t", 0, 2), b"Nov 22 10:15:02 h kernel: x", AT)) == ["x"]
    assert partials.awaits(PLACE)


def test_a_rest_that_does_not_come_within_30_seconds_of_its_partition_is_not_waited_for() -> None:
    partials = Partials()
    add(partials, piece("one", "P"))
    add(partials, piece(" two", "P"), after=20)
    assert texts(partials.overdue(PLACE, AT + timedelta(seconds=50))) == []
    assert texts(partials.overdue(("t", 1), AT + timedelta(seconds=51))) == []
    assert texts(partials.overdue(PLACE, AT + timedelta(seconds=51))) == ["one two"]
    assert not partials.awaits(PLACE)
    assert add(partials, piece("late"), after=52) == ["late"]


def test_what_waits_is_given_out_when_the_input_is_over() -> None:
    partials = Partials()
    for host in ("a", "b"):
        add(partials, piece(host, "P", host=host))
    assert texts(partials.finish()) == ["a", "b"]
    assert not partials.awaits(PLACE)


@pytest.mark.parametrize("text", ["x" * 1_000, ""])
def test_a_line_without_an_end_is_cut(text: str) -> None:
    partials = Partials()
    given = [whole for offset in range(1_000) for whole in add(partials, piece(text, "P", offset))]
    assert given
    assert all(len(whole) <= 65_536 + len(text) for whole in given)
    rest = texts(partials.finish())
    assert sum(map(len, given + rest)) == 1_000 * len(text)


def test_the_oldest_of_too_many_lines_is_given_out_as_far_as_it_goes() -> None:
    partials = Partials()
    for number in range(1_000):
        assert add(partials, piece(f"of {number}", "P", host=f"h{number}")) == []
    assert add(partials, piece("of 1000", "P", host="h1000")) == ["of 0"]


def test_the_commit_is_held_at_the_first_piece_that_waits() -> None:
    partials = Partials()
    assert partials.oldest_offset(PLACE) is None
    add(partials, piece("one", "P", 7))
    add(partials, piece("two", "P", 8))
    add(partials, piece("other", "P", 9, host="other"))
    assert partials.oldest_offset(PLACE) == 7
    assert partials.oldest_offset(("t", 1)) is None
    add(partials, piece("three", "F", 10))
    assert partials.oldest_offset(PLACE) == 9


def test_pieces_of_a_partition_that_is_gone_are_forgotten() -> None:
    partials = Partials()
    add(partials, piece("one", "P"))
    elsewhere = Raw(Origin("t", 1, 5), f"{STAMP} stderr P else".encode(), AT)
    add(partials, elsewhere)
    partials.drop(PLACE)
    assert (partials.awaits(PLACE), partials.oldest_offset(PLACE)) == (False, None)
    assert partials.oldest_offset(("t", 1)) == 5
    assert add(partials, piece("two")) == ["two"]


def test_a_kill_line_in_pieces_is_the_kill_that_it_would_be_whole() -> None:
    cut = [piece(f"{HEAD}{KILL[:22]}", "P", 1), piece("something else", "F", 2, "stdout"), piece(KILL[22:], "F", 3)]
    kills = {
        name: [
            {**document.source, "event": None}
            for document in documents(raws, Envelope(), Bounds(), timedelta(minutes=5))
            if document.index.startswith("oom-kill")
        ]
        for name, raws in {"cut": cut, "whole": [piece(f"{HEAD}{KILL}", "F", 1)]}.items()
    }
    assert [kill["process"] for kill in kills["cut"]] == [{"pid": 81, "name": "a  <4>b"}]
    assert kills["cut"] == kills["whole"]
