"""A made fleet: a million kills of 10,000 hosts over 90 days, as the documents that the pipeline writes.

A kill and its episode of each workload go through the real pipeline once. The rest are copies with another host, time,
pod, container and ids: a million reports through the pipeline would take an hour and give the same documents.

The fleet has what real ones have: a few workloads with most kills, hosts that are worse than others, quiet nights, pods
that get a new name every week, workloads that come and go, and bad roll-outs that hit hundreds of hosts within minutes.
"""

from __future__ import annotations

import hashlib
import random
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import orjson
from msgspec import Struct

from ingest.assemble import Bounds
from ingest.demo.kernel_lines import Kill, Process, report
from ingest.envelope import Envelope
from ingest.model import Origin, Raw
from ingest.offline import documents

if TYPE_CHECKING:
    from collections.abc import Iterator

KILLS, HOSTS, DAYS = 1_000_000, 10_000, 90
LAST_DAY = date(2026, 11, 25)
FIRST_DAY = LAST_DAY - timedelta(days=DAYS - 1)

_ROLES = ("web", "api", "db", "cache", "batch", "queue", "search", "build")
_FIRST = ("led", "cart", "mail", "pix", "geo", "auth", "bill", "feed", "log", "sync")
_NAMES = tuple(f"{first}{last}" for first in _FIRST for last in ("ger", "ster", "ix", "ora", "um"))
"""Workloads of each role. A name without digits stays as it is in a signature."""
_VARIANTS = 4
"""Reports of a workload that differ in what the victim held."""
_ROLL_OUTS = 12
_HOURS = (3, 2, 2, 2, 2, 3, 5, 7, 9, 10, 10, 9, 8, 9, 10, 10, 9, 8, 7, 6, 6, 5, 4, 3)
"""How the kills of a day spread over its hours."""
_DAY = 86_400

_BEGIN = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=UTC)
_END = _BEGIN + timedelta(days=DAYS, seconds=-1)

_HOST, _POD, _CONTAINER = "hosthost", "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee", "f" * 64
_AT = datetime(2026, 1, 5, 3, 4, 5, tzinfo=UTC)


class Workload(Struct, frozen=True, kw_only=True):
    """What is killed: its documents, cut where a copy differs, and the days on which there are any."""

    role: str
    kills: list[tuple[Template, Template]]
    """Variants, each as a kill and an episode."""
    weight: float
    first: int
    last: int


class Template(Struct, frozen=True):
    """A document in pieces: between two of them stands what a copy has of its own, by name."""

    pieces: tuple[bytes, ...]
    names: tuple[str, ...]

    def filled(self, values: dict[str, bytes]) -> bytes:
        """One copy."""
        parts = [self.pieces[0]]
        for name, piece in zip(self.names, self.pieces[1:], strict=True):
            parts += (values[name], piece)
        return b"".join(parts)


