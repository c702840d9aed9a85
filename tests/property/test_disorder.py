"""Streams of many hosts: cut, mixed, read again from anywhere, the documents are the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.adapters.memory import MemoryHeads, MemorySink
from ingest.assemble import Bounds
from ingest.envelope import Envelope
from ingest.model import Origin, Raw
from ingest.offline import NoHeads
from ingest.pipeline import Pipeline
from ingest.ports import Batch, EpisodeHeads, Partition
from tests.generator.kernels import GENERATIONS
from tests.generator.wordings import line
from tests.robustness.disorder import DISORDERS, raws
from tests.robustness.streams import stream

CORPUS = Path(__file__).parent.parent / "corpus"
PARTITION = Partition("syslog", 0)
IN_ORDER = next(row for row in DISORDERS if row.name == "one host in order")

KILLS = raws(IN_ORDER.arrive(stream(3, kills=8, hosts=3, of=GENERATIONS), Random(3)))
BESIDE = raws(IN_ORDER.arrive(stream(4, kills=8, hosts=2, side_by_side=True, of=GENERATIONS), Random(4)))


def _many_victims() -> list[Raw]:
    """Reports of many victims and of none: an OpenVZ container, a whole cgroup, nobody to kill."""
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    openvz = (CORPUS / "openvz" / "el135.log").read_text().splitlines()
    told = [each.replace("Apr 20", "Nov 20") for each in openvz]
    random = Random("many")
    group = [line(random, "linux.header.H10"), line(random, "linux.summary.memcg", {"pid": 70}),
             line(random, "linux.group.group")]  # fmt: skip
    group += [line(random, "linux.kill.K7", {"pid": 70 + each, "name": "java"}) for each in range(5)]
    nobody = [line(random, f"linux.{each}") for each in ("header.H9", "memcg_counter.memory", "stack.trace",
              "limit_reached.path", "no_victim.warning")]  # fmt: skip
    told += [f"Nov 20 20:05:00 h2 kernel: [100.00000{each}] {text}" for each, text in enumerate(group)]
    told += [f"Nov 20 20:06:00 h3 kernel: [200.00000{each}] {text}" for each, text in enumerate(nobody)]
    return [Raw(Origin("syslog", 0, offset), each.encode(), at) for offset, each in enumerate(told)]


STREAMS = {"kills": KILLS, "beside": BESIDE, "many": _many_victims()}
names = st.sampled_from(sorted(STREAMS))


def read(records: list[Raw], sink: MemorySink, heads: EpisodeHeads, cuts: tuple[int, ...] = ()) -> dict[Any, Any]:
    """What the sink holds once the records were read, in batches cut at ``cuts``."""
    pipeline = Pipeline(Envelope(), Bounds(), timedelta(minutes=5), heads)
    pipeline.assigned([PARTITION])
    edges = [0, *sorted({cut % (len(records) + 1) for cut in cuts}), len(records)]
    for begin, end in pairwise(edges):
        batch = records[begin:end]
        now = batch[-1].recorded_at if batch else records[0].recorded_at
        sink.write(pipeline.join(pipeline.step(Batch({PARTITION: batch}, frozenset()), now)))
    sink.write(pipeline.join(pipeline.finish()))
    return contents(sink)


def contents(sink: MemorySink) -> dict[Any, Any]:
    """Documents by index and id, without provenance."""
    found = {}
    for at, document in sink.documents.items():
        source: Any = {key: value for key, value in document.source.items() if key != "kafka"}
        found[at] = {**source, "oom": {key: value for key, value in source["oom"].items() if key != "envelope"}}
    return found


@settings(max_examples=30)
@given(names, st.lists(st.integers(0, 10_000), max_size=10))
def test_batches_cut_anywhere_change_nothing(name: str, cuts: list[int]) -> None:
    records = STREAMS[name]
    assert read(records, MemorySink(), NoHeads(), tuple(cuts)) == read(records, MemorySink(), NoHeads())


@settings(max_examples=30)
@given(st.randoms(use_true_random=False))
def test_hosts_mixed_in_any_way_change_nothing(random: Random) -> None:
    waiting: dict[str, list[Raw]] = {}
    for record in KILLS:
        waiting.setdefault(str(record.value).split()[3], []).append(record)
    mixed = []
    while waiting:
        host = random.choice(sorted(waiting))
        mixed.append(waiting[host].pop(0))
        if not waiting[host]:
            del waiting[host]
    at = KILLS[-1].recorded_at
    renumbered = [Raw(Origin("syslog", 0, offset), each.value, at) for offset, each in enumerate(mixed)]
    in_order = [Raw(each.origin, each.value, at) for each in KILLS]
    assert read(renumbered, MemorySink(), NoHeads()) == read(in_order, MemorySink(), NoHeads())


@settings(max_examples=60)
@given(names, st.integers(0, 10_000))
def test_reading_again_from_any_earlier_offset_changes_nothing(name: str, offset: int) -> None:
    records = STREAMS[name]
    sink = MemorySink()
    heads = MemoryHeads(sink)
    before = read(records, sink, heads)
    assert read(records[offset % len(records) :], sink, heads) == before


@settings(max_examples=30)
@given(names, st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_crash_and_a_restart_at_the_committed_offset_change_nothing(name: str, crash: int, unwritten: int) -> None:
    """A worker dies after any record; what it had read but not written is lost with it."""
    records = STREAMS[name]
    sink = MemorySink()
    heads = MemoryHeads(sink)
    worker = Pipeline(Envelope(), Bounds(), timedelta(minutes=5), heads)
    worker.assigned([PARTITION])
    done = records[: crash % len(records) + 1]
    written = done[: unwritten % len(done) + 1]
    sink.write(worker.join(worker.step(Batch({PARTITION: written}, frozenset()), written[-1].recorded_at)))
    restart = worker.committable()[PARTITION]
    worker.step(Batch({PARTITION: done[len(written) :]}, frozenset()), done[-1].recorded_at)
    assert read(records[restart:], sink, heads) == read(records, MemorySink(), NoHeads())


@settings(max_examples=60)
@given(st.randoms(use_true_random=False), st.sampled_from([0.02, 0.2, 0.6]))
def test_a_report_is_complete_only_if_its_head_and_a_kill_line_came(random: Random, share: float) -> None:
    left = [record for record in KILLS if random.random() >= share]
    found = read(left, MemorySink(), NoHeads()) if left else {}
    for document in found.values():
        if document["event"]["dataset"] != "oom.report" or document["oom"]["report"]["completeness"] != "complete":
            continue
        told = document["event"]["original"]
        # Kernels before 2.6.11 print no head.
        assert "oom-killer: gfp_mask=" in told
        assert "illed process" in told
