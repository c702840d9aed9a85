"""Envelopes of text: what stands before a message in files, on the wire, in ``dmesg`` and on consoles.

Each prefix is optional, so a shipper that drops one costs nothing. Where no prefix is left, the rest is the message.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ingest.envelope._copied import ISO, QUOTED, WRAPPED, behind
from ingest.envelope._ring import PRI, ring
from ingest.envelope._sent import Anchor, Sent, Shape
from ingest.model import TimeSource
from ingest.timestamps import MONTHS, dated_time, epoch_time, iso_time, month_of, yearless_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.model import When

_SYSLOG_STAMP = re.compile(
    r"(?P<month>[A-Z][a-z]{2}) {1,2}(?P<day>\d{1,2}) (?:(?P<year>\d{4}) )?(?P<clock>\d\d:\d\d:\d\d(?:\.\d{1,9})?):? "
)
_ISO_STAMP = re.compile(
    rf"(?:[A-Z][a-z]{{2}} )?(?P<stamp>{ISO}):?(?P<utc> UTC)?(?: (?:[A-Z]{{2,4}}T|MSK|WIB|WITA)(?= ))? "
)
"""A zone's letters tell nothing alone; ``CPU``, ``DMA`` and ``OOM`` behind a time are none."""
_RARE_STAMP = re.compile(
    r"(?P<seconds>\d{10}\.\d{6}) "
    r"|[A-Z][a-z]{2} (?P<month>[A-Z][a-z]{2}) {1,2}(?P<day>\d{1,2}) (?P<clock>\d\d:\d\d:\d\d) (?P<year>\d{4}) "
)
"""``journalctl -o short-unix``, and ``logread`` of OpenWrt."""
_FOREIGN_STAMP = re.compile(r"(?P<month>\w{2,6})\.? {1,2}(?P<day>\d{1,2}) (?P<clock>\d\d:\d\d:\d\d(?:\.\d{1,9})?) ")
"""``journalctl`` in the words of a locale: ``avril 16``, ``Mär 05``, ``5月 29``."""
_HOST = re.compile(r"(?P<host>[^\s:\[\]<>]+) +")
_NO_HOST = re.compile(r"(?:<[^\s<>]{1,64}>|\[[^\s\[\]]{1,64}\]) +(?=kernel:)")
"""What people put in place of a name that they do not want to tell."""
_LABELS = re.compile(r'\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\} +')
_HOST_LABEL = re.compile(r'\b(?:host|hostname|node|nodename)="([^"]+)"')
"""``logcli`` of Loki puts a line's labels where others put its host."""
_NO_HOSTS = ("{", "kern.", "user.", "daemon.")
"""How a word may begin that stands where hosts do and is none."""
_FACILITIES = "kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|local[0-7]"
_SEVERITIES = "emerg|panic|alert|crit|err|error|warn|warning|notice|info|debug"
_FACILITY = re.compile(
    rf"<?(?:{_FACILITIES})(?: *: *|\.)(?:{_SEVERITIES})>? *(?::(?= )|(?= )) *|(?P<alone>(?:{_SEVERITIES}) )(?=kernel: )"
)
_LEVEL_AND_HOST = re.compile(rf"(?:{_SEVERITIES}) (?P<host>[^\s:\[\]<>]+) (?=kernel(?::| - - - ))")
"""VMware's appliances write the level before the host."""
_TALOS = re.compile(
    rf" *(?:(?P<host>[^\s\[\]<>]{{1,255}}): +)?(?P<facility>{_FACILITIES}): +(?:{_SEVERITIES}): \[(?P<stamp>{ISO})\]: "
)
"""``talosctl dmesg``, which puts the node before a line where it asks more than one."""
_TAG = re.compile(r"(?P<tag>[A-Za-z_/][\w./@-]{0,63})(?:(?P<pid>\[(?:\d{1,10}|-)\])?:(?: +|$)| (?:\d{1,10}|-) - - )")
"""rsyslog's files in the form of RFC 5424 have process and message id behind the program."""
_JOURNAL_HOST = re.compile(r"(?P<host>[\w.-]{1,253}) (?P<tag>kernel|[\w.@-]{1,64}(?=\[\d{1,10}\]))(?:\[\d{1,10}\])?: ")
"""``journalctl -o short-monotonic`` puts the uptime before the host."""

NOT_TAGS = frozenset({
    "oom_reaper", "oom-killer", "memory", "swap", "kmem", "CPU", "Pid", "Mem-Info", "Mem-info", "Node", "DMA", "DMA32",
    "Normal", "HighMem", "sysrq", "SysRq", "Zone", "RIP", "Code", "UVM", "swap_pager",
})  # fmt: skip
"""Words with a colon that begin a kernel message; where no tag stands before them they would be taken for one."""
SECOND_WORDS = frozenset({"Trace", "trace", "allocations", "berserker", "cache", "kill", "name", "pages", "per-cpu"})
"""The same behind a first word, which would be taken for a host: ``Call Trace:``, ``Hardware name:``."""

