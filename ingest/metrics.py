"""The metrics of `run` and `route`, each defined once: name, kind, meaning, and where its value comes from.

``oom_ingest_`` stands before every name. The HTTP listener serves this list, ``docs/metrics.md`` is made of it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from ingest.counts import Count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ingest.ports import Partition

PREFIX = "oom_ingest_"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the buckets of a duration; the last is the default of ``elasticsearch.request_timeout``."""


class Durations(Struct, frozen=True):
    """How long something took: how often within each bound of ``SECONDS`` (and beyond), and the sum."""

    buckets: tuple[int, ...] = (0,) * (len(SECONDS) + 1)
    total: float = 0.0

    def plus(self, seconds: float) -> Durations:
        """With one more."""
        at = next((index for index, bound in enumerate(SECONDS) if seconds <= bound), len(SECONDS))
        buckets = (*self.buckets[:at], self.buckets[at] + 1, *self.buckets[at + 1 :])
        return Durations(buckets, self.total + seconds)


class Seen(Struct, frozen=True, kw_only=True):
    """What the loop was last seen to have done. Moments are seconds since 1970, ``None`` before the first.

    Args:
        counts: What the stages counted.
        candidates: Records that `route` kept.
        unread: Lines not wholly read, by wording; ``""`` counts those that none read.
        open_reports: Reports that may still grow.
        lag: Records of each partition that are not read yet.
        uncommitted: Records of each partition that are read, and would be read again after a restart.
        newest_record: Time stamp of the newest record.
        newest_event: Time of the newest event in what was written last.
        turned_at: When the loop last ended a turn: everything that it read was written, and committed where closed.
        waiting: Whether it waits for Kafka or Elasticsearch.
        failures: How often one of them could not be used.
        writes: How long writes took.
        version: Of the package.
    """

    counts: Mapping[Count, int] = {}
    candidates: int = 0
    unread: Mapping[str, int] = {}
    open_reports: int = 0
    lag: Mapping[Partition, int] = {}
    uncommitted: Mapping[Partition, int] = {}
    newest_record: float | None = None
    newest_event: float | None = None
    turned_at: float | None = None
    waiting: bool = False
    failures: int = 0
    writes: Durations = Durations()
    version: str = ""


class Command(StrEnum):
    """Who has metrics."""

    RUN = "run"
    ROUTE = "route"


