from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ingest.envelope import Envelope, Read, Unreadable
from ingest.model import Line, Origin, Raw, TimeSource
from ingest.timestamps import FIRST, LAST, recorded_time

HINT = datetime(2026, 11, 22, 12, tzinfo=UTC)


def read(text: str, envelope: Envelope | None = None, hint: datetime = HINT) -> Line:
    found = (envelope or Envelope()).read(Raw(Origin("t", 0, 1), text.encode("utf-8", "surrogateescape"), hint))
    assert isinstance(found, Read)
    return found.whole


@pytest.mark.parametrize(
    ("text", "host", "tag", "uptime", "message"),
    [
        ("Nov 22 10:15:01 Node-7 kernel: [539381.100000] x invoked", "node-7", "kernel", 539381100000, "x invoked"),
        ("<4>Nov  2 10:15:01 h kernel: x", "h", "kernel", None, "x"),
        ("<4>2026-11-22T10:15:01.5+01:00 h.example kernel: [    1.000002] x", "h.example", "kernel", 1000002, "x"),
        ("Nov 22 10:15:01 h kernel: kernel: [5.000000][ T123] x", "h", "kernel", 5000000, "x"),
        ("Nov 22 10:15:01 h kernel:Out of memory", "h", "kernel", None, "Out of memory"),
        ("Nov 22 10:15:01 h vmunix: x", "h", "kernel", None, "x"),
        ("Nov 22 10:15:01 h sshd[811]: x", "h", "sshd", None, "x"),
        ("Nov 22 10:15:01 h sshd[4194304]: x", "h", "sshd", None, "x"),
        ("Nov 22 10:15:01 h Out of memory: Killed process 1", "h", None, None, "Out of memory: Killed process 1"),
        ("Nov 22 10:15:01 h oom_reaper: reaped", "h", None, None, "oom_reaper: reaped"),
        ("[12345.678901] perl invoked", "unknown", None, 12345678901, "perl invoked"),
        ("[    0.000000] x", "unknown", None, 0, "x"),
        ("memory: usage 1kB", "unknown", None, None, "memory: usage 1kB"),
        ("Out of memory", "unknown", None, None, "Out of memory"),
        ("<6>[302600.931727]  (4)[10628:Cam@Aux]Killing", "unknown", None, 302600931727, "Killing"),
        ("Nov 22 10:15:01 h kernel: [5.000000] (0)[1:init]init invoked", "h", "kernel", 5000000, "init invoked"),
        ("<4>[123.456789s][pid:1234,cpu4,kswapd0]Killing", "unknown", None, 123456789, "Killing"),
        ("<6>[ 5312.123456]  [2:        kswapd0:   60] Killing", "unknown", None, 5312123456, "Killing"),
        ("[   12.345678 / 08-24 12:00:00.123] Killing", "unknown", None, 12345678, "Killing"),
        ("[Tue Jan  2 03:04:05 UTC 2024] x invoked", "unknown", None, None, "x invoked"),
        ("6.4.0-rc1,6,444,501151268,-;x invoked", "unknown", "kernel", 501151268, "x invoked"),
        ("Nov 22 10:15:01 h warning kernel: : x invoked", "h", "kernel", None, "x invoked"),
        ("Nov 22 10:15:01 h err kernel: : [5.000000] x invoked", "h", "kernel", 5000000, "x invoked"),
        ("Nov 22 10:15:01 h kernel: : invoked oom-killer", "h", "kernel", None, ": invoked oom-killer"),
        ("Nov 22 10:15:01 h err kernel: : : invoked oom-killer", "h", "kernel", None, ": invoked oom-killer"),
        ("Apr 1 00:01:02 <HOST> kernel: Out of Memory", "unknown", "kernel", None, "Out of Memory"),
        ("Apr 1 00:01:02 [host] kernel: Out of Memory", "unknown", "kernel", None, "Out of Memory"),
        ("Nov 22 10:15:01 [kernel] x invoked", "unknown", "kernel", None, "x invoked"),
        ("2026-11-22T10:15:01.5+00:00 warning h kernel - - - [5.000000] x", "h", "kernel", 5000000, "x"),
        ("2026-11-22T10:15:01.5+00:00 err h kernel: x", "h", "kernel", None, "x"),
        ("2026-11-22T10:15:01.5+00:00 err kernel: x", "err", "kernel", None, "x"),
        ("Nov 22 10:15:01 h kernel: [5.000000] (sd-pam) invoked", "h", "kernel", 5000000, "(sd-pam) invoked"),
        ("# kernel: pid 5654 (sort), uid 0", "unknown", "kernel", None, "pid 5654 (sort), uid 0"),
        ("  └ Oct 09 19:25:20 pekka systemd-oomd[1027]: Killed /a", "pekka", "systemd-oomd", None, "Killed /a"),
        ("> Nov 22 10:15:01 h kernel: x", "h", "kernel", None, "x"),
        ("Nov 22 10:15:01 h /bsd: UVM: pid 1 (x)", "h", "kernel", None, "UVM: pid 1 (x)"),
        ("Nov 22 10:15:01 h Pid: 8911, comm: httpd", "h", None, None, "Pid: 8911, comm: httpd"),
        ("Nov 99 10:15:01 h kernel: x", "unknown", None, None, "Nov 99 10:15:01 h kernel: x"),
    ],
)
def test_prefixes_come_off(text: str, host: str, tag: str | None, uptime: int | None, message: str) -> None:
    line = read(text)
    assert (line.host.name, line.tag, line.uptime_us, line.text) == (host, tag, uptime, message)
    assert line.raw == text


