"""A document for each minute of a worker: its counts, its lag, and what happens where it cannot be written."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest import mapping
from ingest.adapters.memory import MemorySink
from ingest.counts import Count
from ingest.fields import Kind
from ingest.model import Document
from ingest.observability.minutes import Minutes
from ingest.observability.vitals import Vitals
from ingest.pipeline import Pipeline
from ingest.ports import Batch, Refused, Unavailable, WriteReport
from tests.contract.test_fields import leaves
from tests.unit.test_runtime import PLACE, POD, Tape, pipeline

BEGAN = datetime(2026, 11, 22, 10, 0, 30, tzinfo=UTC)


class Away(MemorySink):
    """A sink that does not write while it is away."""

    failure: Exception | None = None
    busy = False

    def write(self, documents: Sequence[Document]) -> WriteReport:
        if self.failure and self.busy:
            return WriteReport(0, 0, left=tuple(documents), trouble=Unavailable("429"))
        if self.failure:
            raise self.failure
        return super().write(documents)


class Worker:
    """A worker whose clock the test turns on."""

    def __init__(self, sink: MemorySink, began: datetime = BEGAN) -> None:
        self.line: Pipeline = pipeline()
        self.stop = threading.Event()
        self.seconds = 0.0
        now = lambda: BEGAN + timedelta(seconds=self.seconds)  # noqa: E731  shorter than a method beside it
        self.minutes = Minutes(Vitals(), sink, "oom", "h", 7, began, self.stop, now)

    def turn(self, seconds: float, batch: Batch | None = None) -> None:
        self.seconds = seconds
        batch = batch or Batch({}, frozenset())
        self.line.step(batch, BEGAN)
        self.minutes.turned(batch, self.line)


def told(sink: MemorySink) -> list[dict[str, Any]]:
    return [dict(document.source) for document in sink.documents.values()]


def batch() -> Batch:
    played = Tape(POD[:-1], threading.Event(), []).poll(0)
    return Batch(played.records, frozenset(), {PLACE: 4})


def test_each_minute_has_what_was_counted_in_it() -> None:
    sink = MemorySink()
    worker = Worker(sink)
    worker.turn(59, batch())
    assert told(sink) == []
    worker.turn(61)
    worker.line.counts[Count.DEAD_LETTERS] += 1
    worker.line.counts[Count.DOCUMENTS_REFUSED] += 2
    worker.turn(62)
    worker.stop.set()
    worker.turn(63, Batch({}, frozenset(), {PLACE: 0}))
    first, second = (source["oom"]["pipeline"] for source in told(sink))
    assert (first["worker"], first["seconds"], first["records"], first["matched_lines"]) == ("h/7", 61.0, 8, 8)
    assert (first["open_reports"], first["dead_letters"]) == (1, 0)
    assert first["newest_event"] == "2026-11-22T10:15:02.000Z"
    assert (second["seconds"], second["records"], second["lag"]) == (2.0, 0, 0)
    assert (second["dead_letters"], second["documents_refused"]) == (3, 2)
    assert second["newest_event_age"]["us"] == -809_000_000
    assert told(sink)[0]["@timestamp"] == "2026-11-22T10:01:31.000Z"


def test_its_fields_are_those_of_the_catalogue() -> None:
    sink = MemorySink()
    Worker(sink).turn(61, batch())
    (source,) = told(sink)
    written = {path for path, _ in leaves(source, set())}
    never = {"event.ingested", "message"}
    assert written | never == set(mapping.paths(Kind.PIPELINE))


@pytest.mark.parametrize("busy", [False, True])
@pytest.mark.parametrize("failure", [Unavailable("away"), Refused("403")])
def test_what_could_not_be_written_is_told_with_the_next_minute(failure: Exception, busy: bool) -> None:
    sink = Away()
    sink.busy = busy
    worker = Worker(sink)
    sink.failure = failure
    worker.line.counts[Count.RECORDS] += 5
    worker.turn(60)
    sink.failure = None
    worker.turn(61)
    assert told(sink) == []
    worker.line.counts[Count.RECORDS] += 2
    worker.turn(120)
    (source,) = told(sink)
    assert (source["oom"]["pipeline"]["records"], source["oom"]["pipeline"]["seconds"]) == (7, 120.0)


def test_two_processes_of_one_name_never_overwrite_each_other() -> None:
    sink = MemorySink()
    Worker(sink).turn(60)
    Worker(sink, BEGAN + timedelta(seconds=5)).turn(65)
    assert len(sink.documents) == 2
