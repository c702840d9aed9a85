"""Saved searches: documents as a list, in Discover and on boards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from ingest.kibana import views
from ingest.kibana.ids import object_id
from ingest.kibana.saved import ObjectType, Reference, SavedObject, embedded

if TYPE_CHECKING:
    from ingest.kibana.views import View

_INDEX = "kibanaSavedObjectMeta.searchSourceJSON.index"


class Search(Struct, frozen=True):
    """Documents of a view, newest first, with the fields that are shown and a query in KQL."""

    name: str
    title: str
    description: str
    view: View
    columns: tuple[str, ...]
    query: str = ""
    sort: str = "@timestamp"

    @property
    def id(self) -> str:
        """The id of the saved object."""
        return object_id(self.name)


EPISODES = Search(
    "episodes-newest",
    "Newest episodes",
    "Every episode with its sentence: what ran out, who died, who used the memory.",
    views.EPISODES,
    ("host.name", "message", "oom.culprit.confidence", "oom.episode.id"),
)
EXPLANATIONS = Search(
    "episodes-explained",
    "Episodes explained",
    "The verdict of every episode in plain sentences.",
    views.EPISODES,
    ("host.name", "oom.explanation"),
)
KILLS = Search(
    "kills-newest",
    "Newest kills",
    "Every victim with its sentence.",
    views.KILLS,
    ("host.name", "process.name", "process.pid", "message"),
)
OPENVZ_KILLS = Search(
    "kills-openvz",
    "Newest kills in OpenVZ containers",
    "Every victim with its sentence.",
    views.KILLS,
    ("host.name", "container.id", "process.name", "process.pid", "message"),
    "oom.family : openvz",
)
UNCONFIRMED = Search(
    "kills-unconfirmed",
    "Chosen, death not told",
    "Victims that were chosen and of whose end no line says anything.",
    views.KILLS,
    ("host.name", "process.name", "message"),
    'event.action : "oom-kill-selected"',
)
RAW = Search(
    "reports-raw",
    "Raw text of reports",
    "The lines as they came.",
    views.REPORTS,
    ("host.name", "event.original"),
)
PANICS = Search(
    "reports-no-victim",
    "Reports without a victim",
    "The kernel found nobody to kill, or went down.",
    views.REPORTS,
    ("host.name", "oom.report.outcome", "message"),
    "oom.verdict : (panic or no_killable)",
)
SIGNATURES = Search(
    "signatures-known",
    "Known signatures",
    "Every kind of failure that was ever seen, the newest first.",
    views.SIGNATURES,
    ("oom.signature_name", "oom.workload", "oom.first_seen", "oom.last_seen", "oom.hosts"),
)
DEADLETTERS = Search(
    "deadletters-newest",
    "Newest dead letters",
    "What could not be read or stored, with the reason.",
    views.DEADLETTERS,
    ("error.code", "error.message", "event.original"),
)

SEARCHES = (EPISODES, EXPLANATIONS, KILLS, OPENVZ_KILLS, UNCONFIRMED, RAW, PANICS, SIGNATURES, DEADLETTERS)


def saved(search: Search, tag: str) -> SavedObject:
    """A search as Kibana keeps it."""
    source = {
        "query": {"query": search.query, "language": "kuery"},
        "filter": [],
        "indexRefName": _INDEX,
    }
    return SavedObject(
        ObjectType.SEARCH,
        search.id,
        {
            "title": f"[Logs OOM] {search.title}",
            "description": search.description,
            "columns": [views.field(name).name for name in search.columns],
            "sort": [[search.sort, "desc"]],
            "grid": {},
            "hideChart": False,
            "isTextBasedQuery": False,
            "timeRestore": False,
            "kibanaSavedObjectMeta": {"searchSourceJSON": embedded(source)},
        },
        (Reference(ObjectType.DATA_VIEW, search.view.id, _INDEX), Reference(ObjectType.TAG, tag, f"tag-ref-{tag}")),
    )
