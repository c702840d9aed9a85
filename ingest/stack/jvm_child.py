"""What both child processes have in common: a JVM inside Python, which ends when it is told to or when its parent dies.

Python around the JVM is what notices the death of the parent, also a SIGKILL: no Java of ours would have to be compiled
for it, and unlike ``PR_SET_PDEATHSIG`` it does not mind which thread of the parent made the child.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

import jpype

from ingest.stack.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LOOK = 1.0  # seconds between two looks at the parent, in case standard input stays open in another child of it


def serve(
    libjvm: str, options: Sequence[str], classpath: Sequence[str], start: Callable[[], Any], stop: Callable[[Any], None]
) -> None:
    """Run a server until SIGTERM, then end the process.

    Args:
        libjvm: The virtual machine.
        options: Its options.
        classpath: Jars, or ``folder/*``.
        start: Starts the server and gives it back; the JVM is running then. May raise ``StackError``.
        stop: Stops that server.
    """
    threading.Thread(target=_watch_parent, args=(os.getppid(),), daemon=True).start()
    told = threading.Event()
    jpype.startJVM(
        libjvm,
        *options,
        "-XX:+UseSerialGC",  # the smallest and the quickest to start on a small machine
        "-XX:+ExitOnOutOfMemoryError",
        "-XX:-UsePerfData",
        "-Xrs",  # signals belong to Python here
        "--enable-native-access=ALL-UNNAMED",
        classpath=list(classpath),
        convertStrings=True,
    )
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    try:
        server = start()
    except (jpype.JException, StackError) as error:
        _give_up(error)
    told.wait()
    stop(server)
    sys.stderr.flush()
    os._exit(0)


def _give_up(error: Any) -> None:
    """End at once, though Java threads may run already. The causes come last, where the parent looks."""
    if isinstance(error, jpype.JException):
        sys.stderr.write(f"{error.stacktrace()}\n")
        while (cause := error.getCause()) is not None:
            sys.stderr.write(f"{error.toString()}\n")
            error = cause
        sys.stderr.write(f"{error.toString()}\n")
    else:
        sys.stderr.write(f"{error}\n")
    sys.stderr.flush()
    os._exit(1)


def _watch_parent(parent: int) -> None:
    """Nothing is ever written to standard input: once it can be read, its other end is gone, and so is the parent."""
    while True:
        readable, _, _ = select.select([0], [], [], _LOOK)
        if readable or os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
