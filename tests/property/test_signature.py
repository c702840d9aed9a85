"""Merging what workers saw of a signature: free of order, grouping and repetition, and bounded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.adapters.memory import MemoryHeads, MemorySignatures, MemorySink
from ingest.assemble import Bounds
from ingest.document.signature import created_of, signature_of, source_of
from ingest.envelope import Envelope
from ingest.episode import signature
from ingest.episode.signature import merge
from ingest.model import Constraint, Origin, Raw, Seen, Signature
from ingest.output import Output
from ingest.pipeline import Pipeline
from ingest.ports import Batch, Partition

CORPUS = Path(__file__).parent.parent / "corpus"
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


LOGS = ("linux/pod_memcg", "linux/machine_6_8", "linux/half_reports", "linux/group_kill", "openvz/el135")
AT = datetime(2026, 11, 22, 10, 15, 2, tzinfo=UTC)


def told_of(lines: list[bytes], silences: set[int]) -> dict[str, Signature]:
    """What is known once lines were read, with a silence in which reports settle before some of them."""
    sink, known = MemorySink(), MemorySignatures()
    pipeline = Pipeline(Envelope(), Bounds(reorder=0), timedelta(minutes=5), MemoryHeads(sink))
    place, now = Partition("syslog", 0), AT

    def read(output: Output) -> None:
        sink.write(pipeline.join(output))
        known.record(output.sightings)

    for at, line in enumerate(lines):
        if at in silences:
            now += timedelta(seconds=15)
            read(pipeline.step(Batch({}, frozenset({place})), now))
        read(pipeline.step(Batch({place: [Raw(Origin("syslog", 0, at), line, AT)]}, frozenset({place})), now))
    read(pipeline.finish())
    return known.known


@given(st.sampled_from(LOGS), st.sets(st.integers(1, 60), max_size=3))
@settings(max_examples=30)
def test_reports_that_were_written_before_they_were_whole_leave_no_signature_of_their_own(
    log: str, silences: set[int]
) -> None:
    lines = (CORPUS / f"{log}.log").read_bytes().splitlines()
    assert told_of(lines, silences) == told_of(lines, set())


def test_hosts_of_the_last_hour_are_counted_apart() -> None:
    known = together([seen("a", 0), seen("b", 239), seen("c", 240), seen("d", 300)])
    source = source_of(known, START, START + timedelta(days=1))
    oom = source["oom"]
    assert isinstance(oom, dict)
    assert (oom["hosts"], oom["host_count"], oom["recent_host_count"]) == (["a", "b", "c", "d"], 4, 2)
    assert source["message"] == (
        "linux memcg java: first seen 2026-11-22 10:00 UTC, last 2026-11-22 15:00 UTC, on 4 hosts"
    )


def test_a_host_whose_clock_is_ahead_hides_no_other() -> None:
    known = together([seen("a", 0), seen("b", 100), seen("c", 110), seen("d", 1_440)])
    source = source_of(known, START, START + timedelta(minutes=112))
    oom = source["oom"]
    assert isinstance(oom, dict)
    assert (oom["recent_host_count"], oom["last_seen"]) == (3, "2026-11-23T10:00:00.000Z")
    assert source["@timestamp"] == "2026-11-22T11:52:00.000Z"
