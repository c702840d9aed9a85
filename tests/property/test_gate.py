"""Both gates find the same places, and a record matters exactly where an anchor stands in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import formats
from ingest.envelope import marks
from ingest.gate import Gate, HyperscanGate, PlainGate, literals

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
