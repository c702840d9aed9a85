"""The families of OOM records, one file each, found by looking at this folder.

A module here that does not begin with an underscore has one ``FORMAT``. There is no list to edit.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

import pyparsing as pp
from msgspec import Struct

from ingest.formats._types import Format, Progress, Wording
from ingest.model import Role

if TYPE_CHECKING:
    from collections.abc import Collection

    from ingest.model import Line, Part

__all__ = ["Format", "Match", "Progress", "Wording", "anchors", "formats", "is_candidate", "read"]


class Match(Struct, frozen=True):
    """A line that a wording explains."""

    format: Format
    wording: Wording
    part: Part


@cache
def formats() -> dict[str, Format]:
    """Every family by name, in the order of their file names."""
    found = [
        import_module(f"{__name__}.{module.name}").FORMAT
        for module in iter_modules(__path__)
        if not module.name.startswith("_")
    ]
    return {family.name: family for family in found}


def anchors() -> tuple[str, ...]:
    """The literals of which every line that can open a report carries one."""
    return tuple(
        anchor
        for family in formats().values()
        for wording in family.wordings
        if wording.role is not Role.BODY
        for anchor in wording.anchors
    )


def is_candidate(line: Line) -> bool:
    """Whether a line that no wording explains was meant to be one: its anchor and its tag say so."""
    return any(
        anchor in line.text
        for family in formats().values()
        if _may_print(family, line)
        for wording in family.wordings
        if wording.role is not Role.BODY
        for anchor in wording.anchors
    )


def read(line: Line, open_families: Collection[str]) -> Match | None:
    """What a line says, or ``None``. ``open_families`` are those with an open report on the line's host."""
    text = line.text
    for family in formats().values():
        if not _may_print(family, line):
            continue
        for wording in family.wordings:
            if wording.role is Role.BODY and family.name not in open_families:
                continue
            if not any(anchor in text for anchor in wording.anchors):
                continue
            try:
                result = _grammar(family.name, wording.id).parse_string(text, parse_all=True)
            except pp.ParseException:
                continue
            return Match(family, wording, wording.part(result.as_dict()))
    return None


def _may_print(family: Format, line: Line) -> bool:
    return line.tag is None or line.tag in family.tags


@cache
def _grammar(family: str, wording_id: str) -> pp.ParserElement:
    wording = next(w for w in formats()[family].wordings if w.id == wording_id)
    return wording.grammar().parse_with_tabs()
