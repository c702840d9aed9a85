"""How time and memory grow with lines, partitions, hosts and open reports: a table, a plot, and exponents."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import linear_regression, median
from typing import NamedTuple

from bench.speed.lines import Logged, fleet, unfinished, write
from bench.speed.measure import Run, python
from bench.speed.plot import Curve, draw
from bench.speed.servers import Servers
from bench.speed.topics import load
from ingest.charts import svg

PLOT = Path(__file__).parent.parent / "growth.svg"
_ROUNDS = 3
_LINES_OF_REPORT = 100


class _Cause(NamedTuple):
    """What grows, to which sizes, and how its data are made and read."""

    name: str
    note: str
    sizes: tuple[int, ...]
    prepare: Callable[[int], tuple[str, ...]]


class _Grown(NamedTuple):
    """What a cause did: seconds of CPU and megabytes at each of its sizes."""

    cause: _Cause
    seconds: list[float]
    megabytes: list[float]


def table(servers: Servers, lines: int, folder: Path) -> Iterator[str]:
    """Measure all, in alternation, and write the plot. ``lines`` is the size of the whole benchmark's topic."""
    grown = [_measured(cause) for cause in _causes(servers, lines, folder)]
    PLOT.write_text(svg(draw([curve for each in grown for curve in _curves(each)])), encoding="utf-8")
    yield from ("## Growth", "", f"![Time and memory against what grows]({PLOT.name})", "")
    yield f"CPU seconds and resident megabytes, medians of {_ROUNDS} runs. The exponent is that of a power of the size,"
    yield "fitted to all four: 1 is linear, 0 does not grow."
    yield ""
    yield "| what grows | sizes | CPU s | exponent | memory, MB | exponent |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for cause, seconds, megabytes in grown:
        sizes = " ".join(f"{size:,}" for size in cause.sizes)
        yield (
            f"| {cause.name} ({cause.note}) | {sizes} | {' '.join(f'{each:.2f}' for each in seconds)} "
            f"| {exponent(cause.sizes, seconds):.2f} | {' '.join(f'{each:.0f}' for each in megabytes)} "
            f"| {exponent(cause.sizes, megabytes):.2f} |"
        )
    yield ""


def exponent(sizes: tuple[int, ...], values: list[float]) -> float:
    """Of the power of the size that fits the values best."""
    return linear_regression([math.log(size) for size in sizes], [math.log(value) for value in values]).slope


def _causes(servers: Servers, lines: int, folder: Path) -> list[_Cause]:
    some = lines // 6

    def file(name: str, made: Iterator[Logged]) -> tuple[str, ...]:
        path = folder / f"{name}.log"
        write(path, made)
        return "parse", str(path)

    def topic(partitions: int) -> tuple[str, ...]:
        name = f"grown-{partitions}"
        load(servers.kafka.bootstrap, name, fleet(some, 0.01), partitions)
        return "ours", servers.kafka.bootstrap, name, str(some)

    return [
        _Cause(
            "lines",
            "a file, 1 % of reports",
            tuple(some * times // 2 for times in (1, 2, 4, 8)),
            lambda size: file(f"lines-{size}", fleet(size, 0.01)),
        ),
        _Cause("partitions", f"{some:,} lines from Kafka, 1 % of reports", (1, 4, 8, 16), topic),
        _Cause(
            "hosts",
            f"a file of {some:,} lines, 1 % of reports",
            (500, 1_000, 2_000, 8_000),
            lambda size: file(f"hosts-{size}", fleet(some, 0.01, hosts=size)),
        ),
        _Cause(
            "open reports",
            f"a file, {_LINES_OF_REPORT} lines each, all open until its end",
            (125, 250, 500, 1_000),
            lambda size: file(f"open-{size}", unfinished(size, _LINES_OF_REPORT)),
        ),
    ]


def _measured(cause: _Cause) -> _Grown:
    commands = [cause.prepare(size) for size in cause.sizes]
    runs: list[list[Run]] = [[] for _ in commands]
    for _ in range(_ROUNDS):
        for command, found in zip(commands, runs, strict=True):
            found.append(python(*command))
            print(f"growth with {cause.name}: {' '.join(command[-2:])} {found[-1].work:.2f} s", flush=True)
    for command in commands:
        if command[0] == "parse":
            Path(command[1]).unlink()
    seconds = [median(run.work for run in found) for found in runs]
    return _Grown(cause, seconds, [median(run.megabytes for run in found) for found in runs])


def _curves(grown: _Grown) -> Iterator[Curve]:
    for what, values in (("CPU seconds", grown.seconds), ("megabytes", grown.megabytes)):
        slope = exponent(grown.cause.sizes, values)
        yield Curve(what, grown.cause.name, tuple(zip(grown.cause.sizes, values, strict=True)), slope)