_KMSG = re.compile(
    r"(?:\d\.\d[^,;\s]{1,80},)?(?P<pri>\d{1,4}),\d+,(?P<micros>\d{1,17}),[^,;]*(?:,caller=(?P<caller>[TC]\d+))?(?:,[^;]*)?;(?P<message>[^\n]*)"
)
_ESCAPED = re.compile(rb"\\x([0-9a-f]{2})")
_RFC5424 = re.compile(
    rf"<(?P<pri>\d{{1,3}})>1 (?P<stamp>-|{ISO}) (?P<host>\S+) (?P<app>\S+) (?P<proc>\S+) \S+ "
    r'(?:-|(?:\[[^\]"]*(?:"(?:[^"\\]|\\.)*"[^\]"]*)*\])+)(?: \ufeff?|$)'
)
_CRI = re.compile(rf"(?P<stamp>{ISO}) (?P<stream>stdout|stderr) (?P<whole>[FP])(?::[^ ]*)? ")
_CONSOLE = re.compile(rf"(?P<stamp>{ISO}) [A-Z][a-z]\(\d+\)[+]? \S+ - (?:Guest: )?")
_LOGCAT = re.compile(
    r"(?P<month>\d\d)-(?P<day>\d\d) (?P<clock>\d\d:\d\d:\d\d\.\d{3,6}) +(?:\S+ +)??\d+ +\d+ [VDIWEF] "
    r"(?P<tag>[^:\s]+) *: "
)
_LOGCAT_BRIEF = re.compile(r"[VDIWEF]/(?P<tag>[^(\s]+) *\( *\d+\): ")
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
HEAD = (
    r"(?:<\d{1,3}>)?(?:(?P<month>[A-Z][a-z]{2}) (?P<day>[ 123]\d) (?P<clock>\d\d:\d\d:\d\d)"
    rf"|(?P<stamp>(?>{ISO}))(?! (?:stdout|stderr|[A-Z]{{3,5}}) )) (?P<host>[^\s:\[\]<>]+) "
)
"""Time and host of the commonest line by far, as syslog daemons write what a kernel prints."""
RING = (
    r"kernel: \[ *+(?P<seconds>[0-9]{1,10}+)\.(?P<micros>[0-9]{6})\] ?+(?:\[ *+(?P<caller>[TC][0-9]{1,10}+)\] ?+)?+"
    r"(?! *+(?:kernel:|<|\(\d|\[(?! *+(?:[0-9]{1,10}+|pid *+)\])))"
)
"""What follows: nothing that ``_ring`` would take off stands behind it."""
_COMMON = re.compile(rf"{HEAD}{RING}(?P<message>[^\x1b]*)\Z")
_KERNEL_FACILITY = 8
"""PRI is facility * 8 + severity, and the kernel's facility is 0."""


def take_apart(text: str, anchor: Anchor, only: Shape | None = None) -> Sent | None:
    """The message of a text and what stands before it.

    Args:
        text: One record, or the message of an object.
        anchor: By what times without year and zone are read.
        only: The one kind of envelope that it may be; ``None`` tries each.

    Returns:
        ``None`` only where the text is not of the kind that it may be.
    """
    if only in (None, Shape.SYSLOG) and (found := common(text, anchor)):
        return found
    if "\x1b" in text:
        text = _COLOURS.sub("", text)
    if only is not None:
        return _SHAPES[only](text, anchor)
    for shape in _DISTINCT:
        if found := shape(text, anchor):
            return found
    if found := syslog(text, anchor):
        return found
    if (copied := behind(text)) is not None:
        return syslog(copied, anchor) or _dmesg(copied, anchor)
    return _dmesg(text, anchor)


# ---------------------------------------------------------------- one function for each kind


def common(text: str, anchor: Anchor) -> Sent | None:
    """What ``syslog`` makes of the commonest line; ``tests/property/test_plain.py`` holds the two together."""
    found = _COMMON.match(text)
    if found is None:
        return None
    month, day, clock, stamp, hostname, seconds, micros, caller, message = found.groups()
    if stamp:
        when = None if "," in stamp else iso_time(stamp, anchor.zone)
    else:
        when = yearless_time(MONTHS.get(month, 0), int(day), clock, anchor.zone, anchor.hint)
    if when is None:
        return None
    return Sent(
        shape=Shape.SYSLOG,
        message=message,
        hostname=hostname,
        when=when,
        uptime_us=int(seconds) * 1_000_000 + int(micros),
        tag="kernel",
        caller=caller,
    )


