"""The demo's very last step: the trend report of the week in which its fleet ran out of memory, as a page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ingest.adapters.elastic_trends import ElasticTrends
from ingest.trends import compute
from ingest.trends.formats import page, plots
from ingest.trends.gather import gather
from ingest.trends.period import between
from ingest.trends.selection import Selection

if TYPE_CHECKING:
    from pathlib import Path

    from elasticsearch import Elasticsearch

FIRST_DAY, LAST_DAY = "2026-11-14", "2026-11-20"


def write(client: Elasticsearch, file: Path) -> Path:
    """Write the page; gives its file. Raises ``Unavailable`` or ``Refused``."""
    period = between(FIRST_DAY, LAST_DAY, datetime(2026, 11, 21, tzinfo=UTC), ZoneInfo("UTC"))
    with ElasticTrends(client, "oom", Selection()) as source:
        report = compute.report(gather(source, period, "", lambda _: None))
    file.write_text(page.render(report, None, list(plots.plots(report))), encoding="utf-8")
    return file
