"""What the kernels of some hosts logged: kills with known truth, in the order in which they were printed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import merge
from random import Random

from tests.generator.kernels import GENERATIONS, Generation, Truth, naming, report, truth

SINCE_5_1 = tuple(each for each in GENERATIONS if each.summary and not each.select)
UNTIL_5_0 = tuple(each for each in GENERATIONS if each.select or not each.summary)

_BEGIN = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
_GAPS = (0.3, 2.0, 20.0, 200.0, 900.0)
"""Seconds between two kills of a host, give or take a half: from a storm to a quiet afternoon."""
_LATE_REAPER = 0.05
_NOISE = 0.1
_FOREIGN = (
    ("kernel", "usb 1-1: new high-speed USB device number 7 using xhci_hcd"),
    ("kernel", "IPv6: ADDRCONF(NETDEV_CHANGE): veth3f0c1a2: link becomes ready"),
    ("kernel", "TCP: request_sock_TCP: Possible SYN flooding on port 443. Sending cookies."),
    ("sshd[811]", "Accepted publickey for deploy from 10.0.0.7 port 50122 ssh2"),
    ("systemd[1]", "Started Session 4711 of user deploy."),
    ("CRON[4012]", "(root) CMD (test -x /usr/sbin/anacron)"),
)


@dataclass(frozen=True)
class Known:
    """The truth of one kill. ``also`` are processes that a line names as selected: to tell of them is not wrong."""

    host: str
    pid: int
    name: str
    constraint: str
    limit: str | None
    task_path: str
    also: frozenset[int]


@dataclass(frozen=True)
class Logged:
    """One line as a host logged it. ``kill`` is the number of the kill whose victim it names."""

    host: str
    at: datetime
    uptime_us: int
    tag: str
    caller: str
    text: str
    kill: int | None = None


@dataclass(frozen=True)
class Stream:
    """Lines in the order in which they were logged, and the kills in them by number."""

    lines: tuple[Logged, ...]
    kills: tuple[Known, ...]


def stream(
    seed: int, *, kills: int = 200, hosts: int = 1, side_by_side: bool = False, of: tuple[Generation, ...] = SINCE_5_1
) -> Stream:
    """Kills, half of a cgroup and half of the machine, on hosts with one kernel each.

    Args:
        seed: Another seed, another stream; the same seed, the same stream.
        kills: How many.
        hosts: On how many hosts, in turn.
        side_by_side: Two kills at a time run beside each other on two CPUs of one host, line by line.
        of: The kernels.
    """
    random = Random(f"robustness {seed}")
    machines = [_Machine(f"node-{at:02}", of[(seed + at) % len(of)], random) for at in range(hosts)]
    known: list[Known] = []
    logs: list[list[Logged]] = [[] for _ in machines]
    for number in range(kills):
        at = number // (2 if side_by_side else 1) % hosts
        told = machines[at].kill(memcg=number % 2 == 0)
        logs[at] += machines[at].logged(told, number, beside=side_by_side and number % 2 == 1)
        known.append(machines[at].known(told))
    in_order = [sorted(log, key=lambda line: line.uptime_us) for log in logs]
    return Stream(tuple(merge(*in_order, key=lambda line: line.at)), tuple(known))


class _Machine:
    """A host with its kernel and its clock."""

    def __init__(self, host: str, generation: Generation, random: Random) -> None:
        self._host = host
        self._generation = generation
        self._random = random
        self._uptime_us = random.randint(10_000_000, 10**12)
        self._booted = _BEGIN + timedelta(seconds=random.random() * 60) - timedelta(microseconds=self._uptime_us)
        self._began_us = self._uptime_us
        self._pids: set[int] = set()

    def kill(self, *, memcg: bool) -> Truth:
        """Another kill, of processes that no earlier kill of the host named."""
        while True:
            told = truth(self._random, self._generation, memcg=memcg)
            pids = {told.victim.pid, *(each.pid for each in told.others), told.child_of or told.victim.pid}
            if not pids & self._pids:
                self._pids |= pids
                return told

    def logged(self, told: Truth, number: int, *, beside: bool) -> Iterator[Logged]:
        """The lines of a kill, and of others that log meanwhile."""
        random = self._random
        if not beside:
            self._uptime_us += int(random.choice(_GAPS) * random.uniform(0.5, 1.5) * 1e6)
            self._began_us = self._uptime_us
        now = self._began_us
        texts = report(random, told)
        names = naming(told, texts)
        caller = f"T{random.randint(300, 90_000)}"
        for at, text in enumerate(texts):
            now += random.randint(5, 90)
            reaped = text.startswith("oom_reaper:")
            if reaped:
                now += int((60 if random.random() < _LATE_REAPER else 1) * random.uniform(0.02, 1) * 1e6)
            while random.random() < _NOISE:
                tag, foreign = random.choice(_FOREIGN)
                yield self._line(now - 1, tag, "C0", foreign)
            # The reaper is a thread of its own.
            yield self._line(now, "kernel", "T61" if reaped else caller, text, number if at in names else None)
            if not reaped:
                self._uptime_us = max(self._uptime_us, now)

    def known(self, told: Truth) -> Known:
        """The truth as documents tell it."""
        return Known(
            host=self._host,
            pid=told.victim.pid,
            name=told.victim.name,
            constraint="memcg" if told.limit else "none",
            limit=told.limit,
            task_path=told.task_path,
            also=frozenset({told.child_of} if told.child_of else ()),
        )

    def _line(self, uptime_us: int, tag: str, caller: str, text: str, kill: int | None = None) -> Logged:
        return Logged(self._host, self._booted + timedelta(microseconds=uptime_us), uptime_us, tag, caller, text, kill)
