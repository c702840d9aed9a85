"""Signatures to documents and back: one for each signature, in an index without a month."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ingest import __version__
from ingest.document._tree import Tree, pruned
from ingest.fields import ECS_VERSION, SCHEMA_VERSION, Kind
from ingest.model import Constraint, Seen, Signature
from ingest.timestamps import iso

if TYPE_CHECKING:
    from collections.abc import Mapping

RECENT = timedelta(hours=1)
"""How far before the last report a host counts as having had the failure at the same time."""


def index_of(prefix: str) -> str:
    """The index that holds every signature."""
    return f"{prefix}-{Kind.SIGNATURE}"


def source_of(signature: Signature, created: datetime, written: datetime) -> Tree:
    """The document of a signature. ``created`` is when it was first written, kept from the first writer.

    A host whose clock is ahead had it now: else nobody would have had it lately until that clock was right.
    """
    latest = min(signature.last_seen, written)
    since = latest - RECENT
    many = len(signature.hosts)
    return pruned(
        {
            "@timestamp": iso(latest),
            "ecs": {"version": ECS_VERSION},
            "event": {
                "id": signature.id,
                "kind": "state",
                "action": "oom-signature",
                "module": "oom",
                "dataset": "oom.signature",
                "created": iso(created),
                "ingested": iso(written),
            },
            "message": f"{signature.name}: first seen {signature.first_seen:%Y-%m-%d %H:%M} UTC, "
            f"last {signature.last_seen:%Y-%m-%d %H:%M} UTC, on {many} {'host' if many == 1 else 'hosts'}",
            "oom": {
                "schema_version": str(SCHEMA_VERSION),
                "parser": {"version": __version__},
                "family": signature.family,
                "constraint": signature.constraint,
                "signature": signature.id,
                "signature_name": signature.name,
                "workload": signature.workload or None,
                "first_seen": iso(signature.first_seen),
                "last_seen": iso(signature.last_seen),
                "hosts": sorted(seen.host for seen in signature.hosts),
                "host_count": many,
                "recent_host_count": sum(seen.last >= since for seen in signature.hosts),
                "host_seen": [{"name": seen.host, "last": iso(seen.last)} for seen in signature.hosts],
            },
        }
    )


def signature_of(source: Mapping[str, Any]) -> Signature:
    """The signature of a stored document."""
    oom = source["oom"]
    constraint = oom.get("constraint")
    return Signature(
        id=oom["signature"],
        name=oom["signature_name"],
        family=oom["family"],
        constraint=Constraint(constraint) if constraint else None,
        workload=oom.get("workload", ""),
        first_seen=datetime.fromisoformat(oom["first_seen"]),
        hosts=tuple(Seen(each["name"], datetime.fromisoformat(each["last"])) for each in oom["host_seen"]),
    )


def created_of(source: Mapping[str, Any]) -> datetime:
    """When a stored document was first written."""
    return datetime.fromisoformat(source["event"]["created"])
