"""What is read off the first bytes of a record is what the envelope reads, whatever stands there."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.envelope import Envelope, Read, Shape, Unreadable, json_record, text
from ingest.envelope._sent import Anchor
from ingest.envelope.plain import PLAIN, lines_of_others
from ingest.model import Origin, Raw
from tests.robustness.envelopes import ENVELOPES
from tests.robustness.streams import stream

NOW = datetime(2026, 11, 26, tzinfo=UTC)
CORPUS = Path(__file__).parent.parent / "corpus"
PIECES = (
    b"", b" ", b":", b": ", b"<4>", b"[1]", b"kernel: ", b"kern", b"user: info: ", b"Feb 30", b"CPU: ", b"UTC ",
    b"HOST ", b"stdout F ", b"7,1,2,-;", b"\xff", b"Nov 20 08:00:01 ", b"2026-11-20T08:00:01Z ", b"# ",
    b"{", b"\x1b[1m", b"a", b"[   12.345678] ", b"[ T12] ", b"[C1]", b"[  1-12.3456]",
    b"[   77]", b",5", b" kernel: ", b"[+0.1]",
)  # fmt: skip
OTHERS = (
    b"Nov 20 08:00:01 node-1 sshd[811]: Accepted publickey",
    b"<6>Nov 20 08:00:01 NODE-2.example.com nginx: GET /",
    b"<13>Nov 20 08:00:01 10.0.0.1 CRON[1]: (root) CMD (true)",
    b"Nov 20 08:00:01 node-3 kernel-tool: not the kernel",
    b"Nov 20 08:00:01 node-3 kerneld: not the kernel",
    b"Nov 20 08:00:01 node-3 user-daemon[7]: no facility",
)
"""Plain lines of other programs, of one second."""


@cache
def values() -> tuple[bytes, ...]:
    told = stream(5, kills=6, hosts=2)
    sent = [render(line)[0] for render in ENVELOPES.values() for line in told.lines[:60]]
    lines = [line for path in sorted(CORPUS.glob("*/*.log")) for line in path.read_bytes().splitlines()]
    return tuple(dict.fromkeys([*sent, *lines]))


@cache
def common_values() -> tuple[bytes, ...]:
    return tuple(value for value in values() if assert_the_common_is_no_second_parser(value))


def assert_the_same(value: bytes) -> bool:
    sender = PLAIN.match(value)
    if sender is None:
        return False
    read = Envelope().read(Raw(Origin("t", 0, 0), value, NOW, "key"))
    assert not isinstance(read, Unreadable)
    assert (read.whole.host.hostname, read.whole.tag) == (sender[1].decode(), sender[2].decode()), value
    assert read.whole.when.from_line, value
    return True


def test_every_line_of_the_corpus_and_of_each_envelope() -> None:
    assert sum(map(assert_the_same, values())) > len(values()) / 10


def damaged(random: Random, value: bytes, within: int) -> bytes:
    """A line with pieces of others in its first bytes."""
    for _ in range(random.randint(1, 3)):
        at = random.randint(0, min(len(value), within))
        value = value[:at] + random.choice(PIECES) + value[at + random.choice((0, 0, 1, 2, 6)) :]
    return value


@settings(max_examples=1_500)
@given(random=st.randoms(use_true_random=False))
def test_damaged_lines(random: Random) -> None:
    assert_the_same(damaged(random, random.choice(values()), 50))


def assert_the_common_is_no_second_parser(value: bytes) -> bool:
    line, anchor = value.decode("utf-8", "backslashreplace"), Anchor(None, NOW)
    common = text.common(line, anchor)
    assert common is None or common == text.syslog(line, anchor), line
    return common is not None


def test_common_lines_of_the_corpus_and_of_each_envelope() -> None:
    assert sum(map(assert_the_common_is_no_second_parser, values())) > len(values()) / 20


@settings(max_examples=3_000)
@given(random=st.randoms(use_true_random=False))
def test_damaged_common_lines(random: Random) -> None:
    assert_the_common_is_no_second_parser(damaged(random, random.choice(common_values()), 80))


OBJECTS = (
    {"@timestamp": "2026-11-20T08:00:00.000Z", "log": {"offset": 8, "file": {"path": "/var/log/syslog"}}},
    {"host": {"name": "shipper"}, "agent": {"name": "shipper"}},
    {"_HOSTNAME": "shipper", "_TRANSPORT": "kernel"},
    {"log": {"syslog": {"appname": "sshd", "facility": {"code": 0}}}},
    {"log.syslog": {"appname": "kernel"}},
    {"process": {"name": "systemd-oomd"}},
    {"process.name": "kernel", "pri": "4"},
    {"ident": "", "sequence": 1, "sec": 5, "usec": 6},
    {"SYSLOG_IDENTIFIER": "systemd-oomd[1]:"},
    {"_BOOT_ID": "7f0c"},
    {"journald": {"host": {"boot_id": "7f0c"}}},
    {"MESSAGE": None},
    {"MESSAGE": [104, 105]},
    {"msg": "Nov 20 08:00:01 another kernel: another"},
    {"event": {"original": "nothing"}},
)
"""What shippers say beside a message."""


@settings(max_examples=1_500)
@given(
    random=st.randoms(use_true_random=False),
    beside=st.lists(st.sampled_from(OBJECTS), max_size=3),
    name=st.sampled_from(("message", "MESSAGE", "log", "event.original", "nothing")),
    end=st.sampled_from(("", "\n", "\r\n", "\n<4>Nov 20 08:00:02 node-1 kernel: [1.000001] more")),
)
def test_the_sender_of_an_object_is_that_of_its_line(
    random: Random, beside: list[dict[str, Any]], name: str, end: str
) -> None:
    line = random.choice((*OTHERS, *values()))
    line = damaged(random, line, 50) if random.random() < 0.3 else line
    fields = [*{name: line.decode("utf-8", "replace") + end}.items(), *(each for one in beside for each in one.items())]
    random.shuffle(fields)
    assert_the_same_of_an_object(json.dumps(dict(fields), ensure_ascii=random.random() < 0.5).encode())


def assert_the_same_of_an_object(value: bytes) -> bool:
    told = json_record.sender(value)
    if told is None:
        return False
    host, tag = told
    read = Envelope().read(Raw(Origin("t", 0, 0), value, NOW, "key"))
    assert not isinstance(read, Unreadable)
    assert read.whole.tag == tag, value
    assert not read.partial, value
    assert {part.tag for part in read.parts} <= {tag}, value
    assert host is None or (read.whole.host.hostname, read.whole.boot) == (host, None), value
    return True


def test_senders_of_plain_lines_in_objects_are_told() -> None:
    for number, line in enumerate(OTHERS):
        assert assert_the_same_of_an_object(json.dumps({**OBJECTS[number % 2], "message": line.decode()}).encode())
    told = [assert_the_same_of_an_object(value) for value in values() if value.startswith(b"{")]
    assert any(told)
    assert not all(told)


@settings(max_examples=200)
@given(random=st.randoms(use_true_random=False), shape=st.sampled_from((None, Shape.SYSLOG, Shape.JSON)))
def test_lines_that_are_read_together_are_what_each_is(random: Random, shape: Shape | None) -> None:
    """In groups of one head, as reports come, with damaged lines among them."""
    chosen = random.choices(common_values(), k=8)
    heads = [value[: value.index(b" kernel: ")] for value in chosen]
    lines = [
        random.choice(heads) + value[value.index(b" kernel: ") :] for value in random.choices(common_values(), k=20)
    ]
    lines = [damaged(random, line, 120) if random.random() < 0.2 else line for line in lines]
    told = [line.replace(b"\n", b" ").replace(b"\xff", b"?") for line in lines]
    times = sorted(NOW - random.choice((timedelta(), timedelta(days=200))) for _ in told)
    envelope = Envelope(shape=shape)
    together = envelope.kernel_lines(b"\n".join(told), ("t", 0), range(len(told)), times[0], times[-1])
    for offset, (value, line) in enumerate(zip(told, together, strict=True)):
        read = envelope.read(Raw(Origin("t", 0, offset), value, times[offset], "key"))
        if line is not None:
            assert read == Read(line)
    if shape is not Shape.JSON and times[0] == times[-1]:
        assert any(together)


@settings(max_examples=300)
@given(
    random=st.randoms(use_true_random=False),
    tags=st.frozensets(st.sampled_from(("kernel", "kern", "systemd", "systemd-oomd", "kubelet", "")), max_size=3),
)
def test_lines_in_a_row_are_plain_lines_of_others(random: Random, tags: frozenset[str]) -> None:
    lines = [*random.choices(values(), k=20), *random.choices(OTHERS, k=40)]
    random.shuffle(lines)
    told = [line.replace(b"\n", b" ") + b"\n" for line in lines]
    block = b"".join(told)
    ours, begin = tags - {""}, 0
    while begin < len(block):
        passed = lines_of_others(ours).match(block, begin)
        end = passed.end() if passed else begin
        for line in block[begin:end].splitlines(keepends=True):
            assert (sender := PLAIN.match(line)), line
            assert sender[2].decode() not in ours, line
            assert line.endswith(b"\n")
        begin = block.find(b"\n", end) + 1 or len(block)


def test_lines_of_others_are_passed_over_in_one_go() -> None:
    block = b"".join(line + b"\n" for line in OTHERS)
    passed = lines_of_others(frozenset({"kernel"})).match(block)
    assert passed
    assert passed.end() == len(block)
