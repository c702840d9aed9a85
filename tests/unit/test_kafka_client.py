"""What goes wrong with Kafka is told by who failed: nobody there, somebody else there, or Kafka with an answer."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from kafka.errors import (
    CoordinatorNotAvailableError,
    CorruptRecordError,
    InvalidReceiveError,
    InvalidTimestampError,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    UnrecognizedBrokerVersion,
)

from ingest.adapters.kafka_client import failure
from ingest.config import KafkaSettings
from ingest.ports import Unavailable


@pytest.fixture
def somebody() -> Iterator[KafkaSettings]:
    """Somebody listens there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield KafkaSettings(bootstrap_servers=f"127.0.0.1:{server.getsockname()[1]}")


@pytest.fixture
def nobody() -> KafkaSettings:
    """Nobody does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return KafkaSettings(bootstrap_servers=f"127.0.0.1:{server.getsockname()[1]}")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (InvalidTimestampError(), "InvalidTimestampError: The timestamp of the message is out of acceptable range."),
        (CorruptRecordError("the batch at offset 7"), "CorruptRecordError: the batch at offset 7"),
        (CoordinatorNotAvailableError(), f"CoordinatorNotAvailableError: {CoordinatorNotAvailableError.description}"),
        (KafkaError("no room"), "KafkaError: no room"),
        (KafkaError(), "KafkaError"),
    ],
)
def test_what_kafka_answers_is_told_as_its_answer(somebody: KafkaSettings, error: KafkaError, told: str) -> None:
    found = failure(somebody, error)
    assert isinstance(found, Unavailable)
    assert str(found) == f"Kafka at {somebody.bootstrap_servers} answered {told}"


@pytest.mark.parametrize(
    "error", [KafkaTimeoutError, KafkaConnectionError, InvalidReceiveError, UnrecognizedBrokerVersion]
)
def test_what_is_no_answer_points_at_the_settings(somebody: KafkaSettings, error: type[KafkaError]) -> None:
    told = str(failure(somebody, error()))
    assert f"does not answer as Kafka with PLAINTEXT ({error.__name__}): check kafka.bootstrap_servers" in told


@pytest.mark.parametrize("error", [KafkaTimeoutError, CoordinatorNotAvailableError])
def test_where_nobody_listens_that_is_told(nobody: KafkaSettings, error: type[KafkaError]) -> None:
    assert "is not reachable at" in str(failure(nobody, error()))
