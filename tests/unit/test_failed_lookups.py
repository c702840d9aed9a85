"""A look-up that fails in the middle of a step: the step is tried again and comes to the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.assemble import Bounds
from ingest.envelope import Envelope
from ingest.model import Document, Episode, KnownKill, Origin, Raw, Scope
from ingest.offline import NoHeads
from ingest.output import Output
from ingest.pipeline import Pipeline
from ingest.ports import Unavailable

CORPUS = Path(__file__).parent.parent / "corpus"
AT = datetime(2026, 11, 22, 10, 15, 2, tzinfo=UTC)
KILL_LINES = [
    f"Nov 22 10:{minute:02d}:00 web-1 kernel: Out of memory: Killed process {pid} (worker) total-vm:4096kB, "
    f"anon-rss:1024kB, file-rss:0kB, shmem-rss:0kB".encode()
    for minute, pid in ((1, 11), (2, 12), (9, 13))
]


class Shaky(NoHeads):
    """Knows nothing, and fails at one of its calls."""

    def __init__(self, failing: int) -> None:
        self.calls = 0
        self.failing = failing

    def _fail(self) -> None:
        self.calls += 1
        if self.calls == self.failing:
            raise Unavailable("away")

    def refresh(self) -> None:
        self._fail()

    def at(self, host: str, scope: Scope, start: datetime, end: datetime) -> Sequence[Episode]:
        self._fail()
        return super().at(host, scope, start, end)

    def kills(self, host: str, start: datetime, end: datetime) -> Sequence[KnownKill]:
        self._fail()
        return super().kills(host, start, end)

    def holds(self, host: str, start: datetime, end: datetime, lines: Sequence[str]) -> bool:
        self._fail()
        return super().holds(host, start, end, lines)


def documents(lines: list[bytes], heads: Shaky) -> tuple[Document, ...]:
    pipeline = Pipeline(Envelope(), Bounds(reorder=0), timedelta(minutes=5), heads)
    output = Output()
    pipeline.read([Raw(Origin("t", 0, at), line, AT) for at, line in enumerate(lines)], AT, output)
    output.blocks += pipeline.finish().blocks
    while True:
        try:
            return pipeline.join(output)
        except Unavailable:
            continue


@pytest.mark.parametrize(
    "lines",
    [KILL_LINES, (CORPUS / "openvz" / "el135.log").read_bytes().splitlines()],
    ids=["kill lines alone", "el135"],
)
def test_a_step_comes_to_the_same_wherever_a_look_up_failed(lines: list[bytes]) -> None:
    undisturbed = Shaky(0)
    expected = documents(lines, undisturbed)
    assert undisturbed.calls > 3
    for failing in range(1, undisturbed.calls + 1):
        assert documents(lines, Shaky(failing)) == expected
