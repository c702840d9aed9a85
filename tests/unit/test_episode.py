"""Episodes in memory: those that are forgotten, so that it stays bounded, are gone on with as they are stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ingest.adapters.memory import MemoryHeads, MemorySink
from ingest.assemble import Bounds
from ingest.envelope import Envelope
from ingest.episode import Episodes
from ingest.model import Document, Origin, Raw
from ingest.pipeline import Pipeline
from ingest.ports import Batch, Partition

AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
GAP = timedelta(minutes=5)
PLACE = Partition("syslog", 0)
HOSTS, MINUTES = 6, 8


def kills(minute: int) -> list[Raw]:
    """One kill on each host."""
    at = AT + timedelta(minutes=minute)
    lines = (
        f"{at.isoformat()} node-{host} kernel: Out of memory: Killed process {minute + 7} (java) total-vm:4kB, "
        "anon-rss:4kB, file-rss:0kB, shmem-rss:0kB"
        for host in range(HOSTS)
    )
    return [Raw(Origin("syslog", 0, minute * HOSTS + n), line.encode(), at) for n, line in enumerate(lines)]


def stored(most_held: int) -> dict[tuple[str, str], Document]:
    sink = MemorySink()
    pipeline = Pipeline(Envelope(), Bounds(reorder=0, settle_after=0.5), GAP, MemoryHeads(sink))
    episodes = pipeline._episodes = Episodes(GAP, most_held=most_held)  # noqa: SLF001
    for minute in range(MINUTES):
        raws = kills(minute)
        now = raws[0].recorded_at + timedelta(seconds=30)
        for batch in (Batch({PLACE: raws}, frozenset()), Batch({}, frozenset({PLACE}))):
            sink.write(pipeline.join(pipeline.step(batch, now)))
        for some in ((e for each in episodes._recent.values() for e in each), episodes._open.values()):  # noqa: SLF001
            assert sum(len(episode.members) for episode in some) <= most_held
    sink.write(pipeline.join(pipeline.finish()))
    return sink.documents


def test_no_more_reports_are_held_than_fit_and_nothing_changes_by_it() -> None:
    tight, ample = stored(20), stored(10_000)
    assert len([key for key in ample if "-episode-" in key[0]]) == HOSTS
    assert {key: each.source for key, each in tight.items()} == {key: each.source for key, each in ample.items()}
