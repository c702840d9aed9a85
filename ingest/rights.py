"""What each command needs to be allowed, in Kafka and in Elasticsearch: no more and no less."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.config import Settings


ROUTE_GROUP = "-route"
"""Behind the name of the consumer group: the two stages read different topics."""


class Acl(Struct, frozen=True):
    """An operation on a topic or a group, in Kafka's words. ``Describe`` is implied by all of ours."""

    resource: str
    name: str
    operation: str


def run_acls(settings: Settings) -> tuple[Acl, ...]:
    """What ``oom-ingest run`` needs."""
    dead = settings.dead_letters.topic
    return (*_reader(settings), *((Acl("topic", dead, "Write"),) if dead else ()))


def route_acls(settings: Settings) -> tuple[Acl, ...]:
    """What ``oom-ingest route`` needs."""
    return (*_reader(settings, ROUTE_GROUP), Acl("topic", settings.route.topic, "Write"))


def _reader(settings: Settings, stage: str = "") -> Iterator[Acl]:
    for topic in settings.kafka.topics:
        yield Acl("topic", topic, "Read")
    yield Acl("group", f"{settings.kafka.group}{stage}", "Read")
