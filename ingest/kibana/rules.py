"""Alert rules: what to be told of, as Kibana's API takes it.

Each is one search and one bound, in plain Query DSL or a count by group, so that it can be run on any Elasticsearch.
The files under ``dashboards/rules/`` are made of this list; each rule has a page under ``docs/runbooks/``.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from ingest.kibana.actions import Connector, Severity, actions
from ingest.kibana.saved import embedded
from ingest.kibana.views import pattern
from ingest.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

TAG = "oom-ingest"
"""Tag of every rule of ours."""

CRITICAL_PROCESSES = (
    "systemd", "systemd-journal", "systemd-logind", "systemd-udevd", "dbus-daemon", "sshd", "rsyslogd", "auditd",
    "chronyd", "containerd", "containerd-shim", "dockerd", "crio", "kubelet", "etcd", "kube-apiserver",
    "kube-controller", "kube-scheduler", "kube-proxy", "libvirtd", "postgres", "mysqld", "mariadbd", "mongod",
    "redis-server",
)  # fmt: skip
"""Processes whose death is worth waking somebody. The kernel cuts names after 15 bytes, so do these."""


class RuleType(StrEnum):
    """Kibana's types of rules that we use."""

    QUERY = ".es-query"
    COUNT = ".index-threshold"


class Rule(Struct, frozen=True, kw_only=True):
    """One rule: it fires for each group of which a search within the window finds as much as the bound says.

    Args:
        name: Names its file, its page and its id.
        title: For people.
        fires: When it fires, one sentence.
        severity: For PagerDuty.
        kind: The documents that it looks at.
        time_field: The time that the window is of.
        window: Length of the window: a number and its unit, ``m``, ``h`` or ``d``.
        group: The field whose values are told apart; ``None`` looks at all documents together.
        comparator: ``>`` or ``<``.
        bound: What the number of documents is compared with.
        filters: Clauses that a document must match; without any the rule counts all documents.
    """

    name: str
    title: str
    fires: str
    severity: Severity
    kind: Kind
    time_field: str = "@timestamp"
    window: str
    group: str | None
    comparator: str = ">"
    bound: int = 0
    filters: tuple[dict[str, Any], ...] = ()

    @property
    def type(self) -> RuleType:
        """A count needs no query."""
        return RuleType.QUERY if self.filters else RuleType.COUNT


RULES = (
    Rule(
        name="new-signature",
        title="A failure that this fleet has not had before",
        fires="A signature was written for the first time, and its first report is not older than a day.",
        severity=Severity.WARNING,
        kind=Kind.SIGNATURE,
        time_field="event.created",
        window="15m",
        group="oom.signature_name",
        filters=({"range": {"oom.first_seen": {"gte": "now-1d"}}},),
    ),
    Rule(
        name="storm",
        title="A storm of kills on one host",
        fires="Six or more processes of a host were killed within a minute, in an episode updated within the window; "
        "those of a cgroup that was killed as a whole count once.",
        severity=Severity.CRITICAL,
        kind=Kind.EPISODE,
        time_field="event.end",
        window="15m",
        group="host.name",
        filters=({"term": {"oom.episode.storm": True}},),
    ),
    Rule(
        name="spread",
        title="One failure on several hosts",
        fires="Five or more hosts had the same signature within an hour.",
        severity=Severity.CRITICAL,
        kind=Kind.SIGNATURE,
        window="15m",
        group="oom.signature_name",
        filters=({"range": {"oom.recent_host_count": {"gte": 5}}},),
    ),
    Rule(
        name="repeat-offender",
        title="The same failure again and again",
        fires="More than ten reports of one signature within a day.",
        severity=Severity.WARNING,
        kind=Kind.REPORT,
        window="1d",
        group="oom.signature_name",
        bound=10,
    ),
    Rule(
        name="panic-or-no-victim",
        title="The kernel panicked, or found nobody to kill",
        fires="A report tells of a panic, or that no process could be killed.",
        severity=Severity.CRITICAL,
        kind=Kind.REPORT,
        window="15m",
        group="host.name",
        filters=({"terms": {"oom.verdict": ["panic", "no_killable"]}},),
    ),
    Rule(
        name="critical-process",
        title="A process that matters was killed",
        fires="A process of the list was killed on a host.",
        severity=Severity.CRITICAL,
        kind=Kind.KILL,
        window="15m",
        group="host.name",
        filters=(
            {"term": {"event.action": "oom-kill"}},
            {"terms": {"event.outcome": ["success", "unknown"]}},  # not one that a daemon signalled in vain
            {"terms": {"process.name": list(CRITICAL_PROCESSES)}},
        ),
    ),
    Rule(
        name="dead-letters",
        title="Records that could not be read or stored",
        fires="Any dead letter was written of a record of the last hour.",
        severity=Severity.WARNING,
        kind=Kind.DEADLETTER,
        window="1h",
        group="error.code",
    ),
    Rule(
        name="pipeline-silent",
        title="No worker is at work",
        fires="No worker told of its work for five minutes.",
        severity=Severity.CRITICAL,
        kind=Kind.PIPELINE,
        window="5m",
        group=None,
        comparator="<",
        bound=1,
    ),
    Rule(
        name="pipeline-behind",
        title="A worker does not keep up",
        fires="In five or more of the last ten minutes a worker had records to read and was 15 minutes behind.",
        severity=Severity.WARNING,
        kind=Kind.PIPELINE,
        window="10m",
        group="oom.pipeline.worker",
        bound=4,
        filters=(
            {"range": {"oom.pipeline.lag": {"gt": 0}}},
            {"range": {"oom.pipeline.newest_event_age.us": {"gt": 900_000_000}}},
        ),
    ),
)
"""Every rule. Windows are of the events' own time, and longer than an event takes to be stored."""


