"""Dead letters are in their topic before anything is stored, and once though the sink asks for them again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from ingest import document
from ingest.adapters.dead_letter_sink import DeadLetterSink
from ingest.dead_letters import document_of, of_record, of_source
from ingest.model import Document, Origin, Rejected
from ingest.ports import Outgoing, Unavailable, WriteReport

AT = datetime(2026, 11, 22, 10, 15, 2, tzinfo=UTC)
LETTER = document.of_rejected(Rejected(Origin("t", 0, 7), AT, "formats", "unread", "no wording", "the line"), "oom")
KILL = Document(
    "oom-kill-2026.11", "k", 3, {"@timestamp": "2026-11-22T10:15:02.000Z", "event": {"dataset": "oom.kill"}}
)


class Topic:
    def __init__(self, *, broken: bool = False) -> None:
        self.records: list[Outgoing] = []
        self.broken = broken

    def connect(self) -> None:
        """It is there."""

    def write(self, records: Sequence[Outgoing]) -> None:
        if self.broken:
            raise Unavailable("Kafka is away")
        self.records += records

    def close(self) -> None:
        """Nothing to do."""


class Slow:
    """A sink that takes everything at the second asking."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def ping(self) -> None:
        """It is there."""

    def write(self, documents: Sequence[Document]) -> WriteReport:
        self.asked.append([each.id for each in documents])
        if len(self.asked) == 1:
            return WriteReport(0, 0, (), tuple(documents), Unavailable("429"))
        return WriteReport(len(documents), 0)


def test_what_the_sink_has_to_be_given_again_is_written_to_the_topic_once() -> None:
    topic, slow = Topic(), Slow()
    sink = DeadLetterSink(slow, topic, "dead", indexed=True)
    left = sink.write([KILL, LETTER]).left
    assert sink.write(left).written == 2
    assert slow.asked == [["k", LETTER.id]] * 2
    (record,) = topic.records
    assert of_record(record.key, record.value, dict(record.headers)) == of_source(LETTER.source)


def test_it_is_stamped_with_the_time_of_writing_whatever_its_own_is() -> None:
    before = datetime.now(UTC)
    topic = Topic()
    DeadLetterSink(Slow(), topic, "dead", indexed=False).write([LETTER])
    (record,) = topic.records
    assert before <= record.at <= datetime.now(UTC)


def test_without_an_index_dead_letters_are_only_in_the_topic_and_count_as_written() -> None:
    topic, slow = Topic(), Slow()
    sink = DeadLetterSink(slow, topic, "dead", indexed=False)
    assert sink.write([LETTER]).written == 1
    assert slow.asked == []
    assert len(topic.records) == 1


def test_while_the_topic_is_away_nothing_is_stored() -> None:
    slow = Slow()
    with pytest.raises(Unavailable):
        DeadLetterSink(slow, Topic(broken=True), "dead", indexed=True).write([KILL, LETTER])
    assert slow.asked == []


def test_a_refused_document_is_kept_with_its_place_and_whole_unless_it_is_very_long() -> None:
    (letter,) = [of_source(document.of_refused(KILL, 400, "mapping", "oom").source)]
    assert document_of(letter) == (KILL.index, KILL.id, KILL.version, KILL.source)
    came = {"topic": "syslog", "partition": 3, "offset": 7}
    from_kafka = Document(KILL.index, KILL.id, 1, {**KILL.source, "kafka": came})
    placed = of_source(document.of_refused(from_kafka, 400, "mapping", "oom").source)
    assert (placed.topic, placed.partition, placed.offset) == ("syslog", 3, 7)
    long = Document(KILL.index, KILL.id, 1, {**KILL.source, "message": "x" * 1_000_000})
    cut = of_source(document.of_refused(long, 413, "too large", "oom").source)
    assert document_of(cut) is None
    assert len(cut.original) < 600_000


def test_what_somebody_else_wrote_into_the_topic_is_no_dead_letter() -> None:
    assert of_record(None, b"x", {}) is None
    assert of_record(b"k", None, {"time": b"soon", "stage": b"", "reason": b"", "detail": b"", "version": b""}) is None
