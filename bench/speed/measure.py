"""Readers run in alternation, each in a process of its own, and what came of it as a table."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

_LOOK = 0.05


class Run(NamedTuple):
    """What a reader needed.

    Attributes:
        seconds: By its clock.
        cpu: Seconds of CPU, from the start of its process on.
        megabytes: The most memory that it had at a time.
        work: Seconds of CPU since its clock began, where it has one of its own.
    """

    seconds: float
    cpu: float
    megabytes: float
    work: float = 0.0


class Reader(NamedTuple):
    """One row of a table: its name, and how it runs once."""

    name: str
    run: Callable[[], Run]


def table(title: str, lines: int, readers: Sequence[Reader], rounds: int) -> Iterator[str]:
    """Every reader once a round, ours first; ratios are medians of the ratios of one round's pairs."""
    runs: dict[str, list[Run]] = {reader.name: [] for reader in readers}
    for _ in range(rounds):
        for reader in readers:
            run = reader.run()
            runs[reader.name].append(run)
            print(f"{title}: {reader.name} {run.seconds:.2f} s", flush=True)
    ours = runs[readers[0].name]
    yield from (f"## {title}", "")
    yield "| reader | lines/s, median | of each run | CPU s | memory, MB | oom-ingest is |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for reader in readers:
        found = runs[reader.name]
        speeds = [lines / run.seconds / 1e6 for run in found]
        ratio = median(theirs.seconds / mine.seconds for theirs, mine in zip(found, ours, strict=True))
        each = " ".join(f"{speed:.3f}" for speed in speeds)
        yield (
            f"| {reader.name} | {median(speeds):.3f} M | {each} | {median(run.cpu for run in found):.1f} "
            f"| {median(run.megabytes for run in found):.0f} | {ratio:.2f} x |"
        )
    yield ""


def python(*arguments: str) -> Run:
    """One of ``readers.py``, which has a clock of its own."""
    command = [sys.executable, "-m", "bench.speed.readers", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    with watched([process]) as memory:
        assert process.stdout is not None  # noqa: S101  it was asked for
        said = process.stdout.read()
        cpu = ended([process], command)
    result = json.loads(said.splitlines()[-1])
    return Run(result["seconds"], cpu, memory(), result["work"])


def program(command: Sequence[str]) -> Run:
    """A program of others, from its start to its end."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with watched([process]) as memory:
        cpu = ended([process], command)
        seconds = time.perf_counter() - began
    return Run(seconds, cpu, memory())


def ended(processes: Sequence[subprocess.Popen[bytes]], what: object) -> float:
    """Seconds of CPU that processes used together, once all ended. Raises ``RuntimeError`` where one failed."""
    cpu = 0.0
    for process in processes:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"exit status {process.returncode}: {what}")
        cpu += used.ru_utime + used.ru_stime
    return cpu


def stopped(processes: Sequence[subprocess.Popen[bytes]]) -> float:
    """The same for services, which are told to end."""
    for process in processes:
        process.send_signal(signal.SIGTERM)
    return ended(processes, "told to end")


@contextmanager
def watched(processes: Sequence[subprocess.Popen[bytes]]) -> Iterator[Callable[[], float]]:
    """Gives the most megabytes that processes had resident, taken together.

    They are asked while they run: what the system tells of an ended one counts the process that started it too.
    """
    most = [0.0] * len(processes)
    over = threading.Event()

    def look() -> None:
        while not over.wait(_LOOK):
            for at, process in enumerate(processes):
                most[at] = max(most[at], resident(process.pid)[1])

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield lambda: sum(most)
    finally:
        over.set()
        thread.join()


def resident(pid: int) -> tuple[float, float]:
    """Megabytes that a process has resident now, and the most that there were; nothing of one that has ended."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0, 0.0
    status = dict(line.split(":", 1) for line in text.splitlines())
    now, most = (int(status.get(name, "0").split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return now, most
