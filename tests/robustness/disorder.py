"""What goes wrong between a kernel and a topic: each function takes lines in order and gives records as they arrive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from ingest.model import Origin, Raw
from tests.robustness.envelopes import ENVELOPES, Sent, rfc3164, rfc3164_with_caller, ring
from tests.robustness.streams import UNTIL_5_0, Logged, Stream, stream

_SHIPPING = timedelta(milliseconds=200)


@dataclass(frozen=True)
class Arrived:
    """One record: its value and key, the time stamp Kafka gave it, and the kill whose victim it names."""

    sent: Sent
    at: datetime
    kill: int | None


@dataclass(frozen=True)
class Disorder:
    """A row of the table: what the input is, the stream of a seed, and its records as they arrive."""

    name: str
    stream: Callable[[int], Stream]
    arrive: Callable[[Stream, Random], list[Arrived]]

    def records(self, seed: int) -> tuple[Stream, list[Arrived]]:
        """The stream of a seed and its records."""
        told = self.stream(seed)
        return told, self.arrive(told, Random(f"{self.name} {seed}"))


def raws(arrived: list[Arrived]) -> list[Raw]:
    """Records of one partition."""
    return [
        Raw(Origin("syslog", 0, at), each.sent[0], each.at, each.sent[1].decode() if each.sent[1] else None)
        for at, each in enumerate(arrived)
    ]


def _in(render: Callable[[Logged], Sent]) -> Callable[[Stream, Random], list[Arrived]]:
    return lambda told, random: [_arrived(line, render) for line in told.lines]  # noqa: ARG005  one shape for all


def _arrived(line: Logged, render: Callable[[Logged], Sent] = rfc3164, later: float = 0) -> Arrived:
    return Arrived(render(line), line.at + _SHIPPING + timedelta(seconds=later), line.kill)


def _lossy(share: float) -> Callable[[Stream, Random], list[Arrived]]:
    return lambda told, random: [_arrived(line) for line in told.lines if random.random() >= share]


def _twice(told: Stream, random: Random) -> list[Arrived]:
    once = _in(rfc3164)(told, random)
    return [*once, *once]


def _two_shippers(told: Stream, random: Random) -> list[Arrived]:
    """The same lines by rsyslog and by the journal, the second up to a second later."""
    both = [_arrived(line) for line in told.lines]
    both += [_arrived(line, ENVELOPES["journald JSON"], random.random()) for line in told.lines]
    return sorted(both, key=lambda each: each.at)


def _two_files(told: Stream, random: Random) -> list[Arrived]:
    """kern.log and syslog of one host: every line twice, the copy a little later."""
    both = [_arrived(line) for line in told.lines]
    both += [_arrived(line, later=random.random() / 10) for line in told.lines]
    return sorted(both, key=lambda each: each.at)


def _shuffled(told: Stream, random: Random) -> list[Arrived]:
    return sorted((_arrived(line, later=2 * random.random()) for line in told.lines), key=lambda each: each.at)


def _cut(told: Stream, random: Random) -> list[Arrived]:  # noqa: ARG001
    return [_arrived(line, lambda each: (rfc3164(each)[0][:160], None)) for line in told.lines]


def _escaped(told: Stream, random: Random) -> list[Arrived]:  # noqa: ARG001
    """A few lines of a host in one record, with rsyslog's ``#012`` between them."""
    return list(_glued(told, "#012", lambda line: line.text))


def _run_together(told: Stream, random: Random) -> list[Arrived]:  # noqa: ARG001
    """A few lines of a host in one record without anything between them but their own uptimes."""
    return list(_glued(told, " ", ring))


def _glued(told: Stream, between: str, again: Callable[[Logged], str]) -> Iterator[Arrived]:
    together: list[Logged] = []
    for line in (*told.lines, None):
        if together and (line is None or len(together) == 4 or not _one_printk(together[0], line)):
            first, *more = together
            yield Arrived(
                (rfc3164(first)[0] + "".join(between + again(each) for each in more).encode(), None),
                together[-1].at + _SHIPPING,
                next((each.kill for each in together if each.kill is not None), None),
            )
            together = []
        if line:
            together.append(line)


def _one_printk(first: Logged, line: Logged) -> bool:
    same = (first.host, first.tag, first.caller) == (line.host, line.tag, line.caller)
    return same and line.at - first.at < _SHIPPING


def _one_host(seed: int) -> Stream:
    return stream(seed)


def _fifty_hosts(seed: int) -> Stream:
    told = stream(seed, hosts=50)
    random = Random(f"interleaved {seed}")
    waiting: dict[str, list[Logged]] = {}
    for line in reversed(told.lines):
        waiting.setdefault(line.host, []).append(line)
    mixed = []
    while waiting:
        host = random.choice(list(waiting))
        mixed.append(waiting[host].pop())
        if not waiting[host]:
            del waiting[host]
    return Stream(tuple(mixed), told.kills)


def _side_by_side(seed: int) -> Stream:
    return stream(seed, side_by_side=True)


def _older(seed: int) -> Stream:
    return stream(seed, of=UNTIL_5_0)


def _older_side_by_side(seed: int) -> Stream:
    return stream(seed, side_by_side=True, of=UNTIL_5_0)


DISORDERS = (
    Disorder("one host in order", _one_host, _in(rfc3164)),
    Disorder("50 hosts interleaved line by line", _fifty_hosts, _in(rfc3164)),
    Disorder("two reports interleaved on one host, caller id", _side_by_side, _in(rfc3164_with_caller)),
    Disorder("two reports interleaved on one host, no caller id", _side_by_side, _in(rfc3164)),
    Disorder("1 % of lines lost", _one_host, _lossy(0.01)),
    Disorder("5 % of lines lost", _one_host, _lossy(0.05)),
    Disorder("20 % of lines lost", _one_host, _lossy(0.2)),
    Disorder("the whole stream twice", _one_host, _twice),
    Disorder("the same lines by two shippers", _one_host, _two_shippers),
    Disorder("the same lines in kern.log and syslog", _one_host, _two_files),
    Disorder("shuffled within 2 s", _one_host, _shuffled),
    Disorder("cut at 160 bytes", _one_host, _cut),
    Disorder("up to four lines in a record, `#012` between them", _one_host, _escaped),
    Disorder("up to four lines in a record, glued", _one_host, _run_together),
    *(Disorder(name, _one_host, _in(render)) for name, render in ENVELOPES.items() if name != "RFC 3164"),
    Disorder("kernels 2.4 to 5.0, in order", _older, _in(rfc3164)),
    Disorder("kernels 2.4 to 5.0, two interleaved", _older_side_by_side, _in(rfc3164)),
    Disorder("kernels 2.4 to 5.0, 20 % of lines lost", _older, _lossy(0.2)),
    Disorder("kernels 2.4 to 5.0, shuffled within 2 s", _older, _shuffled),
)
"""Every row of the table. Where nothing else is said, lines are RFC 3164 of one host with a kernel of 5.1 to 7.1."""