@pytest.mark.parametrize(
    "message",
    [
        "Call Trace:", "Hardware name: QEMU", "CPU    0: hi:    0, btch:   1", "OOM killed process 1 (x)",
        "DMA per-cpu:", "DMA free:3492kB min:64kB", "SLUB: Unable to allocate memory",
        "Out of memory: Killed process 1 (x)", "Node 0 DMA: 1*4kB (U) = 4kB", "Swap cache stats: add 0",
        "Swap cache: add 0",
        "x invoked oom-killer: gfp_mask=0x1",
    ],
)  # fmt: skip
@pytest.mark.parametrize("stamp", ["2026-11-22T10:15:01Z", "2026-11-22 10:15:01", "Sun 2026-11-22 10:15:01 CET"])
def test_behind_a_time_alone_no_word_of_the_message_is_a_host(stamp: str, message: str) -> None:
    line = read(f"{stamp} {message}")
    assert (line.host.name, line.tag, line.text) == ("unknown", None, message)


@pytest.mark.parametrize(
    ("stamp", "hint", "year"),
    [
        ("Nov 22 10:00:00", "2026-11-22", 2026),
        ("Dec 31 23:59:59", "2027-01-01", 2026),
        ("Jan  1 00:00:10", "2026-12-31", 2027),
        ("Nov 25 10:00:00", "2026-11-22", 2025),
        ("Feb 29 10:00:00", "2026-11-22", 2024),
        ("Apr 20 20:03:27", "2010-04-22", 2010),
    ],
)
def test_the_hint_chooses_the_year_and_the_line_says_so(stamp: str, hint: str, year: int) -> None:
    line = read(f"{stamp} h kernel: x", hint=datetime.fromisoformat(hint).replace(hour=23, minute=59, tzinfo=UTC))
    assert line.when.at.year == year
    assert line.when.year_inferred
    assert line.when.zone_inferred
    assert line.when.source is TimeSource.SYSLOG


@pytest.mark.parametrize(
    ("stamp", "month", "day"),
    [
        ("Okt 09", 10, 9), ("Mär 05", 3, 5), ("Mai  2", 5, 2), ("avril 16", 4, 16), ("mars 01", 3, 1),
        ("juil. 14", 7, 14), ("апр 28", 4, 28), ("мая 26", 5, 26), ("5月 29", 5, 29), ("ago 03", 8, 3),
    ],
)  # fmt: skip
def test_months_of_a_locale_are_read(stamp: str, month: int, day: int) -> None:
    for host, rest in (("pc", "pc systemd-oomd[7]: x"), ("unknown", "systemd-oomd[7]: x")):
        line = read(f"{stamp} 21:08:50 {rest}")
        assert (line.host.name, line.tag, line.text) == (host, "systemd-oomd", "x")
        assert (line.when.at.month, line.when.at.day, line.when.year_inferred) == (month, day, True)


@pytest.mark.parametrize("text", ["Node 0 10:00:00 x", "pages 12 10:00:00 x", "Foo 12 10:00:00 h kernel: x"])
def test_no_other_word_is_a_month(text: str) -> None:
    assert read(text).when.at == HINT


@pytest.mark.parametrize(
    "stamped",
    ["Nov 22 10:00:00 h kernel: x", "2026-11-22T10:00:00 h kernel: x", "[Sun Nov 22 10:00:00 2026] [    1.000000] x"],
)
def test_a_configured_zone_is_no_guess(stamped: str) -> None:
    line = read(stamped, Envelope(zone=ZoneInfo("Europe/Berlin")))
    assert line.when.at == datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert not line.when.zone_inferred


