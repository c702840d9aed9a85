"""What ``oom-ingest setup --export`` writes: the same that ``--kibana`` installs, for people who do it by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.kibana.ids import rule_id
from ingest.kibana.rules import RULES, with_critical
from ingest.kibana.rules_files import actions_files, rule_text
from ingest.kibana.saved import OLDEST_KIBANA

if TYPE_CHECKING:
    from collections.abc import Sequence


def files(objects: str, file: str, prefix: str, space: str, critical: Sequence[str]) -> dict[str, str]:
    """Every file by its path in the folder.

    Args:
        objects: The text of the file of saved objects.
        file: Its name.
        prefix: First part of every index name.
        space: Space of Kibana that the rules are for.
        critical: Names of critical processes; none stands for ours.
    """
    chosen = with_critical(RULES, critical) if critical else RULES
    rules = {f"rules/{rule.name}.json": rule_text(rule, prefix) for rule in chosen}
    actions = {f"rules/{name}": text for name, text in actions_files().items()}
    within = "" if space == "default" else f"/s/{space}"
    calls = "\n".join(
        f"curl -fsS -H 'kbn-xsrf: true' -H 'Content-Type: application/json' -H \"Authorization: ApiKey $KEY\" \\\n"
        f'  --data-binary @rules/{name}.json "$KIBANA{within}/api/alerting/rule/{rule_id(name, space, prefix)}"'
        for name in (rule.name for rule in chosen)
    )
    return {
        file: objects,
        **rules,
        **actions,
        "README.txt": _README.format(file=file, calls=calls, oldest=OLDEST_KIBANA),
    }


_README = """\
Boards and alert rules of oom-ingest, for Kibana {oldest} or newer.

Boards, searches, data views and the tag: Stack Management, Saved Objects, Import, choose {file}, keep
"Check for existing objects" and "Automatically overwrite conflicts". Keep the ids: links between boards need them.

Alert rules: one call for each, from this folder, with the address of Kibana and an API key:

KIBANA=https://kibana.example:5601
KEY=...

{calls}

rules/actions/ has what goes into "actions" of a rule, for a connector of each kind: put its id for CONNECTOR-ID.
"""
