"""A server as a child process: its log, waiting until it is usable, and its end."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

import ingest
from ingest.stack.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LINES_SHOWN = 12
_TAIL = 64 * 1024  # bytes of the log that are read for them
_POLL = 0.1  # seconds
_DYING = 2.0  # seconds that a process may take to be gone after SIGKILL
_HINTS = {
    "Address already in use": "its port is taken by another program, stop that one or choose another port",
    "BindException": "its port is taken by another program, stop that one or choose another port",
    "No space left on device": "the disk is full, make room or choose another data folder",
    "Could not reserve enough space": "there is not enough memory for its heap, end other programs",
    "Cannot allocate memory": "there is not enough memory, end other programs",
    "OutOfMemoryError": "its heap is too small for this load",
    "not writable": "its data folder cannot be written, choose another one",
}


class Child:
    """One server process. Its output goes to ``server.log`` in its folder, its number to ``server.pid``.

    The process is a Python of ours that leads a session of its own, so that Ctrl-C in a terminal reaches only the
    parent, which then stops it in order.

    Args:
        name: For messages.
        folder: Where log, pid file and lock go; made if needed. One process at a time may use it.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self._name = name
        self._folder = folder
        self._pid_file = folder / "server.pid"
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        self._usable = False
        self.log = folder / "server.log"

    @property
    def pid(self) -> int | None:
        """The process, while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def claim(self) -> None:
        """Take the folder for this process, and end a server that an earlier run left behind in it.

        Raises:
            StackError: The server runs already, another process uses the folder, or it cannot be made.
        """
        if self._process:
            try:
                self._process.wait(_DYING)
            except subprocess.TimeoutExpired:
                raise StackError(f"{self._name} runs already: stop it first") from None
        if self._lock:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = (self._folder / "server.lock").open("w", encoding="ascii")
        except OSError as error:
            raise StackError(
                f"{self._name} cannot keep its data in {self._folder} ({error.strerror}): choose another data folder"
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise StackError(
                f"{self._name}'s data folder {self._folder} is in use by another running stack: "
                "stop that one, or choose another data folder"
            ) from None
        self._lock = lock
        _end_left_over(self._pid_file)

    def start(self, command: Sequence[str]) -> None:
        """Start a program without waiting for it, and claim the folder if that was not done before.

        Raises:
            StackError: No process can be made, or the folder cannot be claimed.
        """
        self.claim()
        self._forget()
        self._usable = False
        try:
            with self.log.open("wb") as log:
                self._process = subprocess.Popen(  # noqa: S603  our own command, no shell
                    command,
                    stdin=subprocess.PIPE,  # its end tells the child that the parent is gone
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=self._folder,
                    env=_environment(),
                    start_new_session=True,
                )
            self._pid_file.write_text(f"{self._process.pid} {_born(self._process.pid)}", encoding="ascii")
        except OSError as error:
            self.kill()
            raise StackError(f"{self._name} cannot be started ({error.strerror}): free memory or disk space") from error

    def wait_until(self, usable: Callable[[], bool], timeout: float) -> None:
        """Wait until ``usable`` says so.

        Args:
            usable: Asked again and again; must not raise for a server that is not there yet.
            timeout: Seconds.

        Raises:
            StackError: The process ended, or ``timeout`` went by; with the last lines of its log.
        """
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if not self.pid:
                raise StackError(self._death())
            if usable():
                self._usable = True
                return
            time.sleep(_POLL)
        raise StackError(
            f"{self._name} was not usable within {timeout:.0f} s: the machine may be too busy, "
            f"see {self.log}; its last lines:\n{self._last_lines()}"
        )

    def stop(self, timeout: float = 20.0) -> None:
        """End the server in order; kill it if it was never usable, or after ``timeout`` seconds."""
        process = self._process
        if process and self._usable:
            process.terminate()
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                sys.stderr.write(f"{self._name} did not stop within {timeout:.0f} s and was killed\n")
        self.kill()

    def kill(self) -> None:
        """End the server as a power cut would, and give the folder back."""
        if self._process:
            self._process.kill()
            self._forget()
            self._pid_file.unlink(missing_ok=True)  # else it may be that of another stack
        if self._lock:
            self._lock.close()
            self._lock = None

    def _forget(self) -> None:
        """Collect a process that has ended or is about to."""
        if self._process:
            self._process.wait()
            if self._process.stdin:
                self._process.stdin.close()
            self._process = None

    def _death(self) -> str:
        code = self._process.returncode if self._process else None
        text = self._tail()
        hint = next((hint for sign, hint in _HINTS.items() if sign in text), f"see {self.log}")
        how = f"killed by signal {-code}" if code is not None and code < 0 else f"exit status {code}"
        return f"{self._name} died while starting ({how}): {hint}; its last lines:\n{self._last_lines()}"

    def _last_lines(self) -> str:
        lines = [line for line in self._tail().splitlines() if line.strip()][-_LINES_SHOWN:]
        return "\n".join(f"  {line}" for line in lines) or "  (it wrote nothing)"

    def _tail(self) -> str:
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - _TAIL))
            return log.read().decode("utf-8", "replace")


def _environment() -> dict[str, str]:
    """This package for the child wherever it was imported from, and no options that are meant for another Java."""
    kept = {key: value for key, value in os.environ.items() if key not in {"JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS"}}
    root = str(Path(ingest.__file__).parents[1])
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))}


def _end_left_over(pid_file: Path) -> None:
    """Kill the process that the pid file names, if it is still the same one and not its number used again."""
    try:
        number, born = pid_file.read_text("ascii").split()
        pid = int(number)
    except (FileNotFoundError, ValueError):
        return
    deadline = time.monotonic() + 10
    while _born(pid) == born and time.monotonic() < deadline:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        time.sleep(_POLL)
    pid_file.unlink(missing_ok=True)


def _born(pid: int) -> str | None:
    """When a living process began, in clock ticks since boot (proc(5), field 22); None if there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]
