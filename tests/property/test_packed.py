"""Records that come packed, in Kafka's batches or in blocks of a file, give the documents that they give one by one."""

from __future__ import annotations

import re
import tracemalloc
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka import TopicPartition
from kafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder

from ingest.adapters.files import FileBlock
from ingest.adapters.kafka_batches import KafkaBatch, raw_of, stamped
from ingest.adapters.kafka_fetching import Batches
from ingest.adapters.memory import MemorySink
from ingest.assemble import Bounds
from ingest.counts import Count
from ingest.envelope import Envelope
from ingest.model import Origin, Packed, Raw
from ingest.offline import NoHeads
from ingest.output import Output
from ingest.pipeline import Pipeline
from ingest.ports import Batch, Partition
from ingest.reading import Reading
from tests.generator.kernels import GENERATIONS
from tests.robustness.disorder import DISORDERS, raws
from tests.robustness.streams import stream
from tests.sources import one_by_one

CORPUS = Path(__file__).parent.parent / "corpus"
PARTITION = Partition("syslog", 0)
AT = datetime(2026, 11, 26, tzinfo=UTC)
NOISE = (
    "{at:%b} {at.day:2} {at:%H:%M:%S} {host} sshd[811]: Accepted publickey for deploy from 10.0.0.7 port 50122",
    "{at:%b} {at.day:2} {at:%H:%M:%S} {host} systemd[1]: Started Session 4711 of user deploy.",
    "<6>{at:%b} {at.day:2} {at:%H:%M:%S} {host} kernel: IPv6: ADDRCONF(NETDEV_CHANGE): veth3f0c1a2: link becomes ready",
    "{at:%b} {at.day:2} {at:%H:%M:%S} {host} kernel: [{uptime:12.6f}] [UFW BLOCK] IN=eth0 OUT= SRC=10.0.0.7",
    "{at:%Y-%m-%dT%H:%M:%S}Z {host} nginx: 10.0.0.1 GET /index.html",
    "{at:%b} {at.day:2} {at:%H:%M:%S} other-host kernel: usb 1-1: new device",
    '{{"message":"{at:%b} {at.day:2} {at:%H:%M:%S} {host} sshd[811]: Accepted","host":{{"name":"{host}"}}}}',
    '{{"MESSAGE":"Started Session 4711","_HOSTNAME":"{host}","SYSLOG_IDENTIFIER":"systemd","_BOOT_ID":"7f0c"}}',
    '{{"MESSAGE":"usb 1-1: new device","_HOSTNAME":"{host}","SYSLOG_IDENTIFIER":"kernel","_TRANSPORT":"kernel"}}',
    "user: info: nothing at all",
    "a line without any prefix",
    "",
)
OF_OTHERS = (
    b"Nov 26 00:00:00 web-%d sshd[811]: Accepted publickey for deploy from 10.0.0.7 port 50122",
    b"<6>Nov 26 00:00:01 web-%d kernel: [  100.000001] usb 1-1: new device",
    b'{"MESSAGE":"Started","_HOSTNAME":"web-%d","SYSLOG_IDENTIFIER":"systemd"}',
)
BARE = (
    b"[  31415]  1000 31415   226026    29603  1314816        0           999 npm start",
    b"Node 0 DMA: 1*4kB (U) 0*8kB = 4kB",
    b"0 pages in swap cache",
    b"Killed process 31415 (npm start) total-vm:904104kB, anon-rss:118412kB, file-rss:0kB, shmem-rss:0kB",
    b'{"message":"0 pages in swap cache"}',
    b" ",
    b"",
)
KILLED = b"Nov 26 00:00:00 node-00 kernel: [  100.000000] Out of memory: Killed process 7 (x) total-vm:4kB"
PRINTED = re.compile(rb"(\S+) kernel: \[ *(\d+\.\d+)\]")
"""The host and the uptime of a kernel's line."""


