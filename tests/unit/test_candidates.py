"""Which records the first stage keeps, told from each alone, and the key that each is given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.adapters.memory import MemorySink
from ingest.assemble import Bounds
from ingest.envelope import Envelope
from ingest.model import ROUTED_HEADER, Origin, Raw
from ingest.offline import NoHeads
from ingest.output import Output
from ingest.pipeline import Pipeline
from ingest.ports import Outgoing
from ingest.reading.candidates import Candidates
from ingest.reading.host_places import HostPlaces

CORPUS = Path(__file__).parent.parent / "corpus"
AT = datetime(2026, 11, 22, 10, 15, 2, tzinfo=UTC)
CANDIDATES = Candidates(Envelope(), "candidates")
POD = (CORPUS / "linux" / "pod_memcg.log").read_bytes().splitlines()
EL135 = (CORPUS / "openvz" / "el135.log").read_bytes().splitlines()


def raw(value: bytes | None, host: str | None = None, headers: tuple[tuple[str, bytes], ...] = ()) -> Raw:
    return Raw(Origin("all", 3, 7), value, AT, host, headers)


KEPT = [
    b"Nov 22 10:15:01 node-7 kernel: [539381.100900] anything at all of the kernel",
    b"<4>Nov 22 10:15:01 node-7 kernel: eth0: link up",
    b"6,1234,5678901234,-;usb 1-1: new device",
    b'{"MESSAGE": "eth0: link up", "SYSLOG_FACILITY": "0", "_HOSTNAME": "h"}',
    b'{"MESSAGE": "eth0: link up", "_TRANSPORT": "kernel", "_HOSTNAME": "h"}',
    b"Nov 22 10:15:01 h vmunix: anything of the kernel",
    b"Nov 22 10:15:01 h earlyoom[7]: low memory! at or below SIGTERM limits: mem 10.00%, swap 10.00%",
    b"[539381.101020] [ 238343]     0 238343   987566    51443   499712        0          -997 go-oom-test",
    b'{"message": "Out of memory: Killed process 5 (x) total-vm:1kB',
]
DROPPED = [
    None,
    b"",
    b"Nov 22 10:15:01 h sshd[9]: Out of memory: Killed process 5 (x) is what an attacker writes",
    b"Nov 22 10:15:01 h kernel-care[9]: all is well",
    b"Nov 22 10:15:01 h earlyoom[7]: started",
    b"[539381.101020] eth0: link up",
    b"GET / HTTP/1.1",
    b'{"message": "GET / HTTP/1.1", "host": "h"}',
]


@pytest.mark.parametrize("value", KEPT)
def test_what_may_be_of_a_report_is_kept_as_it_is(value: bytes) -> None:
    record = CANDIDATES.of(raw(value))
    assert record is not None
    assert (record.topic, record.value, record.at, record.partition) == ("candidates", value, AT, None)


@pytest.mark.parametrize("value", DROPPED)
def test_what_cannot_be_of_a_report_is_dropped(value: bytes | None) -> None:
    assert CANDIDATES.of(raw(value)) is None


@pytest.mark.parametrize(
    ("value", "host", "headers", "key", "told"),
    [
        (b"Nov 22 10:15:01 EL135 kernel: x", None, (), b"el135", ()),
        (b"Nov 22 10:15:01 EL135 kernel: x", "relay", (("a", b"b"),), b"el135", (("a", b"b"),)),
        (b"<4>kernel: x", "EL135", (), b"el135", (("host", b"EL135"),)),
        (b"<4>kernel: x", "EL135", (("host", b"EL135"),), b"el135", (("host", b"EL135"),)),
        (b"<4>kernel: x", None, (), b"3", ()),
    ],
)
def test_the_key_is_the_host_and_what_only_the_key_told_is_told_on(
    value: bytes,
    host: str | None,
    headers: tuple[tuple[str, bytes], ...],
    key: bytes,
    told: tuple[tuple[str, bytes], ...],
) -> None:
    record = CANDIDATES.of(raw(value, host, headers))
    assert record is not None
    assert record.key == key
    assert [header for header in record.headers if header[0] != ROUTED_HEADER] == list(told)
    assert dict(record.headers)[ROUTED_HEADER] == b"all/3/7"


def test_a_record_that_is_too_long_stays_so_and_is_cut() -> None:
    record = CANDIDATES.of(raw(b"Out of memory: Killed process " + b"x" * 900_000))
    assert record is not None
    assert record.value is not None
    assert 65_536 < len(record.value) <= 131_072


def documents(raws: list[Raw]) -> dict[Any, Any]:
    pipe, sink, output = Pipeline(Envelope(), Bounds(), timedelta(minutes=5), NoHeads()), MemorySink(), Output()
    pipe.read(raws, AT, output)
    output.blocks += pipe.finish().blocks
    sink.write(pipe.join(output))
    return {at: {k: v for k, v in document.source.items() if k != "kafka"} for at, document in sink.documents.items()}


def logs() -> list[Path]:
    return sorted(path for path in CORPUS.rglob("*.log") if path.parent.name != "near_miss")


@pytest.mark.parametrize("path", logs(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_kill_of_the_corpus_is_lost_on_the_way(path: Path) -> None:
    lines = path.read_bytes().splitlines()
    direct = [Raw(Origin("all", 0, at), line, AT) for at, line in enumerate(lines)]
    found = [record for each in direct if (record := CANDIDATES.of(each)) is not None]
    routed = [Raw(Origin("candidates", 0, at), r.value, AT, None, r.headers) for at, r in enumerate(found)]

    def kills(found: dict[Any, Any]) -> set[Any]:
        return {at for at in found if "-kill-" in at[0]}

    assert kills(documents(routed)) == kills(documents(direct))


def test_two_logs_that_are_the_kernels_give_the_very_same_documents() -> None:
    mixed = [
        line for pair in zip_longest(EL135, POD, [b"Nov 22 10:15:01 x sshd[1]: hello"] * 40) for line in pair if line
    ]
    direct = [Raw(Origin("all", 0, at), line, AT) for at, line in enumerate(mixed)]
    found: list[Outgoing] = [record for each in direct if (record := CANDIDATES.of(each)) is not None]
    assert len(found) == len(EL135) + len(POD)
    routed = [Raw(Origin("candidates", 0, at), r.value, AT, None, r.headers) for at, r in enumerate(found)]
    assert documents(routed) == documents(direct)


@given(st.permutations(POD))
def test_lines_of_several_partitions_may_come_in_any_order(lines: list[bytes]) -> None:
    """The rest of a report may come before its beginning: nothing of the small topic is dropped at the gate."""

    def found(lines: list[bytes]) -> dict[Any, Any]:
        pipe, sink = Pipeline(Envelope(), Bounds(), timedelta(minutes=5), NoHeads()), MemorySink()
        records = [record for line in lines if (record := CANDIDATES.of(raw(line))) is not None]
        for at, each in enumerate(records):
            output = Output()
            pipe.read([Raw(Origin("candidates", 0, at), each.value, AT, None, each.headers)], AT, output)
            sink.write(pipe.join(output))
        sink.write(pipe.join(pipe.finish()))
        return {at: {k: v for k, v in each.source.items() if k != "kafka"} for at, each in sink.documents.items()}

    assert found(lines) == found(POD)


def test_a_host_in_two_partitions_at_once_is_noticed_and_one_that_moved_is_not() -> None:
    places = HostPlaces()

    def line(partition: int, second: int, host: str = "h") -> Any:
        at = AT + timedelta(seconds=second)
        read = Envelope().read(Raw(Origin("t", partition, 0), f"{at:%b %d %H:%M:%S} {host} kernel: x".encode(), at))
        return read.whole  # type: ignore[union-attr]  # it is readable

    assert not places.spread(line(0, 0))
    assert not places.spread(line(0, 1))
    assert places.spread(line(1, 2))
    assert not places.spread(line(1, 1_000))
    assert not places.spread(line(0, 2_000))
    for number in range(20_000):
        places.spread(line(0, 2_000, f"h{number}"))
    assert not places.spread(line(1, 2_000))  # forgotten: memory is bounded
