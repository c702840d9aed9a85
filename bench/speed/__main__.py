"""Runs every reader in alternation on the same data, prints medians and ratios, and writes bench/RESULTS.md."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.speed import end_to_end, growth, held
from bench.speed.lines import Logged, fleet, write
from bench.speed.measure import Reader, program, python, table
from bench.speed.servers import Servers
from bench.speed.topics import load

_ROOM = Path(__file__).parent
_RESULTS = _ROOM.parent / "RESULTS.md"
_FOLDER = Path("build/bench")
_CADVISOR = _FOLDER / "cadvisor"
_PARTITIONS = 4
_PACKAGES = ("kafka-python", "confluent-kafka", "hyperscan", "pyparsing", "msgspec", "orjson", "elasticsearch")

_METHOD = """\
Written by `make bench`. Readers run in alternation; ratios are medians of the ratios of one round's pairs. Clocks of
programs in other languages run from their start, those of Python from the first record, and end to end from the moment
that the consumer group hands out its partitions, after a round that does not count. Memory is the most that was
resident at a time.
"""


def main() -> int:
    """Run everything. ``--lines`` makes it shorter, ``--rounds`` too; figures of a short run are not for the record."""
    arguments = argparse.ArgumentParser(prog="python -m bench.speed")
    arguments.add_argument("--lines", type=int, default=3_000_000)
    arguments.add_argument("--rounds", type=int, default=5)
    chosen = arguments.parse_args()
    _FOLDER.mkdir(parents=True, exist_ok=True)
    page = [*_heading(chosen.lines, chosen.rounds)]
    with Servers() as servers:
        page += _from_kafka(servers, chosen.lines, chosen.rounds)
        page += _other_topics(servers, chosen.lines // 3, chosen.rounds)
        page += _from_files(chosen.lines, chosen.rounds)
        page += held.memory(servers)
        page += growth.table(servers, chosen.lines, _FOLDER)
    _RESULTS.write_text("\n".join(page), encoding="utf-8")
    return 0


def _from_kafka(servers: Servers, count: int, rounds: int) -> Iterator[str]:
    """The fleet's topic to documents in memory, and to documents that can be found."""
    reports: list[Logged] = []
    load(servers.kafka.bootstrap, "mixed", _noted(fleet(count, 0.005), reports), _PARTITIONS)
    title = f"{count:,} lines from Kafka, 0.5 % of reports, lz4, {_PARTITIONS} partitions"
    slow = Reader("kafka-python, records counted", lambda: python("kafka-python", *_topic(servers, "mixed", count)))
    yield from table(title, count, [*_topic_readers(servers, "mixed", count), slow], rounds)
    documents = end_to_end.documents_of(reports)
    contest = end_to_end.readers(servers, "mixed", documents, len(reports))
    for reader in contest:
        reader.run()  # Elasticsearch is slow until it is warm, and whoever comes first would pay for it.
    yield from table("The same to Elasticsearch, until all of it can be found", count, contest, rounds)


def _other_topics(servers: Servers, count: int, rounds: int) -> Iterator[str]:
    """What compression and a shipper's JSON change."""
    for name, codec, beats in (
        ("uncompressed", "none", False),
        ("zstd", "zstd", False),
        ("JSON of Filebeat, lz4", "lz4", True),
    ):
        topic = f"{codec}-{beats}".lower()
        load(servers.kafka.bootstrap, topic, fleet(count, 0.005), _PARTITIONS, codec, beats=beats)
        title = f"{count:,} lines from Kafka, 0.5 % of reports, {name}"
        yield from table(title, count, _topic_readers(servers, topic, count), rounds)


def _from_files(count: int, rounds: int) -> Iterator[str]:
    built = _build_cadvisor()
    for name, lines, share in (("1 %", count * 5 // 3, 0.01), ("100 %", count // 6, 1.0)):
        path = _FOLDER / f"{share}.log"
        written = write(path, fleet(lines, share))
        readers = [*_file_readers(str(path), with_cadvisor=built)]
        yield from table(f"A file of {written:,} lines, {name} of reports", written, readers, rounds)
        path.unlink()


def _file_readers(path: str, *, with_cadvisor: bool) -> Iterator[Reader]:
    yield Reader("oom-ingest parse", lambda: python("parse", path))
    rule = "node-problem-detector's rule in Python's re: that there was a kill"
    yield Reader(rule, lambda: python("node-problem-detector", path))
    if with_cadvisor:
        fields = "cAdvisor's oomparser (Go): six fields"
        yield Reader(fields, lambda: program([str(_CADVISOR), path]))


def _topic_readers(servers: Servers, topic: str, count: int) -> list[Reader]:
    found = [Reader("oom-ingest, to documents in memory", lambda: python("ours", *_topic(servers, topic, count)))]
    if shutil.which("kcat"):
        command = ["kcat", "-C", "-b", servers.kafka.bootstrap, "-t", topic, "-o", "beginning", "-e", "-q"]
        found.append(Reader("kcat, lines to /dev/null", lambda: program(command)))
    confluent = Reader(
        "confluent-kafka, values counted", lambda: python("confluent-kafka", *_topic(servers, topic, count))
    )
    return [*found, confluent]


def _topic(servers: Servers, topic: str, count: int) -> tuple[str, str, str]:
    return servers.kafka.bootstrap, topic, str(count)


def _noted(lines: Iterator[Logged], reports: list[Logged]) -> Iterator[Logged]:
    for line in lines:
        if line.of_report:
            reports.append(line)
        yield line


def _build_cadvisor() -> bool:
    """Whether Go and the modules are there."""
    if not shutil.which("go"):
        return False
    command = ["go", "build", "-C", str(_ROOM / "cadvisor"), "-o", str(_CADVISOR.absolute()), "."]
    return subprocess.run(command, check=False).returncode == 0


def _heading(lines: int, rounds: int) -> Iterator[str]:
    yield from ("# Results", "")
    yield _METHOD
    yield f"- `make bench LINES={lines} ROUNDS={rounds}`, {datetime.now(UTC):%Y-%m-%d}"
    yield f"- {platform.platform()}, {_cores()} cores, CPython {platform.python_version()}"
    yield f"- {', '.join(f'{name} {version(name)}' for name in _PACKAGES)}"
    others = [*_others()]
    yield f"- {', '.join(text for _, text in others if text)}"
    missing = [name for name, text in others if not text]
    if missing:
        yield f"- not installed, so not in the tables: {', '.join(missing)} (`make bench-peers` installs them)"
    yield ""


def _others() -> Iterator[tuple[str, str | None]]:
    """Programs of others, each with its version where it is installed."""
    query = ["dpkg-query", "-W", "-f", "${Package} ${Version}"]
    for name in ("kcat", "rsyslog", "rsyslog-kafka", "rsyslog-elasticsearch"):
        yield name, _said([*query, name])
    yield "go", _said(["go", "env", "GOVERSION"])


def _said(command: list[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _cores() -> int:
    return len(os.sched_getaffinity(0))


if __name__ == "__main__":
    sys.exit(main())