@cache
def noisy(row: str) -> tuple[Raw, ...]:
    """The records of a row of the robustness table, with lines of other programs and hosts between them."""
    disorder = next(each for each in DISORDERS if each.name == row)
    random = Random(row)
    told = raws(disorder.arrive(stream(7, kills=5, hosts=3, of=GENERATIONS), random))
    found: list[Raw] = []
    uptimes: dict[str, float] = {}
    for raw in told:
        if printed := PRINTED.search(raw.value or b""):
            uptimes[printed[1].decode()] = float(printed[2])
        while random.random() < 0.6:
            host = f"node-0{random.randrange(4)}"
            uptime = uptimes.get(host, 0) + random.choice((0, 0.01, 20, 40))
            text = random.choice(NOISE).format(at=raw.recorded_at, host=host, uptime=uptime)
            found.append(
                Raw(raw.origin, text.encode() or None, raw.recorded_at - timedelta(milliseconds=random.randrange(900)))
            )
        found.append(raw)
    return tuple(Raw(Origin("syslog", 0, at), raw.value, raw.recorded_at, raw.host) for at, raw in enumerate(found))


def stored(records: Sequence[Raw], codec: int) -> DefaultRecordBatch:
    """Records as the broker keeps them."""
    builder = DefaultRecordBatchBuilder(
        2, codec, is_transactional=False, producer_id=-1, producer_epoch=-1, base_sequence=-1, batch_size=1 << 20
    )
    base = records[0].origin.offset
    for raw in records:
        key = raw.host.encode() if raw.host else None
        stamp = int(raw.recorded_at.timestamp() * 1000)
        headers = [("shipper", b"test"), *([("host", key)] if key else [])]
        builder.append(raw.origin.offset - base, stamp, key, raw.value, headers)
    data = builder.build()
    data[:8] = base.to_bytes(8, "big")
    return DefaultRecordBatch(data)


def batch(records: Sequence[Raw], codec: int, since: int = 0) -> KafkaBatch:
    return KafkaBatch("syslog", 0, stored(records, codec), since)


