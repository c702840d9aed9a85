"""Workload: the history of one signature. Is it new, does it grow, and is its limit right?"""

from __future__ import annotations

from ingest.kibana import columns as c
from ingest.kibana import panels as p
from ingest.kibana import searches, texts, views
from ingest.kibana.board import Board, Control, row
from ingest.kibana.boards import _shared

_QUESTION = "The history of one signature: since when, where, how large at the kill, and against which limit?"

_SIGNATURE = Control("Signature", "oom.signature_name", views.KILLS)

BOARD = Board(
    name="workload",
    title=texts.NAMES["workload"],
    question=_QUESTION,
    days=30,
    controls=(_SIGNATURE, _shared.CLUSTER, _shared.HOST, _shared.CONSTRAINT),
    rows=(
        row(3, texts.navigation("workload", _QUESTION)),
        row(
            4,
            _shared.KILLED,
            p.metric("Hosts", "Hosts that had it.", views.KILLS, _shared.HOSTS),
            p.state_metric(
                "First here", "The oldest kill in this time range.", views.KILLS, c.least("First", "@timestamp")
            ),
            p.state_metric("Newest", "The newest kill.", views.KILLS, _shared.NEWEST),
            p.metric(
                "Size at the kill",
                "Resident memory of the victims: the value that 95 % do not exceed.",
                views.KILLS,
                c.percentile("95 %", "oom.victim.memory.rss.bytes", 95),
            ),
            p.metric(
                "Limit",
                "The largest limit that was hit.",
                views.KILLS,
                c.largest("Limit", "oom.cgroup.memory.limit.bytes"),
            ),
        ),
        row(
            9,
            p.over_time(
                "Size at the kill against the limit",
                "Resident memory of victims, the mean and the largest, and the limit of their cgroup.",
                views.KILLS,
                [
                    c.largest("Largest victim", "oom.victim.memory.rss.bytes"),
                    c.mean("Mean victim", "oom.victim.memory.rss.bytes"),
                    c.largest("Limit", "oom.cgroup.memory.limit.bytes"),
                ],
                series=p.Series.LINES,
            ),
            p.over_time(
                "Kills over time by signature",
                "The signatures with the most kills.",
                views.KILLS,
                [_shared.KILLS],
                split=c.by("Signature", "oom.signature_name", 5, other=True),
            ),
        ),
        row(
            8,
            p.table(
                "Signatures",
                "Every signature of the time range.",
                views.KILLS,
                [c.by("Signature", "oom.signature_name", 20)],
                [
                    _shared.KILLS,
                    _shared.HOSTS,
                    c.least("First", "@timestamp"),
                    _shared.NEWEST,
                    c.largest("Largest victim", "oom.victim.memory.rss.bytes"),
                    c.largest("Limit", "oom.cgroup.memory.limit.bytes"),
                ],
            ),
        ),
        row(
            11,
            p.heatmap("Hosts over time", "Where and when.", views.KILLS, _shared.BY_HOST, _shared.KILLS, opens="host"),
            p.table(
                "Of which memory",
                "What the victims held, the mean of all.",
                views.KILLS,
                [c.by("Process", "process.name", 10)],
                [
                    _shared.KILLS,
                    c.mean("Anonymous", "oom.victim.memory.anon_rss.bytes"),
                    c.mean("File", "oom.victim.memory.file_rss.bytes"),
                    c.mean("Shared", "oom.victim.memory.shmem_rss.bytes"),
                    c.mean("Page tables", "oom.victim.memory.page_tables.bytes"),
                    c.mean("Swap", "oom.victim.memory.swap.bytes"),
                ],
            ),
        ),
        row(
            11,
            p.table(
                "Known signatures, whole fleet",
                "First and last seen, of those last seen in this time range. Controls and filters do not touch it.",
                views.SIGNATURES,
                [c.by("Workload", "oom.workload", 20)],
                [
                    c.least("First seen", "oom.first_seen"),
                    c.largest("Last seen", "oom.last_seen"),
                    c.largest("Hosts", "oom.host_count"),
                    c.largest("Hosts in its last hour", "oom.recent_host_count"),
                    c.unique("Signatures", "oom.signature"),
                ],
                whole_fleet=True,
            ),
            p.found("Episodes", searches.EPISODES.description, searches.EPISODES.id),
        ),
        row(
            9,
            p.table(
                "Limits of the cgroup",
                "Which cgroup ran out, and how often its limit was met.",
                views.KILLS,
                [c.by("Cgroup", "oom.cgroup.limit.path", 10)],
                [
                    _shared.KILLS,
                    c.largest("Limit", "oom.cgroup.memory.limit.bytes"),
                    c.largest("In use", "oom.cgroup.memory.usage.bytes"),
                    c.largest("Swap limit", "oom.cgroup.swap.limit.bytes"),
                    c.largest("Met", "oom.cgroup.memory.failcnt"),
                ],
            ),
            p.table(
                "Families",
                "Whose lines tell of it.",
                views.KILLS,
                [c.by("Family", "oom.family", 10), c.by("Reason", "event.reason", 3)],
                [_shared.KILLS, _shared.HOSTS],
            ),
        ),
        row(6, texts.help_text(("signature", "resident memory", "constraint", "memcg"))),
    ),
)
