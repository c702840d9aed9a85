"""Dead letters tried again: records go back to where they stood, documents to the sink."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct
from msgspec.structs import replace

from ingest.dead_letters import INDEX_STAGE, document_of
from ingest.model import Document
from ingest.ports import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ingest.dead_letters import DeadLetter
    from ingest.ports import Outgoing, Sink, Writer

REPLAYED = "oom-ingest-replayed"
"""Header of a record that was written again: the id of its dead letter."""


class DeadLetters(Protocol):
    """Where dead letters are kept."""

    def all(self) -> Iterator[DeadLetter]:
        """Every one of them. Raises ``Unavailable`` or ``Refused``."""

    def done(self, letters: Sequence[DeadLetter]) -> None:
        """These are not dead any more."""


class Records(Protocol):
    """Where records are read by their place."""

    def at(self, topic: str, partition: int, offset: int) -> Outgoing | None:
        """A record as it can be written again; ``None`` where it is not kept any more."""


class Result(StrEnum):
    """What came of a dead letter."""

    WRITTEN_AGAIN = "record written again"
    STORED = "document stored"
    STALE = "document already stored in this or a newer version"
    REFUSED = "document refused again"
    NOT_TAKEN = "the record was not taken"
    GONE = "the record is not kept any more"
    CUT = "the document was too long to be kept whole"


class Replayed(Struct, frozen=True):
    """A dead letter and what came of it."""

    letter: DeadLetter
    result: Result
    detail: str = ""

    @property
    def done(self) -> bool:
        """Whether it is not dead any more."""
        return self.result in (Result.WRITTEN_AGAIN, Result.STORED, Result.STALE)


class Replay:
    """Tries dead letters again.

    Args:
        records: Where the records are that they came from.
        writer: Writes records.
        sink: Stores documents.
    """

    def __init__(self, records: Records, writer: Writer, sink: Sink) -> None:
        self._records = records
        self._writer = writer
        self._sink = sink

    def run(self, letters: Iterable[DeadLetter]) -> Iterator[Replayed]:
        """One after the other, records in their order. Raises ``Unavailable`` or ``Refused``."""
        for letter in sorted(letters, key=lambda each: (each.topic or "", each.partition or 0, each.offset or 0)):
            yield self._document(letter) if letter.stage == INDEX_STAGE else self._record(letter)

    def _record(self, letter: DeadLetter) -> Replayed:
        if letter.topic is None or letter.partition is None or letter.offset is None:
            return Replayed(letter, Result.GONE)
        record = self._records.at(letter.topic, letter.partition, letter.offset)
        if record is None:
            return Replayed(letter, Result.GONE, letter.place)
        try:
            self._writer.write([replace(record, headers=(*record.headers, (REPLAYED, letter.id.encode())))])
        except Refused as error:
            return Replayed(letter, Result.NOT_TAKEN, str(error))  # one that is too large keeps no other
        return Replayed(letter, Result.WRITTEN_AGAIN, f"{letter.topic}/{letter.partition}")

    def _document(self, letter: DeadLetter) -> Replayed:
        kept = document_of(letter)
        if kept is None:
            return Replayed(letter, Result.CUT)
        report = self._sink.write([Document(*kept)])
        if report.trouble is not None:
            raise report.trouble
        if report.refused:
            return Replayed(letter, Result.REFUSED, report.refused[0].reason)
        return Replayed(letter, Result.STORED if report.written else Result.STALE, f"{kept[0]}/{kept[1]}")