def fleet(seed: int = 1) -> Iterator[tuple[str, str, bytes]]:
    """Index (without prefix), id and source of every document: kills and their episodes, in no order of time."""
    chance = random.Random(seed)
    workloads = _workloads(chance)
    hosts = {role: [f"{role}-{n:04d}.example.com" for n in range(HOSTS // len(_ROLES))] for role in _ROLES}
    bad = {role: list(accumulate(chance.paretovariate(1.2) for _ in of)) for role, of in hosts.items()}
    weights = list(accumulate(each.weight for each in workloads))
    left = KILLS
    for _ in range(_ROLL_OUTS):
        workload = chance.choice(workloads)
        begin = chance.randrange(workload.first, workload.last + 1) * _DAY + chance.randrange(_DAY - 600)
        for host in chance.sample(hosts[workload.role], chance.randrange(50, 400)):
            yield from _episode(chance, workload, host, begin + chance.randrange(240), 1)
            left -= 1
    while left:
        workload = chance.choices(workloads, cum_weights=weights)[0]
        host = chance.choices(hosts[workload.role], cum_weights=bad[workload.role])[0]
        day = chance.randrange(workload.first, workload.last + 1)
        second = chance.choices(range(24), _HOURS)[0] * 3_600 + chance.randrange(3_600)
        count = min(left, 1 + int(chance.expovariate(0.9)))
        yield from _episode(chance, workload, host, day * _DAY + second, count)
        left -= count


def _workloads(chance: random.Random) -> list[Workload]:
    """Every workload of every role, after one pass of the real pipeline over a report of each variant."""
    lines: dict[str, list[str]] = {}
    for role in _ROLES:
        for number in range(len(_NAMES)):
            for variant in range(_VARIANTS):
                lines[f"{_HOST}{role}{number}x{variant}"] = _report(chance, role, number)
    found = _documents(lines)
    return [
        Workload(
            role=role,
            kills=[
                _templates(found[f"{_HOST}{role}{number}x{variant}"], f"{_HOST}{role}{number}x{variant}", role, number)
                for variant in range(_VARIANTS)
            ],
            weight=1 / (number + 1) ** 1.1,
            first=chance.randrange(DAYS // 2) if number % 7 == 6 else 0,
            last=chance.randrange(DAYS // 2, DAYS) if number % 9 == 8 else DAYS - 1,
        )
        for role in _ROLES
        for number in range(len(_NAMES))
    ]


def _report(chance: random.Random, role: str, number: int) -> list[str]:
    """The kernel's lines of one kill: of a pod, of a service at its limit, or of a machine without memory."""
    name = f"{role}-{_NAMES[number]}"
    limit = (256 << number % 4) * 1024
    pages = limit // 4
    victim = Process(pid=31_000, name=name, total_vm=pages * 3, anon=pages - 600 - chance.randrange(pages // 3))
    others = tuple(Process(pid=900 + n, name=f"helper-{n}", total_vm=9_000, anon=300 + n) for n in range(5))
    pod = f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{_POD.replace('-', '_')}.slice"
    path, bound = f"/system.slice/{name}.service", f"/system.slice/{name}.service"
    if number % 3:
        path, bound = f"{pod}/cri-containerd-{_CONTAINER}.scope", pod
    limits: dict[str, Any] = {} if number % 10 == 9 else {"limit_path": bound, "limit_kb": limit}
    return report(Kill(trigger=name, victim=victim, others=others, task_path=path, **limits), 880_000.0)


def _documents(lines: dict[str, list[str]]) -> dict[str, dict[str, dict[str, Any]]]:
    """For each host the documents of its lines by dataset, as the pipeline writes them."""
    raws = [
        Raw(Origin("fleet", 0, at), f"{_AT:%Y-%m-%dT%H:%M:%S}Z {host} kernel: {line}".encode(), _AT)
        for host, of in lines.items()
        for at, line in enumerate(of)
    ]
    found: dict[str, dict[str, dict[str, Any]]] = {host: {} for host in lines}
    for document in documents(raws, Envelope(), Bounds(), timedelta(minutes=5)):
        source = orjson.loads(orjson.dumps(document.source))
        found[source["host"]["name"]][source["event"]["dataset"]] = source
    return found


def _templates(found: dict[str, dict[str, Any]], host: str, role: str, number: int) -> tuple[Template, Template]:
    """Kill and episode, completed with what a lookup table would know, cut where copies differ."""
    kill, episode = found["oom.kill"], found["oom.episode"]
    for source in (kill, episode):
        source["labels"] = {"role": role}
        source.setdefault("orchestrator", {})["cluster"] = {"name": f"cluster-{number % 4}"}
        if number % 3:
            source.setdefault("kubernetes", {})["namespace"] = f"team-{number % 40}"
    own = {
        kill["event"]["id"]: "kill", kill["oom"]["report"]["id"]: "report", kill["oom"]["episode"]["id"]: "episode",
        host: "host", _POD: "pod", _POD.replace("-", "_"): "pod_", _CONTAINER: "container", kill["@timestamp"]: "at",
    }  # fmt: skip
    return _cut(kill, own), _cut(episode, own | {'"kill_count":1': "kills"})


def _cut(source: dict[str, Any], own: dict[str, str]) -> Template:
    pieces, names = [orjson.dumps(source)], list[str]()
    for text, name in own.items():
        at = 0
        while at < len(pieces):
            before, found, after = pieces[at].partition(text.encode())
            if found:
                pieces[at : at + 1] = [before, after]
                names.insert(at, name)
            at += 1
    return Template(tuple(pieces), tuple(names))


def _episode(
    chance: random.Random, workload: Workload, host: str, second: int, count: int
) -> Iterator[tuple[str, str, bytes]]:
    begin = _BEGIN + timedelta(seconds=second)
    week = second // (7 * _DAY)
    digits = hashlib.sha256(f"{host} {week} {workload.weight}".encode()).hexdigest()
    pod = f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"
    identity = f"{begin:%Y%m%dT%H%M%SZ}-{host}-{chance.getrandbits(48):012x}"
    values = {
        "host": host, "pod": pod, "pod_": pod.replace("-", "_"), "container": digits, "episode": identity,
        "kills": f'"kill_count":{count}', "at": _iso(begin), "kill": identity, "report": identity,
    }  # fmt: skip
    kill, episode = chance.choice(workload.kills)
    yield f"episode-{begin:%Y.%m}", identity, episode.filled({k: v.encode() for k, v in values.items()})
    at = begin
    for _ in range(count):
        kill_id = f"{chance.getrandbits(128):032x}"
        values |= {"at": _iso(at), "kill": kill_id, "report": f"{chance.getrandbits(128):032x}"}
        yield f"kill-{at:%Y.%m}", kill_id, kill.filled({k: v.encode() for k, v in values.items()})
        at = min(at + timedelta(seconds=chance.randrange(20, 290)), _END)


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.000Z"
