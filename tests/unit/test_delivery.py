"""What is sent again, how long, and when too many dead letters end the service."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import pytest
import structlog

from ingest.adapters.memory import MemorySignatures, MemorySink
from ingest.counts import Count
from ingest.model import Document
from ingest.ports import Halted, Refusal, Refused, Unavailable, WriteReport
from ingest.runtime.dead_share import DeadShare
from ingest.runtime.delivery import Delivery
from ingest.runtime.patience import Patience, Stopped
from tests.unit.test_runtime import Tape, pipeline


def document(key: str) -> Document:
    source = {"@timestamp": "2026-11-22T10:00:00.000Z", "event": {"id": key, "dataset": "oom.kill"}}
    return Document("oom-kill-2026.11", key, 1, source)


class Picky(MemorySink):
    """A sink that takes two documents at a time, refuses what it is told to, and has troubles."""

    def __init__(self, refused: set[str] = frozenset(), troubles: Sequence[Unavailable | Refused] = ()) -> None:  # type: ignore[assignment]
        super().__init__()
        self.refused = refused
        self.troubles = list(troubles)
        self.sent: list[list[str]] = []

    def write(self, documents: Sequence[Document]) -> WriteReport:
        now, later = documents[:2], tuple(documents[2:])
        self.sent.append([each.id for each in now])
        if self.troubles:
            taken = super().write(now[:1])
            return WriteReport(taken.written, taken.stale, (), (*now[1:], *later), self.troubles.pop(0))
        bad = tuple(Refusal(each, 400, "bad") for each in now if each.id in self.refused)
        taken = super().write([each for each in now if each.id not in self.refused])
        return WriteReport(taken.written, taken.stale, bad, later)


def delivery(sink: MemorySink, notes: list[str], limit: float = 1.0) -> tuple[Delivery, Patience]:
    stop = threading.Event()
    patience = Patience(Tape([], stop, notes), stop, notes.append)
    return Delivery(sink, MemorySignatures(), pipeline(), patience, DeadShare(limit)), patience


def test_only_what_was_not_taken_is_sent_again_and_the_group_is_kept_meanwhile() -> None:
    notes: list[str] = []
    sink = Picky(troubles=[Unavailable("busy"), Refused("blocked")])
    with structlog.testing.capture_logs() as logs:
        delivery(sink, notes)[0].store([document(key) for key in "abcd"])
    assert sink.sent == [["a", "b"], ["b", "c"], ["c", "d"]]
    assert sorted(key for _, key in sink.documents) == ["a", "b", "c", "d"]
    assert notes == ["busy", "keep_alive", "blocked", "keep_alive"]
    assert [(line["event"], line.get("reason")) for line in logs if not line["event"].startswith("stamina")] == [
        ("waiting", "busy"),
        ("waiting", "blocked"),
        ("resumed", None),
    ]


def test_a_refused_document_becomes_a_dead_letter_and_the_others_are_stored() -> None:
    sink = Picky({"b"})
    delivery(sink, [])[0].store([document(key) for key in "abc"])
    assert sorted(index.split("-")[1] for index, _ in sink.documents) == ["deadletter", "kill", "kill"]


def test_the_group_is_kept_while_an_answer_is_slow() -> None:
    notes: list[str] = []
    slow = threading.Event()
    _, patience = delivery(Picky(), notes)

    def call() -> str:
        assert slow.wait(30)
        return "late"

    def answer_once_kafka_was_polled_twice() -> None:
        while len(notes) < 2:
            time.sleep(0.05)
        slow.set()

    threading.Thread(target=answer_once_kafka_was_polled_twice).start()
    assert patience.until_answered(call) == "late"
    assert set(notes) == {"keep_alive"}


def test_an_answer_that_never_comes_does_not_hold_up_the_end() -> None:
    stop = threading.Event()
    never = threading.Event()
    patience = Patience(Tape([], stop, []), stop, print)
    stop.set()
    began = time.monotonic()
    with pytest.raises(Stopped):
        patience.until_answered(lambda: never.wait(60))
    assert time.monotonic() - began < 10
    never.set()


def test_a_bug_in_a_call_is_no_reason_to_wait() -> None:
    _, patience = delivery(Picky(), [])
    with pytest.raises(ZeroDivisionError):
        patience.until_answered(lambda: 1 // 0)


def test_a_topic_is_not_drained_into_dead_letters() -> None:
    sink = Picky({str(at) for at in range(200)})
    with pytest.raises(Halted, match="100% of the latest documents became dead letters"):
        delivery(sink, [], 0.5)[0].store([document(str(at)) for at in range(200)])
    assert len(sink.documents) == 200  # why can be read there


def test_old_dead_letters_fade_and_few_stop_nothing() -> None:
    share = DeadShare(0.5)
    share.note("lines", 0, 99)
    share.note("lines", 2_000, 0)
    share.note("lines", 900, 800)
    with pytest.raises(Halted, match="restart reads the same lines again"):
        share.note("lines", 0, 500)


def test_counts_are_of_each_document_once() -> None:
    stop = threading.Event()
    pipe = pipeline()
    sink = Picky({"b"}, [Unavailable("busy")])
    Delivery(sink, MemorySignatures(), pipe, Patience(Tape([], stop, []), stop, print), DeadShare(1.0)).store(
        [document(key) for key in "abc"]
    )
    assert (pipe.counts[Count.DOCUMENTS_WRITTEN], pipe.counts[Count.DOCUMENTS_REFUSED]) == (3, 1)
