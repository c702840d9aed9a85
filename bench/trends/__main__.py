"""Loads the fleet into an Elasticsearch of its own, once, and times the report. ``make bench-trends``."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import timedelta
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import TYPE_CHECKING

from elasticsearch import Elasticsearch

from bench.trends.fleet import DAYS, FIRST_DAY, KILLS, LAST_DAY, fleet
from ingest import setup
from ingest.adapters.elastic_queries import portions
from ingest.adapters.elastic_templates import ElasticTemplates
from ingest.stack.elasticsearch_server import ElasticsearchServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FOLDER = Path("build/bench-trends")
_PREFIX = "oom"
_BATCH, _THREADS = 2_000, 2
_HALF = FIRST_DAY + timedelta(days=DAYS // 2)


def main() -> None:
    """Start the server, load what is missing, run the reports, print the figures."""
    node = ElasticsearchServer(FOLDER)
    node.start()
    try:
        with Elasticsearch(node.url, request_timeout=300) as client:
            _load(client)
        reports: list[tuple[str, Sequence[str]]] = [
            ("90 days", ["--from", str(FIRST_DAY)]),
            ("45 days against 45 days", ["--from", str(_HALF)]),
            ("90 days, one role", ["--from", str(FIRST_DAY), "--role", "db"]),
        ]
        for name, arguments in reports:
            _time(name, node.url, [*arguments, "--to", str(LAST_DAY)])
    finally:
        node.stop()


def _load(client: Elasticsearch) -> None:
    """Every document of the fleet; nothing if they are there."""
    client.indices.refresh(index=f"{_PREFIX}-*", allow_no_indices=True)
    if client.count(index=f"{_PREFIX}-kill-*")["count"] == KILLS:
        return
    old = list(client.indices.get(index=f"{_PREFIX}-*"))
    if old:
        client.indices.delete(index=old)
    templates = ElasticTemplates(client)
    setup.apply(templates, setup.plan(templates, _PREFIX))
    began = time.monotonic()
    loaded = 0
    with ThreadPool(_THREADS) as pool:
        for some in portions(_batches(), _THREADS):
            loaded += sum(pool.map(lambda batch: _send(client, batch), some))
    client.indices.refresh(index=f"{_PREFIX}-*")
    _say(f"loaded {loaded:,} documents in {time.monotonic() - began:.0f} s")


def _batches() -> Iterator[list[bytes | dict[str, object]]]:
    documents = fleet()
    for some in portions(documents, _BATCH):
        operations: list[bytes | dict[str, object]] = []
        for index, key, source in some:
            operations += ({"index": {"_index": f"{_PREFIX}-{index}", "_id": key}}, source)
        yield operations


def _send(client: Elasticsearch, operations: list[bytes | dict[str, object]]) -> int:
    answer = client.bulk(operations=operations, filter_path=["errors", "items.*.error"])  # type: ignore[arg-type]  # bytes are sent as they are
    if answer["errors"]:
        raise RuntimeError(f"not every document was taken: {answer['items'][0]}")
    return len(operations) // 2


def _time(name: str, url: str, arguments: Sequence[str]) -> None:
    """One run of the command as a person starts it: seconds, and the most memory that it ever held."""
    command = [sys.executable, "-m", "ingest", "trends", "--elasticsearch", url, *arguments]
    written = FOLDER / f"{name.replace(' ', '-').replace(',', '')}.md"
    began = time.monotonic()
    most = 0
    with subprocess.Popen([*command, "--format", "markdown", "--output", str(written)]) as run:  # noqa: S603  our own
        while run.poll() is None:
            most = max(most, _peak(run.pid))
            time.sleep(0.02)
    if run.returncode:
        raise RuntimeError(f"{name}: status {run.returncode}")
    _say(f"{name}: {time.monotonic() - began:.1f} s, {most >> 10} MiB")


def _peak(pid: int) -> int:
    """The most memory that a process has held, in KiB; 0 when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
