"""Dead letters as people and topics see them: what could not be read or stored, why, and where it came from."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from ingest.ports import Outgoing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.model import Document

DATASET = "oom.deadletter"
INDEX_STAGE = "index"
"""The stage of documents that Elasticsearch did not take: their original is the document itself."""


class DeadLetter(Struct, frozen=True, kw_only=True):
    """One dead letter.

    Attributes:
        id: Made of the record's place, or of the document.
        time: When the record was recorded, or the document's own time.
        stage: Where it failed: envelope, formats, index.
        code: Stable name of the reason.
        reason: The same for people.
        topic: Topic of the record; ``None`` where no record is known.
        partition: Its partition.
        offset: Its offset.
        version: The oom-ingest that gave up.
        original: What the record said, cut where it was very long; of a document its JSON.
    """

    id: str
    time: datetime
    stage: str
    code: str
    reason: str
    topic: str | None
    partition: int | None
    offset: int | None
    version: str
    original: str

    @property
    def place(self) -> str:
        """Topic, partition and offset for people."""
        return f"{self.topic}/{self.partition}/{self.offset}" if self.topic is not None else "-"


def is_dead_letter(document: Document) -> bool:
    """Whether a document is one."""
    event: Any = document.source["event"]
    return bool(event["dataset"] == DATASET)


def of_source(source: Mapping[str, Any]) -> DeadLetter:
    """The dead letter that a document of the index ``oom-deadletter`` holds."""
    kafka = source.get("kafka") or {}
    return DeadLetter(
        id=source["event"]["id"],
        time=datetime.fromisoformat(source["@timestamp"]),
        stage=source["oom"]["stage"],
        code=source["error"]["code"],
        reason=source["error"]["message"],
        topic=kafka.get("topic"),
        partition=kafka.get("partition"),
        offset=kafka.get("offset"),
        version=source["oom"]["parser"]["version"],
        original=source["event"].get("original", ""),
    )


def outgoing(letter: DeadLetter, topic: str, now: datetime) -> Outgoing:
    """The record of a dead letter in a topic of its own: the original as value, everything else as headers.

    Its time stamp is that of writing: Kafka refuses what is far ahead, and deletes by it what is old.
    """
    headers = {
        "reason": letter.code,
        "detail": letter.reason,
        "stage": letter.stage,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "time": letter.time.isoformat(),
        "version": letter.version,
    }
    told = tuple((name, str(value).encode()) for name, value in headers.items() if value is not None)
    return Outgoing(topic, letter.id.encode(), letter.original.encode(), now, told)


def of_record(key: bytes | None, value: bytes | None, headers: Mapping[str, bytes]) -> DeadLetter | None:
    """The dead letter that such a record holds; ``None`` where somebody else has written it."""
    told = {name: text.decode("utf-8", "replace") for name, text in headers.items()}
    try:
        return DeadLetter(
            id=(key or b"").decode("utf-8", "replace"),
            time=datetime.fromisoformat(told["time"]),
            stage=told["stage"],
            code=told["reason"],
            reason=told["detail"],
            topic=told.get("topic"),
            partition=int(told["partition"]) if "partition" in told else None,
            offset=int(told["offset"]) if "offset" in told else None,
            version=told["version"],
            original=(value or b"").decode("utf-8", "replace"),
        )
    except (KeyError, ValueError):
        return None


def document_of(letter: DeadLetter) -> tuple[str, str, int, dict[str, Any]] | None:
    """Index, id, version and source of a document that was refused; ``None`` where it was cut."""
    try:
        kept = json.loads(letter.original)
        return kept["_index"], kept["_id"], kept["_version"], kept["_source"]
    except (ValueError, KeyError, TypeError):
        return None
