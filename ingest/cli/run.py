"""``oom-ingest run``: the service."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import click

from ingest.cli import options
from ingest.model import TimeSource

if TYPE_CHECKING:
    from ingest.config import Effective


@click.command(name="run")
@click.option("--listen", "metrics__listen", help="Address, host:port, for /metrics, /healthz and /readyz.")
@options.rate
@options.connections
def command(chosen: Effective) -> None:
    """Read syslog from Kafka and index OOM reports into Elasticsearch, until SIGTERM.

    Exit status 3: Kafka or Elasticsearch was not reachable for `startup_timeout` seconds.
    """
    from ingest.service import serve  # noqa: PLC0415  imports both clients
    from ingest.telemetry import start_logging  # noqa: PLC0415

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    settings = chosen.settings
    lookup = options.lookup(settings)
    start_logging()
    envelope = options.envelope(settings, TimeSource.KAFKA)
    bounds, gap, page_size = options.bounds(settings), options.gap(settings), options.page_size(settings)
    serve(settings, envelope, bounds, gap, page_size, stop, lookup, options.redaction(settings))
