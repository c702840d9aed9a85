"""``make chaos``: disturbs the running service in every way of the table, and prints what it lost and doubled.

    python -m tests.chaos [--short] [--seed N] [--only TEXT] [--write]

Exit status 1 where a document of the undisturbed run is missing, new or different, where an offset was committed past
an unwritten line, where a worker took more than 250 MB, or crashed. ``--write`` puts the table into docs/operations.md.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from pathlib import Path

from elasticsearch import Elasticsearch

from ingest.stack import Stack
from tests.chaos.answer import Answer, Difference, compare, stored
from tests.chaos.disturbances import DISTURBANCES, Disturbance, Scale, undisturbed
from tests.chaos.run import Run
from tests.chaos.traffic import traffic

PAGE = Path(__file__).parent.parent.parent / "docs" / "operations.md"
_BEGIN, _END = "<!-- written by `make chaos WRITE=1` -->", "<!-- until here -->"
_LONG = Scale(kills=240, restarts=50, changes=12, faults=15, outage=60, pace=100)
_SHORT = Scale(kills=60, restarts=2, changes=2, faults=4, outage=3, pace=5)
_MOST_MB = 250
_HEADING = (
    "| disturbance | times | lines | kills expected | found | doubled | lost |",
    "| --- | --- | --- | --- | --- | --- | --- |",
)


class Chaos:
    """The servers, the traffic and the reference answer."""

    def __init__(self, stack: Stack, elastic: Elasticsearch, folder: Path, scale: Scale, seed: int) -> None:
        self._stack = stack
        self._elastic = elastic
        self._folder = folder
        self._scale = scale
        self._seed = seed
        self._reference: Answer | None = None
        self._hard: Answer | None = None
        self.held = True

    def refer(self) -> None:
        """The reference: one undisturbed run over the hosts' lines alone. It must tell the truth."""
        plain = traffic(self._seed, self._scale.kills, hard=False)
        with Run(self._stack, "chaos-reference", plain, self._folder, self._elastic) as run:
            undisturbed(run, self._scale)
            run.until_read()
            self._reference = stored(self._elastic, run.name)
        missing = plain.truth - self._reference.victims.keys()
        if missing:
            self._complain(f"the reference does not tell of {sorted(missing)[:3]}")

    def row(self, number: int, disturbance: Disturbance) -> str:
        """Disturb a run; its row of the table."""
        assert self._reference is not None
        began = time.monotonic()
        hard = traffic(self._seed, self._scale.kills, hard=True)
        with Run(self._stack, f"chaos-{number:02}", hard, self._folder, self._elastic) as run:
            times = 0
            try:
                times = disturbance.does(run, self._scale)
                run.until_read()
            except TimeoutError as late:
                self._complain(str(late))
            found = stored(self._elastic, run.name)
            run.check_logs()
            complaints, peak, looks = run.complaints, run.peak_mb, run.looks
            if not looks:
                complaints.append("no commit was looked at")
        if self._hard is None:
            self._hard = found
        difference = compare(Answer(self._reference.documents, self._hard.dead), found)
        self._judge(disturbance.name, difference, complaints, peak)
        expected = hard.truth
        counted = sum(key in found.victims for key in expected)
        took = time.monotonic() - began
        dead = sum(found.dead.values())
        counts = f"{len(found.documents)} documents, {dead} dead letters, {looks} looks at commits"
        print(f"    {counts}, {peak:.0f} MB, {took:.0f} s")
        return (
            f"| {disturbance.name} | {times} | {len(hard.records):,} | {len(expected)} | {counted} "
            f"| {difference.doubled} | {difference.lost} |"
        )

    def _judge(self, name: str, difference: Difference, complaints: list[str], peak: float) -> None:
        if not difference.none:
            self._complain(f"{name}: {len(difference.others)} documents differ: {difference.others[:5]}")
        for complaint in complaints[:5]:
            self._complain(f"{name}: {complaint}")
        if peak > _MOST_MB:
            self._complain(f"{name}: a worker took {peak:.0f} MB")

    def _complain(self, what: str) -> None:
        self.held = False
        print(f"    {what}", flush=True)


def main() -> int:
    """Run the rows one after the other, on servers of their own."""
    options = argparse.ArgumentParser(description="Disturb the running service and count what it lost and doubled.")
    options.add_argument("--short", action="store_true", help="every disturbance a few times, in two minutes")
    options.add_argument("--seed", type=int, default=20101)
    options.add_argument("--only", default="", help="rows whose name this expression finds")
    options.add_argument("--write", action="store_true", help="put the table into docs/operations.md")
    given = options.parse_args()
    began = time.monotonic()
    print(f"seed {given.seed}", flush=True)
    rows = []
    with (
        tempfile.TemporaryDirectory(prefix="oom-ingest-chaos-") as folder,
        Stack() as stack,
        Elasticsearch(stack.elasticsearch.url, request_timeout=30) as elastic,
    ):
        chaos = Chaos(stack, elastic, Path(folder), _SHORT if given.short else _LONG, given.seed)
        chaos.refer()
        print("\n".join(_HEADING), flush=True)
        for number, disturbance in enumerate(DISTURBANCES):
            if re.search(given.only, disturbance.name):
                rows.append(chaos.row(number, disturbance))
                print(rows[-1], flush=True)
    print(
        f"{time.monotonic() - began:.0f} s, seed {given.seed}: {'everything held' if chaos.held else 'IT DID NOT HOLD'}"
    )
    if given.write and chaos.held:
        _write([*_HEADING, *rows])
    return int(not chaos.held)


def _write(table: list[str]) -> None:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    PAGE.write_text("\n".join([f"{before}{_BEGIN}", "", *table, "", f"{_END}{after}"]), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