def pieces_of(count: int, edges: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Where the pieces begin and end into which the edges cut so many."""
    return pairwise([0, *sorted({edge % count for edge in edges} - {0}), count])


def cut(records: tuple[Raw, ...], edges: list[int]) -> list[tuple[Raw, ...]]:
    return [records[begin:end] for begin, end in pieces_of(len(records), edges)]


def read(pieces: Sequence[Sequence[Raw | Packed]], late: timedelta = timedelta(0)) -> tuple[dict[Any, Any], int]:
    """What the sink holds, and how many records were counted, by a clock that is so far behind those of records."""
    pipeline = Pipeline(Envelope(), Bounds(), timedelta(minutes=5), NoHeads())
    pipeline.assigned([PARTITION])
    sink = MemorySink()
    for piece in pieces:
        now = max(each.recorded_at for each in piece) - late
        sink.write(pipeline.join(pipeline.step(Batch({PARTITION: piece}, frozenset()), now)))
    sink.write(pipeline.join(pipeline.finish()))
    return {at: document.source for at, document in sink.documents.items()}, pipeline.counts[Count.RECORDS]


ROWS = [row.name for row in DISORDERS]


@pytest.mark.parametrize("row", ROWS)
@settings(max_examples=2)
@given(
    edges=st.lists(st.integers(1, 5_000), max_size=12),
    codec=st.integers(0, 4),
    late=st.sampled_from([timedelta(0), timedelta(seconds=1), timedelta(minutes=1)]),
)
def test_batches_of_kafka(row: str, edges: list[int], codec: int, late: timedelta) -> None:
    records = noisy(row)
    pieces = cut(records, edges)
    alone = read(
        [[Raw(r.origin, r.value, _milliseconds(r.recorded_at), r.host) for r in piece] for piece in pieces], late
    )
    packed = read([[batch(piece, codec)] for piece in pieces], late)
    assert packed == alone


def _milliseconds(at: datetime) -> datetime:
    return datetime.fromtimestamp(int(at.timestamp() * 1000) / 1000, UTC)


@settings(max_examples=60)
@given(seconds=st.lists(st.integers(0, 300), min_size=1, max_size=8), edges=st.lists(st.integers(1, 8), max_size=3))
def test_what_was_recorded_early_is_known_from_the_first_record_on(seconds: list[int], edges: list[int]) -> None:
    """Of some records the first stage finds none, and some times go back."""
    told = (KILLED, b"sshd: nothing")
    records = tuple(
        Raw(Origin("syslog", 0, number), told[second % 2], AT + timedelta(seconds=second))
        for number, second in enumerate(seconds)
    )
    clocks = []
    for pieces in ([[record] for record in records], [[batch(piece, 0)] for piece in cut(records, edges)]):
        reading = Reading(Envelope(), Bounds(), Counter(), quotes=True)
        for piece in pieces:
            reading.read(piece, AT + timedelta(minutes=5), Output())
        clocks.append(reading.clock(("syslog", 0)))
    alone, packed = clocks
    assert packed.began == alone.began == records[0].recorded_at
    killed = [number for number, second in enumerate(seconds) if not second % 2]
    assert [number <= packed.early_until for number in killed] == [number <= alone.early_until for number in killed]


@settings(max_examples=40)
@given(codec=st.integers(0, 4), since=st.integers(0, 45), first=st.integers(0, 400))
def test_a_batch_is_the_librarys_batch(codec: int, since: int, first: int) -> None:
    told = noisy(ROWS[0])
    records = told[first % (len(told) - 50) :][:50]
    packed = batch(records, codec, records[since].origin.offset)
    wanted = records[since:]
    assert len(packed) == len(wanted)
    assert [packed.raw(n) for n in range(len(packed))] == [
        raw_of(r, "syslog", 0) for r in list(stored(records, codec))[since:]
    ]
    assert packed.next_offset == records[-1].next_offset
    assert [packed.offset(n) for n in range(len(wanted))] == [raw.origin.offset for raw in wanted]
    for number, raw in enumerate(wanted):
        if raw.value and packed.data.count(raw.value) == 1:
            assert packed.holding(packed.data.index(raw.value)) == number
        begin, end = packed.value(number)
        assert packed.data[begin:end] == (raw.value or b"")
        assert packed.recorded(number) == _milliseconds(raw.recorded_at)
        assert packed.recorded_until(number) == max(
            _milliseconds(each.recorded_at) for each in records[: since + number + 1]
        )
    begins = [packed.begin(number) for number in range(len(wanted) + 1)]
    assert begins == sorted(set(begins))
    assert begins[-1] == len(packed.data)


def strange(random: Random) -> list[tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]]:
    """Keys, values and headers with zeros in them, and with what looks like other records."""
    made: list[tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]] = []
    for _ in range(random.randrange(1, 30)):
        pieces = (
            b"",
            b"\0",
            random.randbytes(3),
            b"node-1 sshd[1]: ",
            b"x" * random.choice((9, 70, 9_000)),
            forged(random),
        )
        value = b"".join(random.choices(pieces, k=random.randrange(6)))
        headers = [("host", random.choice(pieces)), ("", None)][: random.randrange(3)]
        made.append((random.choice((None, b"", b"node-1", b"\0")), random.choice((None, value, value, value)), headers))
    return made


def forged(random: Random) -> bytes:
    """The bytes of a batch's records, with their end cut off or something behind it."""
    builder = DefaultRecordBatchBuilder(
        2, 0, is_transactional=False, producer_id=-1, producer_epoch=-1, base_sequence=-1, batch_size=1 << 20
    )
    for number in range(random.randrange(1, 4)):
        builder.append(number, random.choice((0, 5, 5_000)), b"node-2", b"y" * random.choice((0, 5, 200)), [])
    data = bytes(builder.build()[61:])
    return random.choice((data, data[: random.randrange(len(data))], data + bytes(random.randrange(9))))


@settings(max_examples=60)
@given(
    times=st.lists(st.sampled_from((0, 1, 63, 64, 100, 8_191, 8_192, 70_000, 10**7)), min_size=1, max_size=40),
    asked=st.lists(st.integers(0, 39), max_size=9),
    length=st.sampled_from((1, 60, 100, 9_000)),
)
def test_the_latest_time_so_far(times: list[int], asked: list[int], length: int) -> None:
    at = [AT + timedelta(milliseconds=time) for time in times]
    packed = batch([Raw(Origin("syslog", 0, n), b"x" * length, each) for n, each in enumerate(at)], 0)
    for number in (min(each, len(at) - 1) for each in asked):
        assert packed.recorded_until(number) == max(at[: number + 1])


NO_TIME = -1
STAMP = int(AT.timestamp() * 1000)


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        ([NO_TIME, NO_TIME], [None, None]),
        ([NO_TIME, STAMP, STAMP - 70], [STAMP, STAMP, STAMP]),
        ([STAMP, NO_TIME, STAMP + 70], [STAMP, STAMP, STAMP + 70]),
        ([STAMP, STAMP - 70, NO_TIME], [STAMP, STAMP - 70, STAMP]),
    ],
)
def test_a_record_without_a_time_stamp_has_that_of_its_batch_or_else_of_the_poll(
    stamps: list[int], expected: list[int | None]
) -> None:
    builder = DefaultRecordBatchBuilder(
        2, 0, is_transactional=False, producer_id=-1, producer_epoch=-1, base_sequence=-1, batch_size=1 << 20
    )
    for number, stamp in enumerate(stamps):
        builder.append(number, stamp, None, KILLED, [])
    before = datetime.now(UTC)
    packed = KafkaBatch("syslog", 0, DefaultRecordBatch(builder.build()), 0)
    assert packed.recorded_at == (
        datetime.fromtimestamp(max(stamps) / 1000, UTC) if expected[0] else packed.recorded(0)
    )
    assert expected[0] or before <= packed.recorded_at <= datetime.now(UTC)
    told = [packed.recorded_at if at is None else datetime.fromtimestamp(at / 1000, UTC) for at in expected]
    for number, at in enumerate(told):
        assert packed.recorded(number) == packed.raw(number).recorded_at == at
        assert packed.recorded_until(number) == max(told[: number + 1])


