"""Logging of the service: people's lines on a terminal, ECS JSON lines elsewhere. Nothing is logged per record."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import orjson
import stamina.instrumentation
import structlog

from ingest import __version__
from ingest.fields import ECS_VERSION

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger


def start_logging(level: int = logging.INFO) -> None:
    """Send the log of this program and of its clients to standard error, from ``level`` on."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    if sys.stderr.isatty():
        rendering: list[Processor] = [_for_people()]
    else:
        rendering = [
            structlog.processors.format_exc_info,
            _ecs,
            structlog.processors.JSONRenderer(lambda event, **_: orjson.dumps(event, default=str).decode()),
        ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    stamina.instrumentation.set_on_retry_hooks([])  # the loop says in one sentence what it waits for
    for client in ("kafka", "elastic_transport", "elasticsearch"):
        # Their retries are ours to report: at the start and while waiting we say the same in one sentence.
        logging.getLogger(client).setLevel(logging.CRITICAL)


def _ecs(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Names of the Elastic Common Schema; what it has no name for is under ``oom_ingest``."""
    said: EventDict = {
        "@timestamp": event.pop("timestamp"),
        "log.level": event.pop("level"),
        "message": event.pop("event"),
        "ecs.version": ECS_VERSION,
        "service.name": "oom-ingest",
        "service.version": __version__,
        "log.logger": event.pop("logger", "root"),
    }
    if trace := event.pop("exception", None):
        said["error.stack_trace"] = trace
    if event:
        said["oom_ingest"] = event
    return said


def _for_people() -> Processor:
    """Plain traces: the prettier ones show local variables, and with them what is secret."""
    return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
