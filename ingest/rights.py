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


class Role(Struct, frozen=True):
    """Privileges in Elasticsearch's words; those of ``indices`` hold for every index of the prefix."""

    about: str
    cluster: tuple[str, ...]
    indices: tuple[str, ...]

    def body(self, prefix: str) -> dict[str, object]:
        """The role as Elasticsearch takes it."""
        privileges = {"names": [f"{prefix}-*"], "privileges": list(self.indices)}
        return {"cluster": list(self.cluster), "indices": [privileges] if self.indices else []}


ROLES = {
    "oom-ingest-run": Role("`oom-ingest run`", ("monitor",), ("create_index", "index", "maintenance", "read")),
    "oom-ingest-setup": Role("`oom-ingest setup`, once for each version", ("manage_index_templates",), ("manage",)),
    "oom-ingest-reader": Role("`oom-ingest trends` and people who look at documents", (), ("read",)),
    "oom-ingest-replay": Role(
        "`oom-ingest deadletters`", (), ("create_index", "delete", "index", "maintenance", "read")
    ),
    "oom-ingest-prune": Role("`oom-ingest prune`, once a day", (), ("delete_index", "monitor")),
}
"""``create_index`` makes the index of a new month, ``maintenance`` a refresh. ``monitor`` tells how the cluster is,
which index templates it has, and how large indices are.

``manage`` gives indices that are there the fields of a new version.
"""


def run_acls(settings: Settings) -> tuple[Acl, ...]:
    """What ``oom-ingest run`` needs."""
    dead = settings.dead_letters.topic
    return (*_reader(settings), *((Acl("topic", dead, "Write"),) if dead else ()))


def route_acls(settings: Settings) -> tuple[Acl, ...]:
    """What ``oom-ingest route`` needs."""
    return (*_reader(settings, ROUTE_GROUP), Acl("topic", settings.route.topic, "Write"))


def replay_acls(settings: Settings) -> tuple[Acl, ...]:
    """What ``oom-ingest deadletters`` needs: it joins no group."""
    topics = [Acl("topic", topic, operation) for topic in settings.kafka.topics for operation in ("Read", "Write")]
    dead = settings.dead_letters.topic
    return (*topics, *((Acl("topic", dead, "Read"),) if dead else ()))


def _reader(settings: Settings, stage: str = "") -> Iterator[Acl]:
    for topic in settings.kafka.topics:
        yield Acl("topic", topic, "Read")
    yield Acl("group", f"{settings.kafka.group}{stage}", "Read")
