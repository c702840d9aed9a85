"""The families of OOM records, one file (or folder) each, found by looking at this folder.

A module here that does not begin with an underscore has one ``FORMAT``. There is no list to edit.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import import_module
from itertools import takewhile
from pkgutil import iter_modules
from typing import TYPE_CHECKING

import pyparsing as pp
from msgspec import Struct

from ingest.formats._dispatch import Dispatch
from ingest.formats._types import STRANGER, SURE, Format, Progress, Wording
from ingest.lowering import Interpreted
from ingest.model import Role

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from ingest.formats._dispatch import Candidate
    from ingest.model import Line, Part

__all__ = [
    "STRANGER",
    "SURE",
    "Format",
    "Found",
    "Match",
    "Progress",
    "Rows",
    "Wording",
    "anchors",
    "fields_of",
    "formats",
    "interpreted",
    "is_candidate",
    "lines_of",
    "read",
    "read_body",
    "read_rows",
    "row",
    "tags",
    "with_rows",
]


_ROWS_AT_ONCE = 64
"""Lines that are looked at together for what rows of a table hardly ever hold."""
_KEPT = 256
"""Tags whose anchors are kept; a tag is a stranger's choice."""


class Match(Struct, frozen=True, gc=False):
    """A line that a wording explains. ``unread`` is a tail that it does not know; the raw text keeps it."""

    format: Format
    wording: Wording
    part: Part
    unread: str = ""


class Rows(Struct, frozen=True, gc=False):
    """Lines in a row that one wording with many rows explains."""

    format: Format
    parts: Sequence[Part]


class Found(Struct, frozen=True):
    """A named result of a wording's grammar: its value, and the column at which its text begins in the line."""

    value: object
    start: int


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
    return _anchors_of(formats().values())


def tags() -> frozenset[str]:
    """The syslog tags of all families: a line with another tag is none of theirs."""
    return frozenset[str]().union(*(family.tags for family in formats().values()))


@cache
def with_rows() -> frozenset[str]:
    """The families whose reports have a table."""
    return frozenset(family.name for family in formats().values() if family.add_rows)


def is_candidate(line: Line) -> bool:
    """Whether a line that no wording explains was meant to be one: its anchor and its tag say so.

    A line without a tag may be the kernel's; a daemon's words without its name are anybody's.
    """
    return _holds(line.text, _anchors_for(line.tag))


def lines_of(
    whole: Line, parts: Sequence[Line], open_families: Collection[str]
) -> tuple[tuple[Line, Match | None], ...]:
    """The lines of a record with what each says.

    A record is taken apart only where no wording explains the whole: a name may hold what looks like a line's end.
    """
    if parts and _read_whole(whole, frozenset(open_families)) is None:
        found = []
        families = set(open_families)
        for part in parts:
            match = read(part, families)
            families |= {match.format.name} if match else set()
            found.append((part, match))
        return tuple(found)
    return ((whole, read(whole, open_families)),)


def read(line: Line, open_families: Collection[str]) -> Match | None:
    """What a line says, or ``None``. ``open_families`` are those with an open report on the line's host.

    A line that only a wording's beginning explains is read too, and its tail kept as ``unread``: a newer kernel that
    adds a field costs the field, never the record.
    """
    families = frozenset(open_families)
    return _read_whole(line, families) or _read_beginning(line, families)


def read_body(line: Line, open_families: frozenset[str]) -> Match | None:
    """What ``read`` makes of a kernel's line in which no anchor of a line stands that can begin a report."""
    text = line.text
    tried = None
    for anchor, candidate in _dispatch().bodies(line.tag, text, open_families):
        if anchor in text and candidate is not tried:
            if match := _match(candidate, text):
                return match
            tried = candidate
    return None


