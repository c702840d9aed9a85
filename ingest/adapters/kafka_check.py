"""Kafka's part of ``oom-ingest check``: reachable, rights, topics, and whether they are keyed by host."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import GroupAuthorizationFailedError, KafkaError

from ingest.adapters.kafka_batches import KafkaBatch, raw_of
from ingest.adapters.kafka_client import connection, failure, reaching
from ingest.adapters.kafka_fetching import hand_out_batches
from ingest.adapters.kafka_versions import is_known
from ingest.envelope import Unreadable
from ingest.findings import Finding, doubtful, fine, unreachable, wrong
from ingest.ports import Refused, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ingest.config import Settings
    from ingest.envelope import Envelope
    from ingest.model import Raw

_WHAT = "Kafka"
_FIRST_CONTACT_MS = 3_000
_OLDEST = (2, 1)
_SAMPLE = 500
"""Latest records of each partition that are looked at."""
_POLLS = 5
_AHEAD = timedelta(minutes=5)
_RIGHTS = "docs/least-privilege.md has the command"


def look(settings: Settings, envelope: Envelope) -> Iterator[Finding]:
    """Everything about Kafka. Nothing is written, and the group is not joined."""
    kafka = settings.kafka
    try:
        with reaching(kafka):
            consumer = KafkaConsumer(
                **connection(kafka),
                group_id=kafka.group,
                enable_auto_commit=False,
                allow_auto_create_topics=False,
                bootstrap_timeout_ms=_FIRST_CONTACT_MS,
            )
    except (Unavailable, Refused) as error:
        yield unreachable(_WHAT, error)
        return
    try:
        yield _version(consumer)
        yield from _secrecy(settings)
        yield _group(consumer, kafka.group, kafka.topics[0])
        for topic in (*kafka.topics, *filter(None, (settings.dead_letters.topic,))):
            yield from _topic(consumer, topic, envelope, read=topic in kafka.topics)
    except KafkaError as error:
        yield unreachable(_WHAT, failure(kafka, error))
    finally:
        consumer.close(autocommit=False)


def _version(consumer: Any) -> Finding:
    version = consumer.config["api_version"]
    said = f"speaks the protocol of version {'.'.join(map(str, version))}"
    if version < _OLDEST:
        return wrong(_WHAT, said, f"use brokers of {'.'.join(map(str, _OLDEST))} or newer")
    return fine(_WHAT, said)


def _secrecy(settings: Settings) -> Iterator[Finding]:
    kafka = settings.kafka
    hosts = [server.rpartition(":")[0].strip("[] ") for server in kafka.bootstrap_servers.split(",")]
    if kafka.security_protocol == "SASL_PLAINTEXT" and not all(map(_is_here, hosts)):
        yield doubtful(
            _WHAT,
            f"{kafka.sasl_mechanism} over a connection that anybody on the way can read",
            "set kafka.security_protocol to SASL_SSL",
        )


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _group(consumer: Any, group: str, topic: str) -> Finding:
    try:
        consumer.committed(TopicPartition(topic, 0))
    except GroupAuthorizationFailedError:
        return wrong(f"group {group}", "we may not use it", f"grant Read on the group: {_RIGHTS}")
    return fine(f"group {group}", "may be used")


def _topic(consumer: Any, topic: str, envelope: Envelope, *, read: bool) -> Iterator[Finding]:
    what = f"topic {topic}"
    partitions = sorted(consumer.partitions_for_topic(topic) or ())
    if not partitions:
        mend = f"create it, or grant {'Read' if read else 'Write'} on it: {_RIGHTS}; or set the right name"
        yield wrong(what, "is not there, or not shown to us", mend)
        return
    yield fine(what, f"has {len(partitions)} partition{'s' if len(partitions) > 1 else ''}")
    if read:
        yield from _records(what, _latest(consumer, topic, partitions), envelope)


def _latest(consumer: Any, topic: str, partitions: Iterable[int]) -> list[Raw]:
    places = [TopicPartition(topic, number) for number in partitions]
    begins, ends = consumer.beginning_offsets(places), consumer.end_offsets(places)
    consumer.assign(places)
    if is_known():
        hand_out_batches(consumer)  # as the service reads them, which takes what the library calls corrupt
    wanted = 0
    for place in places:
        start = max(begins[place], ends[place] - _SAMPLE)
        consumer.seek(place, start)
        wanted += ends[place] - start
    found: list[Raw] = []
    for _ in range(_POLLS):
        if len(found) >= wanted:
            break
        for place, group in consumer.poll(timeout_ms=2_000).items():
            for record in group:
                found += _raws(record, place)
    return found


def _raws(record: Any, place: Any) -> Iterator[Raw]:
    if isinstance(record.value, KafkaBatch):
        yield from (record.value.raw(number) for number in range(len(record.value)))
    else:
        yield raw_of(record, place.topic, place.partition)


def _records(what: str, records: list[Raw], envelope: Envelope) -> Iterator[Finding]:
    """Whether hosts keep to one partition, and whether clocks agree."""
    if not records:
        yield doubtful(what, "has no records", "check that shippers write to it: docs/how-to/shippers.md")
        return
    partitions: dict[str, set[int | None]] = {}
    for raw in records:
        read = envelope.read(raw)
        if not isinstance(read, Unreadable) and read.whole.host.hostname:
            partitions.setdefault(read.whole.host.name, set()).add(raw.origin.partition)
    spread = sorted(host for host, found in partitions.items() if len(found) > 1)
    if spread:
        yield wrong(
            what,
            f"is not keyed by host: {len(spread)} of {len(partitions)} hosts are in several partitions, "
            f"such as {spread[0]}",
            "key it by host, or put `oom-ingest route` before: docs/how-to/topics-without-a-key.md",
        )
    elif partitions:
        yield fine(what, f"is keyed by host as far as its latest {len(records)} records tell")
    else:
        yield doubtful(
            what,
            "its latest records name no host",
            "let the shipper send the host, as the record's key or in the line: docs/how-to/shippers.md",
        )
    ahead = max(raw.recorded_at for raw in records) - datetime.now(UTC)
    if ahead > _AHEAD:
        yield doubtful(
            what,
            f"its newest record is {ahead.total_seconds():.0f} s in the future",
            "set the clocks of shippers, brokers and this machine by NTP",
        )