def with_critical(rules: Sequence[Rule], names: Sequence[str]) -> tuple[Rule, ...]:
    """The rules with another list of critical processes, its names cut as the kernel cuts them."""
    cut = [name.encode()[:15].decode(errors="ignore") for name in names]
    return tuple(_with_names(rule, cut) if rule.name == "critical-process" else rule for rule in rules)


def body(rule: Rule, prefix: str = "oom", connectors: Sequence[Connector] = ()) -> dict[str, Any]:
    """A rule as ``POST /api/alerting/rule/<id>`` takes it, for the indices of a prefix."""
    return {
        "name": f"[OOM] {rule.title}" if prefix == "oom" else f"[OOM {prefix}] {rule.title}",
        "rule_type_id": rule.type,
        "consumer": "stackAlerts",
        "enabled": True,
        "schedule": {"interval": "1m"},
        "tags": [TAG, rule.name],
        "params": _params(rule, prefix),
        "actions": [action for each in connectors for action in actions(each, rule.name, rule.severity, _group(rule))],
    }


def update(created: dict[str, Any]) -> dict[str, Any]:
    """What ``PUT /api/alerting/rule/<id>`` takes of a body: a rule keeps its type, and whether it is enabled."""
    return {key: created[key] for key in ("name", "schedule", "tags", "params", "actions")}


def _params(rule: Rule, prefix: str) -> dict[str, Any]:
    common = {
        "index": [pattern(rule.kind, prefix)],
        "timeField": rule.time_field,
        "timeWindowSize": int(rule.window[:-1]),
        "timeWindowUnit": rule.window[-1],
        "thresholdComparator": rule.comparator,
        "threshold": [rule.bound],
        "aggType": "count",
        **({"groupBy": "top", "termField": rule.group, "termSize": 50} if rule.group else {"groupBy": "all"}),
    }
    if not rule.filters:
        return common
    return {
        "searchType": "esQuery",
        "esQuery": embedded({"query": {"bool": {"filter": list(rule.filters)}}}),
        "size": 100,
        "excludeHitsFromPreviousRun": False,
        **common,
    }


def _group(rule: Rule) -> str:
    """Kibana's name for the state in which a rule fires."""
    return "query matched" if rule.type is RuleType.QUERY else "threshold met"


def _with_names(rule: Rule, names: list[str]) -> Rule:
    return replace(rule, filters=(*rule.filters[:-1], {"terms": {"process.name": names}}))
