"""The numbers of a report, computed from the documents the plain way: slow, and without any of the product's rooms."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from tests.trends.fleets import Document, Fleet

_FIVE = 300_000
_RANKED = {
    "oom.culprit.name": 1_024, "process.name": 1_024, "oom.cgroup.limit.path": 4_096, "kubernetes.namespace": 1_024,
    "systemd.unit": 1_024, "oom.constraint": 1_024,
}  # fmt: skip


def get(source: Document, field: str) -> Any:
    value: Any = source
    for name in field.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def at(source: Document) -> int:
    return round(datetime.fromisoformat(source["@timestamp"]).timestamp() * 1000)


class Numbers:
    """Everything of a fleet that a report tells, under the report's names."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet, period = fleet, fleet.period
        self.zone: ZoneInfo = period.zone
        sources = [document["_source"] for document in fleet.documents]
        kills = sorted((s for s in sources if s["event"]["dataset"] == "oom.kill"), key=at)
        episodes = sorted((s for s in sources if s["event"]["dataset"] == "oom.episode"), key=at)
        begin, middle, end = period.before.start or 0, period.now.start or 0, period.now.end
        assert period.before.end == middle
        self.all_kills = kills
        self.kills = [k for k in kills if middle <= at(k) < end]
        self.kills_before = [k for k in kills if begin <= at(k) < middle]
        self.kills_earlier = [k for k in kills if at(k) < begin]
        self.episodes = [e for e in episodes if middle <= at(e) < end]
        self.episodes_before = [e for e in episodes if begin <= at(e) < middle]

    def episodes_with(self, fits: Callable[[Document], bool]) -> list[Document]:
        """The episodes that have such a kill, whenever that was."""
        found = {kill["oom"]["episode"]["id"] for kill in self.all_kills if fits(kill)}
        return [episode for episode in self.episodes if get(episode, "oom.episode.id") in found]

    def hosts(self, of: list[Document]) -> set[str]:
        return {source["host"]["name"] for source in of}

    def between(self, episodes: list[Document]) -> float | None:
        gaps = []
        for host in self.hosts(episodes):
            times = sorted(at(e) for e in episodes if e["host"]["name"] == host)
            gaps += [later - earlier for earlier, later in pairwise(times)]
        return sum(gaps) / len(gaps) / 1000 if gaps else None

    def day(self, source: Document) -> str:
        return datetime.fromisoformat(source["@timestamp"]).astimezone(self.zone).date().isoformat()

    def dates(self, begin: int, end: int) -> list[str]:
        first, last = (datetime.fromtimestamp(t / 1000, self.zone).date() for t in (begin, end - 1))
        return [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]

    def per_day(self, of: list[Document], begin: int, end: int) -> list[int]:
        counts = Counter(self.day(source) for source in of)
        return [counts[date] for date in self.dates(begin, end)]

    def hosts_per_day(self) -> list[int]:
        period = self.fleet.period
        return [
            len({k["host"]["name"] for k in self.kills if self.day(k) == date})
            for date in self.dates(period.now.start or 0, period.now.end)
        ]

    def week(self) -> list[list[int]]:
        counts = Counter[tuple[int, int]]()
        for kill in self.kills:
            # Hours are those in which the kill's quarter of an hour begins.
            local = datetime.fromtimestamp(at(kill) // 900_000 * 900, self.zone)
            counts[local.weekday(), local.hour] += 1
        return [[counts[day, hour] for hour in range(24)] for day in range(7)]

    def signatures(self) -> dict[str, tuple[str, int, int]]:
        """Trend, kills and kills before of each signature of both windows."""
        now, before, earlier = (
            Counter(k["oom"]["signature"] for k in of) for of in (self.kills, self.kills_before, self.kills_earlier)
        )
        found = {}
        for signature in {*now, *before}:
            a, b = now[signature], before[signature]
            if b == 0:
                trend = "back" if earlier[signature] else "new"
            elif a == 0:
                trend = "stopped"
            elif abs(a - b) <= 2 * math.sqrt(a + b) or abs(a - b) < 0.2 * b:
                trend = "steady"
            else:
                trend = "worse" if a > b else "better"
            found[signature] = (trend, a, b)
        return found

    def of_signature(self, signature: str) -> list[Document]:
        return [kill for kill in self.kills if kill["oom"]["signature"] == signature]

    def ranking(self, field: str) -> tuple[list[tuple[str, int, int]], int, int]:
        """The twenty values with most kills, now and before; kills with others, kills with none."""
        now, before = ([v for k in of if (v := get(k, field)) and len(v) <= _RANKED[field]]
                       for of in (self.kills, self.kills_before))  # fmt: skip
        counts, counts_before = Counter(now), Counter(before)
        rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:20]
        shown = [(name, count, counts_before[name]) for name, count in rows]
        return shown, len(now) - sum(count for _, count in rows), len(self.kills) - len(now)

    def offenders(self) -> list[tuple[str, int, int]]:
        """Host, episodes and kills of hosts with two episodes or more."""
        episodes = Counter(e["host"]["name"] for e in self.episodes)
        kills = Counter(k["host"]["name"] for k in self.kills)
        found = [(host, count, kills[host]) for host, count in episodes.items() if count > 1]
        return sorted(found, key=lambda one: (-one[1], -one[2], one[0]))

    def bursts(self) -> set[tuple[str, int, int, int, str]]:
        """Signature, first slot, hosts, kills and first host of each burst."""
        found = set()
        for signature in {k["oom"]["signature"] for k in self.kills}:
            kills = self.of_signature(signature)
            slots = sorted({at(k) // _FIVE for k in kills})
            crowded = {
                slot
                for first in range(slots[0] - 1, slots[-1] + 1) if {first, first + 1} & set(slots)
                if self.is_crowded(kills, first)
                for slot in (first, first + 1) if slot in slots
            }  # fmt: skip
            for slot in crowded:
                if slot - 1 in crowded:
                    continue
                last = slot
                while last + 1 in crowded:
                    last += 1
                inside = [k for k in kills if slot <= at(k) // _FIVE <= last]
                first = min(inside, key=lambda k: (at(k), k["host"]["name"]))
                row = (signature, slot * _FIVE, len(self.hosts(inside)), len(inside), first["host"]["name"])
                found.add(row)
        return found

    def is_crowded(self, kills: list[Document], first: int) -> bool:
        """Whether two slots have 5 hosts and 6 roots more than there are usually kills, going by all other kills."""
        within = [k for k in kills if at(k) // _FIVE in (first, first + 1)]
        length = self.fleet.period.now.end - (self.fleet.period.now.start or 0)
        usual = (len(kills) - len(within)) * 2 * _FIVE / length
        return len(self.hosts(within)) >= 5 + math.ceil(usual + 6 * math.sqrt(usual))

    def sizes(self, signature: str, field: str) -> list[int]:
        return sorted(v for k in self.of_signature(signature) if (v := get(k, field)) is not None)
