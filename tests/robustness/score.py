"""Which kills of a stream were found, which were told that never were, and what was told wrongly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from ingest.adapters.memory import MemorySink
from ingest.assemble import Bounds
from ingest.envelope import Envelope
from ingest.model import Raw
from ingest.offline import NoHeads
from ingest.pipeline import Pipeline
from ingest.ports import Batch, Partition
from tests.robustness.disorder import Arrived, Disorder, raws
from tests.robustness.streams import Known, Stream

SEEDS = tuple(range(1, 11))
_PARTITION = Partition("syslog", 0)
_MOST_AT_ONCE = 500


@dataclass(frozen=True)
class Score:
    """Kills of one or more streams. ``findable`` are those of which a line that names the victim arrived."""

    kills: int = 0
    findable: int = 0
    found: int = 0
    extra: int = 0
    wrong: int = 0
    details: tuple[str, ...] = ()

    def __add__(self, other: Score) -> Score:
        return Score(
            self.kills + other.kills,
            self.findable + other.findable,
            self.found + other.found,
            self.extra + other.extra,
            self.wrong + other.wrong,
            self.details + other.details,
        )

    @property
    def complaints(self) -> list[str]:
        """What stands in the way of ``holds``, a line each."""
        return [] if self.holds else [each for each in self.details if not each.startswith("lost")]

    @property
    def holds(self) -> bool:
        """Whether every kill that could be found was, nothing else was told, and nothing was told wrongly."""
        return self.found == self.findable and not self.extra and not self.wrong


def measure(disorder: Disorder, seed: int) -> Score:
    """The score of one row for one seed."""
    told, arrived = disorder.records(seed)
    return score(told, arrived, stored(raws(arrived), Random(seed)))


def stored(records: list[Raw], random: Random) -> list[dict[str, Any]]:
    """The kills that are stored once records were read, in batches cut anywhere."""
    sink = MemorySink()
    pipeline = Pipeline(Envelope(), Bounds(), timedelta(minutes=5), NoHeads())
    at = 0
    while at < len(records):
        batch = records[at : at + random.randint(1, _MOST_AT_ONCE)]
        at += len(batch)
        sink.write(pipeline.join(pipeline.step(Batch({_PARTITION: batch}, frozenset()), batch[-1].recorded_at)))
    sink.write(pipeline.join(pipeline.finish()))
    return [dict(document.source) for document in sink.documents.values() if "-kill-" in document.index]


def score(told: Stream, arrived: Iterable[Arrived], kills: list[dict[str, Any]]) -> Score:
    """Compare stored kills with the truth."""
    known = {(each.host, each.pid, each.name): each for each in told.kills}
    selected = {(each.host, pid, each.name) for each in told.kills for pid in each.also}
    found = Counter((kill["host"]["name"], kill["process"]["pid"], kill["process"]["name"]) for kill in kills)
    extra = sum((found - Counter([*known, *selected])).values())
    wrong = [
        f"{complaint}: {kill['host']['name']} {kill['process']}"
        for kill in kills
        if (truth := known.get((kill["host"]["name"], kill["process"]["pid"], kill["process"]["name"])))
        for complaint in _wrong(kill, truth)
    ]
    lost = [f"lost: {key}" for key in known if key not in found]
    surplus = [f"extra: {key}" for key in found - Counter([*known, *selected])]
    return Score(
        kills=len(told.kills),
        findable=len({each.kill for each in arrived if each.kill is not None}),
        found=sum(key in found for key in known),
        extra=extra,
        wrong=len(wrong),
        details=(*lost, *surplus, *wrong),
    )


def _wrong(kill: dict[str, Any], truth: Known) -> Iterable[str]:
    """What a document tells that is not so. What it does not tell is not wrong."""
    oom = kill["oom"]
    cgroup = oom.get("cgroup", {})
    told = {
        "constraint": (oom.get("constraint"), truth.constraint),
        "limit": (cgroup.get("limit", {}).get("path"), truth.limit),
        "task": (cgroup.get("task", {}).get("path"), truth.task_path),
    }
    return [f"{name} {said!r} is {so!r}" for name, (said, so) in told.items() if said is not None and said != so]
