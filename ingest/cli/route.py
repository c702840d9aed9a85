"""``oom-ingest route``: the first stage for topics that are not keyed by host."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import click

from ingest.cli import options
from ingest.config import ConfigError
from ingest.model import TimeSource

if TYPE_CHECKING:
    from ingest.config import Effective


@click.command(name="route")
@click.option("--to", "route__topic", help="Topic of OOM candidates, keyed by host.")
@options.rate
@click.option("--listen", "metrics__listen", help="Address, host:port, for /metrics, /healthz and /readyz.")
@options.connections
def command(chosen: Effective) -> None:
    """Copy OOM candidates into a small topic that is keyed by host, until SIGTERM; `run` then reads that topic.

    Kernel lines and those of userspace killers are kept as they are. Any number of these may share the work. The
    consumer group is kafka.group with `-route` behind it. Exit status 3: Kafka was not reachable for `startup_timeout`
    seconds.
    """
    from ingest.service import serve_route  # noqa: PLC0415  imports both clients
    from ingest.telemetry import start_logging  # noqa: PLC0415

    settings = chosen.settings
    if settings.route.topic in settings.kafka.topics:
        raise ConfigError(
            f"route.topic {settings.route.topic!r} is one of kafka.topics: what is written there would be read again"
        )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    start_logging()
    serve_route(settings, options.envelope(settings, TimeSource.KAFKA), stop)
