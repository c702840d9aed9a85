"""Puts the service together: settings to adapters, pipeline and loop."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog
from msgspec.structs import replace

from ingest import rights, setup
from ingest.adapters.dead_letter_sink import DeadLetterSink
from ingest.adapters.elastic_client import connect
from ingest.adapters.elastic_heads import ElasticHeads
from ingest.adapters.elastic_signatures import ElasticSignatures
from ingest.adapters.elastic_sink import ElasticSink
from ingest.adapters.elastic_templates import ElasticTemplates
from ingest.adapters.kafka import KafkaSource
from ingest.adapters.kafka_writer import KafkaWriter
from ingest.config.rules import is_in_the_clear
from ingest.lookup import NO_LOOKUP, Lookup
from ingest.metrics import Command
from ingest.observability.http import listening
from ingest.observability.minutes import Minutes
from ingest.observability.vitals import TimedSink, TimedWriter, Vitals
from ingest.pipeline import Pipeline
from ingest.reading.candidates import Candidates
from ingest.reading.gate import is_quick
from ingest.rehearsal import rehearse
from ingest.runtime import first_contact, reach, route, run
from ingest.runtime.patience import Stopped

if TYPE_CHECKING:
    from datetime import timedelta
    from threading import Event

    from ingest.assemble import Bounds
    from ingest.config import ElasticsearchSettings, Settings
    from ingest.envelope import Envelope
    from ingest.model import PageSize
    from ingest.redaction import Redaction

log = structlog.get_logger(__name__)


def serve(
    settings: Settings,
    envelope: Envelope,
    bounds: Bounds,
    gap: timedelta,
    page_size: PageSize,
    stop: Event,
    lookup: Lookup = NO_LOOKUP,
    redaction: Redaction | None = None,
) -> None:
    """Run until ``stop`` is set.

    Raises:
        Unavailable: Kafka or Elasticsearch was not there for ``startup_timeout``.
        Refused: One of them will not serve us, or index templates are missing.
        ConfigError: Nobody can listen at ``metrics.listen``.
        Halted: Going on would do harm.
    """
    warn_if_slow()
    warn_in_the_clear(settings.elasticsearch)
    vitals = Vitals()
    client = connect(settings.elasticsearch, vitals.heard)
    source = KafkaSource(settings.kafka)
    plain = ElasticSink(client)
    dead = _dead_letters(settings, plain)
    sink = TimedSink(dead or plain, vitals)
    prefix = settings.elasticsearch.index_prefix
    pipeline = Pipeline(envelope, bounds, gap, ElasticHeads(client, prefix), prefix, page_size, lookup, redaction)
    try:
        with listening(settings.metrics.listen, vitals):
            rehearse(envelope, bounds, gap)
            reach((lambda: _demand_templates(ElasticTemplates(client), prefix),), settings.startup_timeout, stop)
            first_contact(source, sink, pipeline, settings.startup_timeout, stop)
            host, began = socket.gethostname().lower(), datetime.now(UTC)
            watch = Minutes(vitals, plain, prefix, host, os.getpid(), began, stop)
            signatures = ElasticSignatures(client, prefix)
            run(source, sink, signatures, pipeline, stop, watch, settings.dead_letters.limit)
    except Stopped:
        pass
    finally:
        source.close()
        if dead:
            dead.close()
        client.close()


def serve_route(settings: Settings, envelope: Envelope, stop: Event) -> None:
    """Run ``oom-ingest route`` until ``stop`` is set.

    Raises:
        Unavailable: Kafka was not there for ``startup_timeout``.
        Refused: It will not serve us.
        ConfigError: Nobody can listen at ``metrics.listen``.
    """
    warn_if_slow()
    kafka = replace(settings.kafka, group=f"{settings.kafka.group}{rights.ROUTE_GROUP}")
    source, writer, vitals = KafkaSource(kafka), KafkaWriter(kafka, [settings.route.topic]), Vitals()
    try:
        with listening(settings.metrics.listen, vitals, Command.ROUTE):
            reach((writer.connect, lambda: source.subscribe(route.Stateless())), settings.startup_timeout, stop)
            candidates = Candidates(envelope, settings.route.topic)
            route.run(source, TimedWriter(writer, vitals), candidates, stop, vitals)
    except Stopped:
        pass
    finally:
        source.close()
        writer.close()


def warn_if_slow() -> None:
    """Said once, at the start: without Hyperscan the same answers come more slowly."""
    if not is_quick():
        log.warning("hyperscan_missing", advice="install oom-ingest[fast]: lines are read about three times as fast")


def warn_in_the_clear(elasticsearch: ElasticsearchSettings) -> None:
    """Said once, at the start: a key or password goes to another machine over plain http, as the address asks for."""
    if elasticsearch.api_key or elasticsearch.password:
        for host in filter(is_in_the_clear, elasticsearch.hosts):
            log.warning("credentials_in_the_clear", to=host, advice="use https://, or let nobody listen on the way")


def _demand_templates(templates: ElasticTemplates, prefix: str) -> None:
    """An index that is made without its template has types that were guessed, and they can never be changed."""
    if not templates.demand(list(setup.shipped(prefix))):
        log.warning("templates_not_seen", advice="this user may not see them: was `oom-ingest setup` run?")


def _dead_letters(settings: Settings, sink: ElasticSink) -> DeadLetterSink | None:
    """The sink that writes dead letters to their topic too, where they have one."""
    topic = settings.dead_letters.topic
    if topic is None:
        return None
    return DeadLetterSink(sink, KafkaWriter(settings.kafka, [topic]), topic, indexed=settings.dead_letters.index)
