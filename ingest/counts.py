"""What the stages count: the one list of names, each with its meaning."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum


class Count(StrEnum):
    """A counter. Its help text stands in ``HELP``."""

    RECORDS = "records"
    TOMBSTONES = "tombstones"
    EMPTY_LINES = "empty_lines"
    TOO_LONG = "too_long"
    JSON_ENVELOPE = "json_envelope"
    NOT_UTF8 = "not_utf8"
    NOT_OOM = "not_oom"
    MATCHED_LINES = "matched_lines"
    UNREAD_LINES = "unread_lines"
    REPORTS = "reports"
    KILLS = "kills"
    DEAD_LETTERS = "dead_letters"
    DOCUMENTS_WRITTEN = "documents_written"
    DOCUMENTS_STALE = "documents_stale"
    DOCUMENTS_REFUSED = "documents_refused"


HELP: dict[Count, str] = {
    Count.RECORDS: "Records read.",
    Count.TOMBSTONES: "Records without a value.",
    Count.EMPTY_LINES: "Blank records.",
    Count.TOO_LONG: "Records longer than the limit, refused.",
    Count.JSON_ENVELOPE: "Records of JSON where text was expected, refused.",
    Count.NOT_UTF8: "Lines with bytes that are not UTF-8, kept escaped.",
    Count.NOT_OOM: "Lines that have nothing to do with OOM, dropped.",
    Count.MATCHED_LINES: "Lines that a wording explains.",
    Count.UNREAD_LINES: "Lines that look like OOM and that no wording explains, dead-lettered.",
    Count.REPORTS: "Reports written, counted again when late lines complete one.",
    Count.KILLS: "Victims in those reports.",
    Count.DEAD_LETTERS: "Dead letters written.",
    Count.DOCUMENTS_WRITTEN: "Documents that Elasticsearch stored.",
    Count.DOCUMENTS_STALE: "Documents that Elasticsearch already had in this or a newer version.",
    Count.DOCUMENTS_REFUSED: "Documents that Elasticsearch will never take, dead-lettered.",
}

Counts = Counter[Count]
