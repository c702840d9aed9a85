"""What several boards show alike."""

from __future__ import annotations

from ingest.kibana import columns as c
from ingest.kibana import panels as p
from ingest.kibana import searches, views
from ingest.kibana.board import Control

CLUSTER = Control("Cluster", "orchestrator.cluster.name", views.KILLS)
HOST = Control("Host", "host.name", views.EPISODES)
CONSTRAINT = Control("Constraint", "oom.constraint", views.KILLS)
NAMESPACE = Control("Namespace", "kubernetes.namespace", views.KILLS)
EVERYWHERE = (CLUSTER, HOST, CONSTRAINT, NAMESPACE)

KILLS = c.count("Kills")
EPISODES = c.count("Episodes")
VICTIMS = "Processes that a killer chose, also where no line tells of their end."
NEWEST = c.largest("Newest", "@timestamp")
HOSTS = c.unique("Hosts", "host.name")

KILLED = p.metric("Kills", VICTIMS, views.KILLS, KILLS)
HAPPENED = p.metric("Episodes", "Reports of one host and scope close together count once.", views.EPISODES, EPISODES)
TOLD = p.found("Newest episodes", searches.EPISODES.description, searches.EPISODES.id)

BY_HOST = c.by("Host", "host.name", 15)
BY_CONSTRAINT = c.by("Constraint", "oom.constraint", 6, missing=True)

CONSTRAINTS = p.donut("What bounded the memory", "Kills by constraint.", views.KILLS, BY_CONSTRAINT, KILLS)
CULPRITS = p.table(
    "Who used the memory",
    "Culprits of episodes: how often, how much at most, and how sure.",
    views.EPISODES,
    [c.by("Culprit", "oom.culprit.name", 10)],
    [
        EPISODES,
        c.largest("Held at most", "oom.culprit.rss.bytes"),
        c.largest("Share at most", "oom.culprit.share"),
        c.count("Sure", 'oom.culprit.confidence : "high"'),
        c.count("Died too", "oom.culprit.is_victim : true"),
    ],
    opens="episode",
)
