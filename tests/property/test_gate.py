"""Both gates find the same places, and a record matters exactly where an anchor stands in it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import formats
from ingest.envelope import marks
from ingest.reading.gate import COLOURS, Gate, HyperscanGate, PlainGate, ThroughColours, gate, literals

KNOWN = literals((*formats.anchors(), *marks()))
GATES = (PlainGate(KNOWN), HyperscanGate(KNOWN))
PIECES = st.one_of(
    st.sampled_from(KNOWN),
    st.builds(lambda literal, cut: literal[:cut], st.sampled_from(KNOWN), st.integers(0, 30)),
    st.binary(max_size=20),
    st.sampled_from((b"\n", b"\0", b"oom", b"kill", b"Killed process Killed process ")),
)
BLOCKS = st.lists(PIECES, max_size=12).map(b"".join)


@given(BLOCKS)
def test_both_gates_find_the_same_places(block: bytes) -> None:
    plain, scanned = (gate.places(block) for gate in GATES)
    assert set(plain) == set(scanned)
    assert list(plain) == sorted(plain)
    assert list(scanned) == sorted(scanned)


@given(BLOCKS)
def test_what_is_looked_for_beside_anchors_is_told_apart(block: bytes) -> None:
    beside = (b"oom", b"\0")
    for made in (PlainGate, HyperscanGate):
        both = made(KNOWN, beside)
        anchors, others = both.both(block)
        assert set(anchors) == set(GATES[0].places(block))
        assert set(others) == set(PlainGate(beside).places(block))
        assert both.matters(block) is GATES[0].matters(block)


@pytest.mark.parametrize("gate", GATES, ids=["plain", "hyperscan"])
@given(value=BLOCKS)
def test_a_record_matters_where_a_literal_stands_in_it(gate: Gate, value: bytes) -> None:
    assert gate.matters(value) is any(literal in value for literal in KNOWN) is bool(gate.places(value))


COLOUR = st.sampled_from((b"\x1b[33m", b"\x1b[m", b"\x1b[0;1;39m", b"\\u001b[0m", b"\\u001B[1m"))
TORN = st.builds(
    lambda literal, at, colour: literal[:at] + colour + literal[at:], st.sampled_from(KNOWN), st.integers(0, 30), COLOUR
)
COLOURED = st.lists(st.one_of(TORN, PIECES, COLOUR)).map(b" ".join)


@pytest.mark.parametrize("made", [PlainGate, HyperscanGate])
@given(block=COLOURED)
def test_what_is_an_anchor_once_colours_are_out_is_one(made: type[PlainGate | HyperscanGate], block: bytes) -> None:
    looked = ThroughColours(made(KNOWN, COLOURS))
    lines = block.split(b"\n")
    bare = [re.sub(rb"(?:\x1b|\\u001[bB])\[[0-9;]*[A-Za-z]", b"", line) for line in lines]
    wanted = [any(each in told for each in KNOWN for told in both) for both in zip(lines, bare, strict=True)]
    assert [looked.matters(line) for line in lines] == wanted
    holding = {block.count(b"\n", 0, place - 1) for place in looked.places(block)}
    assert holding == {number for number, matters in enumerate(wanted) if matters}


def test_where_an_anchor_ends_that_a_colour_interrupts() -> None:
    line = b"\x1b[32m[ 1.000000] \x1b[0m\x1b[33mmysqld invoked oom-killer:\x1b[0m gfp_mask=0x1, order=0"
    looked = gate(formats.anchors())
    assert looked.matters(line)
    assert [line[:place].endswith(b" gfp_mask=") for place in looked.places(line)] == [True]
    assert not looked.matters(b"\x1b[33mmysqld invoked\x1b[0m nothing")
    assert looked.matters(line.replace(b"\x1b", b"\\u001b"))
