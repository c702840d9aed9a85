"""The files of the alert rules under ``dashboards/rules/``, and ``docs/alerts.md``."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

from ingest.kibana.actions import Connector, ConnectorType, actions, runbook
from ingest.kibana.ids import rule_id
from ingest.kibana.rules import CRITICAL_PROCESSES, RULES, Rule, RuleType, body

_CHECKOUT = Path(__file__).parent.parent.parent
FOLDER = "rules"
"""Name of the folder under ``dashboards/``."""


def files() -> dict[str, str]:
    """Every file of the folder, by its path in it: a body for each rule, two actions for each kind of connector."""
    return {f"{rule.name}.json": rule_text(rule) for rule in RULES} | actions_files()


def rule_text(rule: Rule, prefix: str = "oom") -> str:
    """The file of a rule."""
    return _text(body(rule, prefix))


def actions_files() -> dict[str, str]:
    """Examples of what is told, for each kind of connector and of rule."""
    return {
        f"actions/{kind.removeprefix('.')}-{rule_type.removeprefix('.')}.json": _text(
            actions(Connector("CONNECTOR-ID", kind), rule.name, rule.severity, group)
        )
        for kind in ConnectorType
        for rule_type, rule, group in _EXAMPLES
    }


def reference() -> str:
    """``docs/alerts.md``."""
    rows = [
        f"| [{rule.title}]({runbook(rule.name).removeprefix('docs/')}) | {rule.fires} | {rule.severity} "
        f"| `{rule.kind}` | {rule.window} | {f'`{rule.group}`' if rule.group else 'none'} | `{rule_id(rule.name)}` |"
        for rule in RULES
    ]
    critical = ", ".join(f"`{name}`" for name in CRITICAL_PROCESSES)
    return _HEAD.replace("CRITICAL", textwrap.fill(critical, 118, break_on_hyphens=False)) + "\n".join(rows) + "\n"


def generated() -> dict[Path, str]:
    """Every generated file of the checkout with its text."""
    folder = _CHECKOUT / "dashboards" / FOLDER
    return {folder / name: text for name, text in files().items()} | {_CHECKOUT / "docs" / "alerts.md": reference()}


_EXAMPLES = tuple(
    (kind, next(rule for rule in RULES if rule.type is kind), group)
    for kind, group in ((RuleType.QUERY, "query matched"), (RuleType.COUNT, "threshold met"))
)

_HEAD = """\
# Alert rules

Generated from `ingest/kibana/rules.py` by `make generate`.

`oom-ingest setup --kibana URL` installs them; `--connector ID` (may be given again) has them notify a connector
of Kibana: webhook, Slack or PagerDuty. Without one, alerts only show in Kibana. By hand: `dashboards/rules/<rule>.json`
is the body of `POST /api/alerting/rule/<id>` (header `kbn-xsrf: true`), and `dashboards/rules/actions/` has what goes
into its `actions`.

A rule fires for each group by itself: one alert for each host, signature or process. Windows refer to the time of the
events. While the pipeline keeps up, an event is stored within a minute of its log line; one of which no line names a
victim, such as a panic, within three. One that arrives after its window raises no alert. Where a worker is the reason,
*A worker does not keep up* fires; of a shipper that is late, or a host whose clock is behind, no rule tells. Rules that
you have disabled stay disabled when `setup` runs again.

What counts as critical: the setting `kibana.critical_processes`, names as the kernel prints them (15 bytes). Where it
is unset:
CRITICAL.

| rule | fires | severity | documents | window | group | id in the default space |
| --- | --- | --- | --- | --- | --- | --- |
"""


def _text(value: Any) -> str:
    return json.dumps(value, indent=2, sort_keys=True) + "\n"
