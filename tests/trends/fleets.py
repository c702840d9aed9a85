"""Generated fleets: documents of kills and episodes, as odd as logs may make them."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from msgspec import Struct

from ingest.trends.period import Period, between, milliseconds

Document = dict[str, Any]

ZONES = ("UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Pacific/Chatham", "America/Sao_Paulo")
NOW = datetime(2026, 11, 12, 9, 41, 7, tzinfo=UTC)
SELECTIONS = (
    ["host.name:web-*", "host.name:db-1"],
    ["host.name:<b>*"],
    ["oom.signature:00000000000000000000000000000001"],
    ["process.name:a*b?c\\d"],
    ["process.name:*\\*", "oom.constraint:memcg"],
    ["process.name:node *", "host.name:*-*"],
    ["process.name:*", "systemd.unit:java"],
    ["oom.cgroup.limit.path:/kubepods/*"],
    ["oom.cgroup.memory.limit.bytes:209715200"],
    ["labels.role:web"],
    ["labels.role:w*"],
    ["kubernetes.namespace:java"],
    ["systemd.unit:mysqld"],
    ["oom.constraint:none"],
    ["oom.culprit.name:java"],
    ["oom.scope:machine", "orchestrator.cluster.name:prod-*"],
    ["oom.signature_name:*w1"],
    ["host.ip:10.0.0.7"],
    ["host.ip:10.1.2.3/16", "host.ip:2001:db8::/32"],
    ["host.ip:FE80::7"],
    ["host.ip:::/0", "host.name:*-*"],
    ["host.ip:fe80::/10"],
    ["host.ip:*"],
)
"""What a report may be asked for, by fields of the host, of the kill and of the victim."""
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
ADDRESSES = (
    ["10.0.0.7", "fe80::7"], "10.1.0.9", "::ffff:10.0.0.7", ["n/a", "010.0.0.7", "10.0.0.0/8"], "fe80::1%eth0",
    "2001:db8::1",
)  # fmt: skip
SIZES = (None, 1, 4_096, 209_715_200, 209_715_201, 1 << 34)
_DAY = 86_400_000
_MINUTES = 8 * 60_000
"""A bad roll-out takes minutes: many kills lie this near to one of a few moments."""
_CROWDED, _EDGE = 0.4, 0.5
_SILENCE = 5 * 60_000
"""Ends an episode."""
_OF_HOSTS = {
    host: {
        "labels": {"role": ("web", "worker")[number % 2]} if number % 3 else None,
        "orchestrator": {"cluster": {"name": ("prod-1", "test")[number % 2]}} if number % 4 else None,
    }
    for number, host in enumerate(HOSTS)
}


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
    episodes = [*_episodes(kills), *(_without_a_kill(chance, moments.one()) for _ in range(sizes[1]))]
    inventory = frozenset(chance.sample([*HOSTS, "idle-1", "idle-2"], chance.randrange(len(HOSTS))))
    return Fleet(_indexed(kills, episodes), period, inventory)


def example(kills: int) -> Fleet:
    """One fleet, always the same."""
    period = between("2026-10-20", "2026-11-08", NOW, ZoneInfo("Europe/Berlin"))
    chance = random.Random(kills)
    moments = _Moments(chance, period)
    killed = [_kill(chance, moments.one()) for _ in range(kills)]
    return Fleet(_indexed(killed, _episodes(killed)), period, frozenset())


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
    memcg = number % 3 == 0
    return {
        **_on(chance.choice(HOSTS), at, "oom.kill"),
        "process": _present(name=chance.choice(NAMES)),
        "kubernetes": _present(namespace=chance.choice(NAMES)),
        "systemd": _present(unit=chance.choice(NAMES)),
        "oom": _present(
            signature=f"{number:032x}",
            signature_name=chance.choice([f"linux memcg /w{number}", None]),
            constraint=("memcg", "none", None)[number % 3],
            scope="cgroup" if memcg else "machine",
            scope_name=f"/w{number}" if memcg else None,
            culprit=_present(name=chance.choice(NAMES)),
            cgroup=_present(
                limit=_present(path=chance.choice(PATHS)),
                memory=_present(limit=_present(bytes=chance.choice(SIZES)), usage=_present(bytes=chance.choice(SIZES))),
            ),
            victim=_present(memory=_present(rss=_present(bytes=chance.choice([None, chance.randrange(1 << 34)])))),
        ),
    }


def _episodes(kills: list[Document]) -> list[Document]:
    """The episodes of kills, which are told theirs: those of one host and scope, without a silence."""
    found: list[list[Document]] = []
    for kill in sorted(kills, key=lambda k: (k["host"]["name"], k["oom"].get("scope_name", ""), _moment(k))):
        before = found[-1][-1] if found else None
        if before is None or _place(before) != _place(kill) or _moment(kill) - _moment(before) > _SILENCE:
            found.append([])
        found[-1].append(kill)
        kill["oom"]["episode"] = {"id": f"episode-{len(found)}"}
    return [_episode(members) for members in found]


def _episode(kills: list[Document]) -> Document:
    """What an episode says: of the host, the lists of its kills, and of its first report what is of that alone."""
    first = kills[0]["oom"]
    in_cgroup = {name: kills[0][name] for name in ("kubernetes", "systemd")} if first["scope"] == "cgroup" else {}
    return {
        **_on(kills[0]["host"]["name"], _moment(kills[0]), "oom.episode"),
        **in_cgroup,
        "oom": _present(
            signature=first["signature"],
            signature_name=first.get("signature_name"),
            scope=first["scope"],
            scope_name=first.get("scope_name"),
            constraint=sorted({kill["oom"].get("constraint") for kill in kills} - {None}),
            culprit=first.get("culprit"),
            episode={
                "id": first["episode"]["id"],
                "kill_count": len(kills),
                "victim_names": sorted({kill["process"].get("name") for kill in kills} - {None}),
                "signatures": list(dict.fromkeys(kill["oom"]["signature"] for kill in kills)),
            },
        ),
    }


def _without_a_kill(chance: random.Random, at: int) -> Document:
    """The episode of a report that found no victim."""
    return _on(chance.choice(HOSTS), at, "oom.episode") | {"oom": {"scope": "machine", "episode": {"kill_count": 0}}}


def _on(host: str, at: int, dataset: str) -> Document:
    """What every document of a host has."""
    address = ADDRESSES[HOSTS.index(host) % len(ADDRESSES)]
    head = {"@timestamp": _iso(at), "event": {"dataset": dataset}, "host": {"name": host, "ip": address}}
    return head | _present(**_OF_HOSTS[host])


def _place(kill: Document) -> tuple[str, str | None]:
    return kill["host"]["name"], kill["oom"].get("scope_name")


def _indexed(kills: list[Document], episodes: list[Document]) -> list[Document]:
    return [
        {"_index": f"oom-{kind}-{_month(source)}", "_id": f"{kind}{number}", "_source": source}
        for kind, of in (("kill", kills), ("episode", episodes))
        for number, source in enumerate(of)
    ]


def _month(source: Document) -> str:
    return str(source["@timestamp"])[:7].replace("-", ".")


def _moment(source: Document) -> int:
    return milliseconds(datetime.fromisoformat(source["@timestamp"]))


def _iso(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"


def _present(**values: object) -> Document:
    return {name: value for name, value in values.items() if value not in (None, {}, [])}
