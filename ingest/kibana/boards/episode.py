"""Episode: what happened, who asked, who died, who used the memory?"""

from __future__ import annotations

from ingest.kibana import columns as c
from ingest.kibana import panels as p
from ingest.kibana import searches, texts, views
from ingest.kibana.board import Board, Control, row
from ingest.kibana.boards import _shared

_QUESTION = "What happened in this episode: who asked, who died, who used the memory, and what was there of it?"

_EPISODE = Control("Episode", "oom.episode.id", views.EPISODES)
_BY_REPORT = c.by("Report", "oom.report.id", 20)


def _machine(label: str, name: str) -> tuple[str, str]:
    return label, f"oom.system.memory.{name}.bytes"


_MACHINE = (
    _machine("RAM", "total"),
    _machine("Free", "free"),
    _machine("Anonymous, active", "active_anon"),
    _machine("Anonymous, inactive", "inactive_anon"),
    _machine("File, active", "active_file"),
    _machine("File, inactive", "inactive_file"),
    _machine("Shared", "shmem"),
    _machine("Slab kept", "slab_unreclaimable"),
    _machine("Slab", "slab_reclaimable"),
    _machine("Page tables", "page_tables"),
    _machine("Kernel stacks", "kernel_stack"),
    _machine("Locked", "unevictable"),
)