def read_rows(lines: Sequence[Line], at: int, open_families: frozenset[str]) -> Rows | None:
    """What ``read_body`` makes of the rows of a table from one line on, if it is one and more follow."""
    first = lines[at].text[:1]
    if at + 1 == len(lines) or first.isspace() or not lines[at + 1].text.startswith(first):
        return None
    pairs = _dispatch().bodies(lines[at].tag, lines[at].text, open_families)
    rows = next((candidate for _, candidate in pairs if candidate.wording.rows), None)
    if rows is None:
        return None
    texts = [*takewhile(lambda text: text.startswith(first), (line.text for line in lines[at : at + _ROWS_AT_ONCE]))]
    together = "\n".join(texts)
    before = [anchor for anchor, candidate in takewhile(lambda pair: pair[1] is not rows, pairs) if anchor in together]
    parse, part = rows.whole.parse, rows.wording.part
    parts = []
    for text in texts:
        if (before and _holds(text, before)) or not _holds(text, rows.anchors) or (found := parse(text)) is None:
            break
        parts.append(part(found))
    return Rows(rows.family, parts) if parts else None


def row(line: Line) -> Match | None:
    """What a line says that is the row of a table, of whichever report; ``None`` where it is none."""
    match = _read_whole(line, with_rows())
    return match if match and match.wording.rows else None


def interpreted() -> dict[str, str]:
    """The wordings that pyparsing runs itself, and why: their grammar uses what cannot be compiled."""
    readers = {candidate.wording.id: candidate.whole for candidate in _dispatch().candidates}
    return {name: reader.why for name, reader in readers.items() if isinstance(reader, Interpreted)}


def fields_of(line: Line, match: Match) -> dict[str, tuple[Found, ...]]:
    """The named results of a line that ``match`` explains, with their places; a value of several pieces is a list.

    For people who look at a line: nothing that is stored is made of them.
    """
    possible = _dispatch().possible(line.tag, line.text, frozenset({match.format.name}))
    candidate, text = next((each for each in possible if each[0].wording is match.wording), (None, ""))
    if candidate is None:
        return {}
    try:
        found = _placed(candidate).parse_string(text, parse_all=not match.unread).as_dict()
    except pp.ParseException:
        return {}
    before = len(line.text) - len(text)
    return {
        name: tuple(Found(each.value, each.start + before) for each in (told if isinstance(told, list) else [told]))
        for name, told in found.items()
    }


def _anchors_of(families: Iterable[Format]) -> tuple[str, ...]:
    return tuple(
        anchor
        for family in families
        for wording in family.wordings
        if wording.role is not Role.BODY
        for anchor in wording.anchors
    )


@lru_cache(maxsize=_KEPT)
def _anchors_for(tag: str | None) -> tuple[str, ...]:
    return _anchors_of(family for family in formats().values() if ("kernel" if tag is None else tag) in family.tags)


def _read_whole(line: Line, open_families: frozenset[str]) -> Match | None:
    for candidate, text in _dispatch().possible(line.tag, line.text, open_families):
        if match := _match(candidate, text):
            return match
    return None


def _holds(text: str, literals: Sequence[str]) -> bool:
    """Whether any of some literals stands in a text. Written out, as it is asked of all rows."""
    for literal in literals:  # noqa: SIM110
        if literal in text:
            return True
    return False


def _match(candidate: Candidate, text: str) -> Match | None:
    found = candidate.whole.parse(text)
    return None if found is None else Match(candidate.family, candidate.wording, candidate.wording.part(found))


def _read_beginning(line: Line, open_families: frozenset[str]) -> Match | None:
    for candidate, text in _dispatch().possible(line.tag, line.text, open_families):
        if candidate.wording.role is Role.BODY:
            continue
        found = candidate.beginning.parse(text)
        if found is not None:
            return Match(candidate.family, candidate.wording, candidate.wording.part(found), found.pop("unread"))
    return None


@cache
def _dispatch() -> Dispatch:
    return Dispatch(formats().values())


@cache
def _placed(candidate: Candidate) -> pp.ParserElement:
    """The grammar once more, each of its named results a ``Found``."""
    grammar = candidate.grammar()
    for element in grammar.visit_all():  # type: ignore[no-untyped-call]
        if element.resultsName:
            element.add_parse_action(_found)
    return grammar


def _found(_text: str, start: int, tokens: pp.ParseResults) -> Found:
    return Found(tokens[0] if len(tokens) == 1 else tokens.as_list(), start)
