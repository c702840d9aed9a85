"""What is drawn: values to Vega-Lite specifications.

No chart relies on colour alone. Lines differ in dash and in the shape of their points, bars and slices carry their
numbers, stacks have the order of their legend. Names come from logs: they are data, never part of an expression, and
long ones are cut where they are drawn.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from ingest.charts.units import Unit, axis_label, text, ticks
from ingest.safe import shown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

Spec = dict[str, Any]
"""A Vega-Lite specification: JSON of another program, which only this room writes."""

COLOURS = ("#4269a5", "#cb6f1c", "#3c9d8a", "#b0496e", "#8a7d1f", "#7b6bb5", "#5f6c7b", "#a3562e", "#2f8fbd", "#97a33c")
"""For names without an order. Told apart with every common kind of colour blindness, and on white by contrast."""

INK, QUIET, RULE, PAPER = "#1b1f24", "#5b6470", "#e3e7ec", "#ffffff"
LOW, HIGH = "#e4ecf5", "#26456e"
"""Ends of the scale of a heat map; its cells carry their numbers as well."""

_FONT = "Liberation Sans, Helvetica, Arial, sans-serif"
_LABEL = 230
"""Pixels that a name may take; it is cut with an ellipsis beyond."""
_LEGEND = 170
"""Pixels that a name of the legend may take."""
_LETTER = 5.5
"""Pixels of a letter, on average, in the font that names are measured in."""
_WIDER = 0.2
"""How much wider names are in DejaVu Sans, the widest of the fonts that a reader without ours sees."""
_EDGE = 4
_NAME = 120
"""Characters of a name that are given to the renderer: a path of 4,000 would cost time and show nothing more."""
_SERIES = "name"
_NARROW = 400
"""A picture that is narrower has its legend below."""
_ROW = 34
"""Pixels of one bar of a ranking, at most."""
_TIME_LABEL = "utchours(datum.value) + utcminutes(datum.value) ? utcFormat(datum.value, '%H:%M') : utcFormat(datum.value, '%b %-d')"  # noqa: E501


class Mark(StrEnum):
    """How values over time are drawn."""

    BARS = "bars"
    LINES = "lines"
    AREA = "area"


class Size(Struct, frozen=True):
    """Pixels of the whole picture."""

    width: int = 640
    height: int = 300


_SIZE = Size()


class Point(Struct, frozen=True):
    """A value at a time, of a series where there are several."""

    at: datetime
    value: float | None
    series: str = ""


class Bar(Struct, frozen=True):
    """A name and its number, of a series where there are several."""

    name: str
    value: float
    series: str = ""


class Cell(Struct, frozen=True):
    """One cell of a heat map."""

    at: datetime
    name: str
    value: float


def over_time(
    points: Sequence[Point],
    mark: Mark,
    unit: Unit = Unit.NUMBER,
    size: Size = _SIZE,
    between: tuple[datetime, datetime] | None = None,
) -> Spec:
    """Bars (stacked), lines or an area over time (UTC), one for each series, in the order of their first points.

    ``between`` is the range that the axis shows, whether there are values or not.
    """
    if not points:
        return nothing(size)
    series = list(dict.fromkeys(short(point.series) for point in points if point.series))
    values = _stacked(points) if mark is Mark.BARS else [_at(p) | {"value": p.value} for p in points]
    top = max((value["value"] or 0 for value in values), default=0)
    axis = {"labelExpr": axis_label(unit), "values": ticks(top, unit)}
    scale = {"domain": [0, 1]} if not top else {"zero": True}
    encoding: Spec = {
        "x": _time_axis(between),
        "y": {"field": "value", "type": "quantitative", "title": None, "axis": axis, "scale": scale},
    }
    if series:
        encoding["color"] = _coloured(series)
    if mark is Mark.BARS:
        encoding |= {"x2": {"field": "until"}, "y2": {"field": "below"}}
        drawn: Spec = {"type": "bar"}
    elif mark is Mark.LINES:
        drawn = {"type": "line", "point": {"size": 36, "filled": True}}
        if series:
            named = {"field": _SERIES, "type": "nominal", "title": None, "scale": {"domain": series}}
            encoding |= {"strokeDash": named, "shape": named}
    else:
        drawn = {"type": "area", "line": True, "fillOpacity": 0.25}
    if not series:
        drawn["color"] = COLOURS[0]
    return _chart(values, drawn, encoding, size, series)


def ranking(bars: Sequence[Bar], unit: Unit = Unit.NUMBER, size: Size = _SIZE) -> Spec:
    """Horizontal bars in the order given, the number at the end of each; series of one name stand below each other."""
    if not bars:
        return nothing(size)
    series = list(dict.fromkeys(short(bar.series) for bar in bars if bar.series))
    values = [
        {"label": short(bar.name), "value": bar.value, _SERIES: short(bar.series), "shown": text(bar.value, unit)}
        for bar in bars
    ]
    names = list(dict.fromkeys(short(bar.name) for bar in bars))
    axis = {"labelLimit": _label(size), "domain": False, "ticks": False, "labelPadding": 6}
    top = max(bar.value for bar in bars) * 1.15 or 1
    encoding: Spec = {
        "y": {
            "field": "label", "type": "nominal", "sort": names, "title": None, "axis": axis, "scale": {"padding": 0.2},
        },
        "x": {"field": "value", "type": "quantitative", "title": None, "axis": None, "scale": {"domain": [0, top]}},
    }  # fmt: skip
    if series:
        encoding["yOffset"] = {"field": _SERIES, "sort": series}
    colour = {"color": _coloured(series)} if series else {}
    layers: list[Spec] = [
        {"mark": {"type": "bar"} | ({} if series else {"color": COLOURS[0]}), "encoding": encoding | colour},
        {
            "mark": {"type": "text", "align": "left", "dx": 4, "color": INK},
            "encoding": encoding | {"text": {"field": "shown"}},
        },
    ]
    page = _page(size, names, series) | {"height": min(size.height, _ROW * len(values) + _ROW)}
    return page | {"data": {"values": values}, "layer": layers}


def donut(bars: Sequence[Bar], unit: Unit = Unit.NUMBER, size: Size = _SIZE) -> Spec:
    """Parts of a whole, few of them; the legend says name, number and share of each."""
    whole = sum(bar.value for bar in bars)
    if not whole:
        return nothing(size)
    labels = [f"{short(bar.name)}  {text(bar.value, unit)}  ({bar.value / whole:.0%})" for bar in bars]
    values = [{"label": labels[at], "value": bar.value, "rank": at} for at, bar in enumerate(bars)]
    legend = {"orient": "bottom", "columns": 1, "labelLimit": int((size.width - 40) / (1 + _WIDER))}
    encoding: Spec = {
        "theta": {"field": "value", "type": "quantitative", "stack": True},
        "order": {"field": "rank", "type": "quantitative"},
        "color": _coloured(labels, "label") | {"legend": legend},
    }
    radius = max(30, (min(size.width, size.height - 18 * len(bars)) - 30) // 2)
    mark = {"type": "arc", "innerRadius": int(radius * 0.55), "outerRadius": radius, "stroke": PAPER}
    return _chart(values, mark, encoding, size)


def heatmap(
    cells: Sequence[Cell],
    unit: Unit = Unit.NUMBER,
    size: Size = _SIZE,
    between: tuple[datetime, datetime] | None = None,
    *,
    numbers: bool = True,
) -> Spec:
    """Names against time; darker is more, and a cell carries its number. Rows stand in the order given.

    Without ``numbers`` cells are too many for them: a table must tell what the picture shows.
    """
    if not any(cell.value for cell in cells):
        return nothing(size)
    names = list(dict.fromkeys(short(cell.name) for cell in cells))
    span = _step([Point(cell.at, cell.value) for cell in cells])
    half = max(cell.value for cell in cells) / 2
    values = [
        {"at": _ms(c.at), "until": _ms(c.at) + span, "label": short(c.name), "value": c.value}
        | {"shown": text(c.value, unit), "middle": _ms(c.at) + span // 2}
        for c in cells
        if c.value
    ]
    y: Spec = {"field": "label", "type": "nominal", "sort": names, "scale": {"domain": names}, "title": None}
    y["axis"] = {"labelLimit": _label(size), "domain": False, "ticks": False}
    x = _time_axis(between)
    cell_encoding: Spec = {
        "x": x,
        "x2": {"field": "until"},
        "y": y,
        "color": {
            "field": "value",
            "type": "quantitative",
            "title": None,
            "scale": {"range": [LOW, HIGH], "zero": True},
            "legend": {
                "labelExpr": axis_label(unit),
                "gradientLength": size.width - 90 if size.width < _NARROW else max(60, size.height - 90),
                "tickMinStep": 1,
            },
        },
    }
    label_encoding: Spec = {
        "x": x | {"field": "middle"},
        "y": y,
        "text": {"field": "shown"},
        "color": {"condition": {"test": f"datum.value > {half:g}", "value": PAPER}, "value": INK},
    }
    layers: list[Spec] = [
        {"mark": {"type": "bar", "stroke": PAPER}, "encoding": cell_encoding},
        {"mark": {"type": "text", "fontSize": 10}, "encoding": label_encoding},
    ]
    return _page(size, names) | {"data": {"values": values}, "layer": layers if numbers else layers[:1]}


def nothing(size: Size = _SIZE) -> Spec:
    """The picture of no data: it says so."""
    words = {"type": "text", "text": "nothing in this time range", "color": QUIET, "fontSize": 13}
    return _page(size) | {"data": {"values": [{}]}, "mark": words}


def short(name: str) -> str:
    """A name cut to what can be seen of it, without characters that move or turn what follows."""
    cut = name if len(name) <= _NAME else f"{name[: _NAME // 2]}…{name[-_NAME // 2 :]}"
    return shown(cut)


def _stacked(points: Sequence[Point]) -> list[Spec]:
    """Bars on top of each other, the first series at the bottom; each as wide as the step of time."""
    span = int(_step(points) * 0.92)
    heights: dict[int, float] = {}
    values = []
    for point in points:
        value = _at(point)
        below = heights.get(value["at"], 0.0)
        heights[value["at"]] = below + (point.value or 0)
        values.append(value | {"until": value["at"] + span, "below": below, "value": heights[value["at"]]})
    return values


def _at(point: Point) -> Spec:
    return {"at": _ms(point.at), _SERIES: short(point.series)}


def _coloured(names: Sequence[str], field: str = _SERIES) -> Spec:
    colours = [COLOURS[at % len(COLOURS)] for at in range(len(names))]
    return {"field": field, "type": "nominal", "title": None, "scale": {"domain": list(names), "range": colours}}


def _step(points: Sequence[Point]) -> int:
    """Milliseconds between two neighbouring times: the width of a bar."""
    times = sorted({_ms(point.at) for point in points})
    return min((b - a for a, b in pairwise(times)), default=3_600_000)


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _time_axis(between: tuple[datetime, datetime] | None) -> Spec:
    domain = {"domain": [_ms(at) for at in between]} if between else {}
    return {
        "field": "at",
        "type": "temporal",
        "title": None,
        "scale": {"type": "utc"} | domain,
        "axis": {
            "labelExpr": _TIME_LABEL,
            "labelOverlap": "greedy",
            "labelSeparation": 8,
            "tickCount": 7,
            "grid": False,
        },
    }


def _chart(values: Sequence[Spec], mark: Spec, encoding: Spec, size: Size, series: Sequence[str] = ()) -> Spec:
    return _page(size, series=series) | {"data": {"values": values}, "mark": mark, "encoding": encoding}


def _label(size: Size) -> int:
    """Pixels that a name beside its row may take."""
    return min(_LABEL, size.width // 2)


def _room(names: Sequence[str], limit: int) -> int:
    """Pixels at the edge that names may need beyond what they are measured."""
    longest = max((len(name) for name in names), default=0)
    return _EDGE + int(_WIDER * min(limit, _LETTER * longest))


def _page(size: Size, names: Sequence[str] = (), series: Sequence[str] = ()) -> Spec:
    """What all charts share, with room for names at the left and for those of a legend at the right."""
    beside = () if size.width < _NARROW else series
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": size.width,
        "height": size.height,
        "autosize": {"type": "fit", "contains": "padding"},
        "background": PAPER,
        "padding": {"left": _room(names, _label(size)), "right": _room(beside, _LEGEND), "top": _EDGE, "bottom": _EDGE},
        "config": {
            "font": _FONT,
            "view": {"stroke": None},
            "axis": {
                "labelColor": QUIET,
                "labelFontSize": 11,
                "gridColor": RULE,
                "domainColor": RULE,
                "tickColor": RULE,
            },
            "legend": {
                "labelColor": INK,
                "labelFontSize": 11,
                "labelLimit": _LEGEND,
                "columnPadding": 20,
                "orient": "bottom" if size.width < _NARROW else "right",
                "symbolLimit": 12,
            },
            "text": {"fontSize": 11},
        },
    }
