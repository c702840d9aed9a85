"""Every panel's own query on the real Elasticsearch: exact numbers over seeded fleets, and nothing over nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from elasticsearch import BadRequestError, Elasticsearch

from ingest.preview import query
from ingest.preview.query import Asked, Row
from tests.kibana import naive, seed
from tests.kibana.site import ASKED, CHARTS, KINDS, SEARCHES, Site

pytestmark = pytest.mark.stack


def same(got: list[Row], expected: list[Row]) -> None:
    """Equal rows in equal order; means and percentiles may differ in their last digits."""
    assert len(got) == len(expected)
    for left, right in zip(got, expected, strict=True):
        assert left.keys() == right.keys()
        for name, value in left.items():
            if isinstance(value, float):
                assert value == pytest.approx(right[name], rel=1e-9)
            else:
                assert value == right[name], (name, left, right)


@pytest.mark.parametrize("name", CHARTS)
def test_a_panel_shows_what_a_plain_count_of_the_fleet_gives(name: str, fleet: Site) -> None:
    chart = CHARTS[name]
    same(fleet.rows(chart), fleet.expected(chart))


@pytest.mark.parametrize("name", CHARTS)
def test_a_panel_shows_what_a_plain_count_of_every_family_gives(name: str, corpus: Site) -> None:
    chart = CHARTS[name]
    same(corpus.rows(chart), corpus.expected(chart))


@pytest.mark.parametrize("name", CHARTS)
def test_a_panel_over_nothing_is_empty_and_no_error(name: str, empty: Site) -> None:
    rows = empty.rows(CHARTS[name])
    assert all(value in (None, 0) for row in rows for value in row.values())
    assert len(rows) <= 1


@pytest.mark.parametrize("name", CHARTS)
def test_a_panel_over_indices_without_documents_is_empty_and_no_error(name: str, fleet: Site) -> None:
    ahead = Asked(query.Span(seed.WEEK.end + timedelta(days=30), seed.WEEK.end + timedelta(days=37)))
    numbers = [
        value
        for row in fleet.rows(CHARTS[name], ahead)
        for column, value in row.items()
        if not CHARTS[name].layers["layer"].columns[column].is_bucketed
    ]
    assert all(value in (None, 0) for value in numbers)


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_finds_the_newest_documents(name: str, fleet: Site) -> None:
    found = SEARCHES[name]
    view = fleet.shipped.views[found.view]
    documents = [
        d
        for d in fleet.documents[KINDS[found.view]]
        if seed.WEEK.start <= naive.time_of(d) <= seed.WEEK.end and naive.QUERIES[found.query](d)
    ]
    got = query.documents(found, view, ASKED, 100, fleet.search)
    assert len(got) == min(100, len(documents))
    times = [each["@timestamp"][0] for each in got]
    assert times == sorted(times, reverse=True)
    for column in found.columns:
        assert sum(column in each for each in got) == sum(bool(naive.values(d, column)) for d in documents), column


def test_the_fleets_own_truth_is_what_the_boards_say(fleet: Site) -> None:
    web = sum(seed.KILLS_ON.values())
    killed = web + seed.OPENVZ_KILLS + seed.POD_KILLS + seed.SERVICE_KILLS + seed.MACHINE_KILLS
    assert fleet.rows(CHARTS["oom-fleet/Kills"]) == [{"now": killed, "before": seed.KILLS_BEFORE}]
    assert fleet.rows(CHARTS["oom-fleet/Hosts hit"]) == [{"now": len(seed.WORKERS) + 5, "before": 1}]
    constraints = {row["by"]: row["number0"] for row in fleet.rows(CHARTS["oom-fleet/What bounded the memory"])}
    assert constraints == {
        "memcg": web + seed.POD_KILLS + seed.SERVICE_KILLS,
        "none": seed.MACHINE_KILLS,
        query.MISSING: seed.OPENVZ_KILLS,
    }
    assert fleet.rows(CHARTS["oom-kubernetes/Kills in pods"])[0]["now"] == seed.POD_KILLS
    assert fleet.rows(CHARTS["oom-openvz/Kills in containers"])[0]["now"] == seed.OPENVZ_KILLS
    assert fleet.rows(CHARTS["oom-openvz/Generation"]) == [{"now": 24_520}]
    hosts = {row["by0"]: row["number0"] for row in fleet.rows(CHARTS["oom-fleet/Hosts"])}
    assert {host: hosts[host] for host in seed.WORKERS[2:]} == {h: seed.KILLS_ON[h] for h in seed.WORKERS[2:]}
    assert fleet.rows(CHARTS["oom-pipeline/Lag"]) == [{"now": 900}]


def test_every_victim_of_a_group_counts(corpus: Site) -> None:
    """The summary names the cgroup of one of them only."""
    grouped = [d for d in corpus.documents["kill"] if naive.values(d, "oom.cgroup.group_kill") == [True]]
    rows = corpus.rows(CHARTS["oom-kubernetes/Killed as a whole"])
    assert sum(int(str(row["number0"])) for row in rows) == len(grouped) > len(rows)


def test_filters_and_controls_narrow_every_panel_but_those_of_the_whole_fleet(fleet: Site) -> None:
    one = Asked(seed.WEEK, ('host.name : "web-03"',))
    assert fleet.rows(CHARTS["oom-fleet/Kills"], one)[0]["now"] == seed.KILLS_ON["web-03"]
    known = CHARTS["oom-workload/Known signatures, whole fleet"]
    assert fleet.rows(known, one) == fleet.rows(known)
    assert len(fleet.rows(known)) == 5


@pytest.mark.parametrize("text", sorted(naive.QUERIES.keys() - {""}))
def test_every_query_is_kql_and_finds_what_it_says(text: str, corpus: Site) -> None:
    found = corpus.client.search(
        index=f"{corpus.prefix}-*", query={"kql": {"query": text}}, size=0, track_total_hits=True
    )
    documents = [source for sources in corpus.documents.values() for source in sources]
    assert found["hits"]["total"]["value"] == sum(naive.QUERIES[text](source) for source in documents)


def test_bad_kql_is_refused(client: Elasticsearch) -> None:
    with pytest.raises(BadRequestError, match="missing"):
        client.search(query={"kql": {"query": "oom.constraint : (none"}})


def test_steps_of_time_are_those_of_kibana() -> None:
    spans = {"15m": "30s", "1h": "1m", "4h": "5m", "24h": "30m", "7d": "3h", "30d": "12h", "90d": "1d"}
    units = {"m": 60, "h": 3_600, "d": 86_400}
    for text, width in spans.items():
        seconds = int(text[:-1]) * units[text[-1]]
        span = query.Span(seed.START, seed.START + timedelta(seconds=seconds))
        assert query.step(span) == width
