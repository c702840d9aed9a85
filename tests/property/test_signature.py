"""Merging what workers saw of a signature: free of order, grouping and repetition, and bounded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import signature
from ingest.document.signature import created_of, signature_of, source_of
from ingest.model import Constraint, Seen, Signature
from ingest.signature import merge

START = datetime(2026, 11, 22, 10, tzinfo=UTC)


def seen(host: str, minute: int) -> Signature:
    at = START + timedelta(minutes=minute)
    return Signature(
        id="s",
        name="linux memcg java",
        family="linux",
        constraint=Constraint.MEMCG,
        workload="java",
        first_seen=at,
        hosts=(Seen(host, at),),
    )


SIGHTINGS = st.lists(st.builds(seen, st.sampled_from("abcdefg"), st.integers(0, 300)), min_size=1, max_size=12)


def together(sightings: list[Signature]) -> Signature:
    whole = sightings[0]
    for each in sightings[1:]:
        whole = merge(whole, each)
    return whole


@given(SIGHTINGS, st.randoms(), st.integers(1, 4))
def test_order_grouping_and_repetition_change_nothing(sightings: list[Signature], random: object, most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signature, "MOST_HOSTS", most)
        whole = together(sightings)
        shuffled = [*sightings, *sightings]
        random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis has no name for its type
        half = len(shuffled) // 2
        assert merge(together(shuffled[:half]), together(shuffled[half:])) == whole
        assert len(whole.hosts) <= most
    assert whole.first_seen == min(each.first_seen for each in sightings)
    assert whole.last_seen == max(each.last_seen for each in sightings)


@given(SIGHTINGS)
def test_a_stored_signature_is_read_back_as_it_was(sightings: list[Signature]) -> None:
    whole = together(sightings)
    source = source_of(whole, START, START)
    assert signature_of(source) == whole
    assert created_of(source) == START


def test_hosts_of_the_last_hour_are_counted_apart() -> None:
    source = source_of(together([seen("a", 0), seen("b", 239), seen("c", 240), seen("d", 300)]), START, START)
    oom = source["oom"]
    assert isinstance(oom, dict)
    assert (oom["hosts"], oom["host_count"], oom["recent_host_count"]) == (["a", "b", "c", "d"], 4, 2)
    assert source["message"] == (
        "linux memcg java: first seen 2026-11-22 10:00 UTC, last 2026-11-22 15:00 UTC, on 4 hosts"
    )