BOARD = Board(
    name="episode",
    title=texts.NAMES["episode"],
    question=_QUESTION,
    days=1,
    controls=(_shared.HOST, _EPISODE, _shared.CONSTRAINT),
    rows=(
        row(3, texts.navigation("episode", _QUESTION)),
        row(
            4,
            p.state_metric("Kills", _shared.VICTIMS, views.KILLS, _shared.KILLS),
            p.state_metric("Reports", "Invocations of a killer.", views.REPORTS, c.count("Reports")),
            p.state_metric(
                "Lasted", "From the first to the last line.", views.EPISODES, c.largest("Lasted", "event.duration")
            ),
            p.state_metric(
                "Restarts",
                "How often a workload came back to be killed again.",
                views.EPISODES,
                c.largest("Restarts", "oom.episode.restarts"),
            ),
            p.state_metric(
                "Memory of the dead",
                "Resident memory of all victims at their kill.",
                views.KILLS,
                c.total("Memory", "oom.victim.memory.rss.bytes"),
            ),
        ),
        row(
            8,
            p.found("Verdict", searches.EXPLANATIONS.description, searches.EXPLANATIONS.id),
            p.over_time(
                "Timeline of kills",
                "The victims by name.",
                views.KILLS,
                [_shared.KILLS],
                split=c.by("Process", "process.name", 8, other=True),
            ),
            widths=(24, 24),
        ),
        row(
            9,
            p.table(
                "Who died",
                "Every victim with its memory and score.",
                views.KILLS,
                [c.by("Victim", "process.name", 20), c.by("Pid", "process.pid", 20)],
                [
                    c.largest("Resident", "oom.victim.memory.rss.bytes"),
                    c.largest("Anonymous", "oom.victim.memory.anon_rss.bytes"),
                    c.largest("Swap", "oom.victim.memory.swap.bytes"),
                    c.largest("Score", "oom.victim.score"),
                    c.largest("Adjusted", "oom.victim.score_adj"),
                    c.least("Killed", "@timestamp"),
                ],
            ),
            p.table(
                "Who used the memory",
                "What the episode as a whole says of it.",
                views.EPISODES,
                [c.by("Culprit", "oom.culprit.name", 10), c.by("Rule", "oom.culprit.rule", 3)],
                [
                    c.largest("Held", "oom.culprit.rss.bytes"),
                    c.largest("Share", "oom.culprit.share"),
                    c.count("Sure", 'oom.culprit.confidence : "high"'),
                    c.count("Died too", "oom.culprit.is_victim : true"),
                ],
            ),
            p.table(
                "Who asked",
                "The task that asked for memory: it need not have used it.",
                views.REPORTS,
                [c.by("Asked", "oom.trigger.name", 10)],
                [c.count("Reports"), c.largest("Order", "oom.request.order")],
            ),
            widths=(21, 17, 10),
        ),
        row(
            10,
            p.table(
                "Limits",
                "The cgroups whose limit was hit, and what they held.",
                views.KILLS,
                [c.by("Cgroup", "oom.cgroup.limit.path", 10)],
                [
                    c.largest("In use", "oom.cgroup.memory.usage.bytes"),
                    c.largest("Limit", "oom.cgroup.memory.limit.bytes"),
                    c.largest("Hit", "oom.cgroup.memory.failcnt"),
                    c.largest("Swap in use", "oom.cgroup.swap.usage.bytes"),
                    c.largest("With swap", "oom.cgroup.memory_swap.usage.bytes"),
                    c.largest("Kernel", "oom.cgroup.kmem.usage.bytes"),
                ],
            ),
            p.table(
                "Process table",
                "The largest rows when the killer ran.",
                views.TASKS,
                [c.by("Process", "process.name", 20), c.by("Pid", "process.pid", 10)],
                [
                    c.largest("Resident", "oom.task.rss.bytes"),
                    c.largest("Swap", "oom.task.swap.bytes"),
                    c.largest("Page tables", "oom.task.page_tables.bytes"),
                    c.largest("Of limit", "oom.task.share"),
                    c.least("Rank", "oom.task.rank"),
                ],
            ),
        ),
        row(
            8,
            p.table(
                "What filled the cgroup",
                "memory.stat of each report; cgroup v1 calls anonymous memory rss, and files cache.",
                views.REPORTS,
                [_BY_REPORT],
                [
                    c.least("At", "@timestamp"),
                    c.largest("Anonymous", "oom.cgroup.stat.anon.bytes"),
                    c.largest("File", "oom.cgroup.stat.file.bytes"),
                    c.largest("Shared", "oom.cgroup.stat.shmem.bytes"),
                    c.largest("Slab kept", "oom.cgroup.stat.slab_unreclaimable.bytes"),
                    c.largest("Slab", "oom.cgroup.stat.slab_reclaimable.bytes"),
                    c.largest("Page tables", "oom.cgroup.stat.pagetables.bytes"),
                    c.largest("Kernel stacks", "oom.cgroup.stat.kernel_stack.bytes"),
                    c.largest("Sockets", "oom.cgroup.stat.sock.bytes"),
                    c.largest("rss (v1)", "oom.cgroup.stat.rss.bytes"),
                    c.largest("cache (v1)", "oom.cgroup.stat.cache.bytes"),
                ],
                query="oom.cgroup.stat.anon.bytes : * or oom.cgroup.stat.rss.bytes : *",
            ),
        ),
        row(
            8,
            p.table(
                "Memory of the machine",
                "What the kernel counted in each report.",
                views.REPORTS,
                [_BY_REPORT],
                [c.least("At", "@timestamp"), *(c.largest(label, name) for label, name in _MACHINE)],
                query="oom.system.memory.free.bytes : *",
            ),
        ),
        row(
            8,
            p.ranking(
                "What was found",
                "Verdicts of the reports by code.",
                views.REPORTS,
                c.by("Verdict", "oom.verdict", 10),
                [c.count("Reports")],
            ),
            p.ranking(
                "What to do next",
                "Advice by code; docs/verdicts.md has the text of each.",
                views.REPORTS,
                c.by("Advice", "oom.advice", 10),
                [c.count("Reports")],
            ),
            p.table(
                "Reaper",
                "How the memory of the dead came back.",
                views.KILLS,
                [c.by("Outcome", "oom.reaper.outcome", 5)],
                [
                    _shared.KILLS,
                    c.largest("Slowest", "oom.reaper.delay.us"),
                    c.largest("Left", "oom.reaper.anon_rss.bytes"),
                ],
            ),
        ),
        row(12, p.found("Raw text", searches.RAW.description, searches.RAW.id)),
        row(
            9,
            texts.help_text(
                (
                    "constraint",
                    "order",
                    "badness",
                    "score",
                    "oom_score_adj",
                    "free",
                    "gen",
                    "trigger",
                    "culprit",
                    "reaper",
                )
            ),
        ),
    ),
)
