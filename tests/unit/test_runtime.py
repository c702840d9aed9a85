"""The loop's order and patience, on small ports of the test's own."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.adapters.memory import MemorySignatures, MemorySink
from ingest.assemble import Bounds
from ingest.counts import Count
from ingest.envelope import Envelope
from ingest.model import Document, Origin, Raw
from ingest.observability.vitals import Vitals
from ingest.offline import NoHeads
from ingest.pipeline import Pipeline
from ingest.ports import Assignment, Batch, Partition, Refused, Unavailable, WriteReport
from ingest.runtime import first_contact, run

POD = (Path(__file__).parent.parent / "corpus" / "linux" / "pod_memcg.log").read_bytes().splitlines()
AT = datetime(2026, 11, 22, 10, 15, 2, tzinfo=UTC)
PLACE = Partition("t", 0)


class Tape:
    """A source that plays one batch, or what it is given, then stops the loop; it notes what is asked of it."""

    def __init__(self, lines: list[bytes], stop: threading.Event, notes: list[str]) -> None:
        self.batches: list[Batch | Exception] = [
            Batch({PLACE: [Raw(Origin("t", 0, at), line, AT) for at, line in enumerate(lines)]}, frozenset())
        ]
        self.stop = stop
        self.notes = notes
        self.committed: dict[Partition, int] = {}

    def subscribe(self, assignment: Assignment) -> None:
        assignment.assigned([PLACE])

    def poll(self, timeout: float) -> Batch:
        del timeout
        if self.batches:
            played = self.batches.pop(0)
            if isinstance(played, Exception):
                raise played
            return played
        self.stop.set()
        return Batch({}, frozenset())

    def keep_alive(self) -> None:
        self.notes.append("keep_alive")

    def commit(self, next_offsets: Mapping[Partition, int]) -> None:
        self.notes.append("commit")
        self.committed |= next_offsets

    def close(self) -> None:
        self.notes.append("close")


class Moody(MemorySink):
    """A sink that fails as often as it is told before it works."""

    def __init__(self, notes: list[str], failures: list[Exception]) -> None:
        super().__init__()
        self.notes = notes
        self.failures = failures

    def ping(self) -> None:
        if self.failures:
            raise self.failures.pop(0)

    def write(self, documents: Sequence[Document]) -> WriteReport:
        if self.failures:
            raise self.failures.pop(0)
        self.notes.append("write")
        return super().write(documents)


def pipeline() -> Pipeline:
    return Pipeline(Envelope(), Bounds(reorder=0), timedelta(minutes=5), NoHeads())


def play(lines: list[bytes], failures: Collection[Exception] = ()) -> tuple[list[str], Tape, Moody]:
    notes: list[str] = []
    stop = threading.Event()
    source, sink = Tape(lines, stop, notes), Moody(notes, list(failures))
    run(source, sink, MemorySignatures(), pipeline(), stop, Vitals())
    return notes, source, sink


def test_documents_are_written_before_their_records_are_committed() -> None:
    notes, source, sink = play(POD)
    assert notes[:2] == ["write", "commit"]
    assert notes[-1] == "close"
    assert source.committed == {PLACE: len(POD)}
    assert len(sink.documents) == 4


def test_what_is_at_hand_is_written_together_and_committed_once() -> None:
    notes: list[str] = []
    stop = threading.Event()
    source, sink = Tape([], stop, notes), Moody(notes, [])
    records = [Raw(Origin("t", 0, at), line, AT) for at, line in enumerate(POD)]
    source.batches = [
        Batch({PLACE: [record]}, frozenset(), {PLACE: len(POD) - at - 1}) for at, record in enumerate(records)
    ]
    run(source, sink, MemorySignatures(), pipeline(), stop, Vitals())
    assert notes == ["write", "commit", "commit", "close"]
    assert source.committed == {PLACE: len(POD)}
    assert len(sink.documents) == 4


def test_what_is_at_hand_is_stored_before_kafka_is_waited_for() -> None:
    notes: list[str] = []
    stop = threading.Event()
    source, sink = Tape([], stop, notes), Moody(notes, [])
    records = [Raw(Origin("t", 0, at), line, AT) for at, line in enumerate(POD)]
    damaged = Unavailable("a batch is damaged")
    source.batches = [Batch({PLACE: records}, frozenset(), {PLACE: 1}), damaged, damaged, damaged]
    run(source, sink, MemorySignatures(), pipeline(), stop, Vitals())
    assert notes == ["write", "commit", "keep_alive", "keep_alive", "commit", "close"]
    assert len(sink.documents) == 4


def test_an_open_report_holds_the_commit_at_its_first_line() -> None:
    _, source, sink = play([b"noise", *POD[:-1]])
    assert source.committed == {PLACE: 1}
    assert sink.documents == {}


@pytest.mark.parametrize("failure", [Unavailable("Elasticsearch is away"), Refused("403")])
def test_a_server_that_is_away_is_waited_for_inside_the_group(failure: Exception) -> None:
    notes, source, sink = play(POD, [failure, failure])
    assert notes[:4] == ["keep_alive", "keep_alive", "write", "commit"]
    assert source.committed == {PLACE: len(POD)}
    assert len(sink.documents) == 4


def test_a_stop_while_waiting_commits_nothing_unwritten() -> None:
    notes: list[str] = []
    stop = threading.Event()
    source, sink = Tape(POD, stop, notes), Moody(notes, [])

    def refuse(documents: Sequence[Document]) -> WriteReport:
        del documents
        stop.set()
        raise Unavailable("away")

    sink.write = refuse  # type: ignore[method-assign]  # this sink never works
    run(source, sink, MemorySignatures(), pipeline(), stop, Vitals())
    assert source.committed == {}
    assert notes == ["close"]


def test_the_first_contact_is_given_up_after_its_time() -> None:
    notes: list[str] = []
    stop = threading.Event()
    sink = Moody(notes, [Unavailable("Elasticsearch is not reachable at x")] * 100)
    with pytest.raises(Unavailable, match="not reachable at x"):
        first_contact(Tape([], stop, notes), sink, pipeline(), 0.5, stop)


def test_readiness_is_progress() -> None:
    """Each turn ends ready, each failure says whose it is, and what was read is told with the turn's end."""
    stop = threading.Event()
    vitals = Vitals()
    source, sink = Tape(POD, stop, []), Moody([], [Unavailable("Elasticsearch is away")])
    seen: list[str | None] = [vitals.not_ready()]

    def keep_alive() -> None:
        seen.append(vitals.not_ready())

    source.keep_alive = keep_alive  # type: ignore[method-assign]  # asked while the loop waits
    run(source, sink, MemorySignatures(), pipeline(), stop, vitals)
    assert seen == ["starting: not all servers have answered, or the first turn is not over", "Elasticsearch is away"]
    assert vitals.not_ready() is None
    assert vitals.seen.counts[Count.RECORDS] == len(POD)
    assert vitals.seen.failures == 1
