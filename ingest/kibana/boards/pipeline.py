"""Pipeline health: does the service keep up, and is everything read that looks like an OOM?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.kibana import columns as c
from ingest.kibana import panels as p
from ingest.kibana import searches, texts, views
from ingest.kibana.board import Board, row

if TYPE_CHECKING:
    from ingest.kibana.lens import Column

_QUESTION = "Does the service keep up, is everything read that looks like an OOM, and what was refused?"

_BY_WORKER = c.by("Worker", "oom.pipeline.worker", 8)


def _sum(label: str, name: str) -> Column:
    return c.total(label, f"oom.pipeline.{name}")


_LAG = c.largest("Lag", "oom.pipeline.lag")
_AGE = c.largest("Age", "oom.pipeline.newest_event_age.us")
_LOSES = " or ".join(
    f"oom.report.{count} > 0" for count in ("lost_line_count", "suppressed_call_count", "unread_line_count")
)
_UNREAD = _sum("Lines", "unread_lines")

BOARD = Board(
    name="pipeline",
    title=texts.NAMES["pipeline"],
    question=_QUESTION,
    days=1,
    controls=(),
    rows=(
        row(3, texts.navigation("pipeline", _QUESTION)),
        row(
            4,
            p.metric("Records read", "All records of the topics.", views.PIPELINE, _sum("Records", "records")),
            p.state_metric("Lag", "Records not yet read, at most.", views.PIPELINE, _LAG),
            p.state_metric("Oldest news", "How old the newest record was at most.", views.PIPELINE, _AGE),
            p.metric("Not read", "Lines that looked like OOM and that no wording knows.", views.PIPELINE, _UNREAD),
            p.metric("Dead letters", "What could not be read or stored.", views.DEADLETTERS, c.count("Letters")),
        ),
        row(
            9,
            p.over_time(
                "Records over time by worker",
                "Records read in each step.",
                views.PIPELINE,
                [_sum("Records", "records")],
                split=_BY_WORKER,
            ),
            p.over_time(
                "Lag over time by worker",
                "Records not yet read, the most of each step.",
                views.PIPELINE,
                [_LAG],
                split=_BY_WORKER,
                series=p.Series.LINES,
            ),
        ),
        row(
            8,
            p.over_time(
                "Lines over time",
                "Lines that a wording explained, and lines that none did.",
                views.PIPELINE,
                [_sum("Explained", "matched_lines"), _sum("Not explained", "unread_lines")],
            ),
            p.over_time(
                "Documents over time",
                "Stored, there already, refused.",
                views.PIPELINE,
                [
                    _sum("Stored", "documents_written"),
                    _sum("There already", "documents_stale"),
                    _sum("Refused", "documents_refused"),
                    _sum("Dead letters", "dead_letters"),
                ],
            ),
            p.over_time(
                "Open reports",
                "Reports that wait for their end, the most of each step.",
                views.PIPELINE,
                [c.largest("Open", "oom.pipeline.open_reports")],
                split=_BY_WORKER,
                series=p.Series.LINES,
            ),
        ),
        row(
            10,
            p.table(
                "Reasons of dead letters",
                "What was refused, where, and how often.",
                views.DEADLETTERS,
                [c.by("Reason", "error.code", 10), c.by("Stage", "oom.stage", 3)],
                [c.count("Letters"), c.unique("Topics", "kafka.topic"), c.largest("Newest", "@timestamp")],
            ),
            p.found("Newest dead letters", searches.DEADLETTERS.description, searches.DEADLETTERS.id),
            widths=(18, 30),
        ),
        row(
            10,
            p.donut(
                "How whole reports are",
                "Complete, or which part is missing.",
                views.REPORTS,
                c.by("Completeness", "oom.report.completeness", 5),
                c.count("Reports"),
            ),
            p.donut(
                "How reports ended",
                "Why a report was closed.",
                views.REPORTS,
                c.by("Closed by", "oom.report.closed_by", 5),
                c.count("Reports"),
            ),
            p.table(
                "Source of timestamps",
                "How far to trust the time of a report.",
                views.REPORTS,
                [c.by("Source", "oom.time.source", 8)],
                [
                    c.count("Reports"),
                    c.count("Year inferred", "oom.time.year_inferred : true"),
                    c.count("Zone inferred", "oom.time.zone_inferred : true"),
                ],
            ),
        ),
        row(
            10,
            p.table(
                "Loss by host",
                "Lines lost, calls the kernel did not print, lines with unknown tails.",
                views.REPORTS,
                [c.by("Host", "host.name", 10)],
                [
                    c.total("Lost lines", "oom.report.lost_line_count"),
                    c.total("Not printed", "oom.report.suppressed_call_count"),
                    c.total("Unknown tails", "oom.report.unread_line_count"),
                    c.count("Reports"),
                ],
                query=_LOSES,
                opens="host",
            ),
            p.table(
                "Families and versions",
                "Formats read, and by which version.",
                views.REPORTS,
                [c.by("Family", "oom.family", 15), c.by("Version", "oom.parser.version", 3)],
                [c.count("Reports"), c.unique("Hosts", "host.name"), c.largest("Newest", "@timestamp")],
            ),
            p.table(
                "Workers",
                "What each worker did, and the longest time that one of its counts is of.",
                views.PIPELINE,
                [_BY_WORKER],
                [
                    _sum("Records", "records"),
                    _sum("Reports", "reports"),
                    _sum("Kills", "kills"),
                    c.largest("Longest", "oom.pipeline.seconds"),
                    c.largest("Newest record", "oom.pipeline.newest_event"),
                ],
            ),
        ),
        row(6, texts.help_text(("dead letter", "completeness", "report", "family"))),
    ),
)