def _kmsg(text: str, anchor: Anchor) -> Sent | None:
    """Documentation/ABI/testing/dev-kmsg; lines of ``KEY=value`` follow the message and are left out."""
    found = _KMSG.match(text)
    if found is None:
        return None
    kernel = int(found["pri"]) < _KERNEL_FACILITY
    message = found["message"]
    sent = Sent(
        shape=Shape.KMSG,
        message=_unescaped(message) if "\\x" in message else message,
        uptime_us=int(found["micros"]),
        caller=found["caller"],
        tag="kernel" if kernel else None,
    )
    return ring(sent, anchor) if kernel else sent


def _rfc5424(text: str, anchor: Anchor) -> Sent | None:
    found = _RFC5424.match(text)
    if found is None:
        return None
    app = None if found["app"] == "-" else found["app"]
    if app is None and int(found["pri"]) < _KERNEL_FACILITY:
        app = "kernel"
    sent = Sent(
        shape=Shape.RFC5424,
        message=text[found.end() :],
        hostname=None if found["host"] == "-" else found["host"],
        when=None if found["stamp"] == "-" else iso_time(found["stamp"], anchor.zone),
        tag=app,
    )
    return ring(sent, anchor)


def _cri(text: str, anchor: Anchor) -> Sent | None:
    """A container's log; its lines may be a syslog daemon's or ``dmesg``'s, with an envelope of their own."""
    found = _CRI.match(text)
    if found is None:
        return None
    rest = text[found.end() :]
    when = iso_time(found["stamp"], anchor.zone, TimeSource.SHIPPER)
    inner = syslog(rest, anchor) or _dmesg(rest, anchor)
    partial = found["whole"] == "P"
    return replace(inner, shape=Shape.CRI, when=inner.when or when, stream=found["stream"], rest=rest, partial=partial)


def _console(text: str, anchor: Anchor) -> Sent | None:
    found = _CONSOLE.match(text)
    if found is None:
        return None
    sent = Sent(shape=Shape.CONSOLE, message=text[found.end() :], when=iso_time(found["stamp"], anchor.zone))
    return ring(sent, anchor)


def _logcat(text: str, anchor: Anchor) -> Sent | None:
    if found := _LOGCAT.match(text):
        when = yearless_time(int(found["month"]), int(found["day"]), found["clock"], anchor.zone, anchor.hint)
    elif found := _LOGCAT_BRIEF.match(text):
        when = None
    else:
        return None
    return Sent(shape=Shape.LOGCAT, message=text[found.end() :], when=when, tag=found["tag"])


def syslog(text: str, anchor: Anchor, *, inner: bool = False) -> Sent | None:
    """A time at the beginning, a host, a tag. ``dmesg --time-format iso`` has a comma in its time and no host."""
    at = _before(text)
    when, end = stamp(text, at, anchor)
    if when is None:
        return None
    if not inner and (again := WRAPPED.match(text, end)):
        own = syslog(text[again.end() :], Anchor(anchor.zone, when.at), inner=True)
        if own and own.hostname and own.tag:
            return own
    # A time with its year may stand alone: then a word with a colon may be the kernel's, as where no time stands.
    begin, hostname, bare = end, None, not when.year_inferred
    if "," not in text[at:end] and (name := _HOST.match(text, end)):
        hostname, end, bare = name["host"], name.end(), False
        if levelled := _LEVEL_AND_HOST.match(text, begin):
            hostname, end = levelled["host"], levelled.end()
        elif hostname.startswith(_NO_HOSTS):
            hostname, end, bare = _host(text, begin, hostname, end)
    elif unnamed := _NO_HOST.match(text, end):
        end = unnamed.end()
    end = level.end() if (level := _FACILITY.match(text, end)) else end
    tag, end = _tag(text, end, bare=bare)
    if level and level["alone"] and text.startswith(": ", end):
        end += 2  # F5's BIG-IP ends the tag twice behind its level. Elsewhere a process may be named ":".
    sent = ring(Sent(shape=Shape.SYSLOG, message=text[end:], hostname=hostname, when=when, tag=tag), anchor)
    if (tag is None or tag in SECOND_WORDS) and hostname and not (bare or when.year_inferred):
        return _without_host(text, begin, sent)
    return sent


