"""Charts say their numbers without colour, survive any name, and say so where there is nothing."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

import pytest

from ingest import charts
from ingest.charts import Bar, Cell, Mark, Point, Size, Spec, Unit

T0 = datetime(2026, 11, 20, tzinfo=UTC)
HOSTILE = [
    "</svg><script>alert(1)</script>",
    "a" * 4_000,
    "/kubepods/" + "x/" * 2_000,
    "\u202egnp.exe",
    "\"quoted\" 'and' \\",
    "שלום",
    "\x1b[31mred\x00",
    "datum.value",
    "",
]


def _points(name: str) -> list[Point]:
    return [Point(T0 + timedelta(hours=at), float(at), name) for at in range(3)]


def _all(name: str) -> dict[str, Spec]:
    bars = [Bar(name, 3.0), Bar("other", 1.0)]
    return {
        "bars": charts.over_time(_points(name), Mark.BARS),
        "lines": charts.over_time(_points(name), Mark.LINES, Unit.BYTES),
        "area": charts.over_time(_points(name), Mark.AREA, Unit.DURATION),
        "ranking": charts.ranking(bars),
        "donut": charts.donut(bars),
        "heatmap": charts.heatmap([Cell(p.at, name, p.value or 0) for p in _points(name)]),
    }


def _tree(picture: str) -> ET.Element:
    return ET.fromstring(picture)  # noqa: S314  our own picture


def _texts(picture: str) -> list[str]:
    return ["".join(element.itertext()) for element in _tree(picture).iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("chart", list(_all("x")))
def test_any_name_gives_well_formed_svg_of_bounded_size(name: str, chart: str) -> None:
    picture = charts.svg(_all(name)[chart])
    assert len(picture) < 60_000
    assert "<script" not in picture
    assert not any(character in text for text in _texts(picture) for character in "\u202e\x1b\x00")


@pytest.mark.parametrize("width", [340, 1_040])
def test_names_have_room_in_a_font_that_is_a_sixth_wider(width: int) -> None:
    size, name = Size(width, 200), "linux memcg /system.slice/newapp.service"
    cells = [Cell(T0, name, 1.0)]
    for chart in (charts.ranking([Bar(name, 1.0)], size=size), charts.heatmap(cells, size=size)):
        (label,) = {text for text in _texts(charts.svg(chart)) if text.startswith("linux")}
        assert chart["padding"]["left"] >= 5.5 * len(label) / 6
    assert charts.ranking([Bar("a", 1.0)], size=size)["padding"]["left"] < 10
    lines = charts.over_time(_points("the period before"), Mark.LINES, size=size)
    assert (lines["padding"]["right"] >= 15) is (width > 400)


def test_bars_and_slices_and_cells_carry_their_numbers() -> None:
    sizes = _texts(charts.svg(charts.ranking([Bar("java", 3 << 30), Bar("node", 512 << 20)], Unit.BYTES)))
    assert {"java", "node", "3 GiB", "512 MiB"} <= set(sizes)
    parts = " ".join(_texts(charts.svg(charts.donut([Bar("memcg", 3), Bar("none", 1)]))))
    assert "memcg 3 (75%)" in " ".join(parts.split())
    cells = _texts(charts.svg(charts.heatmap([Cell(T0, "a", 7), Cell(T0 + timedelta(hours=3), "b", 2)])))
    assert {"a", "b", "7", "2"} <= set(cells)


def test_lines_differ_in_dash() -> None:
    picture = charts.svg(charts.over_time([*_points("a"), *_points("b")], Mark.LINES))
    dashes = {
        element.get("stroke-dasharray") for element in _tree(picture).iter() if "stroke-dasharray" in element.attrib
    }
    assert len(dashes | {None}) >= 2


def test_stacked_bars_stand_on_each_other() -> None:
    spec = charts.over_time([Point(T0, 2, "a"), Point(T0, 3, "b")], Mark.BARS)
    assert [(v["below"], v["value"]) for v in spec["data"]["values"]] == [(0, 2), (2, 5)]


@pytest.mark.parametrize(
    "spec",
    [charts.over_time([], Mark.BARS), charts.ranking([]), charts.donut([Bar("a", 0)]), charts.heatmap([])],
    ids=["over_time", "ranking", "donut", "heatmap"],
)
def test_nothing_is_said_in_words(spec: Spec) -> None:
    assert _texts(charts.svg(spec)) == ["nothing in this time range"]


def test_the_same_values_give_the_same_picture() -> None:
    assert charts.svg(_all("a")["bars"]) == charts.svg(_all("a")["bars"])
    assert charts.png(charts.ranking([Bar("a", 1)], size=Size(100, 60)))[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (None, Unit.NUMBER, "\N{EN DASH}"),
        (12_345, Unit.NUMBER, "12,345"),
        (0, Unit.BYTES, "0 B"),
        (209_715_200, Unit.BYTES, "200 MiB"),
        (1_610_612_736, Unit.BYTES, "1.5 GiB"),
        (0.257, Unit.PERCENT, "26%"),
        (227, Unit.DURATION, "3.8 min"),
        (0.127, Unit.DURATION, "127 ms"),
        (0, Unit.DURATION, "0 s"),
    ],
)
def test_numbers_read_as_people_write_them(value: float | None, unit: Unit, shown: str) -> None:
    assert charts.text(value, unit) == shown
