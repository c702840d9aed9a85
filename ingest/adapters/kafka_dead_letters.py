"""Dead letters in their Kafka topic: read only, for what is in a topic stays there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.dead_letters import of_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.adapters.kafka_records import KafkaRecords
    from ingest.dead_letters import DeadLetter


class KafkaDeadLetters:
    """Implements ``replay.DeadLetters`` over the topic.

    Args:
        records: A reader.
        topic: The topic of dead letters.
    """

    def __init__(self, records: KafkaRecords, topic: str) -> None:
        self._records = records
        self._topic = topic

    def all(self) -> Iterator[DeadLetter]:
        """Each once, as often as it may have been written."""
        seen = set()
        for record in self._records.all(self._topic):
            letter = of_record(record.key, record.value, dict(record.headers or ()))
            if letter is not None and letter.id not in seen:
                seen.add(letter.id)
                yield letter

    def done(self, letters: Sequence[DeadLetter]) -> None:
        """Nothing can be taken out of a topic."""
