"""Alert rules: their files, their pages, and that they use fields that are there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from uuid import UUID

import pytest

from ingest import mapping
from ingest.counts import UNREADABLE
from ingest.fields import FIELDS, Type
from ingest.kibana import ids, rules, rules_files
from ingest.kibana.actions import Connector, ConnectorType
from ingest.kibana.rules import RULES, Rule, RuleType

ROOT = Path(__file__).parent.parent.parent
BY_NAME = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


@pytest.mark.parametrize("path", rules_files.generated(), ids=lambda path: path.name)
def test_generated_files_are_up_to_date(path: Path) -> None:
    assert path.read_text() == rules_files.generated()[path], "run `make generate` and read the difference"


def test_no_file_is_left_from_a_rule_that_is_gone() -> None:
    folder = ROOT / "dashboards" / "rules"
    there = {str(path.relative_to(folder)) for path in folder.rglob("*.json")}
    assert there == set(rules_files.files())


@BY_NAME
def test_each_has_a_runbook_with_its_title_and_its_parts(rule: Rule) -> None:
    page = (ROOT / "docs" / "runbooks" / f"{rule.name}.md").read_text()
    assert page.startswith(f"# {rule.title}\n\nAlert rule `{rule.name}`")
    assert re.findall(r"^## (.*)$", page, re.MULTILINE) == ["Look at", "Do", "Tune"]


@BY_NAME
def test_each_looks_at_fields_that_its_documents_have(rule: Rule) -> None:
    known = mapping.paths(rule.kind)
    used = {field for clause in rule.filters for inner in clause.values() for field in inner}
    assert used <= set(known)
    assert known[rule.time_field] is Type.DATE
    if rule.group:
        assert known[rule.group] in (Type.KEYWORD, Type.PATH)
    named = re.findall(
        r"`((?:oom|event|host|process|error)\.[a-z_.]+)`", (ROOT / f"docs/runbooks/{rule.name}.md").read_text()
    )
    assert {name for name in named if name not in {field.name for field in FIELDS}} == set()


@BY_NAME
def test_each_has_what_kibana_asks_for_at_run_time(rule: Rule) -> None:
    body = rules.body(rule)
    assert UUID(ids.rule_id(rule.name)).version == 5
    assert set(body) == {"name", "rule_type_id", "consumer", "enabled", "schedule", "tags", "params", "actions"}
    needed = {
        "index",
        "timeField",
        "timeWindowSize",
        "timeWindowUnit",
        "threshold",
        "thresholdComparator",
        "aggType",
        "groupBy",
    }
    assert needed <= set(body["params"])
    if rule.type is RuleType.QUERY:
        assert {"searchType", "esQuery", "size"} <= set(body["params"])
        assert set(json.loads(body["params"]["esQuery"])) == {"query"}
    assert not {"rule_type_id", "consumer", "enabled"} & set(rules.update(body))


@pytest.mark.parametrize("kind", ConnectorType)
@BY_NAME
def test_a_connector_is_told_of_the_beginning_and_of_the_end(rule: Rule, kind: ConnectorType) -> None:
    told = rules.body(rule, connectors=[Connector("c", kind)])["actions"]
    fires = {RuleType.QUERY: "query matched", RuleType.COUNT: "threshold met"}[rule.type]
    assert [action["group"] for action in told] == [fires, "recovered"]
    assert {action["id"] for action in told} == {"c"}
    if kind is ConnectorType.WEBHOOK:
        assert json.loads(told[0]["params"]["body"])["runbook"] == f"docs/runbooks/{rule.name}.md"
    if kind is ConnectorType.PAGERDUTY:
        assert told[0]["params"]["dedupKey"] == told[1]["params"]["dedupKey"]
        assert [action["params"]["eventAction"] for action in told] == ["trigger", "resolve"]


def test_another_prefix_has_its_own_indices_names_and_ids() -> None:
    spread = next(rule for rule in RULES if rule.name == "spread")
    body = rules.body(spread, "acme")
    assert body["params"]["index"] == ["acme-signature"]
    assert body["name"] == "[OOM acme] One failure on several hosts"
    assert ids.rule_id("spread", prefix="acme") != ids.rule_id("spread")


def test_the_page_of_alerts_has_the_list_that_we_ship() -> None:
    page = (ROOT / "docs" / "alerts.md").read_text()
    assert [name for name in rules.CRITICAL_PROCESSES if f"`{name}`" not in page] == []


def test_the_runbook_of_dead_letters_names_every_reason_that_one_can_have() -> None:
    page = (ROOT / "docs" / "runbooks" / "dead-letters.md").read_text()
    named = {
        code
        for line in re.findall(r"^- (`[^:]*):", page.partition("## Do")[0], re.MULTILINE)
        for code in line.split(", ")
    }
    nothing_to_read = {"tombstone", "empty"}
    assert {code.strip("`") for code in named} == (set(UNREADABLE) - nothing_to_read) | {
        "unread",
        "http_400",
        "http_413",
    }


def test_critical_processes_are_cut_as_the_kernel_cuts_names() -> None:
    changed = {rule.name: rule for rule in rules.with_critical(RULES, ["kube-controller-manager", "grüße-an-alle-ü"])}
    names = changed["critical-process"].filters[-1]["terms"]["process.name"]
    assert names == ["kube-controller", "grüße-an-alle"]
    assert {name for name in changed if changed[name] != {r.name: r for r in RULES}[name]} == {"critical-process"}
    assert all(len(name.encode()) <= 15 for name in rules.CRITICAL_PROCESSES)
