"""Each format of the reference: written by printf, it is read by its own wording, and the same values come back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import formats
from ingest.model import Host, Line, TimeSource, When
from tests.generator.wordings import UNITS, draw, printed

WHEN = When(datetime(2026, 11, 22, tzinfo=UTC), TimeSource.SYSLOG, year_inferred=True, zone_inferred=True)
SPECIAL: dict[str, Callable[[Any], Any]] = {
    "mask": lambda mask: f"0x{mask:x}" if mask else {"0", "0x0"},
    "flags": lambda flags: tuple(flags.split("|")),
    "nodemask": lambda nodes: None if nodes == "(null)" else nodes,
    "constraint": lambda word: word.removeprefix("CONSTRAINT_").lower(),
    "key": str, "group": str,
}  # fmt: skip
RENAMED = {"container": "path", "message_ub": "message", "reason_bsd": "reason"}


def read_back(part: object, arg: str) -> object:
    value: Any = part
    for step in RENAMED.get(arg, arg).split("."):
        if isinstance(value, dict):
            value = value[step]
        elif isinstance(value, tuple):
            value = value[int(step)]
        else:
            value = getattr(value, step)
    return value


@pytest.mark.parametrize("identity", printed())
@settings(max_examples=25)
@given(random=st.randoms(use_true_random=False))
def test_what_printf_writes_is_read_back(identity: str, random: Random) -> None:
    text, values = draw(random, identity)
    known = printed()[identity]
    family = formats.formats()[known.family]
    line = Line(("t", 0), 0, Host("h", "h"), WHEN, None, min(family.tags), text, text)
    match = formats.read(line, {known.family})
    assert match is not None, text
    assert (match.wording.id, match.unread) == (known.reader, ""), text
    for arg, written in values.items():
        name, _, unit = arg.partition(":")
        expected = SPECIAL[name](written) if name in SPECIAL else written
        found = read_back(match.part, name)
        if isinstance(expected, set):
            assert found in expected
        elif isinstance(expected, int) and isinstance(found, int):
            assert found == expected * UNITS[unit], (text, arg)
        else:
            assert (found or "") == (expected or ""), (text, arg)


@pytest.mark.parametrize("identity", [each.id for each in printed().values() if each.real])
def test_a_real_line_is_read_by_the_same_wording(identity: str) -> None:
    known = printed()[identity]
    assert known.real is not None
    family = formats.formats()[known.family]
    line = Line(("t", 0), 0, Host("h", "h"), WHEN, None, min(family.tags), known.real, known.real)
    match = formats.read(line, {known.family})
    assert match is not None
    assert (match.wording.id, match.unread) == (known.reader, "")


ROW = next(identity for identity, known in printed().items() if known.reader == "linux.tasks_row")
OF_KERNELS = [known for known in printed().values() if "kernel" in formats.formats()[known.family].tags]


@settings(max_examples=300)
@given(random=st.randoms(use_true_random=False))
def test_lines_without_anchors_and_rows_are_read_the_same_by_the_shorter_ways(random: Random) -> None:
    """Also where a process has the name of another line, and where a line is cut."""
    texts = []
    for _ in range(12):
        text, _ = draw(random, random.choice((ROW, random.choice(OF_KERNELS).id)))
        texts.append(text[: random.choice((len(text), len(text), random.randrange(len(text) + 1)))])
    lines = [Line(("t", 0), 0, Host("h", "h"), WHEN, None, "kernel", text, text) for text in texts]
    lines = [line for line in lines if not any(anchor in line.text for anchor in formats.anchors())]
    families = frozenset(random.choice((("linux",), ("linux", "openvz"), ())))
    told = [formats.read(line, families) for line in lines]
    assert [formats.read_body(line, families) for line in lines] == told
    for at in range(len(lines)):
        if rows := formats.read_rows(lines, at, families):
            same = told[at : at + len(rows.parts)]
            assert [(match.format, match.part) for match in same if match] == [
                (rows.format, part) for part in rows.parts
            ]
