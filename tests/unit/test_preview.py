"""What panels ask, without a server; numbers over real documents are proven in ``tests/kibana``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from ingest.adapters import browser
from ingest.kibana import columns as c
from ingest.kibana import panels as p
from ingest.kibana import views
from ingest.kibana.board import row
from ingest.kibana.lens import Chart, Layer
from ingest.ports import Unavailable
from ingest.preview import query
from ingest.preview.query import Asked, Body, Span
from ingest.preview.read import View

END = datetime(2026, 11, 21, tzinfo=UTC)
ASKED = Asked(Span(END - timedelta(days=7), END), ('host.name : "a"',))
VIEW = View("oom-kills", "oom-kill-*", "@timestamp", {})


class Answers:
    """Gives the answers prepared for it, and keeps what was asked."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, Body]] = []

    def __call__(self, pattern: str, body: Body) -> Body:
        self.asked.append((pattern, body))
        return self._answers.pop(0)


def layer_of(panel: p.Panel) -> Layer:
    assert isinstance(panel.content, Chart)
    (layer,) = panel.content.layers.values()
    return layer


def total(count: int) -> dict[str, Any]:
    return {"hits": {"total": {"value": count}}}


def test_the_period_before_is_a_request_of_its_own() -> None:
    layer = layer_of(p.metric("Kills", "", views.KILLS, c.count("Kills")))
    search = Answers(total(7), total(3))
    assert query.table(layer, VIEW, "", ASKED, search) == [{"now": 7, "before": 3}]
    starts = [body["query"]["bool"]["filter"][-1]["range"]["@timestamp"]["gte"] for _, body in search.asked]
    assert starts == ["2026-11-14T00:00:00.000Z", "2026-11-07T00:00:00.000Z"]
    assert {pattern for pattern, _ in search.asked} == {"oom-kill-*"}


def test_queries_and_filters_go_as_kql_and_a_panel_of_the_whole_fleet_heeds_no_filter() -> None:
    table = p.table("T", "", views.KILLS, [c.by("Host", "host.name", 5)], [c.count("Kills")])
    search = Answers(total(0), total(0))
    query.table(layer_of(table), VIEW, "oom.scope : machine", ASKED, search)
    whole = replace(layer_of(table), ignore_global_filters=True)
    query.table(whole, VIEW, "oom.scope : machine", ASKED, search)
    kql = [
        [each["kql"]["query"] for each in body["query"]["bool"]["filter"] if "kql" in each] for _, body in search.asked
    ]
    assert kql == [["oom.scope : machine", 'host.name : "a"'], ["oom.scope : machine"]]


def test_what_terms_leave_over_is_asked_and_what_has_no_field_is_named() -> None:
    donut = p.donut("D", "", views.KILLS, c.by("Constraint", "oom.constraint", 1, missing=True), c.count("Kills"))
    buckets = [{"key": "__missing__", "doc_count": 4}]
    first = total(9) | {"aggregations": {"0": {"buckets": buckets, "sum_other_doc_count": 5}}}
    second = total(9) | {"aggregations": {"other-filter": {"buckets": {"": {"doc_count": 5}}}}}
    search = Answers(first, second)
    rows = query.table(layer_of(donut), VIEW, "", ASKED, search)
    assert rows == [{"by": query.MISSING, "number0": 4}, {"by": query.OTHER, "number0": 5}]
    rest = search.asked[1][1]["aggs"]["other-filter"]["filters"]["filters"][""]["bool"]
    assert rest == {"filter": [{"exists": {"field": "oom.constraint"}}], "must_not": []}


def test_an_order_that_elasticsearch_refuses_is_refused_before_it_is_asked() -> None:
    table = p.table(
        "T", "", views.KILLS, [c.by("Host", "host.name", 5)], [c.count("Sure", 'oom.culprit.confidence : "high"')]
    )
    with pytest.raises(ValueError, match="'Sure' is no number to order by"):
        query.table(layer_of(table), VIEW, "", ASKED, Answers())


def test_no_index_at_all_is_no_rows_and_numbers_of_nothing() -> None:
    ranked = p.ranking("R", "", views.KILLS, c.by("Host", "host.name", 5), [c.count("Kills")])
    assert query.table(layer_of(ranked), VIEW, "", ASKED, Answers(total(0))) == []
    sized = p.state_metric("M", "", views.KILLS, c.largest("Size", "oom.victim.memory.rss.bytes"))
    assert query.table(layer_of(sized), VIEW, "", ASKED, Answers(total(0))) == [{"now": None}]


def test_a_picture_needs_a_browser_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    page = tmp_path / "fleet.html"
    page.write_text("<p>")
    with pytest.raises(Unavailable, match="pictures need Chromium"):
        browser.picture(page, 100, 100)


def test_a_browser_that_draws_nothing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "chromium").write_text("#!/bin/sh\necho no display >&2\n")
    (tmp_path / "chromium").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    page = tmp_path / "fleet.html"
    page.write_text("<p>")
    with pytest.raises(Unavailable, match=r"drew no picture of fleet\.html: no display"):
        browser.picture(page, 100, 100)


def test_a_row_of_a_board_is_full() -> None:
    panel = p.text("A", "a")
    assert [width for width, _ in row(3, panel, panel, panel, panel, panel).panels] == [10, 10, 10, 9, 9]
    with pytest.raises(ValueError, match="is 40 wide, not 48"):
        row(3, panel, panel, widths=(20, 20))