def _dmesg(text: str, anchor: Anchor) -> Sent:
    """``[uptime]``, ``[date]``, ``kern :warn :`` or nothing at all before the message."""
    at = _before(text)
    if found := _TALOS.match(text, at):
        return _talos(found, anchor)
    at = level.end() if (level := _FACILITY.match(text, at)) else at
    tag, at = _tag(text, at, bare=True)
    sent = ring(Sent(shape=Shape.DMESG, message=text[at:], tag=tag), anchor)
    if sent.uptime_us is not None and sent.tag is None and (name := _JOURNAL_HOST.match(sent.message)):
        named = replace(sent, hostname=name["host"], message=sent.message[name.end() :], tag=name["tag"])
        return ring(named, anchor)
    return sent


def _before(text: str) -> int:
    at = copied.end() if (copied := QUOTED.match(text)) else 0
    return pri.end() if (pri := PRI.match(text, at)) else at


def _talos(found: re.Match[str], anchor: Anchor) -> Sent:
    """Talos itself writes into the kernel's log as well, with the facility ``user``."""
    return Sent(
        shape=Shape.DMESG,
        message=found.string[found.end() :],
        hostname=found["host"],
        when=iso_time(found["stamp"], anchor.zone),
        tag="kernel" if found["facility"] == "kern" else None,
    )


_DISTINCT: tuple[Callable[[str, Anchor], Sent | None], ...] = (_kmsg, _rfc5424, _cri, _console, _logcat)
"""Kinds that cannot be taken for another; the others are tried after them."""

_SHAPES: dict[Shape, Callable[[str, Anchor], Sent | None]] = {
    Shape.KMSG: _kmsg,
    Shape.RFC5424: _rfc5424,
    Shape.CRI: _cri,
    Shape.CONSOLE: _console,
    Shape.LOGCAT: _logcat,
    Shape.SYSLOG: syslog,
    Shape.DMESG: _dmesg,
}


# ---------------------------------------------------------------- what they share


def stamp(text: str, at: int, anchor: Anchor) -> tuple[When | None, int]:
    """The time at a place of a text, and where it ends."""
    if found := _SYSLOG_STAMP.match(text, at):
        month, day, clock = month_of(found["month"]), int(found["day"]), found["clock"]
        if found["year"]:
            when = dated_time(int(found["year"]), month, day, clock, anchor.zone, TimeSource.ISO)
        else:
            when = yearless_time(month, day, clock, anchor.zone, anchor.hint)
    elif found := _ISO_STAMP.match(text, at):
        when = iso_time(found["stamp"] + ("Z" if found["utc"] else ""), anchor.zone)
    elif not (found := _RARE_STAMP.match(text, at)):
        found = _FOREIGN_STAMP.match(text, at)
        if found is None or not (month := month_of(found["month"])):
            return None, at
        when = yearless_time(month, int(found["day"]), found["clock"], anchor.zone, anchor.hint)
    elif found["seconds"]:
        when = epoch_time(float(found["seconds"]), TimeSource.ISO)
    else:
        month, day, year = MONTHS.get(found["month"], 0), int(found["day"]), int(found["year"])
        when = dated_time(year, month, day, found["clock"], anchor.zone, TimeSource.ISO)
    return when, found.end()


def _host(text: str, at: int, word: str, behind: int) -> tuple[str | None, int, bool]:
    """What a word is that stands where hosts do: the host, where what follows begins, whether that is a message."""
    if labels := _LABELS.match(text, at):
        name = _HOST_LABEL.search(labels[0])
        return (name[1] if name else None), labels.end(), True
    return (None, at, False) if _FACILITY.match(text, at) else (word, behind, False)


def _without_host(text: str, at: int, sent: Sent) -> Sent:
    """What was read behind a whole date, without its host where that word is the first of the message."""
    found = _HOST.match(text, at)
    if sent.tag in SECOND_WORDS or (found and text[found.end() :] == sent.message):
        return replace(sent, message=text[at:], hostname=None, tag=None)
    return sent


def _unescaped(message: str) -> str:
    r"""What ``msg_add_ext_text`` (kernel/printk/printk.c) escaped: bytes that are not printable, and ``\``."""
    octets = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), message.encode("utf-8", "surrogateescape"))
    return octets.decode("utf-8", "backslashreplace")


def _tag(text: str, at: int, *, bare: bool) -> tuple[str | None, int]:
    """The program that wrote the line and where its message begins; no tag where the message begins at once.

    A ``bare`` line has no time and no host before it, so that only ``name[pid]:`` can be told from a message.
    """
    if text.startswith("kernel:", at):
        return "kernel", at + len("kernel:") + text.startswith("kernel: ", at)
    found = _TAG.match(text, at)
    if found is None or found["tag"] in NOT_TAGS or (bare and not found["pid"]):
        return None, at
    tag = found["tag"]
    return ("kernel" if tag in ("vmunix", "/bsd") else tag), found.end()
