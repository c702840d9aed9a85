"""The logs of a made fleet: reports as kernels print them, between the lines of other programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from itertools import islice, repeat
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.generator.kernels import GENERATIONS, process, report, truth

HOSTS = 2_000
A_SECOND = 5_000
"""Lines that the fleet logs in a second."""
_TASKS = 60
"""Rows of a process table."""
_BEGIN = datetime(2026, 11, 20, 8, tzinfo=UTC)
MONTH = f"{_BEGIN:%Y.%m}"
_MODERN = tuple(each for each in GENERATIONS if each.summary and not each.select)
_OF_KERNELS = "kernel: "
_OTHERS = (
    "sshd[{n}]: Accepted publickey for deploy from 10.0.0.7 port {n} ssh2: RSA SHA256:kXv2",
    'nginx[{n}]: 10.0.0.1 - - "GET /index.html?session={n} HTTP/1.1" 200 5120 "-" "curl/8.5.0"',
    "systemd[1]: Started Session {n} of user deploy.",
    "CRON[{n}]: (root) CMD (test -x /usr/sbin/anacron || run-parts --report /etc/cron.hourly)",
    "app[{n}]: request {n} took 12 ms, cache hit ratio 0.97, 3 workers busy, queue empty",
    _OF_KERNELS + "IPv6: ADDRCONF(NETDEV_CHANGE): veth3f0c1a2: link becomes ready",
)
_OFTEN = (24, 30, 15, 10, 16, 5)
_KINDS = 10_000


class Logged(NamedTuple):
    """One line: who logged it, when, and whether it is of a report."""

    host: str
    at: datetime
    text: str
    of_report: bool


def fleet(count: int, share: float, seed: int = 1, hosts: int = HOSTS) -> Iterator[Logged]:
    """``count`` lines, of which ``share`` are of reports. The same seed, the same lines."""
    random = Random(f"bench {seed}")
    made = written = 0
    while made < count:
        host = f"node-{random.randrange(hosts):04}"
        for text in _report(random):
            yield _line(made, host, _printed(made, host, text), of_report=True)
            made, written = made + 1, written + 1
            while written / share > made and random.random() < (0.7 if share < 1 else 0):
                yield _other(made, random, hosts)
                made += 1
        while made < min(count, written / share):
            yield _other(made, random, hosts)
            made += 1


def unfinished(count: int, lines: int, seed: int = 1) -> Iterator[Logged]:
    """``count`` hosts that print the first ``lines`` lines of a report each, all at the same time."""
    random = Random(f"unfinished {seed}")
    endless = (_report(random, lines) for _ in repeat(None))
    texts = [*islice((text[:lines] for text in endless if len(text) > lines), count)]
    made = 0
    for at in range(lines):
        for number, text in enumerate(texts):
            host = f"node-{number:04}"
            yield _line(made, host, _printed(made, host, text[at]), of_report=True)
            made += 1


def write(path: Path, lines: Iterator[Logged]) -> int:
    """Write lines to a file; how many there were."""
    with path.open("w", encoding="utf-8") as out:
        return sum(1 for line in lines if out.write(line.text + "\n"))


def _report(random: Random, tasks: int = _TASKS) -> list[str]:
    told = truth(random, random.choice(_MODERN), memcg=random.random() < 0.5)
    more = tuple(process(random, 100_000 + at) for at in range(tasks))
    return report(random, replace(told, others=told.others + more))


def _other(number: int, random: Random, hosts: int) -> Logged:
    host, text = f"node-{random.randrange(hosts):04}", random.choice(_others())
    if text.startswith(_OF_KERNELS):
        text = _printed(number, host, text.removeprefix(_OF_KERNELS))
    return _line(number, host, text, of_report=False)


def _printed(number: int, host: str, text: str) -> str:
    """A line of a host's kernel, with the time since that host was booted."""
    return f"{_OF_KERNELS}[{_booted(host) + number / A_SECOND:12.6f}] {text}"


@cache
def _booted(host: str) -> float:
    """Seconds that a host had been up for when the first line was logged."""
    return Random(f"booted {host}").uniform(1e4, 1e6)


@cache
def _others() -> tuple[str, ...]:
    """Some thousand lines of other programs."""
    random = Random("others")
    chosen = random.choices(_OTHERS, _OFTEN, k=_KINDS)
    return tuple(text.replace("{n}", str(random.randrange(1_000, 99_999))) for text in chosen)


def _line(number: int, host: str, text: str, *, of_report: bool) -> Logged:
    second = _second(number // A_SECOND)
    at = _BEGIN + timedelta(seconds=number / A_SECOND)
    return Logged(host, at, f"{second} {host} {text}", of_report)


@lru_cache(maxsize=8)
def _second(number: int) -> str:
    return f"{_BEGIN + timedelta(seconds=number):%b %d %H:%M:%S}"
