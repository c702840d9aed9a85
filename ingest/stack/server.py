"""What both servers have in common: a port that stays the same, a child process, and the order of a start."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from ingest.stack import artifacts
from ingest.stack.errors import StackError
from ingest.stack.java import libjvm
from ingest.stack.ports import free_port, is_free
from ingest.stack.process import Child

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.stack.artifact import Artifact


class Server(ABC):
    """One server on a loopback port; what it stores is in its folder and survives a restart.

    Args:
        folder: The server's own folder.
        port: Where to listen; any free port if not given.
    """

    name: ClassVar[str]
    needs: tuple[Artifact, ...]

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self._folder = folder
        self._port = port or free_port()
        self._child = Child(self.name, folder)

    @property
    def pid(self) -> int | None:
        """The server's process, while it runs."""
        return self._child.pid

    @property
    def log(self) -> Path:
        """What the server said since it was started."""
        return self._child.log

    def start(self) -> None:
        """Start the server and wait until it is usable. Raises ``StackError``, and leaves nothing running."""
        try:
            self.prepare()
            self.launch()
            self.wait()
        except BaseException:
            self.stop()
            raise

    def prepare(self) -> None:
        """Make sure that the server can be started, downloading it if need be. Raises ``StackError``."""
        libjvm()
        self._child.claim()
        if not is_free(self._port):
            raise StackError(
                f"{self.name}'s port {self._port} is taken by another program: stop that one, or choose another port"
            )
        for artifact in self.needs:
            artifacts.jars(artifact)

    @abstractmethod
    def launch(self) -> None:
        """Start the server without waiting for it; ``prepare`` comes first. Raises ``StackError``."""

    def wait(self, timeout: float = 120.0) -> None:
        """Wait until the server is usable, at most ``timeout`` seconds. Raises ``StackError``."""
        self._child.wait_until(self._usable, timeout)

    def stop(self) -> None:
        """End the server and give its folder back; nothing happens if it does not run."""
        self._child.stop()

    def kill(self) -> None:
        """End the server as a power cut would (SIGKILL)."""
        self._child.kill()

    @abstractmethod
    def _usable(self) -> bool:
        """Whether clients get real answers, not only an open port."""
