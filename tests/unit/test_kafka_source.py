"""A worker without a partition notices that Kafka or a topic is away, though it reads and commits nothing."""

from __future__ import annotations

from typing import Any

import pytest
from kafka import TopicPartition
from kafka.errors import KafkaError, TopicAuthorizationFailedError

from ingest.adapters.kafka import KafkaSource
from ingest.adapters.kafka_group import Membership
from ingest.config import KafkaSettings
from ingest.ports import Refused, Unavailable
from tests.sources import Nobody


class Library:
    """The library's consumer and its coordinator, as far as they are asked."""

    def __init__(self, *, joins: bool, knows: bool, assigned: set[Any], topic: bool = True) -> None:
        self._coordinator = self
        self._topic = topic
        self.wrong: KafkaError | None = None
        self._joins = joins
        self._knows = knows
        self._assigned = assigned

    def poll(self, timeout_ms: int) -> Any:
        """The coordinator's without a wait, and nothing from the consumer."""
        return self._joins if timeout_ms else {}

    def coordinator_unknown(self) -> bool:
        return not self._knows

    def assignment(self) -> set[Any]:
        return self._assigned

    def partitions_for_topic(self, topic: str) -> set[int]:
        del topic
        return {0} if self._topic else set()

    def highwater(self, place: Any) -> None: ...

    def position(self, place: Any, timeout_ms: int) -> None:
        del place, timeout_ms
        if self.wrong is not None:
            raise self.wrong


def source(library: Library) -> KafkaSource:
    made = KafkaSource(KafkaSettings(bootstrap_servers="kafka-1:9092", group="g"))
    made._consumer, made._membership = library, Membership(Nobody())  # noqa: SLF001
    return made


def test_kafka_that_is_away_is_told_by_who_has_no_partition() -> None:
    away = source(Library(joins=False, knows=False, assigned=set()))
    with pytest.raises(Unavailable, match="Kafka at kafka-1:9092 names nobody who keeps the group 'g'"):
        away.poll(0)
    away.keep_alive()


def test_a_topic_that_was_deleted_is_told_by_who_has_no_partition() -> None:
    deleted = source(Library(joins=True, knows=True, assigned=set(), topic=False))
    with pytest.raises(Refused, match="Kafka at kafka-1:9092 shows us no topic syslog: create it"):
        deleted.poll(0)
    deleted.keep_alive()


@pytest.mark.parametrize(
    "library",
    [
        Library(joins=True, knows=True, assigned=set()),
        Library(joins=False, knows=True, assigned=set()),
        Library(joins=False, knows=False, assigned={("t", 0)}),
    ],
)
def test_who_waits_for_the_others_of_its_group_or_has_partitions_goes_on(library: Library) -> None:
    assert not source(library).poll(0).records


def test_what_fails_behind_the_records_is_told_by_the_next_poll() -> None:
    library = Library(joins=True, knows=True, assigned={TopicPartition("syslog", 0)})
    library.wrong = TopicAuthorizationFailedError({"syslog"})
    refused = source(library)
    assert refused.poll(0).reached == {}
    with pytest.raises(Refused, match=r"Kafka at kafka-1:9092 refuses: .*syslog"):
        refused.poll(0)
    library.wrong = None
    assert refused.poll(0).records == {}
