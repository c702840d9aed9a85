"""Debian's programs, which ``tests/system/install`` has unpacked beside the checkout's other build products."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
JOURNAL_REMOTE = Path("/lib/systemd/systemd-journal-remote")
UNPACKED = ROOT / "build" / "debian"
PROMTOOL = UNPACKED / "usr" / "bin" / "promtool"
SYSLOG_NG = UNPACKED / "usr" / "sbin" / "syslog-ng"
SYSLOG_NG_LIBRARIES = UNPACKED / "usr" / "lib" / "syslog-ng"


def syslog_ng_modules() -> Path:
    """The folder of its modules, which is named by its version."""
    (folder,) = SYSLOG_NG_LIBRARIES.glob("[0-9]*")
    return folder
