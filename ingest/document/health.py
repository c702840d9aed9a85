"""A worker's minute to its document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest import __version__
from ingest.counts import Count
from ingest.document._tree import pruned
from ingest.episode.identity import digest
from ingest.fields import ECS_VERSION, SCHEMA_VERSION, Kind
from ingest.model import Document
from ingest.timestamps import iso

if TYPE_CHECKING:
    from ingest.model import Minute

_COUNTS = (
    Count.RECORDS,
    Count.MATCHED_LINES,
    Count.UNREAD_LINES,
    Count.REPORTS,
    Count.KILLS,
    Count.DOCUMENTS_WRITTEN,
    Count.DOCUMENTS_STALE,
    Count.DOCUMENTS_REFUSED,
)
"""Counts that the document gives under their own names. A count of nothing is 0 here: it was counted."""


def of_minute(minute: Minute, prefix: str) -> Document:
    """The document of a minute, in the month of its end."""
    document_id = digest("pipeline", minute.worker, iso(minute.began), iso(minute.since))
    newest = minute.newest_event
    age = minute.until - newest if newest else None
    dead = minute.counts.get(Count.DEAD_LETTERS, 0) + minute.counts.get(Count.DOCUMENTS_REFUSED, 0)
    source = {
        "@timestamp": iso(minute.until),
        "ecs": {"version": ECS_VERSION},
        "event": {
            "id": document_id,
            "kind": "metric",
            "action": "oom-pipeline",
            "module": "oom",
            "dataset": "oom.pipeline",
        },
        "host": {"name": minute.host},
        "oom": {
            "schema_version": str(SCHEMA_VERSION),
            "parser": {"version": __version__},
            "pipeline": {
                "worker": minute.worker,
                "seconds": round((minute.until - minute.since).total_seconds(), 3),
                **{str(count): minute.counts.get(count, 0) for count in _COUNTS},
                "dead_letters": dead,
                "open_reports": minute.open_reports,
                "lag": minute.lag,
                "newest_event": iso(newest) if newest else None,
                "newest_event_age": {"us": int(age.total_seconds() * 1_000_000)} if age is not None else None,
            },
        },
    }
    return Document(f"{prefix}-{Kind.PIPELINE}-{minute.until:%Y.%m}", document_id, 1, pruned(source))
