"""Reports, kills, episodes and dead letters to documents: the only module that builds what Elasticsearch stores.

Field names are those of ``ingest.fields``. What a record does not say is left out, and a number that does not fit a
64-bit integer is left out too: the raw lines still have it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from ingest import __version__, explanation
from ingest.analysis.episode import whole
from ingest.document._looked_up import with_looked_up
from ingest.document._pieces import (
    base,
    cgroup_path,
    common,
    culprit_of,
    named,
    openvz_exit,
    openvz_round,
    process_of,
    provenance,
    reaper_state,
    runs_in,
    scope_of,
    span,
    system_of,
    task_table,
    top_tasks,
    uptime_of,
    user_of,
    verdict_of,
    victim_state,
)
from ingest.document._shipped import of_the_host, shipped
from ingest.document._system import cgroup_stat, system_state
from ingest.document._tree import Tree, branch, pruned, trimmed, united
from ingest.document.stored import CONFIRMED
from ingest.episode.identity import digest, task_id, when_identified
from ingest.explanation import sentence
from ingest.fields import ECS_VERSION, SCHEMA_VERSION
from ingest.lookup import NO_LOOKUP, Lookup
from ingest.model import Action, Document, Outcome
from ingest.timestamps import iso

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from ingest.model import Episode, Joined, Rejected, Task, Victim

__all__ = ["ORIGINAL_CAP", "all_of", "of_episode", "of_refused", "of_rejected", "of_report"]

_NAMES = 100
"""Names and signatures of an episode that its document lists; beyond that only the counts tell."""

ORIGINAL_CAP = 65_536
"""Characters of raw text kept in a document; the cut is flagged."""

_REFUSED_CAP = 524_288
"""Characters of a refused document that its dead letter keeps: enough for all but those that were too large."""


def of_report(joined: Joined, prefix: str) -> Iterator[Document]:
    """The documents of one report: its kills, itself and the largest rows of its process table.

    Branches that several of them have alike are shared, so none may be changed.
    """
    report = joined.identified.report
    alike = common(joined)
    top = top_tasks(report)
    for victim, kill_id in zip(report.victims, joined.identified.kill_ids, strict=True):
        yield _kill(joined, alike, victim, kill_id, prefix)
    yield _report(joined, alike, top, prefix)
    yield from _tasks(joined, top, prefix)


def of_episode(episode: Episode, prefix: str) -> Document:
    """The document of an episode as far as it has got."""
    kills = [victim for member in episode.members for victim in member.victims]
    signatures = list(dict.fromkeys(member.signature for member in episode.members))
    together = whole(episode)
    told = {
        "id": episode.id,
        "open": episode.open,
        "report_count": len(episode.members),
        "kill_count": len(kills),
        "victim_names": sorted({name for _, name in kills})[:_NAMES],
        "signatures": signatures[:_NAMES],
        "restarts": together.restarts,
        "storm": together.storm,
    }
    own: Tree = {
        "event": {
            "kind": "event",
            "category": ["host", "process"],
            "type": ["info"],
            "action": "oom-episode",
            "outcome": _EVENT_OUTCOME.get(together.outcome, "unknown"),
            "provider": episode.provider,
            **span(episode.start, episode.end, episode.lasted),
        },
        "message": sentence.of_episode(episode, together.outcome),
        "oom": trimmed(
            {
                "family": episode.family,
                "constraint": sorted({str(member.constraint) for member in episode.members if member.constraint}),
                **scope_of(episode.scope),
                "signature": signatures[0],
                "signature_name": episode.members[0].signature_name,
                "episode": trimmed(told),
                "culprit": culprit_of(together.culprit),
                **verdict_of(together.codes, episode.family),
                "explanation": " ".join(explanation.of_episode(episode, together)),
            }
        ),
    }
    head = base("oom.episode", episode.id, episode.when, episode.host, episode.origin)
    source = united(head, pruned(of_the_host(episode.metadata)), runs_in(episode.scope, None), own)
    return Document(index_of(f"{prefix}-episode", episode.when.at), episode.id, episode.version, source)


def of_rejected(rejected: Rejected, prefix: str) -> Document:
    """The dead letter of a record that could not be read. It has no log facts, so its id is its place."""
    origin = rejected.origin
    document_id = digest("deadletter", origin.source, str(origin.partition), str(origin.offset))
    error = {"type": rejected.stage, "code": rejected.code, "message": rejected.detail}
    source = _dead_letter(document_id, iso(rejected.recorded_at), rejected.stage, error, rejected.original)
    source |= provenance(origin)
    return Document(index_of(f"{prefix}-deadletter", rejected.recorded_at), document_id, 1, pruned(source))


def of_refused(document: Document, status: int, reason: str, prefix: str) -> Document:
    """The dead letter of a document that Elasticsearch will never take."""
    document_id = digest("refused", document.index, document.id)
    timestamp = str(document.source["@timestamp"])
    error = {"type": "index", "code": f"http_{status}", "message": reason}
    kept = {"_index": document.index, "_id": document.id, "_version": document.version, "_source": document.source}
    original = orjson.dumps(kept).decode()[:_REFUSED_CAP]
    source = _dead_letter(document_id, timestamp, "index", error, original)
    source["kafka"] = document.source.get("kafka")
    month = timestamp[:7].replace("-", ".")
    return Document(f"{prefix}-deadletter-{month}", document_id, document.version, pruned(source))


def all_of(
    joined: Sequence[Joined], episodes: Sequence[Episode], prefix: str, lookup: Lookup = NO_LOOKUP
) -> Iterator[Document]:
    """Every document of one step, each episode once, in its last state, with what the lookup tables know."""
    for each in joined:
        for document in of_report(each, prefix):
            yield with_looked_up(document, lookup)
    for episode in episodes:
        yield with_looked_up(of_episode(episode, prefix), lookup)


# ---------------------------------------------------------------- one function for each kind


def _kill(joined: Joined, alike: Tree, victim: Victim, kill_id: str, prefix: str) -> Document:
    report = joined.identified.report
    done = victim.action is Action.KILL
    where = runs_in(report.scope, victim.cgroup)
    own: Tree = {
        "event": {
            "kind": "event",
            "category": ["process"],
            "type": ["end" if done else "info"],
            "action": str(victim.action),
            "outcome": _DEATH[victim.gone],
            "provider": report.provider,
            "reason": report.reason,
            "original": "\n".join(victim.lines)[:ORIGINAL_CAP],
        },
        "message": sentence.of_kill(report, victim),
        "process": trimmed(
            {
                "pid": victim.pid,
                "name": victim.name,
                "user": user_of(victim.uid),
                "command_line": victim.command_line,
            }
        ),
        "oom": trimmed(
            {
                "kernel": uptime_of(victim.uptime_us),
                "victim": victim_state(joined, victim),
                "reaper": reaper_state(victim),
                "cgroup": trimmed({"task": cgroup_path(victim.cgroup)}),
                "openvz": openvz_exit(victim),
                "envelope": report.shape if victim.origin.partition is not None else None,
            }
        ),
    }
    version = joined.identified.version + (CONFIRMED if done else 0)
    head = base("oom.kill", kill_id, victim.when, report.host, victim.origin)
    source = united(head, pruned(shipped(report.metadata, where)), alike, where, own)
    return Document(index_of(f"{prefix}-kill", victim.when.at), kill_id, version, source)


def _report(joined: Joined, alike: Tree, top: Sequence[tuple[Task, Tree]], prefix: str) -> Document:
    identified = joined.identified
    report = identified.report
    text = "\n".join(report.lines)
    where = runs_in(report.scope, report.cgroup.killed_path if report.cgroup else None)
    told = {
        "completeness": report.completeness,
        "closed_by": report.closed_by,
        "outcome": report.outcome,
        "victim_count": len(report.victims),
        "line_count": len(report.lines),
        "lost_line_count": report.lost_lines,
        "suppressed_call_count": report.suppressed_calls,
        "unread_line_count": report.unread_lines or None,
        "original_truncated": len(text) > ORIGINAL_CAP or None,
    }
    own: Tree = {
        "event": {
            "kind": "event",
            "category": ["host", "process"],
            "type": ["info"],
            "action": "oom-report",
            "outcome": _EVENT_OUTCOME.get(report.outcome, "unknown"),
            "provider": report.provider,
            "reason": report.reason,
            "original": text[:ORIGINAL_CAP],
            **span(report.when.at, max(report.when.at, report.ended.at), report.lasted),
        },
        "message": sentence.of_report(report),
        "oom": trimmed(
            {
                "kernel": uptime_of(report.uptime_us),
                "report": trimmed(told),
                "system": system_state(report.machine),
                "cgroup": cgroup_stat(report.cgroup),
                "host": trimmed({"hardware": report.kernel.hardware}) if report.kernel else None,
                "explanation": " ".join(explanation.of_report(report, joined.analysis)),
                "tasks": task_table(report, top),
                "openvz": openvz_round(report),
            }
        ),
    }
    head = base("oom.report", identified.id, report.when, report.host, report.origin)
    source = united(head, pruned(shipped(report.metadata, where)), alike, where, own)
    index = index_of(f"{prefix}-report", when_identified(report))
    return Document(index, identified.id, identified.version, source)


def _tasks(joined: Joined, top: Sequence[tuple[Task, Tree]], prefix: str) -> Iterator[Document]:
    identified = joined.identified
    report = identified.report
    own: Tree = {
        "event": {"kind": "state", "category": ["process"], "type": ["info"], "action": "oom-task"},
        "oom": named(joined),
    }
    alike = united(base("oom.task", "", report.when, report.host, report.origin), own)
    event, oom = branch(alike, "event"), branch(alike, "oom")
    system = trimmed({"system": system_of(report)})
    index = index_of(f"{prefix}-task", when_identified(report))
    left = " of the rows that are left" if report.table_lack else ""
    for rank, (task, row) in enumerate(top, start=1):
        document_id = task_id(identified.id, rank)
        adjusted = trimmed({"score_adj": task.score_adj, "adj_legacy": task.adj_legacy})
        source = {
            **alike,
            "event": {**event, "id": document_id},
            "oom": {**oom, **({"victim": adjusted} if adjusted else {}), **system, "task": row},
            "message": f"{task.name} (pid {task.pid}) was number {rank} by memory{left} when the killer ran",
            "process": process_of(task),
        }
        yield Document(index, document_id, identified.version, source)


_DEATH: dict[bool | None, str] = {True: "success", False: "failure", None: "unknown"}
"""A kill worked, did not, or nothing more was said of it."""

_EVENT_OUTCOME = {Outcome.KILLED: "success", Outcome.PANIC: "failure", Outcome.NO_VICTIM: "failure"}
"""ECS means success of the action: a kill that worked, not good news."""


def _dead_letter(document_id: str, timestamp: str, stage: str, error: Mapping[str, object], original: str) -> Tree:
    return {
        "@timestamp": timestamp,
        "ecs": {"version": ECS_VERSION},
        "event": {
            "id": document_id,
            "kind": "pipeline_error",
            "action": "oom-index" if stage == "index" else "oom-parse",
            "module": "oom",
            "dataset": "oom.deadletter",
            "original": original,
        },
        "error": error,
        "oom": {"schema_version": str(SCHEMA_VERSION), "parser": {"version": __version__}, "stage": stage},
    }


def index_of(name: str, at: datetime) -> str:
    """The monthly index of the event's own time, so that a replay meets its own copy."""
    return f"{name}-{at.year:04}.{at.month:02}"