def test_a_single_record_without_a_time_stamp_is_of_now() -> None:
    before = datetime.now(UTC)
    assert before <= stamped(NO_TIME) <= datetime.now(UTC)
    assert stamped(STAMP) == AT


@settings(max_examples=150)
@given(random=st.randoms(use_true_random=False))
def test_records_cannot_deceive_about_others(random: Random) -> None:
    builder = DefaultRecordBatchBuilder(
        2, 0, is_transactional=False, producer_id=-1, producer_epoch=-1, base_sequence=-1, batch_size=1 << 20
    )
    clean = set()
    for number, (key, value, headers) in enumerate(strange(random)):
        if random.random() < 0.5:
            key, value, headers = b"node-1", b"Nov 26 10:00:00 node-1 sshd[1]: hello", [("host", b"node-1")]  # noqa: PLW2901
            clean.add(number)
        builder.append(number, random.choice((7, 90, 70_000)), key, value, headers)
    stored = DefaultRecordBatch(builder.build())
    exact, told = KafkaBatch("syslog", 0, stored, 0), KafkaBatch("syslog", 0, stored, 0)
    for number in range(len(exact)):
        key_begins = _key_begins(exact, exact.begin(number))
        for position in range(key_begins, exact.begin(number + 1)):
            # A record's own bytes may deceive about itself, but not about others.
            found = told.value_about(position)
            assert number not in clean or found == exact.value(number)


def _key_begins(packed: KafkaBatch, begin: int) -> int:
    """Where the length of a record's key stands, behind its time and offset."""
    at = packed._behind_time(begin)  # noqa: SLF001
    while packed.data[at] & 0x80:
        at += 1
    return at + 1


