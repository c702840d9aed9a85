"""What is known of one failure over the whole fleet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from datetime import datetime

    from ingest.model.report import Constraint


class Seen(Struct, frozen=True):
    """A host and when it last had the failure."""

    host: str
    last: datetime


class Signature(Struct, frozen=True, kw_only=True):
    """One signature: when it was first seen, and the hosts that had it, those that had it last first."""

    id: str
    name: str
    family: str
    constraint: Constraint | None
    workload: str
    first_seen: datetime
    hosts: tuple[Seen, ...]

    @property
    def last_seen(self) -> datetime:
        """When a report last had it."""
        return self.hosts[0].last
