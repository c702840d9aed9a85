"""Host: what happened to this machine?"""

from __future__ import annotations

from ingest.kibana import columns as c
from ingest.kibana import panels as p
from ingest.kibana import searches, texts, views
from ingest.kibana.board import Board, row
from ingest.kibana.boards import _shared

_QUESTION = "What happened to this host, when, and which of its programs and units does it hit?"

_MEMORY = {
    "Anonymous": "oom.system.memory.active_anon.bytes",
    "Anonymous, inactive": "oom.system.memory.inactive_anon.bytes",
    "File cache": "oom.system.memory.page_cache.bytes",
    "Slab, unreclaimable": "oom.system.memory.slab_unreclaimable.bytes",
    "Page tables": "oom.system.memory.page_tables.bytes",
    "Shared": "oom.system.memory.shmem.bytes",
    "Free": "oom.system.memory.free.bytes",
}

_EPISODES = p.table(
    "Episodes one by one",
    "Click an episode to open its board.",
    views.EPISODES,
    [c.by("Episode", "oom.episode.id", 20)],
    [
        c.largest("Ended", "event.end"),
        c.largest("Reports", "oom.episode.report_count"),
        c.largest("Kills", "oom.episode.kill_count"),
        c.largest("Lasted", "event.duration"),
    ],
    opens="episode",
)

BOARD = Board(
    name="host",
    title=texts.NAMES["host"],
    question=_QUESTION,
    days=1,
    controls=(_shared.CLUSTER, _shared.HOST, _shared.CONSTRAINT),
    rows=(
        row(3, texts.navigation("host", _QUESTION)),
        row(
            4,
            _shared.KILLED,
            _shared.HAPPENED,
            p.metric(
                "Memory of the dead",
                "Resident memory of all victims at their kill.",
                views.KILLS,
                c.total("Memory", "oom.victim.memory.rss.bytes"),
            ),
            p.state_metric("Newest kill", "Time of the newest kill.", views.KILLS, _shared.NEWEST),
        ),
        row(
            9,
            p.over_time(
                "Kills over time by process",
                "The victims' names.",
                views.KILLS,
                [_shared.KILLS],
                split=c.by("Process", "process.name", 6, other=True),
            ),
            _EPISODES,
            widths=(26, 22),
        ),
        row(8, _shared.TOLD, _shared.CONSTRAINTS, widths=(34, 14)),
        row(
            11,
            p.over_time(
                "Memory of the machine at its reports",
                "What the kernel counted when it ran out, the largest of each step.",
                views.REPORTS,
                [c.largest(label, name) for label, name in _MEMORY.items()],
                series=p.Series.LINES,
            ),
            p.over_time(
                "Swap at its reports",
                "Swap in total, free, and also in memory.",
                views.REPORTS,
                [
                    c.largest("Total", "oom.system.swap.total.bytes"),
                    c.least("Free", "oom.system.swap.free.bytes"),
                    c.largest("Cached", "oom.system.swap.cached.bytes"),
                ],
                series=p.Series.LINES,
            ),
            p.over_time(
                "Pressure at its reports",
                "Percent of the time that tasks waited for memory, as systemd-oomd and oomd tell it.",
                views.REPORTS,
                [
                    c.largest("10 s", "oom.psi.avg10"),
                    c.largest("60 s", "oom.psi.avg60"),
                    c.largest("300 s", "oom.psi.avg300"),
                    c.largest("Limit", "oom.psi.limit"),
                ],
                series=p.Series.LINES,
            ),
            widths=(20, 14, 14),
        ),
        row(
            11,
            p.table(
                "Units and slices",
                "Where the victims ran.",
                views.KILLS,
                [c.by("Unit", "systemd.unit", 10)],
                [_shared.KILLS, c.largest("Largest victim", "oom.victim.memory.rss.bytes"), _shared.NEWEST],
            ),
            p.table(
                "Users",
                "Whose processes died.",
                views.KILLS,
                [c.by("User id", "process.user.id", 10)],
                [_shared.KILLS, c.unique("Names", "process.name"), _shared.NEWEST],
            ),
            _shared.CULPRITS,
            widths=(16, 12, 20),
        ),
        row(
            10,
            p.table(
                "Kernels",
                "Which kernel printed the reports.",
                views.REPORTS,
                [c.by("Kernel", "host.os.kernel", 10)],
                [c.count("Reports"), _shared.HOSTS, _shared.NEWEST],
            ),
            p.table(
                "Machine",
                "What the kernel says of the machine.",
                views.REPORTS,
                [c.by("Hardware", "oom.host.hardware", 5)],
                [c.count("Reports"), c.largest("RAM", "oom.system.memory.total.bytes")],
            ),
            p.ranking(
                "Who reported",
                "Programs that killed, or told of a kill.",
                views.EPISODES,
                c.by("Program", "event.provider", 8),
                [_shared.EPISODES],
            ),
        ),
        row(8, p.found("Chosen, death not told", searches.UNCONFIRMED.description, searches.UNCONFIRMED.id)),
        row(6, texts.help_text(("constraint", "scope", "order", "badness", "slab", "shared memory", "page cache"))),
    ),
)
