"""A server as a child process: its log, waiting until it is usable, and its end."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING

from ingest.stack.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_LINES_SHOWN = 12
_POLL = 0.1
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class Child:
    """One server process. Its output goes to ``server.log`` in its folder, its number to ``server.pid``.

    The kernel kills it when the thread that started it dies, so start it from the main thread.

    Args:
        name: For messages.
        folder: Where log and pid file go; it must exist.
        ends_with_input: Whether closing its standard input is enough to end it.
    """

    def __init__(self, name: str, folder: Path, *, ends_with_input: bool = False) -> None:
        self.name = name
        self._ends_with_input = ends_with_input
        self.log = folder / "server.log"
        self._pid_file = folder / "server.pid"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process, while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self, command: Sequence[str]) -> None:
        """Start the server, after ending one that an earlier run left behind."""
        self._end_left_over()
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603  our own command, no shell
                command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_die_with_parent,  # noqa: PLW1509  two system calls, no lock taken
            )
        self._pid_file.write_text(f"{self._process.pid} {_started(self._process.pid)}")

    def wait_until(self, usable: Callable[[], bool], timeout: float) -> None:
        """Wait until ``usable`` says so.

        Raises:
            StackError: The process ended, or ``timeout`` seconds went by; with the last lines of its log.
        """
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                raise StackError(
                    f"{self.name} died while starting{self._hint()}; its last lines:\n{self._last_lines()}"
                )
            if usable():
                return
            time.sleep(_POLL)
        raise StackError(f"{self.name} was not usable within {timeout:.0f} s; its last lines:\n{self._last_lines()}")

    def stop(self, timeout: float = 30.0) -> None:
        """Ask the server to end, and kill it after ``timeout`` seconds."""
        process = self._process
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        if not self._ends_with_input:
            process.terminate()
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
        self._pid_file.unlink(missing_ok=True)
        self._process = None

    def kill(self) -> None:
        """End the server as a power cut would."""
        process = self._process
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        process.kill()
        process.wait()
        self._process = None

    def _end_left_over(self) -> None:
        """A process of an earlier run that still holds this folder, if it is the same one and not its number reused."""
        try:
            pid, started = self._pid_file.read_text().split()
        except (FileNotFoundError, ValueError):
            return
        if _started(int(pid)) == started:
            os.kill(int(pid), signal.SIGKILL)
            deadline = time.monotonic() + 10
            while _started(int(pid)) == started and time.monotonic() < deadline:
                time.sleep(_POLL)
        self._pid_file.unlink(missing_ok=True)

    def _last_lines(self) -> str:
        lines = self.log.read_text("utf-8", "replace").splitlines()[-_LINES_SHOWN:]
        return "\n".join(f"  {line}" for line in lines) or "  (it wrote nothing)"

    def _hint(self) -> str:
        text = self.log.read_text("utf-8", "replace")
        if "Address already in use" in text or "BindException" in text:
            return ": its port is taken by another program"
        if "No space left on device" in text:
            return ": the disk is full"
        return ""


def free_port() -> int:
    """A port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _die_with_parent() -> None:
    """In the child, before it becomes the server: SIGKILL when the parent is gone (prctl(2), Linux only)."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _started(pid: int) -> str | None:
    """When a living process began, in clock ticks since boot (proc(5), field 22): tells a reused number."""
    try:
        with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123  a kernel file, not a path of ours
            fields = stat.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]
