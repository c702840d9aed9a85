"""What a rule tells, and whom: actions for connectors of the usual kinds.

A connector (an address and its secret) is made in Kibana by whoever owns it; here is only what is said to it. Kibana
puts values into the texts itself and escapes them for the form they stand in, so a hostile process name breaks none.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any

from msgspec import Struct


class Severity(StrEnum):
    """PagerDuty's words."""

    CRITICAL = "critical"
    WARNING = "warning"


class ConnectorType(StrEnum):
    """Kinds of connectors that we have an example for."""

    WEBHOOK = ".webhook"
    SLACK = ".slack"
    PAGERDUTY = ".pagerduty"


class Connector(Struct, frozen=True):
    """A connector that exists in Kibana."""

    id: str
    type: ConnectorType


_RECOVERED = "recovered"
_WHAT = "{{rule.name}}: {{alert.id}}"
"""A rule fires for each group by itself: the group (host, signature, process) is the alert's id."""


def actions(connector: Connector, rule: str, severity: Severity, group: str) -> list[dict[str, Any]]:
    """What is said when a rule begins to fire for a group, and when it no longer does.

    Args:
        connector: Whom to tell.
        rule: The rule's name.
        severity: How bad it is.
        group: Kibana's name for the state in which the rule fires.
    """
    say = {ConnectorType.WEBHOOK: _webhook, ConnectorType.SLACK: _slack, ConnectorType.PAGERDUTY: _pagerduty}
    return [
        {
            "id": connector.id,
            "group": state,
            "frequency": {"summary": False, "notify_when": "onActionGroupChange", "throttle": None},
            "params": say[connector.type](rule, severity, fires=state != _RECOVERED),
        }
        for state in (group, _RECOVERED)
    ]


def runbook(rule: str) -> str:
    """The page of a rule, in the checkout."""
    return f"docs/runbooks/{rule}.md"


def _webhook(rule: str, severity: Severity, *, fires: bool) -> dict[str, Any]:
    said = {
        "state": "fires" if fires else "recovered",
        "rule": rule,
        "name": "{{rule.name}}",
        "severity": severity,
        "group": "{{alert.id}}",
        "value": "{{context.value}}",
        "at": "{{date}}",
        "url": "{{rule.url}}",
        "runbook": runbook(rule),
    }
    return {"body": json.dumps(said, indent=2)}


def _slack(rule: str, severity: Severity, *, fires: bool) -> dict[str, Any]:
    if not fires:
        return {"message": f"Over: {_WHAT}"}
    return {
        "message": f"*{severity}* {_WHAT} ({{{{context.value}}}})\nWhat to do: {runbook(rule)}\n{{{{{{rule.url}}}}}}",
    }


def _pagerduty(rule: str, severity: Severity, *, fires: bool) -> dict[str, Any]:
    key = {"dedupKey": "{{rule.id}}:{{alert.id}}"}
    if not fires:
        return {"eventAction": "resolve", **key}
    return {
        "eventAction": "trigger",
        **key,
        "severity": severity,
        "summary": _WHAT,
        "source": "oom-ingest",
        "component": rule,
        "class": "oom",
        "timestamp": "{{date}}",
    }
