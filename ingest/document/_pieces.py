"""Pieces of documents that several kinds share, each from one value of the model and without what is absent."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from ingest import __version__, analysis, cgroup
from ingest.document._tree import Tree, fits, pruned, sized, trimmed
from ingest.explanation.verdicts import advice
from ingest.fields import ECS_VERSION, SCHEMA_VERSION
from ingest.model import ScopeKind
from ingest.timestamps import iso

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ingest.model import (
        CgroupState,
        Code,
        Counter,
        Culprit,
        Group,
        Host,
        Joined,
        Origin,
        Report,
        Request,
        Scope,
        Task,
        Trigger,
        Victim,
        When,
    )

TASKS_SHOWN = 10
"""Rows of a process table that become documents, and that a report shows."""


_MICROSECOND = timedelta(microseconds=1)

_ECS = {"version": ECS_VERSION}
_PARSER = {"version": __version__}
_SCHEMA = str(SCHEMA_VERSION)

_REMEMBERED = 256
"""Paths and verdicts of which trees are remembered: those of a report, and what a fleet runs everywhere."""


def base(dataset: str, document_id: str, when: When, host: Host, origin: Origin) -> Tree:
    """What every document begins with."""
    return {
        "@timestamp": iso(when.at),
        "ecs": _ECS,
        "event": {"id": document_id, "module": "oom", "dataset": dataset},
        "host": {"name": host.name} if host.hostname is None else {"name": host.name, "hostname": host.hostname},
        "oom": {
            "schema_version": _SCHEMA,
            "parser": _PARSER,
            "time": {
                "source": str(when.source),
                "year_inferred": when.year_inferred,
                "zone_inferred": when.zone_inferred,
            },
        },
        **provenance(origin),
    }


def named(joined: Joined) -> Tree:
    """What a report is of, and by which names it is found again."""
    identified = joined.identified
    report = identified.report
    return trimmed(
        {
            "family": report.family,
            "constraint": report.constraint,
            **scope_of(report.scope),
            "signature": identified.signature,
            "signature_name": identified.signature_name,
            "report": {"id": identified.id},
            "episode": {"id": joined.episode.id},
        }
    )


def common(joined: Joined) -> Tree:
    """What a report and its kills say alike, so that one panel needs one index."""
    report = joined.identified.report
    kernel = report.kernel
    oom = {
        **named(joined),
        "kernel": trimmed({"taint": list(kernel.taint)}) if kernel else None,
        "trigger": trigger_of(report.trigger),
        "request": request_of(report.request),
        "cgroup": cgroup_state(report.cgroup),
        "psi": pressure_of(report),
        "culprit": culprit_of(joined.analysis.culprit),
        **verdict_of(joined.analysis.codes, report.family),
        "system": system_of(report),
    }
    return trimmed(
        {"host": {"os": {"kernel": kernel.release}} if kernel and kernel.release else None, "oom": trimmed(oom)}
    )


def trigger_of(trigger: Trigger | None) -> Tree | None:
    if trigger is None:
        return None
    return trimmed(
        {
            "name": trigger.name,
            "pid": trigger.pid,
            "user": user_of(trigger.uid),
            "score_adj": trigger.score_adj,
            "adj_legacy": trigger.adj_legacy,
        }
    )


def request_of(request: Request | None) -> Tree | None:
    if request is None:
        return None
    return trimmed(
        {
            "gfp_mask": request.gfp_mask,
            "gfp_flags": list(request.gfp_flags),
            "order": request.order,
            "nodemask": request.nodemask,
            "mems_allowed": request.mems_allowed,
            "cpuset": request.cpuset,
        }
    )


def user_of(uid: int | None) -> Tree | None:
    return {"id": str(uid)} if uid is not None else None


def scope_of(scope: Scope) -> Tree:
    """Also what is absent."""
    return {"scope": scope.kind, "scope_name": scope.name}


def provenance(origin: Origin) -> Tree:
    if origin.partition is None:
        return {}
    return {"kafka": {"topic": origin.source, "partition": origin.partition, "offset": origin.offset}}


def span(start: datetime, end: datetime, lasted: timedelta) -> Tree:
    return trimmed({"start": iso(start), "end": iso(end), "duration": lasted // _MICROSECOND * 1_000})


def uptime_of(uptime_us: int | None) -> Tree | None:
    return {"timestamp": {"us": uptime_us}} if uptime_us is not None and fits(uptime_us) else None


def runs_in(scope: Scope, path: str | None) -> Tree:
    """The container, pod or unit of a cgroup path, or the OpenVZ container whose memory ran out."""
    if scope.kind is ScopeKind.CONTAINER:
        # The kernel and OpenVZ number their containers; a runtime names them by hex digits.
        runtime = "openvz" if (scope.name or "").isdigit() else None
        return pruned({"container": {"id": scope.name, "runtime": runtime}})
    path = path or (scope.name if scope.kind is ScopeKind.CGROUP else None)
    return {} if path is None else _of_path(path)


@lru_cache(_REMEMBERED)
def _of_path(path: str) -> Tree:
    found = cgroup.decode(path)
    tree: Tree = {
        "container": {"id": found.container_id, "name": found.container_name, "runtime": found.runtime},
        "systemd": {"unit": found.unit, "slice": found.slice, "session": found.session},
        "oom": {"cgroup": {"qos": found.qos}},
    }
    if found.pod_uid:
        resource = {"type": "pod", "id": found.pod_uid}
        tree |= {
            "orchestrator": {"type": "kubernetes", "resource": resource},
            "kubernetes": {"pod": {"uid": found.pod_uid}},
        }
    return pruned(tree)


def cgroup_state(state: CgroupState | None) -> Tree | None:
    if state is None:
        return None
    return trimmed(
        {
            "limit": cgroup_path(state.limit_path),
            "killed": cgroup_path(state.killed_path),
            "group_kill": state.group_kill,
            "memory": memory_counter(state.memory),
            "swap": memory_counter(state.swap),
            "memory_swap": memory_counter(state.memory_swap),
            "kmem": memory_counter(state.kmem),
        }
    )


def cgroup_path(path: str | None) -> Tree | None:
    return _with_ancestors(path) if path is not None else None


@lru_cache(_REMEMBERED)
def _with_ancestors(path: str) -> Tree:
    return trimmed({"path": path, "ancestors": cgroup.ancestors(path)})


def memory_counter(counter: Counter | None) -> Tree | None:
    if counter is None:
        return None
    return trimmed(
        {
            "usage": in_bytes(counter.usage),
            "limit": trimmed({"bytes": counter.limit, "unlimited": counter.unlimited or None}),
            "failcnt": counter.failcnt,
        }
    )


def victim_state(joined: Joined, victim: Victim) -> Tree:
    report = joined.identified.report
    limit = report.cgroup.memory.limit if report.cgroup and report.cgroup.memory else None
    share = analysis.share(victim.sizes.rss, limit)
    return trimmed(
        {
            "score": victim.score,
            "badness": joined.analysis.badness(victim.pid),
            "score_adj": victim.score_adj,
            "adj_legacy": victim.adj_legacy,
            "signal": victim.signal,
            "memory": sized(asdict(victim.sizes)) | ({} if share is None else {"pct_of_limit": share}),
        }
    )


def reaper_state(victim: Victim) -> Tree | None:
    reaper = victim.reaper
    if reaper is None:
        return None
    delay = trimmed({"us": reaper.delay_us})
    return trimmed({"outcome": reaper.outcome, "anon_rss": in_bytes(reaper.anon_rss), "delay": delay})


def openvz_exit(victim: Victim) -> Tree | None:
    exited = victim.openvz
    if exited is None:
        return None
    return trimmed(
        {
            "ve": exited.ve,
            "free": in_pages(exited.free_pages),
            "generation": exited.generation,
            "freed": in_pages(exited.freed_pages),
        }
    )


def openvz_round(report: Report) -> Tree | None:
    found = report.openvz
    if found is None:
        return None
    numbers = {"seq": found.seq, "excess": found.excess, "goal": found.goal, "reduction": found.reduction}
    return trimmed({"ve": found.ve, "ub": found.group, "round": trimmed(numbers)})


def culprit_of(culprit: Culprit | None) -> Tree | None:
    if culprit is None:
        return None
    return trimmed(
        {
            "kind": culprit.kind,
            "name": culprit.name,
            "pid": culprit.pid,
            "rss": in_bytes(culprit.rss),
            "freed": in_pages(culprit.freed_pages),
            "share": culprit.share,
            "confidence": culprit.confidence,
            "rule": culprit.rule,
            "is_victim": culprit.is_victim,
            "doubts": list(map(str, culprit.doubts)),
            "group": group_of(culprit.group),
        }
    )


def group_of(group: Group | None) -> Tree | None:
    if group is None:
        return None
    return trimmed(
        {
            "name": group.name,
            "count": group.count,
            "rss": in_bytes(group.rss),
            "freed": in_pages(group.freed_pages),
        }
    )


@lru_cache(_REMEMBERED)
def verdict_of(codes: tuple[Code, ...], family: str) -> Tree:
    """What was found, by codes, and the codes of what to do next."""
    return trimmed({"verdict": list(map(str, codes)), "advice": list(map(str, advice(codes, family)))})


def pressure_of(report: Report) -> Tree | None:
    found = report.pressure
    if found is None:
        return None
    return trimmed({"avg10": found.avg10, "avg60": found.avg60, "avg300": found.avg300, "limit": found.limit})


def system_of(report: Report) -> Tree | None:
    """How large a page of it is."""
    size = report.page_size
    return {"page_size": trimmed({"bytes": size.bytes, "source": size.source})} if size else None


def task_table(report: Report, top: Sequence[tuple[Task, Tree]]) -> Tree | None:
    if not report.tasks:
        return None
    return trimmed(
        {
            "count": len(report.tasks),
            "rss_total": in_bytes(sum(report.tasks.rss or ())),
            "top": [{**row, "name": task.name, "pid": task.pid} for task, row in top],
        }
    )


def top_tasks(report: Report) -> list[tuple[Task, Tree]]:
    """The largest rows of the process table, each with what documents tell of its memory."""
    limit = report.cgroup.memory.limit if report.cgroup and report.cgroup.memory else None
    largest = report.tasks.largest(TASKS_SHOWN)
    return [(task, _row(task, rank, limit)) for rank, task in enumerate(largest, start=1)]


def _row(task: Task, rank: int, limit: int | None) -> Tree:
    told = {"rss": task.rss, "swap": task.swap, "page_tables": task.page_tables, "total_vm": task.total_vm}
    row: Tree = {"rank": rank, **sized(told)}
    if (share := analysis.share(task.rss, limit)) is not None:
        row["share"] = share
    return row


def process_of(task: Task) -> Tree:
    """A row's process: its pid has ten digits at most."""
    named: Tree = {"pid": task.pid, "name": task.name}
    if task.uid is not None:
        named["user"] = {"id": str(task.uid)}
    return named


def in_bytes(count: int | None) -> Tree | None:
    return {"bytes": count} if count is not None and fits(count) else None


def in_pages(count: int | None) -> Tree | None:
    return {"pages": count} if count is not None and fits(count) else None
