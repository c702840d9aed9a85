"""Dead letters tried again: one that is not taken keeps no other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from ingest.adapters.memory import MemorySink
from ingest.dead_letters import DeadLetter
from ingest.ports import Outgoing, Refused
from ingest.runtime.replay import Replay, Result

AT = datetime(2026, 11, 22, 10, 15, 2, tzinfo=UTC)


class Kafka:
    """Records by their offsets, of which one is larger than its topic takes by now."""

    def at(self, topic: str, partition: int, offset: int) -> Outgoing | None:
        return Outgoing(topic, None, str(offset).encode(), AT, (), partition)

    def write(self, records: Sequence[Outgoing]) -> None:
        if any(record.value == b"2" for record in records):
            raise Refused("Kafka takes no record of this size")


def letter(offset: int) -> DeadLetter:
    return DeadLetter(
        id=str(offset),
        time=AT,
        stage="envelope",
        code="json",
        reason="",
        topic="syslog",
        partition=0,
        offset=offset,
        version="",
        original="",
    )


def test_a_record_that_is_not_taken_keeps_no_other() -> None:
    kafka = Kafka()
    done = list(Replay(kafka, kafka, MemorySink()).run(map(letter, (3, 2, 1))))
    assert [each.result for each in done] == [Result.WRITTEN_AGAIN, Result.NOT_TAKEN, Result.WRITTEN_AGAIN]
    assert [each.done for each in done] == [True, False, True]
    assert done[1].detail == "Kafka takes no record of this size"
