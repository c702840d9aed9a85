"""Generated fleets: documents of kills and episodes, as odd as logs may make them."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from msgspec import Struct

from ingest.trends.period import Period, between

Document = dict[str, Any]

ZONES = ("UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Pacific/Chatham", "America/Sao_Paulo")
NOW = datetime(2026, 11, 12, 9, 41, 7, tzinfo=UTC)
HOSTS = ("web-1", "web-2", "web-3", "web-4", "web-5", "web-6", "web-7", "db-1", "<b>&amp;\"'</b>", "ü-host", "x" * 300)
NAMES = (
    None,
    "java",
    "mysqld",
    "a*b?c\\d",
    "<script>alert(1)</script>",
    "=1+1",
    "node server.js",
    "y" * 1_024,
    "z" * 1_025,
)
PATHS = (None, "/system.slice/a.service", "/kubepods/" + "p" * 4_000, "/" + "q" * 4_096, "/k8s/<img src=x>")
SIZES = (None, 1, 4_096, 209_715_200, 209_715_201, 1 << 34)
_DAY = 86_400_000
_MINUTES = 8 * 60_000
"""A bad roll-out takes minutes: many kills lie this near to one of a few moments."""
_CROWDED, _EDGE = 0.4, 0.5


class Fleet(Struct, frozen=True):
    """Documents, the period that is asked for, and the hosts of an inventory."""

    documents: list[Document]
    period: Period
    inventory: frozenset[str]


@st.composite
def fleets(draw: st.DrawFn, most: int = 250) -> Fleet:
    """Kills before, in and after two windows, some of them crowded together.

    The documents come out of one drawn seed: drawn one by one they would be a handful.
    """
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    begin = draw(st.sampled_from(["2026-10-20", "2026-10-24", "2026-11-01T10:07", "2026-03-28"]))
    ends = (
        ["2026-03-28", "2026-03-29", "2026-04-20"]
        if begin == "2026-03-28"
        else ["2026-11-03", "2026-11-08T23:59:59.999", None]
    )
    period = between(begin, draw(st.sampled_from(ends)), NOW, zone)
    sizes = draw(st.integers(0, most)), draw(st.integers(0, most // 3))
    chance = random.Random(draw(st.integers(0, 2**32)))
    moments = _Moments(chance, period)
    kills = [_kill(chance, moments.one()) for _ in range(sizes[0])]
    episodes = [_episode(chance, moments.one()) for _ in range(sizes[1])]
    documents = [_indexed(kind, number, each) for kind, of in (("kill", kills), ("episode", episodes))
                 for number, each in enumerate(of)]  # fmt: skip
    inventory = frozenset(chance.sample([*HOSTS, "idle-1", "idle-2"], chance.randrange(len(HOSTS))))
    return Fleet(documents, period, inventory)


def example(kills: int) -> Fleet:
    """One fleet, always the same."""
    period = between("2026-10-20", "2026-11-08", NOW, ZoneInfo("Europe/Berlin"))
    chance = random.Random(kills)
    moments = _Moments(chance, period)
    documents = [_indexed("kill", number, _kill(chance, moments.one())) for number in range(kills)]
    return Fleet(documents, period, frozenset())


class _Moments:
    """Moments before, in and after the windows: some anywhere, some near their edges, some crowded together."""

    def __init__(self, chance: random.Random, period: Period) -> None:
        self._chance = chance
        begin = period.before.start or 0
        self._bounds = (begin - 3 * _DAY, period.now.end + _DAY)
        self._edges = [begin, period.now.start or 0, period.now.end]
        self._crowds = [self._anywhere() for _ in range(chance.randrange(1, 4))]

    def one(self) -> int:
        """The next moment."""
        kind = self._chance.random()
        if kind < _CROWDED:
            return self._chance.choice(self._crowds) + self._chance.randrange(_MINUTES)
        if kind < _EDGE:
            return self._chance.choice(self._edges) + self._chance.choice([-1, 0, 1])
        return self._anywhere()

    def _anywhere(self) -> int:
        return self._chance.randrange(*self._bounds)


def _kill(chance: random.Random, at: int) -> Document:
    number = chance.randrange(6)
    return {
        "@timestamp": _iso(at),
        "event": {"dataset": "oom.kill"},
        "host": {"name": chance.choice(HOSTS)},
        "process": _present(name=chance.choice(NAMES)),
        "kubernetes": _present(namespace=chance.choice(NAMES)),
        "systemd": _present(unit=chance.choice(NAMES)),
        "labels": _present(role=chance.choice(["web", "worker", None])),
        "oom": _present(
            signature=f"{number:032x}",
            signature_name=chance.choice([f"linux memcg /w{number}", None]),
            constraint=("memcg", "none", None)[number % 3],
            culprit=_present(name=chance.choice(NAMES)),
            cgroup=_present(
                limit=_present(path=chance.choice(PATHS)),
                memory=_present(limit=_present(bytes=chance.choice(SIZES)), usage=_present(bytes=chance.choice(SIZES))),
            ),
            victim=_present(memory=_present(rss=_present(bytes=chance.choice([None, chance.randrange(1 << 34)])))),
        ),
    }


def _episode(chance: random.Random, at: int) -> Document:
    return {"@timestamp": _iso(at), "event": {"dataset": "oom.episode"}, "host": {"name": chance.choice(HOSTS)}}


def _indexed(kind: str, number: int, source: Document) -> Document:
    month = str(source["@timestamp"])[:7].replace("-", ".")
    return {"_index": f"oom-{kind}-{month}", "_id": f"{kind}{number}", "_source": source}


def _iso(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"


def _present(**values: object) -> Document:
    return {name: value for name, value in values.items() if value not in (None, {})}
