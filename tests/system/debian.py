"""Debian's programs, which ``tests/system/install`` has unpacked beside the checkout's other build products."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
UNPACKED = ROOT / "build" / "debian"
PROMTOOL = UNPACKED / "usr" / "bin" / "promtool"
SYSLOG_NG = UNPACKED / "usr" / "sbin" / "syslog-ng"
