"""Reports, kills, episodes and dead letters to documents: the only module that builds what Elasticsearch stores.

Field names are those of ``ingest.fields``. What a record does not say is left out, and a number that does not fit a
64-bit integer is left out too: the raw lines still have it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest import __version__, analysis, cgroup, sentence
from ingest.fields import ECS_VERSION, SCHEMA_VERSION
from ingest.identity import digest, task_id
from ingest.model import Action, Document, Outcome, ScopeKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from ingest.model import (
        CgroupState,
        Counter,
        Culprit,
        Episode,
        Host,
        Identified,
        Joined,
        Origin,
        Rejected,
        Report,
        Scope,
        Sizes,
        Task,
        Victim,
        When,
    )

Tree = dict[str, object]

ORIGINAL_CAP = 65_536
"""Characters of raw text kept in a document; the cut is flagged."""

TASKS_SHOWN = 10
"""Rows of a process table that become documents, and that a report shows."""

_LONG_MAX = 2**63 - 1


def of_report(joined: Joined, prefix: str) -> Iterator[Document]:
    """The documents of one report: its kills, itself and the largest rows of its process table."""
    for victim, kill_id in zip(joined.identified.report.victims, joined.identified.kill_ids, strict=True):
        yield _kill(joined, victim, kill_id, prefix)
    yield _report(joined, prefix)
    yield from _tasks(joined, prefix)


def of_episode(episode: Episode, prefix: str) -> Document:
    """The document of an episode as far as it has got."""
    kills = [victim for member in episode.members for victim in member.victims]
    signatures = list(dict.fromkeys(member.signature for member in episode.members))
    source = _base("oom.episode", episode.id, episode.when, episode.host, episode.origin)
    _merge(
        source,
        {
            "event": {
                "kind": "event",
                "category": ["host", "process"],
                "type": ["info"],
                "action": "oom-episode",
                "outcome": "success" if kills else "unknown",
                "provider": "kernel",
                **_span(episode.start, episode.end),
            },
            "message": sentence.of_episode(episode),
            **_container(episode.scope, None),
            "oom": {
                "family": episode.family,
                **_scope(episode.scope),
                "signature": signatures[0],
                "episode": {
                    "id": episode.id,
                    "open": episode.open,
                    "report_count": len(episode.members),
                    "kill_count": len(kills),
                    "victim_names": sorted({name for _, name in kills}),
                    "signatures": signatures,
                },
                "culprit": _culprit(episode.culprit),
            },
        },
    )
    return _document(prefix, "episode", episode.id, episode.version, episode.when.at, source)


def of_rejected(rejected: Rejected, prefix: str) -> Document:
    """The dead letter of a record that could not be read. It has no log facts, so its id is its place."""
    origin = rejected.origin
    document_id = digest("deadletter", origin.source, str(origin.partition), str(origin.offset))
    source: Tree = {
        "@timestamp": _iso(rejected.recorded_at),
        "ecs": {"version": ECS_VERSION},
        "event": {
            "id": document_id,
            "kind": "pipeline_error",
            "action": "oom-parse",
            "module": "oom",
            "dataset": "oom.deadletter",
            "original": rejected.original[:ORIGINAL_CAP],
        },
        "error": {"type": rejected.stage, "code": rejected.code, "message": rejected.detail},
        "oom": {
            "schema_version": str(SCHEMA_VERSION),
            "parser": {"version": __version__},
            "stage": rejected.stage,
        },
        **_provenance(origin),
    }
    return _document(prefix, "deadletter", document_id, 1, rejected.recorded_at, source)


# ---------------------------------------------------------------- one function for each kind


def _kill(joined: Joined, victim: Victim, kill_id: str, prefix: str) -> Document:
    report = joined.identified.report
    done = victim.action is Action.KILL
    source = _base("oom.kill", kill_id, victim.when, report.host, victim.origin)
    _merge(source, _common(joined))
    _merge(
        source,
        {
            "event": {
                "kind": "event",
                "category": ["process"],
                "type": ["end" if done else "info"],
                "action": victim.action,
                "outcome": "success" if done else "unknown",
                "provider": report.provider,
                "reason": report.reason,
                "original": "\n".join(victim.lines)[:ORIGINAL_CAP],
            },
            "message": sentence.of_kill(report, victim),
            "process": {"pid": victim.pid, "name": victim.name, "user": {"id": _text(victim.uid)}},
            **_container(report.scope, victim.cgroup),
            "oom": {
                "kernel": {"timestamp": {"us": victim.uptime_us}},
                "victim": _victim(report, victim),
                "reaper": _reaper(victim),
                "cgroup": {"task": _path(victim.cgroup)},
                "openvz": _exit(victim),
            },
        },
    )
    return _document(prefix, "kill", kill_id, joined.identified.version, victim.when.at, source)


def _report(joined: Joined, prefix: str) -> Document:
    identified = joined.identified
    report = identified.report
    text = "\n".join(report.lines)
    source = _base("oom.report", identified.id, report.when, report.host, report.origin)
    _merge(source, _common(joined))
    _merge(
        source,
        {
            "event": {
                "kind": "event",
                "category": ["host", "process"],
                "type": ["info"],
                "action": "oom-report",
                "outcome": _EVENT_OUTCOME.get(report.outcome, "unknown"),
                "provider": report.provider,
                "reason": report.reason,
                "original": text[:ORIGINAL_CAP],
                **_span(report.when.at, max(report.when.at, report.ended.at)),
            },
            "message": sentence.of_report(report),
            **_container(report.scope, None),
            "oom": {
                "kernel": {"timestamp": {"us": report.uptime_us}},
                "report": {
                    "completeness": report.completeness,
                    "closed_by": report.closed_by,
                    "outcome": report.outcome,
                    "victim_count": len(report.victims),
                    "line_count": len(report.lines),
                    "original_truncated": len(text) > ORIGINAL_CAP or None,
                },
                "tasks": _table(report),
                "openvz": _round(report),
            },
        },
    )
    return _document(prefix, "report", identified.id, identified.version, report.when.at, source)


def _tasks(joined: Joined, prefix: str) -> Iterator[Document]:
    identified = joined.identified
    report = identified.report
    for rank, task in enumerate(analysis.largest_tasks(report, TASKS_SHOWN), start=1):
        document_id = task_id(identified.id, rank)
        source = _base("oom.task", document_id, report.when, report.host, report.origin)
        _merge(
            source,
            {
                "event": {"kind": "state", "category": ["process"], "type": ["info"], "action": "oom-task"},
                "message": f"{task.name} (pid {task.pid}) was number {rank} by memory when the killer ran",
                "process": {"pid": task.pid, "name": task.name, "user": {"id": _text(task.uid)}},
                "oom": {
                    "family": report.family,
                    "constraint": report.constraint,
                    **_scope(report.scope),
                    "signature": identified.signature,
                    "report": {"id": identified.id},
                    "episode": {"id": joined.episode.id},
                    "victim": {"score_adj": task.score_adj},
                    "system": {"page_size": _page_size(report)},
                    "task": _task(report, task, rank),
                },
            },
        )
        yield _document(prefix, "task", document_id, identified.version, report.when.at, source)


_EVENT_OUTCOME = {Outcome.KILLED: "success", Outcome.PANIC: "failure", Outcome.NO_VICTIM: "failure"}
"""ECS means success of the action: a kill that worked, not good news."""


# ---------------------------------------------------------------- pieces that several kinds share


def _base(dataset: str, document_id: str, when: When, host: Host, origin: Origin) -> Tree:
    return {
        "@timestamp": _iso(when.at),
        "ecs": {"version": ECS_VERSION},
        "event": {"id": document_id, "module": "oom", "dataset": dataset},
        "host": {"name": host.name, "hostname": host.hostname},
        "oom": {
            "schema_version": str(SCHEMA_VERSION),
            "parser": {"version": __version__},
            "time": {
                "source": when.source,
                "year_inferred": when.year_inferred,
                "zone_inferred": when.zone_inferred,
            },
        },
        **_provenance(origin),
    }


def _common(joined: Joined) -> Tree:
    """What a report and its kills say alike, so that one panel needs one index."""
    identified = joined.identified
    report = identified.report
    kernel, trigger, request = report.kernel, report.trigger, report.request
    return {
        "host": {"os": {"kernel": kernel.release if kernel else None}},
        "oom": {
            "family": report.family,
            "constraint": report.constraint,
            **_scope(report.scope),
            "signature": identified.signature,
            "report": {"id": identified.id},
            "episode": {"id": joined.episode.id},
            "kernel": {"taint": list(kernel.taint) if kernel else None},
            "trigger": {"name": trigger.name, "pid": trigger.pid, "score_adj": trigger.score_adj} if trigger else None,
            "request": {
                "gfp_mask": request.gfp_mask,
                "gfp_flags": list(request.gfp_flags),
                "order": request.order,
                "nodemask": request.nodemask,
                "mems_allowed": request.mems_allowed,
            }
            if request
            else None,
            "cgroup": _cgroup(report.cgroup),
            "culprit": _culprit(analysis.culprit(report)),
            "system": {"page_size": _page_size(report)},
        },
    }


def _scope(scope: Scope) -> Tree:
    return {"scope": scope.kind, "scope_name": scope.name}


def _provenance(origin: Origin) -> Tree:
    if origin.partition is None:
        return {}
    return {"kafka": {"topic": origin.source, "partition": origin.partition, "offset": origin.offset}}


def _span(start: datetime, end: datetime) -> Tree:
    return {"start": _iso(start), "end": _iso(end), "duration": int((end - start).total_seconds() * 1_000_000_000)}


def _container(scope: Scope, path: str | None) -> Tree:
    """The container, pod or unit of a cgroup path, or the OpenVZ container whose memory ran out."""
    if scope.kind is ScopeKind.CONTAINER:
        return {"container": {"id": scope.name, "runtime": "openvz"}}
    path = path or (scope.name if scope.kind is ScopeKind.CGROUP else None)
    if path is None:
        return {}
    found = cgroup.decode(path)
    tree: Tree = {
        "container": {"id": found.container_id, "runtime": found.runtime},
        "systemd": {"unit": found.unit},
        "oom": {"cgroup": {"qos": found.qos}},
    }
    if found.pod_uid:
        resource = {"type": "pod", "id": found.pod_uid}
        tree |= {
            "orchestrator": {"type": "kubernetes", "resource": resource},
            "kubernetes": {"pod": {"uid": found.pod_uid}},
        }
    return tree


def _cgroup(state: CgroupState | None) -> Tree | None:
    if state is None:
        return None
    return {
        "limit": _path(state.limit_path),
        "group_kill": state.group_kill,
        "memory": _counter(state.memory),
        "swap": _counter(state.swap),
        "memory_swap": _counter(state.memory_swap),
        "kmem": _counter(state.kmem),
    }


def _path(path: str | None) -> Tree | None:
    return {"path": path, "ancestors": cgroup.ancestors(path)} if path is not None else None


def _counter(counter: Counter | None) -> Tree | None:
    if counter is None:
        return None
    return {
        "usage": _bytes(counter.usage),
        "limit": {"bytes": counter.limit, "unlimited": counter.unlimited or None},
        "failcnt": counter.failcnt,
    }


def _victim(report: Report, victim: Victim) -> Tree:
    limit = report.cgroup.memory.limit if report.cgroup and report.cgroup.memory else None
    memory = _sizes(victim.sizes) | {"pct_of_limit": analysis.share(victim.sizes.rss, limit)}
    return {"score_adj": victim.score_adj, "memory": memory}


def _sizes(sizes: Sizes) -> Tree:
    return {
        "total_vm": _bytes(sizes.total_vm),
        "rss": _bytes(sizes.rss),
        "anon_rss": _bytes(sizes.anon_rss),
        "file_rss": _bytes(sizes.file_rss),
        "shmem_rss": _bytes(sizes.shmem_rss),
        "page_tables": _bytes(sizes.page_tables),
        "swap": _bytes(sizes.swap),
    }


def _reaper(victim: Victim) -> Tree | None:
    if victim.reaper is None:
        return None
    return {
        "outcome": victim.reaper.outcome,
        "anon_rss": _bytes(victim.reaper.anon_rss),
        "delay": {"us": victim.reaper.delay_us},
    }


def _exit(victim: Victim) -> Tree | None:
    exited = victim.openvz
    if exited is None:
        return None
    return {
        "ve": exited.ve,
        "free": {"pages": exited.free_pages},
        "generation": exited.generation,
        "freed": {"pages": exited.freed_pages},
    }


def _round(report: Report) -> Tree | None:
    found = report.openvz
    if found is None:
        return None
    numbers = {"seq": found.seq, "excess": found.excess, "goal": found.goal, "reduction": found.reduction}
    return {"ve": found.ve, "ub": found.group, "round": numbers}


def _culprit(culprit: Culprit | None) -> Tree | None:
    if culprit is None:
        return None
    return {
        "name": culprit.name,
        "pid": culprit.pid,
        "rss": _bytes(culprit.rss),
        "share": culprit.share,
        "confidence": culprit.confidence,
        "rule": culprit.rule,
        "is_victim": culprit.is_victim,
    }


def _page_size(report: Report) -> Tree | None:
    return {"bytes": report.page_size.bytes, "source": report.page_size.source} if report.page_size else None


def _table(report: Report) -> Tree | None:
    if not report.tasks:
        return None
    top = [_task(report, task, rank) | {"name": task.name, "pid": task.pid} for rank, task in _ranked(report)]
    return {
        "count": len(report.tasks),
        "rss_total": _bytes(sum(task.sizes.rss or 0 for task in report.tasks)),
        "top": [_present(row) for row in top],
    }


def _ranked(report: Report) -> Iterator[tuple[int, Task]]:
    return enumerate(analysis.largest_tasks(report, TASKS_SHOWN), start=1)


def _task(report: Report, task: Task, rank: int) -> Tree:
    limit = report.cgroup.memory.limit if report.cgroup and report.cgroup.memory else None
    return {
        "rank": rank,
        "rss": _bytes(task.sizes.rss),
        "swap": _bytes(task.sizes.swap),
        "page_tables": _bytes(task.sizes.page_tables),
        "total_vm": _bytes(task.sizes.total_vm),
        "share": analysis.share(task.sizes.rss, limit),
    }


def _bytes(count: int | None) -> Tree | None:
    return {"bytes": count} if count is not None else None


def _text(number: int | None) -> str | None:
    return str(number) if number is not None else None


def _iso(at: datetime) -> str:
    """Milliseconds are what Elasticsearch's ``date`` keeps."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


