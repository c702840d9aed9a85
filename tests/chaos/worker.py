"""A worker of the service as a process of its own: started, killed, told to end, and watched."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.integration.service import COMMAND

_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")


class Worker:
    """``oom-ingest run`` with its log in a file.

    Args:
        environment: Its settings.
        name: Its name in the group.
        log: Where its log goes.
    """

    def __init__(self, environment: Mapping[str, str], name: str, log: Path) -> None:
        self.name = name
        self._log = log
        with log.open("wb") as stream:
            self._process = subprocess.Popen([*COMMAND, "run"], env=dict(environment), stderr=stream)
        self.peak_kb = 0

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def says(self, event: str) -> int:
        """How often the log has an event."""
        return self.log.count(f'"{event}"')

    def measure(self) -> None:
        """Note the most memory that was resident so far."""
        try:
            found = _PEAK.search(
                Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii", errors="replace")
            )
        except OSError:
            return
        if found:
            self.peak_kb = max(self.peak_kb, int(found[1]))

    def kill(self) -> None:
        """End it as a power cut would."""
        self.measure()
        self._process.kill()
        self._process.wait()

    def terminate(self) -> float:
        """Ask it to end; the seconds until it has."""
        self.measure()
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        return time.monotonic() - began

    @property
    def status(self) -> int | None:
        return self._process.returncode


def until(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Wait for a condition. Raises ``TimeoutError`` where it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.1)
