"""What a value of a line means, and what a line is about."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 200
"""Characters of the longest text: what a person reads beside a line."""


class Meaning(Struct, frozen=True):
    """What one named value says.

    Attributes:
        label: Its name for people, a few words.
        text: What it says, and what it does not.
        unit: Unit of the value as the grammar gives it: sizes are bytes by then, whatever the line prints.
        proven: Whether it was read in the source. Where that is closed, it is inferred from the shape of the lines.
    """

    label: str
    text: str
    unit: str = ""
    proven: bool = True


class Shape(Struct, frozen=True):
    """One of several lines that a wording reads, or values that its grammar reads past.

    Attributes:
        pattern: Found in such a line; its named groups are values. All its repeats are bounded.
        text: What this line says, where the wording's own sentence is too general.
    """

    pattern: re.Pattern[str]
    text: str = ""


NOTHING: Mapping[str, Meaning] = MappingProxyType({})
"""No meanings of its own."""


class About(Struct, frozen=True, kw_only=True):
    """What a wording's line is, and its names that mean something else elsewhere.

    Attributes:
        text: Who prints the line, and what it says.
        names: Meanings of named values, before those that hold everywhere.
        keys: Meanings of the keys of ``key:value`` pairs, and of the values of ``keyed``. A key that ends with ``*``
            stands for every key that begins so.
        keyed: The named value that is itself a key.
        counted: The named value that belongs to that key.
        shapes: Lines that the wording reads, and values that its grammar does not name.
    """

    text: str
    names: Mapping[str, Meaning] = NOTHING
    keys: Mapping[str, Meaning] = NOTHING
    keyed: str = ""
    counted: str = ""
    shapes: tuple[Shape, ...] = ()


def shape(pattern: str, text: str = "") -> Shape:
    """A shape from the text of its pattern."""
    return Shape(re.compile(pattern), text)


def inferred(label: str, text: str, unit: str = "") -> Meaning:
    """A meaning that no source proves."""
    return Meaning(label, text, unit, proven=False)