# ---------------------------------------------------------------- trees


def _merge(into: Tree, more: Mapping[str, object]) -> None:
    """Add ``more`` to a tree, branch by branch."""
    for key, value in more.items():
        branch = into.get(key)
        if isinstance(branch, dict) and isinstance(value, dict):
            _merge(branch, value)
        elif value is not None:
            into[key] = value


def _present(tree: Mapping[str, object]) -> Tree:
    """The tree without what is absent: ``None``, empty branches and lists, and numbers that no ``long`` holds."""
    kept: Tree = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            value = _present(value)  # noqa: PLW2901  the branch without its absent leaves
        if value is None or value in ({}, []):
            continue
        if isinstance(value, int) and not -_LONG_MAX <= value <= _LONG_MAX:
            continue
        kept[key] = value
    return kept


def _document(prefix: str, kind: str, document_id: str, version: int, at: datetime, source: Tree) -> Document:
    """A document in the monthly index of the event's own time, so that a replay meets its own copy."""
    return Document(f"{prefix}-{kind}-{at:%Y.%m}", document_id, version, _present(source))


def refused(document: Document, status: int, reason: str, prefix: str) -> Document:
    """The dead letter of a document that Elasticsearch will never take."""
    timestamp = str(document.source["@timestamp"])
    dead_id = digest("refused", document.index, document.id)
    source: Tree = {
        "@timestamp": timestamp,
        "ecs": {"version": ECS_VERSION},
        "event": {
            "id": dead_id,
            "kind": "pipeline_error",
            "action": "oom-index",
            "module": "oom",
            "dataset": "oom.deadletter",
            "original": str(document.source)[:ORIGINAL_CAP],
        },
        "error": {"type": "index", "code": f"http_{status}", "message": reason},
        "oom": {"schema_version": str(SCHEMA_VERSION), "parser": {"version": __version__}, "stage": "index"},
    }
    if kafka := document.source.get("kafka"):
        source["kafka"] = kafka
    month = timestamp[:7].replace("-", ".")
    return Document(f"{prefix}-deadletter-{month}", dead_id, document.version, _present(source))


def all_of(joined: Sequence[Joined], episodes: Sequence[Episode], prefix: str) -> Iterator[Document]:
    """Every document of one step, each episode once, in its last state."""
    for each in joined:
        yield from of_report(each, prefix)
    for episode in episodes:
        yield of_episode(episode, prefix)