class Kind(StrEnum):
    """What Prometheus makes of a metric."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Metric(Struct, frozen=True):
    """One metric.

    Args:
        name: Without the prefix; a counter's ends in ``_total``.
        kind: Counter, gauge or histogram.
        text: What it means, in one sentence.
        read: Its values, each with those of its labels; durations for a histogram.
        labels: Names of its labels.
        of: Whose it is.
    """

    name: str
    kind: Kind
    text: str
    read: Callable[[Seen], Iterable[tuple[tuple[str, ...], float | Durations]]]
    labels: tuple[str, ...] = ()
    of: tuple[Command, ...] = (Command.RUN,)


def _counter(count: Count) -> Metric:
    of = _BOTH if count is Count.RECORDS else (Command.RUN,)
    return Metric(f"{count}_total", Kind.COUNTER, count.text, lambda seen: [((), seen.counts.get(count, 0))], of=of)


def _by_partition(values: Mapping[Partition, int]) -> Iterable[tuple[tuple[str, ...], float]]:
    return (((partition.topic, str(partition.number)), value) for partition, value in values.items())


def _known(moment: float | None) -> Iterable[tuple[tuple[str, ...], float]]:
    return () if moment is None else [((), moment)]


_PLACE = ("topic", "partition")
_BOTH = (Command.RUN, Command.ROUTE)

METRICS: tuple[Metric, ...] = (
    *(_counter(count) for count in Count),
    Metric(
        "candidates_total",
        Kind.COUNTER,
        "Records that may be of a report, written to the topic of candidates.",
        lambda seen: [((), seen.candidates)],
        of=(Command.ROUTE,),
    ),
    Metric(
        "unread_by_wording_total",
        Kind.COUNTER,
        "Lines not wholly read, by the wording that read their beginning; `none` counts those that none read.",
        lambda seen: (((wording or "none",), count) for wording, count in seen.unread.items()),
        ("wording",),
    ),
    Metric(
        "failures_total",
        Kind.COUNTER,
        "How often Kafka or Elasticsearch could not be used and the service waited and tried again.",
        lambda seen: [((), seen.failures)],
        of=_BOTH,
    ),
    Metric(
        "lag_records",
        Kind.GAUGE,
        "Records of a partition that are not read yet.",
        lambda seen: _by_partition(seen.lag),
        _PLACE,
        of=_BOTH,
    ),
    Metric(
        "uncommitted_records",
        Kind.GAUGE,
        "Records of a partition that are read and would be read again after a restart: open reports hold them.",
        lambda seen: _by_partition(seen.uncommitted),
        _PLACE,
    ),
    Metric(
        "partitions",
        Kind.GAUGE,
        "Partitions that this worker reads.",
        lambda seen: [((), len(seen.lag))],
        of=_BOTH,
    ),
    Metric("open_reports", Kind.GAUGE, "Reports that may still grow.", lambda seen: [((), seen.open_reports)]),
    Metric(
        "newest_record_timestamp_seconds",
        Kind.GAUGE,
        "Kafka's time stamp of the newest record that was read.",
        lambda seen: _known(seen.newest_record),
        of=_BOTH,
    ),
    Metric(
        "newest_event_timestamp_seconds",
        Kind.GAUGE,
        "Time of the newest event among the documents that were written last.",
        lambda seen: _known(seen.newest_event),
    ),
    Metric(
        "last_turn_timestamp_seconds",
        Kind.GAUGE,
        "When the main loop last completed a turn: poll, write, commit.",
        lambda seen: _known(seen.turned_at),
        of=_BOTH,
    ),
    Metric(
        "waiting",
        Kind.GAUGE,
        "1 while the service waits for Kafka or Elasticsearch, else 0.",
        lambda seen: [((), int(seen.waiting))],
        of=_BOTH,
    ),
    Metric(
        "write_seconds",
        Kind.HISTOGRAM,
        "How long storing documents in Elasticsearch (`route`: records in Kafka) took, failures included; "
        "requests that go together count once.",
        lambda seen: [((), seen.writes)],
        of=_BOTH,
    ),
    Metric(
        "build_info",
        Kind.GAUGE,
        "Always 1; the version is its label.",
        lambda seen: [((seen.version,), 1)],
        ("version",),
        of=_BOTH,
    ),
)


def metrics_of(command: Command) -> tuple[Metric, ...]:
    """Those of one command."""
    return tuple(metric for metric in METRICS if command in metric.of)


def reference() -> str:
    """``docs/metrics.md``."""
    rows = [
        f"| {' | '.join((f'`{PREFIX}{metric.name}`', metric.kind, ', '.join(metric.labels), ', '.join(metric.of)))} "
        f"| {metric.text} |"
        for metric in METRICS
    ]
    return "\n".join([*_HEAD, *rows]) + "\n"


_HEAD = [
    "# Metrics",
    "",
    "Generated from `ingest/metrics.py` by `make generate`. `oom-ingest run --listen 127.0.0.1:9464` (setting",
    "`metrics.listen`) serves three pages, and so does `route`; nothing listens where it is unset.",
    "",
    "A turn is one round of the main loop: poll, write, commit.",
    "",
    "- `/healthz`: 200 while the main loop is alive: it completed a turn, retried a server or was answered by",
    "  Elasticsearch within five minutes. 503: it hangs, restart the process.",
    "- `/readyz`: 200 while there is progress: the last turn ended less than a minute ago. 503 gives the reason; the",
    "  service waits and resumes by itself.",
    "- `/metrics`: the metrics below in Prometheus' format, and those of the process (`process_*`).",
    "",
    "`deploy/prometheus/alerts.yml` has alerts for them, each with what to do.",
    "",
    "| metric | kind | labels | of | meaning |",
    "| --- | --- | --- | --- | --- |",
]
