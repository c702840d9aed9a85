"""Reads an example of every wording and forgets it: what is built on first use is built before the first record comes.

A worker that has joined its group should not keep partitions waiting while it compiles grammars.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ingest import formats
from ingest.model import Origin, Raw, Role
from ingest.offline import documents
from ingest.reading import names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.assemble import Bounds
    from ingest.envelope import Envelope

_AT = datetime(2026, 1, 1, tzinfo=UTC)


def rehearse(envelope: Envelope, bounds: Bounds, gap: timedelta) -> None:
    """Take the examples through all stages, to documents that nobody gets.

    Args:
        envelope: How records are read.
        bounds: Limits of open reports.
        gap: Reports further apart than this are of different episodes.
    """
    for _ in documents(_examples(), envelope, bounds, gap):
        pass
    names.disguises_in_json(b"{")


def _examples() -> Iterator[Raw]:
    """Each family's lines on a host of its own; those that only an open report may have come after its others."""
    for family in formats.formats().values():
        host, tag = family.name.replace("_", "-"), min(family.tags)
        for wording in sorted(family.wordings, key=lambda each: each.role is Role.BODY):
            text = f"{_AT:%b %d %H:%M:%S} {host} {tag}: {wording.example}"
            yield Raw(Origin("rehearsal", 0, 0), text.encode(), _AT, host)
