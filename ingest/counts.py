"""What the stages count: the one list of names, each with its meaning."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import Self


class Count(StrEnum):
    """What is counted. ``text`` says what it means."""

    text: str

    __hash__ = str.__hash__  # That of Enum is written in Python; names are looked up for every line.

    def __new__(cls, value: str, text: str) -> Self:
        """A name with its meaning."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.text = text
        return member

    RECORDS = "records", "Records read."

    TOMBSTONES = "tombstones", "Records without a value."

    EMPTY_LINES = "empty_lines", "Blank records."

    TOO_LONG = "too_long", "Records longer than the limit, refused."

    NO_LINE = (
        "no_line",
        "Records of JSON that cannot be read or hold no message, and records not of the configured kind, refused.",
    )

    METADATA_DROPPED = (
        "metadata_dropped",
        "Values of shippers' metadata, in lines that were read, that the allow-list does not carry.",
    )

    NOT_UTF8 = "not_utf8", "Lines with bytes that are not UTF-8, kept escaped."

    NOT_OOM = "not_oom", "Lines that have nothing to do with OOM, dropped."

    MATCHED_LINES = "matched_lines", "Lines that a wording explains."

    SPREAD_LINES = (
        "spread_lines",
        "Lines of a host that was just seen in another partition of the same topic: `oom-ingest route` mends it.",
    )

    UNREAD_LINES = (
        "unread_lines",
        "Lines that look like OOM and that no wording explains, dead-lettered.",
    )

    UNREAD_TAILS = (
        "unread_tails",
        "Lines that a wording explains but for a tail that it does not know, kept with their record.",
    )

    COPIES = (
        "copies",
        "Lines left out because the same line was read before, as when two shippers send one host's log.",
    )

    REPEATS = "repeats", "Reports left out because another source told of the same kills."

    REPORTS = "reports", "Reports written, counted again when late lines complete one."

    KILLS = "kills", "Victims in those reports."

    DEAD_LETTERS = "dead_letters", "Dead letters written."

    DOCUMENTS_WRITTEN = "documents_written", "Documents that Elasticsearch stored."

    DOCUMENTS_STALE = (
        "documents_stale",
        "Documents that Elasticsearch already had in this or a newer version.",
    )

    DOCUMENTS_REFUSED = (
        "documents_refused",
        "Documents that Elasticsearch will never take, dead-lettered.",
    )


Counts = Counter[Count]

UNREADABLE = {
    "tombstone": Count.TOMBSTONES,
    "too_long": Count.TOO_LONG,
    "empty": Count.EMPTY_LINES,
    "json": Count.NO_LINE,
    "no_message": Count.NO_LINE,
    "shape": Count.NO_LINE,
}
"""Why a record is no line (``envelope.Unreadable``), and where it is counted."""
