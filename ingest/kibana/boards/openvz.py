"""OpenVZ containers: which containers reach their limits, and who gave memory back?"""

from __future__ import annotations

from ingest.kibana import columns as c
from ingest.kibana import panels as p
from ingest.kibana import searches, texts, views
from ingest.kibana.board import Board, Control, row
from ingest.kibana.boards import _shared

_QUESTION = "Which containers run out, what was free on the node, and who gave the most back?"
_OURS = "oom.family : openvz"

BOARD = Board(
    name="openvz",
    title=texts.NAMES["openvz"],
    question=_QUESTION,
    days=30,
    controls=(_shared.HOST, Control("Container", "container.id", views.KILLS), _shared.CONSTRAINT),
    rows=(
        row(3, texts.navigation("openvz", _QUESTION)),
        row(
            4,
            p.metric("Kills in containers", "Victims of the OpenVZ killer.", views.KILLS, _shared.KILLS, _OURS),
            p.metric(
                "Containers hit", "Different containers.", views.KILLS, c.unique("Containers", "oom.openvz.ve"), _OURS
            ),
            p.metric("Nodes hit", "Different nodes.", views.KILLS, _shared.HOSTS, _OURS),
            p.state_metric(
                "Least free on a node",
                "The fewest free pages of a node after an exit.",
                views.KILLS,
                c.least("Pages", "oom.openvz.free.pages"),
                _OURS,
            ),
            p.state_metric(
                "Generation",
                "Address spaces killed on a node since it booted (gen).",
                views.KILLS,
                c.largest("Generation", "oom.openvz.generation"),
                _OURS,
            ),
        ),
        row(
            9,
            p.over_time(
                "Kills over time by container",
                "Containers by number.",
                views.KILLS,
                [_shared.KILLS],
                split=c.by("Container", "oom.openvz.ve", 8, other=True),
                query=_OURS,
            ),
            p.table(
                "Who gave memory back",
                "Pages free on the whole node after an exit, against the exit before: other containers count as well.",
                views.KILLS,
                [c.by("Process", "process.name", 15)],
                [
                    c.total("Pages back", "oom.openvz.freed.pages"),
                    c.largest("Most at once", "oom.openvz.freed.pages"),
                    _shared.KILLS,
                ],
                query=_OURS,
            ),
        ),
        row(
            8,
            p.over_time(
                "Free pages of the node",
                "After each exit, least and most of a step.",
                views.KILLS,
                [
                    c.least("Least free", "oom.openvz.free.pages"),
                    c.largest("Most free", "oom.openvz.free.pages"),
                ],
                series=p.Series.LINES,
                query=_OURS,
            ),
            p.table(
                "Containers",
                "Containers by kills.",
                views.KILLS,
                [c.by("Container", "container.id", 10), c.by("Node", "host.name", 3)],
                [_shared.KILLS, c.unique("Names", "process.name"), _shared.NEWEST],
                query=_OURS,
                opens="episode",
            ),
        ),
        row(
            10,
            p.table(
                "Selection rounds",
                "How far a container was over, and how much was to be freed; the unit is unproven.",
                views.REPORTS,
                [c.by("Container", "oom.openvz.ve", 10)],
                [
                    c.largest("Over by", "oom.openvz.round.excess"),
                    c.count("Rounds", "oom.openvz.round.seq : *"),
                    c.largest("Goal", "oom.openvz.round.goal"),
                    c.largest("Expected", "oom.openvz.round.reduction"),
                ],
                query=_OURS,
            ),
            p.table(
                "Culprits",
                "What came back with the processes of one name, the largest of each episode.",
                views.EPISODES,
                [c.by("Name", "oom.culprit.group.name", 10)],
                [
                    c.largest("Pages together", "oom.culprit.group.freed.pages"),
                    c.largest("Processes", "oom.culprit.group.count"),
                    _shared.EPISODES,
                ],
                query=_OURS,
            ),
            p.ranking(
                "Beancounters",
                "Kills by the account that was full, where the line names it.",
                views.KILLS,
                c.by("Account", "oom.openvz.ub", 10),
                [_shared.KILLS],
                query=_OURS,
            ),
        ),
        row(10, p.found("Newest kills", searches.OPENVZ_KILLS.description, searches.OPENVZ_KILLS.id)),
        row(6, texts.help_text(("free", "gen", "container", "beancounter", "page", "culprit"))),
    ),
)
