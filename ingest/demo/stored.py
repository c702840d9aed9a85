"""What the demo's Elasticsearch has, to be compared between two runs."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

_KINDS = ("episode", "report", "kill", "task")


class Totals(Struct, frozen=True):
    """How many documents of each kind are stored, and a digest of their ids, versions and content."""

    counts: dict[str, int]
    digest: str


def totals(client: Elasticsearch) -> Totals:
    """What is stored now; when a document was sent does not count."""
    client.indices.refresh(index="oom-*", allow_no_indices=True)
    counts = {}
    seen = hashlib.sha256()
    for kind in _KINDS:
        found = client.search(
            index=f"oom-{kind}-*",
            size=1_000,
            version=True,
            sort=["event.id"],
            source_excludes=["event.ingested"],
            allow_no_indices=True,
        )
        hits = found["hits"]["hits"]
        if hits:
            counts[kind] = len(hits)
        for hit in hits:
            seen.update(json.dumps([hit["_index"], hit["_id"], hit["_version"], hit["_source"]]).encode())
    return Totals(counts, seen.hexdigest())
