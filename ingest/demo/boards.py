"""The demo's last step: boards over the demo's fleet, as pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from ingest.adapters.elastic_search import ElasticSearch
from ingest.preview import write
from ingest.preview.query import Span

if TYPE_CHECKING:
    from pathlib import Path

    from elasticsearch import Elasticsearch


class Shown(Struct, frozen=True):
    """A board, the range of time and the filters with which the demo shows it."""

    board: str
    span: Span
    filters: tuple[str, ...] = ()


_DAY = datetime(2026, 11, 20, tzinfo=UTC)
_POD = _DAY + timedelta(hours=9, minutes=10)
_FIRST_LOG = datetime(2010, 4, 20, 20, tzinfo=UTC)


def shown(now: datetime) -> tuple[Shown, ...]:
    """A day of the fleet, a pod that is killed again and again, the log with which all began, the service itself."""
    day = Span(_DAY, _DAY + timedelta(days=1))
    return (
        Shown("fleet", day),
        Shown("episode", Span(_POD, _POD + timedelta(minutes=10)), ('host.name : "k8s-node-01"',)),
        Shown("openvz", Span(_FIRST_LOG, _FIRST_LOG + timedelta(minutes=10))),
        Shown("host", day, ('host.name : "db-01"',)),
        Shown("kubernetes", day),
        Shown("workload", day),
        Shown("pipeline", Span(now - timedelta(hours=1), now)),
    )


def pages(client: Elasticsearch, folder: Path, now: datetime) -> list[Path]:
    """Write the pages; gives their files. Raises ``Unavailable`` or ``Refused``."""
    boards = write.shipped("oom")
    search = ElasticSearch(client)
    return [
        write.write(folder, boards, board, each.span, each.filters, search)
        for each in shown(now)
        for board in write.named(boards, [each.board])
    ]
