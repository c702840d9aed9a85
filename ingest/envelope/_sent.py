"""What an envelope says of the message in it, whichever kind of envelope it is."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, tzinfo

    from ingest.model import When


class Shape(StrEnum):
    """The kinds of envelope. Each record is tried as every kind, unless the configuration pins one."""

    KMSG = "kmsg"
    """``4,1234,5678901234,-;message``, as ``/dev/kmsg`` gives it."""
    RFC5424 = "rfc5424"
    """``<4>1 2026-11-22T19:33:24Z host kernel - - - message``."""
    CRI = "cri"
    """``2026-11-22T19:33:24.1Z stderr F message``, a Kubernetes log file."""
    CONSOLE = "console"
    """``2023-12-04T10:49:30.127Z In(05) vcpu-5 - Guest: <6>[39291577.009360] message``, a guest's serial console."""
    LOGCAT = "logcat"
    """``11-22 19:33:24.123  1234  5678 I lowmemorykiller: message``, Android."""
    SYSLOG = "syslog"
    """RFC 3164 or ISO 8601 time, host, tag: syslog files, wire formats and ``journalctl``."""
    DMESG = "dmesg"
    """``[12345.678901] message``, ``[Sun Nov 22 19:33:24 2026] message`` or nothing but the message."""
    JSON = "json"
    """An object of journald, Filebeat, Fluent Bit, Fluentd, Vector, Logstash, rsyslog, syslog-ng or Docker."""


class Anchor(Struct, frozen=True, gc=False):
    """What times without year and zone are read by."""

    zone: tzinfo | None
    hint: datetime


class Sent(Struct, frozen=True, kw_only=True, gc=False):
    """A message and what its envelope says of it; ``None`` is what it does not say. ``partial`` lines go on."""

    shape: str
    message: str
    hostname: str | None = None
    when: When | None = None
    uptime_us: int | None = None
    tag: str | None = None
    boot: str | None = None
    caller: str | None = None
    partial: bool = False
    stream: str = ""
    """Which pieces go together; ``""`` where lines never come in pieces."""
    rest: str = ""
    """The piece as it stands, in case that it is the rest of a line: what looks like a prefix there is none."""
    metadata: Mapping[str, object] | None = None
    dropped: int = 0
    """Leaves of metadata that the allow-list does not let through."""