def test_a_value_is_told_without_the_way_to_it() -> None:
    records = noisy(ROWS[0])[:400]
    exact = batch(records, 3)
    values = [exact.value(number) for number in range(len(exact))]
    told = batch(records, 3)
    assert [told.value_about((begin + end) // 2) for begin, end in values if end > begin] == [
        (begin, end) for begin, end in values if end > begin
    ]
    block = FileBlock("f", b"one\ntwo\n\nfour", 0, AT)
    assert [block.value_about(position) for position in range(len(block.data))] == [
        block.value(block.holding(position)) for position in range(len(block.data))
    ]


def in_blocks(lines: Sequence[bytes], edges: Sequence[int]) -> list[FileBlock]:
    """The lines of a file, cut into blocks."""
    whole = [line + b"\n" for line in lines]
    return [FileBlock("f", b"".join(whole[begin:end]), begin, AT) for begin, end in pieces_of(len(lines), edges)]


@settings(max_examples=30)
@given(edges=st.lists(st.integers(1, 100_000), max_size=10), random=st.randoms(use_true_random=False))
def test_blocks_of_files(edges: list[int], random: Random) -> None:
    logs = random.sample(sorted(CORPUS.glob("*/*.log")), 6)
    lines = [line for log in logs for line in log.read_bytes().splitlines()]
    for _ in range(len(lines) // 2):
        host, uptime = random.choice(("node-00", "el135", "web-1")), random.choice((100.0, 12_345.1, 4e6))
        noise = random.choice(NOISE).format(at=AT, host=host, uptime=uptime)
        lines.insert(random.randrange(len(lines)), noise.encode())
    blocks = in_blocks(lines, edges)
    assert documents([[block] for block in blocks]) == documents([list(one_by_one([block])) for block in blocks])


@settings(max_examples=20)
@given(edges=st.lists(st.integers(1, 100_000), max_size=10), random=st.randoms(use_true_random=False))
def test_what_is_written_in_colours(edges: list[int], random: Random) -> None:
    """A colour may stand in the middle of what tells that a line matters."""
    logs = random.sample(sorted(CORPUS.glob("*/*.log")), 4)
    lines = [coloured(random, line) for log in logs for line in log.read_bytes().splitlines()]
    blocks = in_blocks(lines, edges)
    assert documents([[block] for block in blocks]) == documents([list(one_by_one([block])) for block in blocks])
    pieces = cut(tuple(Raw(Origin("syslog", 0, at), line, AT) for at, line in enumerate(lines)), edges)
    assert read([[batch(piece, 0)] for piece in pieces]) == read(pieces)


def coloured(random: Random, line: bytes) -> bytes:
    escape = b"\\u001b[" if line.startswith(b"{") else b"\x1b["
    for _ in range(random.choice((0, 0, 1, 3))):
        at = random.randint(0, len(line))
        line = line[:at] + escape + random.choice((b"m", b"33m", b"0;1;39m")) + line[at:]
    return line


@pytest.mark.parametrize("row", ROWS[::3])
@settings(max_examples=2)
@given(edges=st.lists(st.integers(1, 50_000), max_size=12), seed=st.integers())
def test_blocks_of_a_fleets_file(row: str, edges: list[int], seed: int) -> None:
    """Few of its lines are of hosts with a report, and some have no prefix."""
    lines, random = [], Random(seed)
    for raw in noisy(row):
        lines.append((raw.value or b"").replace(b"\n", b" "))
        lines += [random.choice(OF_OTHERS) % random.randrange(100) for _ in range(random.choice((0, 0, 1, 60)))]
        if random.random() < 0.05:
            lines += random.sample(BARE, 2)
    blocks = in_blocks(lines, edges)
    assert documents([[block] for block in blocks]) == documents([list(one_by_one([block])) for block in blocks])


@pytest.mark.parametrize("behind", [b"user: info: nothing at all", b"systemd service=a.service", b""])
@pytest.mark.parametrize("of", [b"oomd kill: restarted systemd service=a.service", b"oomd kill: restarted"])
def test_a_line_that_ends_early_waits_for_its_rest(of: bytes, behind: bytes) -> None:
    ring = b"Mar  5 01:00:00 h0 kernel: [12345.0000%02d] "
    told = [ring % 1 + of, *([behind] if behind else []), ring % 2 + b"usb 1-1: new device", ring % 3 + of, behind]
    block = FileBlock("f", b"".join(line + b"\n" for line in told), 0, AT)
    assert documents([[block]]) == documents([list(one_by_one([block]))])


@pytest.mark.parametrize("between", [[], [b""], [b"", b" ", b"\t"], [b"a line without any prefix", b"", b"another"]])
def test_a_line_without_prefix_is_of_the_last_line_that_has_one(between: list[bytes]) -> None:
    told = [
        b"Nov 26 00:00:00 node-00 sshd[811]: Accepted publickey for deploy from 10.0.0.7 port 50122",
        *between,
        b"    [WARNING] Event: SystemOOM Node None. Message: System OOM encountered, victim process: a, pid: 3. Node:",
    ]
    block = FileBlock("f", b"".join(line + b"\n" for line in told), 0, AT)
    found = documents([[block]])
    assert found == documents([list(one_by_one([block]))])
    assert {source["host"]["name"] for source in found.values()} == {"node-00"}


def documents(pieces: Sequence[Sequence[Raw | Packed]]) -> dict[Any, Any]:
    pipeline = Pipeline(Envelope(), Bounds(), timedelta(minutes=5), NoHeads())
    sink = MemorySink()
    for piece in pieces:
        output = pipeline.step(Batch({}, frozenset()), AT)
        pipeline.read(piece, AT, output)
        sink.write(pipeline.join(output))
    sink.write(pipeline.join(pipeline.finish()))
    return {at: document.source for at, document in sink.documents.items()}


def test_a_poll_of_batches_takes_the_room_of_one_unpacked() -> None:
    batches = [batch([Raw(Origin("syslog", 0, at), KILLED + b" " * 200_000, AT)], 3) for at in range(20)]
    pipeline = Pipeline(Envelope(), Bounds(), timedelta(minutes=5), NoHeads())
    tracemalloc.start()
    pipeline.step(Batch({PARTITION: batches}, frozenset()), AT)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert pipeline.counts[Count.RECORDS] == len(batches)
    assert most < 10 * 200_000
    assert batches[0].raw(0).value == KILLED + b" " * 200_000


class Given:
    """Batches as the library reads them off a response."""

    def __init__(self, batches: list[DefaultRecordBatch]) -> None:
        self._batches = iter(batches)

    def next_batch(self) -> DefaultRecordBatch | None:
        return next(self._batches, None)


@pytest.mark.parametrize("codec", range(5))
def test_a_damaged_batch_is_found_out(codec: int) -> None:
    place = TopicPartition("syslog", 0)
    whole = stored(noisy(ROWS[0])[:20], codec)
    assert Batches(Given([whole]), place, 0).next_batch().validate_crc()
    damaged = bytearray(whole._buffer)  # noqa: SLF001
    damaged[-3] ^= 1
    assert not Batches(Given([DefaultRecordBatch(damaged)]), place, 0).next_batch().validate_crc()


def test_a_header_whose_name_is_no_utf8_is_read_on() -> None:
    builder = DefaultRecordBatchBuilder(
        2, 0, is_transactional=False, producer_id=-1, producer_epoch=-1, base_sequence=-1, batch_size=1 << 20
    )
    builder.append(0, STAMP, None, KILLED, [("name", b"of a header"), ("host", b"node-1")])
    stored = bytearray(builder.build())
    stored[stored.index(b"name")] = 0xFF
    raw = KafkaBatch("syslog", 0, DefaultRecordBatch(bytes(stored)), 0).raw(0)
    assert (raw.value, raw.host, raw.headers) == (
        KILLED,
        "node-1",
        (("\ufffdame", b"of a header"), ("host", b"node-1")),
    )
