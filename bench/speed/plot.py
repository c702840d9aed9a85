"""Curves of growth side by side, both axes logarithmic: a power of the size is a straight line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from ingest.charts import Spec
from ingest.charts.spec import COLOURS, INK, PAPER, QUIET, RULE

_WIDTH, _HEIGHT = 190, 170
_FONT = "Liberation Sans, Helvetica, Arial, sans-serif"


class Curve(NamedTuple):
    """Values of one quantity against the sizes of one cause, and the exponent that was fitted."""

    quantity: str
    cause: str
    points: tuple[tuple[int, float], ...]
    exponent: float


def draw(curves: Sequence[Curve]) -> Spec:
    """A row for each quantity, a column for each cause; panels of a row share their vertical axis."""
    rows: dict[str, list[Curve]] = {}
    for curve in curves:
        rows.setdefault(curve.quantity, []).append(curve)
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": PAPER,
        "padding": 8,
        "vconcat": [{"hconcat": [_panel(curve, _range(row)) for curve in row]} for row in rows.values()],
        "config": {
            "font": _FONT,
            "view": {"stroke": None},
            "axis": {
                "labelColor": QUIET,
                "titleColor": QUIET,
                "gridColor": RULE,
                "domainColor": RULE,
                "tickColor": RULE,
                "titleFontWeight": "normal",
            },
            "title": {"color": INK, "fontSize": 12, "fontWeight": "normal", "anchor": "start"},
        },
    }


def _panel(curve: Curve, between: tuple[float, float]) -> Spec:
    sizes = [size for size, _ in curve.points]
    x: Spec = {
        "field": "size",
        "type": "quantitative",
        "title": curve.cause,
        "scale": {"type": "log", "domain": [sizes[0], sizes[-1]], "nice": False},
        "axis": {"values": sizes, "format": "~s", "grid": False, "labelFlush": False},
    }
    y: Spec = {
        "field": "value",
        "type": "quantitative",
        "title": curve.quantity,
        "scale": {"type": "log", "domain": list(between), "nice": False},
        "axis": {"values": _ticks(*between), "format": "~g"},
    }
    return {
        "width": _WIDTH,
        "height": _HEIGHT,
        "title": f"exponent {curve.exponent:.2f}",
        "data": {"values": [{"size": size, "value": value} for size, value in curve.points]},
        "mark": {"type": "line", "point": {"size": 50}, "color": COLOURS[0]},
        "encoding": {"x": x, "y": y},
    }


def _range(row: Sequence[Curve]) -> tuple[float, float]:
    values = [value for curve in row for _, value in curve.points]
    return min(values) / 1.5, max(values) * 1.5


def _ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 of each power of ten between two values."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [tick for power in powers for digit in (1, 2, 5) if low <= (tick := digit * 10.0**power) <= high]
