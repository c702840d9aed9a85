"""Catalogue, page, alerts and runbooks say the same of every metric."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.core import Metric as Family

from ingest.metrics import METRICS, PREFIX, Command, Durations, Kind, Seen, metrics_of
from ingest.observability.http import families
from ingest.ports import Partition

ROOT = Path(__file__).parent.parent.parent
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
NAMES = {PREFIX + metric.name for metric in METRICS}
SEEN = Seen(
    unread={"": 1},
    lag={Partition("t", 0): 1},
    uncommitted={Partition("t", 0): 1},
    newest_record=1.0,
    newest_event=1.0,
    turned_at=1.0,
    writes=Durations().plus(1.0),
)


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def _name(family: Family) -> str:
    return f"{family.name}_total" if family.type == "counter" else family.name


@pytest.mark.parametrize("command", Command)
def test_every_metric_is_served_with_its_labels_and_meaning(command: Command) -> None:
    served = {_name(family): family for family in families(SEEN, command)}
    assert served.keys() == {PREFIX + metric.name for metric in METRICS if command in metric.of}
    for metric in metrics_of(command):
        family = served[PREFIX + metric.name]
        assert family.documentation == metric.text
        assert family.samples, metric.name
        assert all(set(sample.labels) - {"le"} == set(metric.labels) for sample in family.samples)


def test_names_are_unique_and_as_prometheus_wants_them() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    for metric in METRICS:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", metric.name)
        assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
        assert metric.text.endswith(".")


def test_every_metric_that_a_page_or_an_alert_names_exists() -> None:
    pages = [*(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.yml"), ROOT / "README.md"]
    named = {
        re.sub(r"_(bucket|sum|count)$", "", name)
        for page in pages
        for name in re.findall(rf"\b{PREFIX}[a-z0-9_]+\b", page.read_text())
    }
    assert named - NAMES == set()
    assert len(named) == len(NAMES), "docs/metrics.md names them all"


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_every_alert_leads_to_its_section_of_a_runbook(rule: dict[str, Any]) -> None:
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^## (\w+)$", (ROOT / page).read_text(), re.MULTILINE)
    assert anchor == rule["alert"].lower()
    assert rule["alert"] in headings


def test_every_section_of_the_runbook_is_of_an_alert() -> None:
    headings = re.findall(r"^## (\w+)$", (ROOT / "docs" / "runbooks" / "service.md").read_text(), re.MULTILINE)
    assert headings == [rule["alert"] for rule in rules()]
