"""Fleet overview: is memory killing anything, where, and is it more than before?"""

from __future__ import annotations

from ingest.kibana import columns as c
from ingest.kibana import panels as p
from ingest.kibana import searches, texts, views
from ingest.kibana.board import Board, row
from ingest.kibana.boards import _shared

_QUESTION = "Is memory killing anything, where, what, and is it more than in the period before?"

_KILLS_BY_TIME = p.over_time(
    "Kills over time by constraint",
    "Machine (none), cgroup (memcg), cpuset or memory policy; manual is SysRq.",
    views.KILLS,
    [_shared.KILLS],
    split=_shared.BY_CONSTRAINT,
)
_HEAT = p.heatmap(
    "Kills by host over time",
    "The hosts with the most kills; click a host to open its board.",
    views.KILLS,
    _shared.BY_HOST,
    _shared.KILLS,
    opens="host",
)
_SIGNATURES = p.table(
    "Top signatures",
    "The same failure wherever it happens: family, constraint and workload.",
    views.KILLS,
    [c.by("Signature", "oom.signature_name", 10)],
    [_shared.KILLS, _shared.HOSTS, c.unique("Episodes", "oom.episode.id"), _shared.NEWEST],
    opens="workload",
)
_EPISODES_BY_TIME = p.over_time(
    "Episodes over time by scope",
    "Whose memory ran out: the machine, a cgroup, a cpuset or a container.",
    views.EPISODES,
    [_shared.EPISODES],
    split=c.by("Scope", "oom.scope", 5),
)
_WORKLOADS = p.table(
    "Workloads that are systemd units",
    "Units by kills; pods and containers have a board of their own.",
    views.KILLS,
    [c.by("Unit", "systemd.unit", 10)],
    [_shared.KILLS, _shared.HOSTS, c.largest("Largest victim", "oom.victim.memory.rss.bytes"), _shared.NEWEST],
)
_HOSTS = p.table(
    "Hosts",
    "Hosts with the most kills.",
    views.KILLS,
    [c.by("Host", "host.name", 10)],
    [_shared.KILLS, c.unique("Episodes", "oom.episode.id"), c.unique("Names", "process.name"), _shared.NEWEST],
    opens="host",
)
_VICTIMS = p.ranking(
    "Who died",
    "Kills by the name of the victim.",
    views.KILLS,
    c.by("Process", "process.name", 10),
    [_shared.KILLS],
)
_VERDICTS = p.ranking(
    "What was found",
    "Verdicts of episodes by code; docs/verdicts.md says what each means.",
    views.EPISODES,
    c.by("Verdict", "oom.verdict", 10),
    [_shared.EPISODES],
)
_NEW = p.table(
    "Newest signatures, whole fleet",
    "Failures by the day they were first seen. Controls and filters do not touch this panel.",
    views.SIGNATURES,
    [c.by("Signature", "oom.signature_name", 10)],
    [c.least("First seen", "oom.first_seen"), c.largest("Last seen", "oom.last_seen"), c.unique("Hosts", "oom.hosts")],
    whole_fleet=True,
)

BOARD = Board(
    name="fleet",
    title=texts.NAMES["fleet"],
    question=_QUESTION,
    days=7,
    controls=_shared.EVERYWHERE,
    rows=(
        row(3, texts.navigation("fleet", _QUESTION)),
        row(
            4,
            _shared.KILLED,
            _shared.HAPPENED,
            p.metric("Hosts hit", "Hosts with at least one kill.", views.KILLS, _shared.HOSTS),
            p.metric(
                "Storms",
                "Episodes with kills faster than a person can follow.",
                views.EPISODES,
                c.count("Storms", "oom.episode.storm : true"),
            ),
            p.metric(
                "No victim or panic",
                "Reports in which the kernel found nobody to kill, or went down.",
                views.REPORTS,
                c.count("Reports", "oom.verdict : (panic or no_killable)"),
            ),
        ),
        row(9, _KILLS_BY_TIME, _HEAT),
        row(8, _shared.TOLD, _shared.CONSTRAINTS, widths=(34, 14)),
        row(11, _SIGNATURES, _shared.CULPRITS),
        row(11, _HOSTS, _WORKLOADS),
        row(11, _VICTIMS, _VERDICTS),
        row(11, _EPISODES_BY_TIME, _NEW),
        row(6, p.found("Reports without a victim", searches.PANICS.description, searches.PANICS.id)),
        row(
            6, texts.help_text(("constraint", "scope", "signature", "episode", "storm", "culprit", "order", "badness"))
        ),
    ),
)
