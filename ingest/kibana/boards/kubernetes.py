"""Kubernetes and containers: which namespaces and pods run into their limits, and are the limits too small?"""

from __future__ import annotations

from ingest.kibana import columns as c
from ingest.kibana import panels as p
from ingest.kibana import texts, views
from ingest.kibana.board import Board, row
from ingest.kibana.boards import _shared

_QUESTION = "Which namespaces, pods and containers are killed, how near to their limits, and again and again?"
_IN_POD = "kubernetes.pod.uid : *"
_IN_CONTAINER = "container.id : *"

BOARD = Board(
    name="kubernetes",
    title=texts.NAMES["kubernetes"],
    question=_QUESTION,
    days=7,
    controls=(_shared.CLUSTER, _shared.NAMESPACE, _shared.HOST, _shared.CONSTRAINT),
    rows=(
        row(3, texts.navigation("kubernetes", _QUESTION)),
        row(
            4,
            p.metric("Kills in pods", "Victims whose cgroup is of a pod.", views.KILLS, _shared.KILLS, _IN_POD),
            p.metric("Pods hit", "Different pods.", views.KILLS, c.unique("Pods", "kubernetes.pod.uid"), _IN_POD),
            p.metric(
                "Containers hit",
                "Different containers.",
                views.KILLS,
                c.unique("Containers", "container.id"),
                _IN_CONTAINER,
            ),
            p.metric("Nodes hit", "Hosts with a kill in a pod.", views.KILLS, _shared.HOSTS, _IN_POD),
            p.metric(
                "By the node itself",
                "Kills in pods because the machine ran out, not a limit: requests are too low.",
                views.KILLS,
                c.count("Kills", "oom.constraint : none"),
                _IN_POD,
            ),
            p.state_metric(
                "Restarts of one",
                "How often one workload came back to be killed again within an episode.",
                views.EPISODES,
                c.largest("Restarts", "oom.episode.restarts"),
                _IN_POD,
            ),
        ),
        row(
            9,
            p.over_time(
                "Kills over time by namespace",
                "Namespaces come from shippers or lookup tables.",
                views.KILLS,
                [_shared.KILLS],
                split=c.by("Namespace", "kubernetes.namespace", 6, missing=True),
                query=_IN_POD,
            ),
            p.table(
                "Pods",
                "Pods by kills, with the largest victim and its limit.",
                views.KILLS,
                [c.by("Pod", "kubernetes.pod.uid", 10)],
                [
                    _shared.KILLS,
                    c.largest("Largest victim", "oom.victim.memory.rss.bytes"),
                    c.largest("Limit", "oom.cgroup.memory.limit.bytes"),
                    c.largest("Of limit", "oom.victim.memory.pct_of_limit"),
                    _shared.NEWEST,
                ],
                query=_IN_POD,
                opens="episode",
            ),
        ),
        row(
            8,
            p.table(
                "Namespaces",
                "Namespaces by kills.",
                views.KILLS,
                [c.by("Namespace", "kubernetes.namespace", 10), c.by("Pod", "kubernetes.pod.name", 3)],
                [_shared.KILLS, c.largest("Limit", "oom.cgroup.memory.limit.bytes"), _shared.NEWEST],
            ),
            p.donut(
                "Quality of service",
                "Class of the pod: guaranteed, burstable, besteffort.",
                views.KILLS,
                c.by("Class", "oom.cgroup.qos", 4),
                _shared.KILLS,
            ),
            widths=(32, 16),
        ),
        row(
            11,
            p.over_time(
                "Victims against their limits",
                "The largest victim and the largest limit of each step.",
                views.KILLS,
                [
                    c.largest("Largest victim", "oom.victim.memory.rss.bytes"),
                    c.largest("Largest limit", "oom.cgroup.memory.limit.bytes"),
                ],
                series=p.Series.LINES,
                query=_IN_POD,
            ),
            p.ranking(
                "Nodes",
                "Hosts by kills in pods.",
                views.KILLS,
                _shared.BY_HOST,
                [_shared.KILLS],
                query=_IN_POD,
                opens="host",
            ),
            widths=(30, 18),
        ),
        row(
            8,
            p.table(
                "Deployments",
                "Deployments, where a shipper or a lookup table has them.",
                views.KILLS,
                [c.by("Deployment", "kubernetes.deployment.name", 10)],
                [_shared.KILLS, c.unique("Pods", "kubernetes.pod.uid"), _shared.NEWEST],
            ),
            p.table(
                "Containers of pods",
                "By the container's name.",
                views.KILLS,
                [c.by("Container", "kubernetes.container.name", 10)],
                [_shared.KILLS, c.unique("Pods", "kubernetes.pod.uid"), _shared.NEWEST],
            ),
            p.table(
                "Images",
                "By image.",
                views.KILLS,
                [c.by("Image", "container.image.name", 10)],
                [_shared.KILLS, c.unique("Containers", "container.id"), _shared.NEWEST],
            ),
        ),
        row(
            8,
            p.ranking(
                "Runtimes",
                "By container runtime.",
                views.KILLS,
                c.by("Runtime", "container.runtime", 6),
                [_shared.KILLS],
            ),
            p.table(
                "Killed as a whole",
                "Processes that died together, as memory.oom.group asks for, by the cgroup whose limit was hit.",
                views.KILLS,
                [c.by("Limit of", "oom.cgroup.limit.path", 10, missing=True)],  # which all of a group have
                [_shared.KILLS, _shared.NEWEST],
                query="oom.cgroup.group_kill : true",
            ),
            p.ranking(
                "Clusters",
                "By cluster.",
                views.KILLS,
                c.by("Cluster", "orchestrator.cluster.name", 8),
                [_shared.KILLS],
                query=_IN_POD,
            ),
        ),
        row(6, texts.help_text(("constraint", "cgroup", "memcg", "resident memory", "oom_score_adj"))),
    ),
)
