"""``oom-ingest run``: the service."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import click

from ingest.cli import options, status
from ingest.model import TimeSource

if TYPE_CHECKING:
    from pathlib import Path


@click.command(name="run")
@click.option("--bootstrap-servers", help="Kafka brokers, host:port separated by commas.")
@click.option("--topic", "topics", multiple=True, help="A topic to read; may be given again.")
@click.option("--group", help="Consumer group.")
@click.option("--elasticsearch", "hosts", multiple=True, help="Address of Elasticsearch; may be given again.")
@click.option("--listen", help="Address, host:port, for /metrics, /healthz and /readyz.")
@options.config_file
def command(
    bootstrap_servers: str | None,
    topics: tuple[str, ...],
    group: str | None,
    hosts: tuple[str, ...],
    listen: str | None,
    config_file: Path | None,
) -> None:
    """Read syslog from Kafka and index OOM reports into Elasticsearch, until SIGTERM.

    Exit status 3: Kafka or Elasticsearch was not reachable for `startup_timeout` seconds.
    """
    from ingest.service import serve  # noqa: PLC0415  imports both clients
    from ingest.telemetry import start_logging  # noqa: PLC0415

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with status.plain_errors():
        chosen = options.settings(
            config_file,
            {
                ("kafka", "bootstrap_servers"): bootstrap_servers,
                ("kafka", "topics"): topics or None,
                ("kafka", "group"): group,
                ("elasticsearch", "hosts"): hosts or None,
                ("metrics", "listen"): listen,
            },
        )
        lookup = options.lookup(chosen)
        start_logging()
        envelope = options.envelope(chosen, TimeSource.KAFKA)
        serve(chosen, envelope, options.bounds(chosen), options.gap(chosen), options.page_size(chosen), stop, lookup)
