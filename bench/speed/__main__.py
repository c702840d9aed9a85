"""Runs every reader in alternation on the same data, prints medians and ratios, and writes bench/RESULTS.md."""

from __future__ import annotations

import argparse
import json
import platform
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from zlib import crc32

from bench.speed.lines import Logged, fleet
from ingest.adapters import kafka_admin
from ingest.stack.stack import Stack

RESULTS = Path(__file__).parent.parent / "RESULTS.md"
_PARTITIONS = 4
_Run = dict[str, float]


@dataclass(frozen=True)
class Reader:
    """One column of a table: its name, and how it runs once."""

    name: str
    run: Callable[[], _Run]


def main() -> int:
    """Run everything. ``--lines`` makes it shorter, ``--rounds`` too; figures of a short run are not for the record."""
    arguments = argparse.ArgumentParser(prog="python -m bench.speed")
    arguments.add_argument("--lines", type=int, default=3_000_000)
    arguments.add_argument("--rounds", type=int, default=5)
    chosen = arguments.parse_args()
    page = [*_heading(chosen.lines, chosen.rounds)]
    folder = Path("build/bench")
    folder.mkdir(parents=True, exist_ok=True)
    with Stack() as stack:
        bootstrap = stack.kafka.bootstrap
        _load(bootstrap, "mixed", fleet(chosen.lines, 0.005))
        page += _table(
            f"{chosen.lines:,} lines from Kafka, 0.5 % of reports, lz4, {_PARTITIONS} partitions",
            chosen.lines,
            _kafka_readers(bootstrap, "mixed", chosen.lines),
            chosen.rounds,
        )
    for name, count, share in (("1 %", chosen.lines * 5 // 3, 0.01), ("100 %", chosen.lines // 6, 1.0)):
        path = folder / f"{name.split()[0]}.log"
        with path.open("w", encoding="utf-8") as out:
            written = sum(1 for line in fleet(count, share) if out.write(line.text + "\n"))
        readers = [Reader("oom-ingest parse", lambda path=path: _python("parse", str(path)))]  # type: ignore[misc]
        page += _table(f"A file of {written:,} lines, {name} of reports", written, readers, chosen.rounds)
        path.unlink()
    RESULTS.write_text("\n".join(page) + "\n", encoding="utf-8")
    return 0


def _kafka_readers(bootstrap: str, topic: str, count: int) -> list[Reader]:
    def python(name: str) -> Callable[[], _Run]:
        return lambda: _python(name, bootstrap, topic, str(count))

    found = [Reader("oom-ingest, to documents in memory", python("ours"))]
    if shutil.which("kcat"):
        command = ["kcat", "-C", "-b", bootstrap, "-t", topic, "-o", "beginning", "-e", "-q"]
        found.append(Reader("kcat, lines to /dev/null", lambda: _program(command)))
    found += [
        Reader("confluent-kafka, values counted", python("confluent-kafka")),
        Reader("kafka-python, records counted", python("kafka-python")),
    ]
    return found


def _table(title: str, lines: int, readers: list[Reader], rounds: int) -> Iterator[str]:
    runs: dict[str, list[_Run]] = {reader.name: [] for reader in readers}
    for _ in range(rounds):
        for reader in readers:
            runs[reader.name].append(reader.run())
            print(f"{title}: {reader.name} {runs[reader.name][-1]['seconds']:.2f} s", flush=True)
    ours = runs[readers[0].name]
    yield from (f"## {title}", "")
    yield "| reader | lines/s, median | of each run | CPU s | resident MB | oom-ingest is |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for reader in readers:
        found = runs[reader.name]
        speeds = [lines / run["seconds"] / 1e6 for run in found]
        ratio = median(theirs["seconds"] / mine["seconds"] for theirs, mine in zip(found, ours, strict=True))
        each = " ".join(f"{speed:.3f}" for speed in speeds)
        yield (
            f"| {reader.name} | {median(speeds):.3f} M | {each} | {median(run['cpu'] for run in found):.1f} "
            f"| {_megabytes(found)} | {ratio:.2f} x |"
        )
    yield ""


def _megabytes(found: list[_Run]) -> str:
    return f"{median(run['rss_mb'] for run in found):.0f}" if all("rss_mb" in run for run in found) else ""


def _python(*arguments: str) -> _Run:
    command = [sys.executable, "-m", "bench.speed.readers", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _program(command: list[str]) -> _Run:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "cpu": cpu}


def _load(bootstrap: str, topic: str, lines: Iterator[Logged]) -> None:
    from confluent_kafka import Producer  # noqa: PLC0415  only the benchmark has it

    kafka_admin.create_topic(bootstrap, topic, _PARTITIONS)
    producer = Producer({"bootstrap.servers": bootstrap, "compression.type": "lz4", "linger.ms": 50,
                         "queue.buffering.max.messages": 1_000_000, "batch.size": 1_000_000})  # fmt: skip
    for line in lines:
        host = line.host.encode()
        while True:
            try:
                stamp = int(line.at.timestamp() * 1000)
                producer.produce(topic, line.text.encode(), host, crc32(host) % _PARTITIONS, timestamp=stamp)
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
    producer.flush()


def _heading(lines: int, rounds: int) -> Iterator[str]:
    yield from ("# Results", "")
    yield "Written by `make bench`. Readers run in alternation; ratios are medians of the ratios of one round's pairs."
    yield "kcat's clock runs from its start, the others' from the first record."
    yield ""
    yield f"- {datetime.now(UTC):%Y-%m-%d}, {rounds} rounds of {lines:,} lines"
    yield f"- {platform.platform()}, {_cores()} cores, CPython {platform.python_version()}"
    packages = ("kafka-python", "confluent-kafka", "hyperscan", "pyparsing", "msgspec", "orjson")
    yield f"- {', '.join(f'{name} {version(name)}' for name in packages)}"
    yield ""


def _cores() -> int:
    import os  # noqa: PLC0415

    return len(os.sched_getaffinity(0))


if __name__ == "__main__":
    sys.exit(main())
