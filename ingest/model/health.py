"""How the service is: what one worker did in one minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ingest.counts import Count


class Minute(Struct, frozen=True, kw_only=True):
    """One minute of one worker; longer where it had to wait for a server."""

    worker: str
    host: str
    began: datetime
    """When the worker's process began, which tells two processes of one name apart."""
    since: datetime
    until: datetime
    counts: Mapping[Count, int]
    """What was counted in it."""
    open_reports: int
    lag: int | None
    newest_event: datetime | None