@pytest.mark.parametrize(
    ("stamp", "hint", "at"),
    [
        ("Oct 25 02:30:00", "2026-10-25T00:30:02", "2026-10-25T00:30"),
        ("Oct 25 02:30:00", "2026-10-25T01:30:02", "2026-10-25T01:30"),
        ("Oct 25 02:30:00", "2026-10-25T01:29:58", "2026-10-25T01:30"),  # a clock that is ahead
        ("Oct 25 02:30:00", "2026-10-26T08:00:00", "2026-10-25T00:30"),  # the hint does not tell which
        ("Oct 25 03:00:00", "2026-10-25T02:00:02", "2026-10-25T02:00"),
        ("Oct 25 01:59:59", "2026-10-25T00:50:00", "2026-10-24T23:59:59"),
        ("Mar 29 03:00:00", "2026-03-29T01:00:02", "2026-03-29T01:00"),
    ],
)
def test_in_the_hour_that_comes_twice_the_hint_tells_which(stamp: str, hint: str, at: str) -> None:
    told = datetime.fromisoformat(hint).replace(tzinfo=UTC)
    line = read(f"{stamp} h kernel: x", Envelope(zone=ZoneInfo("Europe/Berlin")), told)
    assert line.when.at == datetime.fromisoformat(at).replace(tzinfo=UTC)


def test_an_iso_stamp_needs_no_guess() -> None:
    when = read("2026-11-22T10:15:01.123456+01:00 h kernel: x").when
    assert when.at == datetime(2026, 11, 22, 9, 15, 1, 123456, tzinfo=UTC)
    assert (when.source, when.year_inferred, when.zone_inferred) == (TimeSource.ISO, False, False)


@pytest.mark.parametrize(
    ("text", "host", "tag", "message"),
    [
        ("kern:    info: [2024-08-22T17:52:26.35Z]: [ 117460]   101 117460", "unknown", "kernel",
         "[ 117460]   101 117460"),
        (" kern: warning: [2025-05-18T15:40:20.654322542Z]:  </TASK>", "unknown", "kernel", " </TASK>"),
        ("10.1.1.2: kern:     err: [2022-01-25T10:35:59Z]: Out of memory: x", "10.1.1.2", "kernel", "Out of memory: x"),
        ("fd00::2: user: warning: [2026-01-12T20:27:31.9Z]: [talos] Sending", "fd00::2", None, "[talos] Sending"),
    ],
)  # fmt: skip
def test_talosctl_puts_the_node_and_the_time_before_a_line(text: str, host: str, tag: str | None, message: str) -> None:
    line = read(text)
    assert (line.host.name, line.tag, line.text) == (host, tag, message)
    assert (line.when.source, line.when.year_inferred, line.when.zone_inferred) == (TimeSource.ISO, False, False)


def test_a_day_that_is_none_is_no_time() -> None:
    assert not read("[Mon Feb 30 10:00:00 2026] x").when.from_line


@pytest.mark.parametrize("stamp", ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z"])
def test_a_time_before_or_after_all_times_is_none(stamp: str) -> None:
    for told in (
        f"<4>1 {stamp} web-1 kernel - - - [  100.000001] Out of memory: Killed process 81 (java)",
        f'{{"@timestamp":"{stamp}","host":{{"name":"web-1"}},"message":"Out of memory: Killed process 81 (java)"}}',
    ):
        when = read(told).when
        assert (when.at, when.source) == (HINT, TimeSource.KAFKA)


@pytest.mark.parametrize("stamp", [-1, -(2**63), 2**63 - 1])
def test_a_records_stamp_that_is_no_time_is_the_nearest_one(stamp: int) -> None:
    assert recorded_time(stamp) == (FIRST if stamp < 0 else LAST)


def test_a_line_without_time_has_the_records_and_says_so() -> None:
    when = read("[1.000000] x").when
    assert (when.at, when.source) == (HINT, TimeSource.KAFKA)
    assert not when.from_line


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "tombstone"),
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"x" * 100_000, "too_long"),
        (b'{"a": 1}', "no_message"),
        (b'{"a"', "json"),
    ],
)
def test_what_is_no_line_is_refused_with_a_code(value: bytes | None, code: str) -> None:
    found = Envelope().read(Raw(Origin("t", 0, 1), value, HINT))
    assert isinstance(found, Unreadable)
    assert found.code == code


def test_bytes_that_are_not_utf8_are_kept_escaped() -> None:
    found = Envelope().read(Raw(Origin("t", 0, 1), b"caf\xc3 x", HINT))
    assert isinstance(found, Read)
    assert found.whole.text == "caf\\xc3 x"
