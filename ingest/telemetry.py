"""Logging of the service: people's lines on a terminal, JSON lines elsewhere. Nothing is logged per record."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import stamina.instrumentation
import structlog

if TYPE_CHECKING:
    from structlog.typing import Processor


def start_logging(level: int = logging.INFO) -> None:
    """Send the log of this program and of its clients to standard error, from ``level`` on."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    terminal = sys.stderr.isatty()
    renderer: Processor = structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    stamina.instrumentation.set_on_retry_hooks([])  # the loop says in one sentence what it waits for
    for client in ("kafka", "elastic_transport", "elasticsearch"):
        # Their retries are ours to report: at the start and while waiting we say the same in one sentence.
        logging.getLogger(client).setLevel(logging.CRITICAL)
