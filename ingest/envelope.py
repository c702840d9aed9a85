"""Bytes of one record to a line: host, time, uptime, tag and the text behind them.

Read here: RFC 3164 with and without ``<PRI>``, the same with ISO 8601 time stamps (rsyslog's file and forward formats),
dmesg's ``[12345.678901]``, and bare lines. Each prefix is optional, so a shipper that drops one costs nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from ingest.model import UNKNOWN_HOST, Host, Line, Raw, TimeSource, When
from ingest.timestamps import iso_time, syslog_time

if TYPE_CHECKING:
    from datetime import tzinfo

_PRI = re.compile(r"<(?P<pri>\d{1,3})>")
_SYSLOG_STAMP = re.compile(r"(?P<month>[A-Z][a-z]{2}) {1,2}(?P<day>\d{1,2}) (?P<clock>\d\d:\d\d:\d\d(?:\.\d{1,9})?) ")
_ISO_STAMP = re.compile(r"(?P<stamp>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?) ")
_HOST = re.compile(r"(?P<host>[^\s:\[\]]+) +")
_TAG = re.compile(r"(?P<tag>[A-Za-z_/][\w./@-]{0,63})(?P<pid>\[\d{1,10}\])?:(?: +|$)")
_KERNEL_TAG = re.compile(r" *kernel: ?")
_QUOTED = re.compile(r"(?:[ \t]*[#>|*└├│─]+)?[ \t]+|[#>|*└├│─]+[ \t]*")
"""What a mail, a comment, a pasted transcript or an indented copy puts before a line."""
_UPTIME = re.compile(r" *\[ *(?P<seconds>\d{1,10})\.(?P<micros>\d{6})\](?:\[ *[TC]\d+\])? ?")

_NOT_TAGS = frozenset({
    "oom_reaper", "oom-killer", "memory", "swap", "kmem", "CPU", "Pid", "Mem-Info", "Mem-info", "Node", "DMA", "DMA32",
    "Normal", "HighMem", "sysrq", "SysRq", "Zone", "RIP", "Code", "UVM", "swap_pager",
})  # fmt: skip
"""Words with a colon that begin a kernel message; where no tag stands before them they would be taken for one."""


class Unreadable(Struct, frozen=True):
    """A record that is no line. ``code`` is stable: tombstone, empty, too_long, json."""

    code: str
    detail: str


class Envelope(Struct, frozen=True):
    """How to read records of one source.

    Attributes:
        zone: Zone of time stamps that name none; ``None`` reads them as UTC and marks them as inferred.
        hint_source: What ``Raw.recorded_at`` is, for lines that carry no time of their own.
        default_host: Host of lines that name none.
        max_line_bytes: Longer records are refused.
    """

    zone: tzinfo | None = None
    hint_source: TimeSource = TimeSource.KAFKA
    default_host: Host = UNKNOWN_HOST
    max_line_bytes: int = 65_536

    def read(self, raw: Raw) -> Line | Unreadable:
        r"""The line of a record, or why it is none. Bytes that are not UTF-8 are kept as ``\xff``."""
        value = raw.value
        if value is None:
            return Unreadable("tombstone", "the record has no value")
        if len(value) > self.max_line_bytes:
            return Unreadable("too_long", f"{len(value)} bytes; at most {self.max_line_bytes} are read")
        text = value.decode("utf-8", "backslashreplace").rstrip("\r\n")
        if not text.strip():
            return Unreadable("empty", "the record is blank")
        if text.startswith("{"):
            return Unreadable("json", "JSON where a line of text is expected")
        return self._take_apart(raw, text)

    def _take_apart(self, raw: Raw, text: str) -> Line:
        at = copied.end() if (copied := _QUOTED.match(text)) else 0
        at = pri.end() if (pri := _PRI.match(text, at)) else at
        host = self.default_host
        when: When | None = None
        stamp = _SYSLOG_STAMP.match(text, at)
        if stamp:
            when = syslog_time(stamp["month"], stamp["day"], stamp["clock"], self.zone, raw.recorded_at)
        elif stamp := _ISO_STAMP.match(text, at):
            when = iso_time(stamp["stamp"], self.zone)
        if stamp and when:
            at = stamp.end()
            if name := _HOST.match(text, at):
                host = Host(name["host"].lower(), name["host"])
                at = name.end()
        tag, at = _tag(text, at, bare=not when)
        uptime: int | None = None
        if tag is None or tag == "kernel":
            while (ring := _KERNEL_TAG.match(text, at)) or (ring := _UPTIME.match(text, at)):
                if "seconds" in ring.re.groupindex:
                    uptime = int(ring["seconds"]) * 1_000_000 + int(ring["micros"])
                else:
                    tag = "kernel"
                at = ring.end()
        return Line(
            origin=raw.origin,
            host=host,
            when=when or When(raw.recorded_at, self.hint_source, year_inferred=True, zone_inferred=True),
            uptime_us=uptime,
            tag=tag,
            text=text[at:],
            raw=text,
        )


def _tag(text: str, at: int, *, bare: bool) -> tuple[str | None, int]:
    """The program that wrote the line and where its message begins; no tag where the message begins at once.

    A ``bare`` line has no time and no host before it, so that only ``name[pid]:`` can be told from a message.
    """
    if text.startswith("kernel:", at):
        return "kernel", at + len("kernel:") + (text.startswith("kernel: ", at))
    found = _TAG.match(text, at)
    if found is None or found["tag"] in _NOT_TAGS or (bare and not found["pid"]):
        return None, at
    tag = found["tag"]
    return ("kernel" if tag in ("vmunix", "/bsd") else tag), found.end()
