"""What the fleet of a chaos run logs, as records of a topic: kills of known truth, among everything that makes trouble.

Partitions 0 to 3 hold hosts, each with a codec of its own; 4 holds hosts whose shipper writes in transactions and gives
up some; 5 is full of garbage. The plain form of the same traffic has the hosts' lines and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from kafka import KafkaProducer

from ingest import background
from tests.robustness.envelopes import rfc3164_with_caller
from tests.robustness.streams import Logged, Stream, stream

CODECS = ("gzip", "snappy", "lz4", "zstd")
TRANSACTIONS = len(CODECS)
GARBAGE = TRANSACTIONS + 1
PARTITIONS = GARBAGE + 1

_TRANSACTION = 150
"""Records of one transaction."""
_LONGEST_TRANSACTION_MS = 600_000
"""In the slow rhythm of a long outage one takes more than the minute after which Kafka gives it up by default."""
_GARBAGE = 2_000
_ANCHORS = 20
_HUGE = 12
_HUGE_BYTES = 900_000
_SHIPPING = timedelta(milliseconds=200)
_SILENCE = timedelta(hours=1)
_GHOST = (
    b"<4>Nov 20 08:00:10 ghost-1 kernel: [5.5] Out of memory: Killed process 4711 (given up) total-vm:4kB, anon-rss:4kB"
)
"""A kill that its shipper took back: whoever reads it tells of one that never was."""


@dataclass(frozen=True)
class Record:
    """One record. ``kill`` is the number of the kill whose victim it names."""

    partition: int
    key: bytes | None
    value: bytes | None
    at: datetime
    kill: int | None = None


@dataclass
class Traffic:
    """The records of a run in the order in which they are sent, and the truth about them."""

    seed: int
    told: Stream
    records: list[Record]
    hard: bool
    first_named: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Partition and offset of the first record that names the victim of a kill, once it is sent."""

    @property
    def truth(self) -> set[tuple[str, int, str]]:
        """Host, pid and name of every victim."""
        return {(kill.host, kill.pid, kill.name) for kill in self.told.kills}

    def send(self, bootstrap: str, topic: str, seconds: float = 0) -> None:
        """Send everything: at once, or in the order and the rhythm of its time stamps, which take that long."""
        producers = _Producers(bootstrap, topic, self.hard)
        begin, end = self.records[0].at, self.records[-1].at - _SILENCE
        speed = (end - begin).total_seconds() / seconds if seconds else 0.0
        started = time.monotonic()
        try:
            for record in self.records:
                if speed and (ahead := (record.at - begin).total_seconds() / speed) < seconds:
                    time.sleep(max(0.0, started + ahead - time.monotonic()))
                future = producers.send(record)
                if record.kill is not None:
                    future.add_callback(partial(self._named, record.kill))
        finally:
            producers.close()

    def _named(self, kill: int, metadata: Any) -> None:
        place = (metadata.partition, metadata.offset)
        self.first_named[kill] = min(place, self.first_named.get(kill, place))

    def sending(self, bootstrap: str, topic: str, seconds: float) -> Future[None]:
        """The same in a thread; whoever waits for it is told if it could not be sent."""
        return background.begin(lambda: self.send(bootstrap, topic, seconds))


def traffic(seed: int, kills: int, *, hard: bool) -> Traffic:
    """The traffic of a seed. ``hard`` adds what makes trouble."""
    told = stream(seed, kills=kills, hosts=max(5, kills // 15))
    hosts = sorted({line.host for line in told.lines})
    where = {host: at % (TRANSACTIONS + 1) for at, host in enumerate(hosts)}
    records = [_record(line, where[line.host]) for line in told.lines]
    if hard:
        records = sorted([*records, *_trouble(Random(f"chaos {seed}"), records)], key=lambda record: record.at)
    after = records[-1].at + _SILENCE
    stamp = f"{after:%b} {after.day:2d} {after:%H:%M:%S}"
    silent = [
        Record(at, b"node-99", f"<6>{stamp} node-99 kernel: eth0: up".encode(), after) for at in range(PARTITIONS)
    ]
    return Traffic(seed, told, [*records, *silent], hard)


def _record(line: Logged, partition: int) -> Record:
    value, _ = rfc3164_with_caller(line)
    return Record(partition, line.host.encode(), value, line.at + _SHIPPING, line.kill)


def _trouble(random: Random, records: list[Record]) -> Iterator[Record]:
    """Garbage, huge records, tombstones: each at the time of a record of the hosts."""
    for at in range(_GARBAGE):
        value = random.randbytes(random.randint(1, 300))
        if at % (_GARBAGE // _ANCHORS) == 0:
            value += b" invoked oom-killer: gfp_mask=" + random.randbytes(20)
        yield Record(GARBAGE, None, value, random.choice(records).at)
    for at in range(_HUGE):
        anchor = b"Out of memory: Killed process 1 (" if at % 2 else b"backtrace "
        yield Record(
            at % TRANSACTIONS,
            b"node-99",
            anchor + random.randbytes(_HUGE_BYTES // 2).hex().encode(),
            random.choice(records).at,
        )
    for at in range(200):
        yield Record(at % (TRANSACTIONS + 1), b"node-99", None, random.choice(records).at)


class _Producers:
    """One producer for each codec, and one that writes in transactions."""

    def __init__(self, bootstrap: str, topic: str, hard: bool) -> None:
        self._topic = topic
        common = {"bootstrap_servers": bootstrap, "acks": "all", "linger_ms": 10, "max_request_size": 1 << 20}
        codecs = CODECS if hard else ("gzip",)
        self._plain = [KafkaProducer(compression_type=codec, **common) for codec in codecs]
        self._transactional: Any = None
        self._pending = 0
        if hard:
            self._transactional = KafkaProducer(
                transactional_id=topic,
                compression_type="gzip",
                transaction_timeout_ms=_LONGEST_TRANSACTION_MS,
                **common,
            )
            self._transactional.init_transactions()

    def send(self, record: Record) -> Any:
        if record.partition == TRANSACTIONS and self._transactional is not None:
            return self._in_transaction(record)
        return self._send(self._plain[record.partition % len(self._plain)], record)

    def _in_transaction(self, record: Record) -> Any:
        producer = self._transactional
        if not self._pending:
            producer.begin_transaction()
        sent = self._send(producer, record)
        self._pending += 1
        if self._pending == _TRANSACTION:
            self._end()
            producer.begin_transaction()
            self._send(producer, Record(TRANSACTIONS, b"ghost-1", _GHOST, record.at))
            producer.flush()
            producer.abort_transaction()
        return sent

    def _end(self) -> None:
        if self._pending:
            self._transactional.commit_transaction()
            self._pending = 0

    def _send(self, producer: Any, record: Record) -> Any:
        stamp = int(record.at.timestamp() * 1000)
        return producer.send(
            self._topic, value=record.value, key=record.key, partition=record.partition, timestamp_ms=stamp
        )

    def close(self) -> None:
        if self._transactional is not None:
            self._end()
            self._transactional.close()
        for producer in self._plain:
            producer.flush(timeout=60)
            producer.close()
