"""Ids made of facts in the log: never of an offset, a batch, the order of arrival or the process.

The same lines give the same ids in every run. A line without a time of its own counts by its uptime, else by its text.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from ingest import cgroup
from ingest.model import Completeness, Identified, ScopeKind

if TYPE_CHECKING:
    from datetime import datetime

    from ingest.model import Report, Scope, Victim, When
    from ingest.redaction import Redaction

_RANK = {
    Completeness.KILL_LINE_ONLY: 0,
    Completeness.HEAD_MISSING: 1,
    Completeness.TAIL_MISSING: 2,
    Completeness.INTERLEAVED: 3,
    Completeness.COMPLETE: 4,
}
_RANKS = 8

_SECONDS = 256
"""Times of which the text is remembered: a report, its kills and its episode mostly begin in the same second."""


_ID = re.compile(r"[0-9a-f]{12,64}")
"""A container of Docker or containerd, which gets another id each time; those of OpenVZ keep number or UUID."""


def identify(report: Report, redaction: Redaction | None = None) -> Identified:
    """A report with its id, signature, kill ids and version; redacted, where it is to be."""
    workload = _workload(report, redaction)
    if redaction:
        report = redaction.of(report)
    return Identified(
        report=report,
        id=_report_id(report),
        workload=workload,
        signature=digest("signature", report.family, report.constraint or "", workload),
        signature_name=" ".join(part for part in (report.family, report.constraint, workload) if part),
        kill_ids=tuple(_kill_id(report, victim) for victim in report.victims),
        version=len(report.lines) * _RANKS + _RANK[report.completeness],
    )


def _workload(report: Report, redaction: Redaction | None) -> str:
    """What failed: container, cgroup or unit without ids, else the victim's name.

    Ids are taken out before the rest becomes a token: of a token nobody can tell whether it is an id, nor what in it.
    """
    if report.scope.kind is ScopeKind.CONTAINER:
        name = report.scope.name or ""
        if _ID.fullmatch(name) and not name.isdecimal():
            return "container *"
        return f"container {redaction.container(name) if redaction else name}"
    path = (report.cgroup.killed_path or report.cgroup.limit_path) if report.cgroup else None
    victim = report.victims[0] if report.victims else None
    if path is None:
        path = victim.cgroup if victim else report.scope.name
    if path and cgroup.is_named(path):
        named = cgroup.without_ids(path)
        return redaction.path(named) if redaction else named
    if victim is None:
        return ""
    return redaction.name(victim.name) if redaction else victim.name


def episode_id(host: str, scope: Scope, first: Report) -> str:
    """``<UTC second>-<host>-<12 hex>``, readable and sortable; a report without a time begins with its uptime.

    Where it tells neither, the facts are those of its own id: many reports of a host begin with the same line.
    """
    moment = f"{first.when.at:%Y%m%dT%H%M%SZ}" if first.when.from_line else f"up{(first.uptime_us or 0) // 1_000_000}"
    told = first.when.from_line or first.uptime_us is not None
    facts = _moment(first.when, first.uptime_us, first.lines[0]) if told else _report_id(first)
    return f"{moment}-{host[:64]}-{digest('episode', host, scope.kind or '', scope.name or '', facts)[:12]}"


def when_identified(report: Report) -> datetime:
    """The time of the line on which a report's id rests: its index is of that month, whichever part of it was read."""
    return (report.victims[0].when if report.victims else report.when).at


def task_id(report_id: str, rank: int) -> str:
    """The id of a process table's row."""
    return digest("task", report_id, str(rank))


def digest(*facts: str) -> str:
    """A stable hex digest of facts, 32 digits; the separator cannot be part of a fact."""
    return hashlib.blake2b("\x1f".join(facts).encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()


def _report_id(report: Report) -> str:
    """Host, second, pid and name of the first victim; facts of the head only where there is no victim."""
    if not report.victims:
        return digest("report", report.host.name, _moment(report.when, report.uptime_us, report.lines[0]), report.head)
    victim = report.victims[0]
    moment = _moment(victim.when, victim.uptime_us, victim.lines[0])
    return digest("report", report.host.name, moment, str(victim.pid), victim.name)


def _kill_id(report: Report, victim: Victim) -> str:
    """Host, pid, name and second of the killer's own line."""
    moment = _moment(victim.when, victim.uptime_us, victim.lines[0])
    return digest("kill", report.host.name, str(victim.pid), victim.name, moment)


def _moment(when: When, uptime_us: int | None, text: str) -> str:
    """The second of an event as its own line tells it."""
    if when.from_line:
        return _second(when.at)
    return f"up {uptime_us}" if uptime_us is not None else f"text {text}"


@lru_cache(_SECONDS)
def _second(at: datetime) -> str:
    return f"{at.replace(tzinfo=None).isoformat(timespec='seconds')}Z"
