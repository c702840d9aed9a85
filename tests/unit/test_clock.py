"""One record that is ahead of time, or behind it, neither stops a partition's time nor lets that of others pass."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.adapters.memory import MemorySink
from ingest.assemble import Bounds
from ingest.envelope import Envelope
from ingest.episode.kills import WITHIN
from ingest.model import Origin, Raw
from ingest.observability.vitals import Vitals
from ingest.offline import NoHeads
from ingest.pipeline import Pipeline
from ingest.ports import Batch, Partition
from ingest.reading.clock import Clock

POD = (Path(__file__).parent.parent / "corpus" / "linux" / "pod_memcg.log").read_bytes().splitlines()
AT = datetime(2026, 11, 22, 10, 15, 2, tzinfo=UTC)
AHEAD = AT + timedelta(minutes=50)
PLACE = Partition("t", 0)
NOISE = b"Nov 22 10:15:02 other sshd[1]: session opened"


def seconds(count: float) -> datetime:
    return AT + timedelta(seconds=count)


def test_time_is_never_ahead_of_the_readers_and_goes_on() -> None:
    clock = Clock(early=WITHIN)
    clock.saw(0, AHEAD, seconds(1))
    assert (clock.time, clock.began) == (seconds(1), seconds(1))
    clock.saw(1, seconds(200), seconds(201))
    assert clock.time == seconds(200)
    assert clock.early_until == 0


def played(pieces: list[tuple[list[tuple[bytes, datetime]], datetime]]) -> tuple[Pipeline, dict[Any, Any]]:
    """A pipeline that was given records at some times, and what it has stored."""
    pipeline, sink = Pipeline(Envelope(), Bounds(), timedelta(minutes=5), NoHeads()), MemorySink()
    offset = 0
    for records, now in pieces:
        raws = [Raw(Origin("t", 0, offset + n), value, at) for n, (value, at) in enumerate(records)]
        offset += len(raws)
        sink.write(pipeline.join(pipeline.step(Batch({PLACE: raws}, frozenset()), now)))
    return pipeline, {at: document.source for at, document in sink.documents.items()}


@pytest.mark.parametrize("late", [timedelta(0), timedelta(hours=1), timedelta(days=1)])
def test_a_report_that_comes_late_after_silence_waits_no_longer_than_others(late: timedelta) -> None:
    """As of a host whose clock is behind, on a partition where little is logged: noise comes each minute."""
    pipeline = Pipeline(Envelope(), Bounds(), timedelta(minutes=5), NoHeads())
    offset = 0

    def step(now: datetime, *told: tuple[bytes, datetime]) -> list[str]:
        nonlocal offset
        raws = [Raw(Origin("t", 0, offset + n), value, at) for n, (value, at) in enumerate(told)]
        offset += len(raws)
        documents = pipeline.join(pipeline.step(Batch({PLACE: raws}, frozenset({PLACE})), now))
        return [str(each.source["event"]["dataset"]) for each in documents if isinstance(each.source["event"], dict)]

    def noise(at: int) -> list[tuple[bytes, datetime]]:
        return [] if at % 60 else [(NOISE, seconds(at) - late)]

    step(AT, (NOISE, AT))
    step(seconds(7_200))
    step(seconds(7_200), *((line, seconds(7_200) - late) for line in POD))
    found = [kind for at in range(7_201, 7_330) for kind in step(seconds(at), *noise(at))]
    assert "oom.kill" in found


@pytest.mark.parametrize("where", range(len(POD) + 1))
def test_the_reports_of_others_stay_whole_and_are_stored_in_time(where: int) -> None:
    told = [(line, seconds(0.001 * n)) for n, line in enumerate(POD)]
    later = [(NOISE, seconds(n)) for n in range(10, 90, 10)]
    with_it = [*told[:where], (NOISE, AHEAD), *told[where:]]
    pieces = [([each], each[1]) for each in later]
    pipeline, found = played([*(([each], seconds(0.1)) for each in with_it), *pieces])
    _, expected = played([*(([each], seconds(0.1)) for each in told), *pieces])
    assert pipeline.open_reports == 0
    assert pipeline.committable()[PLACE] == len(with_it) + len(later)
    assert len(found) == 4
    assert {at: source["oom"].get("report") for at, source in found.items()} == {
        at: source["oom"].get("report") for at, source in expected.items()
    }


def test_the_newest_record_is_never_ahead_of_now() -> None:
    vitals = Vitals(now=seconds(7).timestamp)
    pipeline, _ = played([])
    for at, newest in ((AT, AT), (AHEAD, seconds(7)), (AT, seconds(7))):
        vitals.turned(Batch({PLACE: [Raw(Origin("t", 0, 0), NOISE, at)]}, frozenset()), pipeline)
        assert vitals.seen.newest_record == newest.timestamp()
