"""Pieces of documents that several kinds share, each from one value of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import asdict

from ingest import __version__, analysis, cgroup
from ingest.document._tree import Tree, pruned, sized
from ingest.fields import ECS_VERSION, SCHEMA_VERSION
from ingest.model import ScopeKind
from ingest.timestamps import iso
from ingest.verdicts import advice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ingest.model import (
        CgroupState,
        Code,
        Counter,
        Culprit,
        Host,
        Joined,
        Origin,
        Report,
        Scope,
        Task,
        Victim,
        When,
    )

TASKS_SHOWN = 10
"""Rows of a process table that become documents, and that a report shows."""


_ECS = {"version": ECS_VERSION}
_PARSER = {"version": __version__}


def base(dataset: str, document_id: str, when: When, host: Host, origin: Origin) -> Tree:
    """What every document begins with, pruned."""
    return {
        "@timestamp": iso(when.at),
        "ecs": _ECS,
        "event": {"id": document_id, "module": "oom", "dataset": dataset},
        "host": {"name": host.name} if host.hostname is None else {"name": host.name, "hostname": host.hostname},
        "oom": {
            "schema_version": str(SCHEMA_VERSION),
            "parser": _PARSER,
            "time": {
                "source": when.source,
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
    return {
        "family": report.family,
        "constraint": report.constraint,
        **scope_of(report.scope),
        "signature": identified.signature,
        "signature_name": identified.signature_name,
        "report": {"id": identified.id},
        "episode": {"id": joined.episode.id},
    }


def common(joined: Joined) -> Tree:
    """What a report and its kills say alike, so that one panel needs one index."""
    report = joined.identified.report
    kernel, trigger, request = report.kernel, report.trigger, report.request
    return {
        "host": {"os": {"kernel": kernel.release if kernel else None}},
        "oom": {
            **named(joined),
            "kernel": {"taint": list(kernel.taint) if kernel else None},
            "trigger": {
                "name": trigger.name,
                "pid": trigger.pid,
                "user": {"id": as_text(trigger.uid)},
                "score_adj": trigger.score_adj,
                "adj_legacy": trigger.adj_legacy,
            }
            if trigger
            else None,
            "request": {
                "gfp_mask": request.gfp_mask,
                "gfp_flags": list(request.gfp_flags),
                "order": request.order,
                "nodemask": request.nodemask,
                "mems_allowed": request.mems_allowed,
                "cpuset": request.cpuset,
            }
            if request
            else None,
            "cgroup": cgroup_state(report.cgroup),
            "psi": pressure_of(report),
            "culprit": culprit_of(joined.analysis.culprit),
            **verdict_of(joined.analysis.codes, report.family),
            "system": {"page_size": page_size_of(report)},
        },
    }


def scope_of(scope: Scope) -> Tree:
    return {"scope": scope.kind, "scope_name": scope.name}


def provenance(origin: Origin) -> Tree:
    if origin.partition is None:
        return {}
    return {"kafka": {"topic": origin.source, "partition": origin.partition, "offset": origin.offset}}


def span(start: datetime, end: datetime) -> Tree:
    return {"start": iso(start), "end": iso(end), "duration": int((end - start).total_seconds() * 1_000_000_000)}


def runs_in(scope: Scope, path: str | None) -> Tree:
    """The container, pod or unit of a cgroup path, or the OpenVZ container whose memory ran out; pruned."""
    if scope.kind is ScopeKind.CONTAINER:
        # The kernel and OpenVZ number their containers; a runtime names them by hex digits.
        runtime = "openvz" if (scope.name or "").isdigit() else None
        return pruned({"container": {"id": scope.name, "runtime": runtime}})
    path = path or (scope.name if scope.kind is ScopeKind.CGROUP else None)
    return {} if path is None else pruned(_of_path(cgroup.decode(path)))


def _of_path(found: cgroup.Workload) -> Tree:
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
    return tree


def cgroup_state(state: CgroupState | None) -> Tree | None:
    if state is None:
        return None
    return {
        "limit": cgroup_path(state.limit_path),
        "killed": cgroup_path(state.killed_path),
        "group_kill": state.group_kill,
        "memory": memory_counter(state.memory),
        "swap": memory_counter(state.swap),
        "memory_swap": memory_counter(state.memory_swap),
        "kmem": memory_counter(state.kmem),
    }


def cgroup_path(path: str | None) -> Tree | None:
    return {"path": path, "ancestors": cgroup.ancestors(path)} if path is not None else None


def memory_counter(counter: Counter | None) -> Tree | None:
    if counter is None:
        return None
    return {
        "usage": in_bytes(counter.usage),
        "limit": {"bytes": counter.limit, "unlimited": counter.unlimited or None},
        "failcnt": counter.failcnt,
    }


def victim_state(joined: Joined, victim: Victim) -> Tree:
    report = joined.identified.report
    limit = report.cgroup.memory.limit if report.cgroup and report.cgroup.memory else None
    memory = sized(asdict(victim.sizes)) | {"pct_of_limit": analysis.share(victim.sizes.rss, limit)}
    return {
        "score": victim.score,
        "badness": joined.analysis.badness(victim.pid),
        "score_adj": victim.score_adj,
        "adj_legacy": victim.adj_legacy,
        "signal": victim.signal,
        "memory": memory,
    }


def reaper_state(victim: Victim) -> Tree | None:
    if victim.reaper is None:
        return None
    return {
        "outcome": victim.reaper.outcome,
        "anon_rss": in_bytes(victim.reaper.anon_rss),
        "delay": {"us": victim.reaper.delay_us},
    }


def openvz_exit(victim: Victim) -> Tree | None:
    exited = victim.openvz
    if exited is None:
        return None
    return {
        "ve": exited.ve,
        "free": {"pages": exited.free_pages},
        "generation": exited.generation,
        "freed": {"pages": exited.freed_pages},
    }


def openvz_round(report: Report) -> Tree | None:
    found = report.openvz
    if found is None:
        return None
    numbers = {"seq": found.seq, "excess": found.excess, "goal": found.goal, "reduction": found.reduction}
    return {"ve": found.ve, "ub": found.group, "round": numbers}


def culprit_of(culprit: Culprit | None) -> Tree | None:
    if culprit is None:
        return None
    group = culprit.group
    return {
        "kind": culprit.kind,
        "name": culprit.name,
        "pid": culprit.pid,
        "rss": in_bytes(culprit.rss),
        "freed": in_pages(culprit.freed_pages),
        "share": culprit.share,
        "confidence": culprit.confidence,
        "rule": culprit.rule,
        "is_victim": culprit.is_victim,
        "doubts": list(culprit.doubts),
        "group": {
            "name": group.name,
            "count": group.count,
            "rss": in_bytes(group.rss),
            "freed": in_pages(group.freed_pages),
        }
        if group
        else None,
    }


def verdict_of(codes: tuple[Code, ...], family: str) -> Tree:
    """What was found, by codes, and the codes of what to do next."""
    return {"verdict": list(codes), "advice": list(advice(codes, family))}


def pressure_of(report: Report) -> Tree | None:
    found = report.pressure
    if found is None:
        return None
    return {"avg10": found.avg10, "avg60": found.avg60, "avg300": found.avg300, "limit": found.limit}


def page_size_of(report: Report) -> Tree | None:
    return {"bytes": report.page_size.bytes, "source": report.page_size.source} if report.page_size else None


def task_table(report: Report, top: Sequence[tuple[Task, Tree]]) -> Tree | None:
    if not report.tasks:
        return None
    return {
        "count": len(report.tasks),
        "rss_total": in_bytes(sum(report.tasks.rss or ())),
        "top": [{**row, "name": task.name, "pid": task.pid} for task, row in top],
    }


def top_tasks(report: Report) -> list[tuple[Task, Tree]]:
    """The largest rows of the process table, each with what documents tell of its memory, pruned."""
    limit = report.cgroup.memory.limit if report.cgroup and report.cgroup.memory else None
    largest = report.tasks.largest(TASKS_SHOWN)
    return [(task, _row(task, rank, limit)) for rank, task in enumerate(largest, start=1)]


def _row(task: Task, rank: int, limit: int | None) -> Tree:
    told = {"rss": task.rss, "swap": task.swap, "page_tables": task.page_tables, "total_vm": task.total_vm}
    row: Tree = {"rank": rank} | sized(told)
    if (share := analysis.share(task.rss, limit)) is not None:
        row["share"] = share
    return row


def process_of(task: Task) -> Tree:
    """A row's process, pruned: its pid has ten digits at most."""
    named: Tree = {"pid": task.pid, "name": task.name}
    return named if task.uid is None else named | {"user": {"id": str(task.uid)}}


def in_bytes(count: int | None) -> Tree | None:
    return {"bytes": count} if count is not None else None


def in_pages(count: int | None) -> Tree | None:
    return {"pages": count} if count is not None else None


def as_text(number: int | None) -> str | None:
    return str(number) if number is not None else None
