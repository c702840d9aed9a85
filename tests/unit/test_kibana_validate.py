"""The validator of saved objects: the shipped file has no problem, and each rule refuses a copy broken for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ingest import assets
from ingest.kibana.bundle import FILE
from ingest.kibana.saved import embedded, ndjson, read
from ingest.kibana.tenant import for_prefix
from ingest.kibana.validate import RULES, problems

SHIPPED = (assets.dashboards() / FILE).read_text()
Json = dict[str, Any]
Mutation = Callable[[list[Json]], None]
MUTATIONS: dict[str, list[Mutation]] = {}


def breaks(rule: str) -> Callable[[Mutation], Mutation]:
    """Note a mutation of the shipped file that a rule must refuse."""

    def note(mutation: Mutation) -> Mutation:
        MUTATIONS.setdefault(rule, []).append(mutation)
        return mutation

    return note


def of(objects: list[Json], kind: str, id_: str | None = None) -> Json:
    return next(each for each in objects if each["type"] == kind and id_ in (None, each["id"]))


@contextmanager
def panels(objects: list[Json], board: str = "oom-fleet") -> Iterator[list[Json]]:
    attributes = of(objects, "dashboard", board)["attributes"]
    found = json.loads(attributes["panelsJSON"])
    yield found
    attributes["panelsJSON"] = embedded(found)


@contextmanager
def chart(objects: list[Json], title: str, board: str = "oom-fleet") -> Iterator[Json]:
    with panels(objects, board) as found:
        yield next(panel for panel in found if panel["title"] == title)["embeddableConfig"]["attributes"]


@contextmanager
def layer(objects: list[Json], title: str, board: str = "oom-fleet") -> Iterator[Json]:
    with chart(objects, title, board) as found:
        (name,) = found["state"]["datasourceStates"]["formBased"]["layers"]
        yield found["state"]["datasourceStates"]["formBased"]["layers"][name]


def first(columns: Json, operation: str) -> Json:
    return next(column for column in columns.values() if column["operationType"] == operation)


# ---------------------------------------------------------------- lines


@breaks("keys")
def an_export_adds_keys(objects: list[Json]) -> None:
    objects[0]["updated_at"] = "2026-11-22T10:00:00.000Z"


@breaks("keys")
def nobody_could_edit_it(objects: list[Json]) -> None:
    of(objects, "dashboard")["managed"] = True


@breaks("versions")
def a_version_that_shuts_out_older_kibanas(objects: list[Json]) -> None:
    of(objects, "dashboard")["typeMigrationVersion"] = "10.3.0"


@breaks("versions")
def a_core_version_that_is_newer(objects: list[Json]) -> None:
    objects[0]["coreMigrationVersion"] = "8.9.0"


@breaks("unique")
def an_object_twice(objects: list[Json]) -> None:
    objects.append(objects[0])


@breaks("unique")
def a_kind_that_kibana_reads_otherwise(objects: list[Json]) -> None:
    objects.append({**objects[0], "type": "links", "id": "x"})


# ---------------------------------------------------------------- links


@breaks("references lead to objects of the file")
def a_search_that_is_gone(objects: list[Json]) -> None:
    objects.remove(of(objects, "search", "oom-episodes-newest"))


@breaks("references lead to objects of the file")
def a_board_that_a_click_opens_is_gone(objects: list[Json]) -> None:
    objects.remove(of(objects, "dashboard", "oom-host"))


@breaks("references are named as they are used")
def a_reference_that_nothing_uses(objects: list[Json]) -> None:
    board = of(objects, "dashboard")
    board["references"].append({"type": "index-pattern", "id": "oom-kills", "name": "spare"})


@breaks("references are named as they are used")
def a_layer_without_its_reference(objects: list[Json]) -> None:
    board = of(objects, "dashboard")
    board["references"] = [each for each in board["references"] if "indexpattern" not in each["name"]]


@breaks("references are named as they are used")
def a_layer_of_another_view_than_its_panel_says(objects: list[Json]) -> None:
    board = of(objects, "dashboard")
    found = next(each for each in board["references"] if each["id"] == "oom-episodes")
    found["id"] = "oom-tasks"


@breaks("references are named as they are used")
def a_search_whose_view_has_another_name(objects: list[Json]) -> None:
    of(objects, "search")["references"][0]["name"] = "index"


@breaks("links lead to boards of the file")
def a_link_to_a_board_that_is_not_there(objects: list[Json]) -> None:
    with panels(objects) as found:
        params = found[-1]["embeddableConfig"]["savedVis"]["params"]
        params["markdown"] += " [more](#/view/oom-more)"


@breaks("links lead to boards of the file")
def a_link_that_runs_a_script(objects: list[Json]) -> None:
    with panels(objects) as found:
        params = found[-1]["embeddableConfig"]["savedVis"]["params"]
        params["markdown"] += " [more](javascript:alert)"


@breaks("navigation")
def a_board_that_leads_nowhere(objects: list[Json]) -> None:
    with panels(objects) as found:
        found[0]["embeddableConfig"]["savedVis"]["params"]["markdown"] = "Boards"


@breaks("navigation")
def a_click_that_needs_a_licence(objects: list[Json]) -> None:
    with panels(objects) as found:
        events = [event for panel in found for event in _events(panel)]
        events[0]["action"]["factoryId"] = "URL_DRILLDOWN"


def _events(panel: Json) -> list[Json]:
    actions = panel["embeddableConfig"].get("enhancements", {}).get("dynamicActions", {})
    found: list[Json] = actions.get("events", [])
    return found


@breaks("tag")
def a_board_without_the_tag(objects: list[Json]) -> None:
    board = of(objects, "dashboard")
    board["references"] = [each for each in board["references"] if each["type"] != "tag"]


@breaks("tag")
def a_tag_under_a_name_that_kibana_does_not_look_for(objects: list[Json]) -> None:
    search = of(objects, "search")
    next(each for each in search["references"] if each["type"] == "tag")["name"] = "tag"


# ---------------------------------------------------------------- boards


@breaks("places")
def a_panel_beyond_the_edge(objects: list[Json]) -> None:
    with panels(objects) as found:
        found[1]["gridData"]["w"] = 60


@breaks("places")
def a_panel_over_another(objects: list[Json]) -> None:
    with panels(objects) as found:
        found[-1]["gridData"]["y"] -= 1


@breaks("places")
def a_hole_on_the_first_screen(objects: list[Json]) -> None:
    with panels(objects) as found:
        found[1]["gridData"]["h"] -= 1


@breaks("places")
def a_section_that_older_kibanas_lose(objects: list[Json]) -> None:
    with panels(objects) as found:
        found[1]["gridData"]["sectionId"] = "s"


@breaks("panel ids")
def a_place_of_another_panel(objects: list[Json]) -> None:
    with panels(objects) as found:
        found[1]["gridData"]["i"] = "other"


@breaks("titles")
def a_title_that_nobody_finds(objects: list[Json]) -> None:
    of(objects, "dashboard")["attributes"]["title"] = "Fleet"


@breaks("titles")
def two_panels_of_one_title(objects: list[Json]) -> None:
    with panels(objects) as found:
        found[2]["title"] = found[1]["title"]


@breaks("titles")
def a_chart_that_a_screen_reader_says_nothing_of(objects: list[Json]) -> None:
    with panels(objects) as found:
        found[1]["embeddableConfig"]["description"] = ""


@breaks("size")
def a_board_without_end(objects: list[Json]) -> None:
    with panels(objects) as found:
        found += [{**found[-1], "title": f"more {at}"} for at in range(21)]


@breaks("time")
def a_board_that_opens_with_the_last_range(objects: list[Json]) -> None:
    of(objects, "dashboard")["attributes"]["timeRestore"] = False


@breaks("time")
def a_board_that_asks_every_minute(objects: list[Json]) -> None:
    of(objects, "dashboard")["attributes"]["refreshInterval"]["pause"] = False


@breaks("kinds of panels")
def a_panel_that_older_kibanas_have_not(objects: list[Json]) -> None:
    with panels(objects) as found:
        found[0]["type"] = "links"


@breaks("kinds of panels")
def a_legacy_chart(objects: list[Json]) -> None:
    with panels(objects) as found:
        found[0]["embeddableConfig"]["savedVis"]["type"] = "pie"


# ---------------------------------------------------------------- charts


@breaks("layers")
def a_layer_that_is_drawn_and_not_there(objects: list[Json]) -> None:
    with chart(objects, "Kills") as found:
        found["state"]["visualization"]["layerId"] = "other"


@breaks("layers")
def a_layer_that_refers_to_no_view(objects: list[Json]) -> None:
    with chart(objects, "Kills") as found:
        found["references"] = []


@breaks("column order")
def a_column_that_is_forgotten(objects: list[Json]) -> None:
    with layer(objects, "Kills") as found:
        found["columnOrder"].pop()


@breaks("column order")
def numbers_before_names(objects: list[Json]) -> None:
    with layer(objects, "Hosts") as found:
        found["columnOrder"].reverse()


@breaks("nesting")
def the_largest_of_each_step(objects: list[Json]) -> None:
    with layer(objects, "Kills by host over time") as found:
        order = found["columnOrder"]
        order[0], order[1] = order[1], order[0]


@breaks("operations")
def a_last_value(objects: list[Json]) -> None:
    with layer(objects, "Kills") as found:
        found["columns"]["now"]["operationType"] = "last_value"


@breaks("operations")
def terms_of_two_fields(objects: list[Json]) -> None:
    with layer(objects, "Hosts") as found:
        first(found["columns"], "terms")["params"]["secondaryFields"] = ["process.name"]


@breaks("operations")
def a_column_computed_of_another(objects: list[Json]) -> None:
    with layer(objects, "Kills") as found:
        found["columns"]["now"]["references"] = ["before"]


@breaks("accessors")
def a_number_that_is_not_there(objects: list[Json]) -> None:
    with chart(objects, "Kills") as found:
        found["state"]["visualization"]["metricAccessor"] = "bogus"


@breaks("accessors")
def a_name_where_a_number_belongs(objects: list[Json]) -> None:
    with chart(objects, "Kills over time by constraint") as found:
        (drawn,) = found["state"]["visualization"]["layers"]
        drawn["accessors"], drawn["splitAccessor"] = [drawn["splitAccessor"]], drawn["accessors"][0]


@breaks("accessors")
def a_column_that_is_not_drawn(objects: list[Json]) -> None:
    with chart(objects, "Kills") as found:
        del found["state"]["visualization"]["secondaryMetricAccessor"]


@breaks("order by")
def an_order_by_nothing(objects: list[Json]) -> None:
    with layer(objects, "Hosts") as found:
        first(found["columns"], "terms")["params"]["orderBy"]["columnId"] = "bogus"


@breaks("order by")
def an_order_by_a_name(objects: list[Json]) -> None:
    with layer(objects, "Hosts") as found:
        order = first(found["columns"], "terms")["params"]["orderBy"]
        order |= {"type": "column", "columnId": found["columnOrder"][0]}


@breaks("other data sources")
def a_view_made_on_the_fly(objects: list[Json]) -> None:
    with chart(objects, "Kills") as found:
        found["state"]["adHocDataViews"] = {"x": {"title": "*"}}


@breaks("other data sources")
def a_layer_in_esql(objects: list[Json]) -> None:
    with chart(objects, "Kills") as found:
        found["state"]["datasourceStates"]["textBased"]["layers"] = {"x": {"query": {"esql": "FROM x"}}}


@breaks("palettes")
def steps_that_go_down(objects: list[Json]) -> None:
    _stops(objects).reverse()


@breaks("palettes")
def a_colour_that_is_none(objects: list[Json]) -> None:
    _stops(objects)[0]["color"] = "red"


def _stops(objects: list[Json]) -> list[Json]:
    """The steps of the first palette; what is done to them is written back at the end."""
    for board in (each for each in objects if each["type"] == "dashboard"):
        found = json.loads(board["attributes"]["panelsJSON"])
        for panel in found:
            state = panel["embeddableConfig"].get("attributes", {}).get("state", {}).get("visualization", {})
            if "stops" in state.get("palette", {}).get("params", {}):
                board["attributes"]["panelsJSON"] = found  # `broken` makes text of it again
                stops: list[Json] = state["palette"]["params"]["stops"]
                return stops
    raise AssertionError("no board has a palette")


# ---------------------------------------------------------------- fields


@breaks("data views")
def indices_that_nobody_writes(objects: list[Json]) -> None:
    of(objects, "index-pattern")["attributes"]["title"] = "logs-*"


@breaks("data views")
def an_error_where_nothing_is_stored_yet(objects: list[Json]) -> None:
    of(objects, "index-pattern")["attributes"]["allowNoIndex"] = False


@breaks("data views")
def a_field_that_is_computed_when_read(objects: list[Json]) -> None:
    of(objects, "index-pattern")["attributes"]["runtimeFieldMap"] = '{"x":{"type":"keyword"}}'


@breaks("fields of columns")
def a_field_that_no_document_has(objects: list[Json]) -> None:
    with layer(objects, "Hosts") as found:
        first(found["columns"], "terms")["sourceField"] = "host.nmae"


@breaks("fields of columns")
def a_sum_of_names(objects: list[Json]) -> None:
    with layer(objects, "Hosts") as found:
        column = first(found["columns"], "count")
        column |= {"operationType": "sum", "sourceField": "host.name"}


@breaks("fields of columns")
def a_list_of_texts(objects: list[Json]) -> None:
    with layer(objects, "Hosts") as found:
        first(found["columns"], "terms")["sourceField"] = "message"


@breaks("fields of controls")
def a_control_of_another_field(objects: list[Json]) -> None:
    group = of(objects, "dashboard")["attributes"]["controlGroupInput"]
    group["panelsJSON"] = group["panelsJSON"].replace('"fieldName":"host.name"', '"fieldName":"host.nmae"')


@breaks("fields of searches")
def a_column_that_is_always_empty(objects: list[Json]) -> None:
    of(objects, "search")["attributes"]["columns"].append("process.comm")


@breaks("fields of searches")
def a_sort_by_text(objects: list[Json]) -> None:
    of(objects, "search")["attributes"]["sort"] = [["message", "desc"]]


@breaks("fields of queries")
def a_query_of_a_field_that_is_not_there(objects: list[Json]) -> None:
    with chart(objects, "Kills") as found:
        found["state"]["query"]["query"] = 'oom.constrain : "memcg"'


@breaks("fields of queries")
def a_filter_of_a_column_of_a_field_that_is_not_there(objects: list[Json]) -> None:
    with layer(objects, "Storms") as found:
        found["columns"]["now"]["filter"]["query"] = "oom.storm >= 5"


@breaks("formats")
def sizes_that_read_as_plain_numbers(objects: list[Json]) -> None:
    of(objects, "index-pattern", "oom-kills")["attributes"]["fieldFormatMap"] = "{}"


# ---------------------------------------------------------------- the tests


def broken(mutation: Mutation) -> str:
    objects = [json.loads(line) for line in SHIPPED.splitlines()]
    mutation(objects)
    for each in objects:
        if isinstance(each["attributes"].get("panelsJSON"), list):
            each["attributes"]["panelsJSON"] = embedded(each["attributes"]["panelsJSON"])
    return "".join(f"{embedded(each)}\n" for each in objects)


def test_the_shipped_file_has_no_problem() -> None:
    assert problems(SHIPPED) == []


def test_the_file_of_a_tenant_breaks_only_rules_of_names() -> None:
    found = problems(ndjson(for_prefix(read(SHIPPED), "acme")))
    assert {each.rule for each in found} <= {"titles", "data views", "fields of columns", "fields of controls",
                                             "fields of searches", "fields of queries"}  # fmt: skip


def test_every_rule_has_a_broken_copy() -> None:
    assert set(MUTATIONS) | {"written as we write"} == set(RULES)


@pytest.mark.parametrize(
    ("rule", "mutation"),
    [(rule, each) for rule, them in MUTATIONS.items() for each in them],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_a_broken_copy_is_refused_by_its_rule(rule: str, mutation: Mutation) -> None:
    text = broken(mutation)
    assert text != SHIPPED
    assert rule in {problem.rule for problem in problems(text)}


def test_a_board_with_too_many_panels_is_told_with_how_many_it_has() -> None:
    found = [problem.where for problem in problems(broken(a_board_without_end)) if problem.rule == "size"]
    (board,) = (each for each in read(SHIPPED) if each.id == "oom-fleet")
    before = len(json.loads(board.attributes["panelsJSON"]))
    assert found == [f"oom-fleet has {before + 21} panels, at most 20"]


def test_a_copy_that_is_written_otherwise_is_refused() -> None:
    spaced = SHIPPED.replace('"managed":false', '"managed": false', 1)
    assert [problem.rule for problem in problems(spaced)] == ["written as we write"]


@pytest.mark.parametrize(
    "text", ["{", "[]\n", '{"type":"dashboard"}\n', SHIPPED.replace(r"\"columns\":{", r"\"columns\":3,\"x\":{", 1)]
)
def test_what_cannot_be_read_at_all_is_one_problem(text: str) -> None:
    (problem,) = problems(text)
    assert problem.rule == "json"
