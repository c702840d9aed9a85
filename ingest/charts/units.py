"""How numbers read: counts, sizes, shares, durations. Once for text, once for the axes of a chart."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Unit(StrEnum):
    """What a number counts. ``BYTES`` are shown in binary units, ``DURATION`` is in seconds, ``PERCENT`` of 1."""

    NUMBER = "number"
    BYTES = "bytes"
    PERCENT = "percent"
    DURATION = "duration"


_BINARY = ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))
_SPANS = ((86_400, "d"), (3_600, "h"), (60, "min"))
NONE = "\N{EN DASH}"
"""Stands where there is no number."""
_WHOLE = 1e-9
_MOST_TICKS = 5
_ROOM = 1.1
"""A tick may lie this much above the largest value."""


def text(value: float | None, unit: Unit = Unit.NUMBER) -> str:
    """A number for people; a dash where there is none."""
    if value is None:
        return NONE
    if unit is Unit.PERCENT:
        return f"{value:.0%}"
    scaled, name = _scaled(value, unit)
    number = f"{scaled:,.0f}" if abs(scaled - round(scaled)) < _WHOLE else f"{scaled:,.1f}"
    return f"{number} {name}" if name else number


def axis_label(unit: Unit) -> str:
    """The Vega expression that labels a tick (``datum.value``) of an axis."""
    if unit is Unit.PERCENT:
        return "format(datum.value, '.0%')"
    steps = _BINARY if unit is Unit.BYTES else _SPANS if unit is Unit.DURATION else ()
    rest = {Unit.BYTES: " B", Unit.DURATION: " s"}.get(unit, "")
    expression = f"format(datum.value, ',~r') + '{rest}'"
    for size, name in reversed(steps):
        shown = f"format(datum.value / {size}, ',.3~r') + ' {name}'"
        expression = f"abs(datum.value) >= {size} ? {shown} : ({expression})"
    return expression


def ticks(top: float, unit: Unit) -> list[float]:
    """Round values for an axis from 0 to ``top``: six at most, whole in the unit that people read."""
    step = next((size for size in _steps(unit) if size * _MOST_TICKS >= top), None)
    if step is None:
        return [0, top]
    return [step * at for at in range(int(top / step) + 2) if step * at <= top * _ROOM]


def _steps(unit: Unit) -> Iterator[float]:
    """Distances between ticks that read well, from small to large."""
    if unit is Unit.BYTES:
        yield from (float(1 << power) for power in range(63))
    elif unit is Unit.DURATION:
        yield from (0.001, 0.01, 0.1, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600)
        yield from (43_200.0 * days for days in (1, 2, 4, 10, 14, 20, 40, 100, 200, 400))
    else:
        for power in range(-2 if unit is Unit.PERCENT else 0, 19):
            yield from (digit * 10.0**power for digit in (1, 2, 5))


def _scaled(value: float, unit: Unit) -> tuple[float, str]:
    steps = _BINARY if unit is Unit.BYTES else _SPANS if unit is Unit.DURATION else ()
    for size, name in steps:
        if abs(value) >= size:
            return value / size, name
    if unit is Unit.DURATION and 0 < abs(value) < 1:
        return value * 1_000, "ms"
    return value, {Unit.BYTES: "B", Unit.DURATION: "s"}.get(unit, "")
