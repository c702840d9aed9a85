"""One line: its sentence, and its values with their places in the text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from ingest import formats
from ingest.meanings._everywhere import EVERYWHERE
from ingest.meanings._types import About, Meaning
from ingest.meanings.linux.tasks import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from ingest.formats import Found
    from ingest.model import Line

UNKNOWN = Meaning("not known", "A value of a newer kernel or of a vendor: nothing but its name is known.")
"""Of keys and columns that came after this was written."""
_UNTOLD = Meaning("not told", "Of the kernels that print so many columns each has something else here.")
"""Of columns without a name: their heading is lost."""

_KIB = 1024
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:kB|KB|%)?")
_PAIR = re.compile(r"(?P<key>[A-Za-z_()-]{1,64}): *(?P<number>-?\d{1,25})(?P<unit>kB|KB)?")
_WORD = re.compile(r"\S+")
_CELL = re.compile(r"-?\d{1,25}(?=\s)\s*")
_LAST_CELL = re.compile(r"-?\d{1,25}\s")
"""One blank stands before the name, which may itself begin with blanks (``%5hd %s``, dump_task)."""


class Value(Struct, frozen=True):
    """One value of a line.

    Attributes:
        name: The grammar's name of it, the key of a pair, or the column of a process table.
        value: A number in the meaning's unit, or a text.
        meaning: What it says.
        start: First column of its text in the line, ``None`` where it has no text of its own.
        end: The column behind it, and behind the unit where one is printed.
    """

    name: str
    value: object
    meaning: Meaning
    start: int | None = None
    end: int | None = None

    @property
    def place(self) -> tuple[int, int] | None:
        """Both columns, where it has a text of its own."""
        return None if self.start is None or self.end is None else (self.start, self.end)


class Explained(Struct, frozen=True):
    """A line and what it says.

    Attributes:
        family: Name of the family that reads it.
        wording: Id of the wording.
        sentence: Who prints it and what it says, for people.
        source: The function that prints it.
        versions: The versions that do.
        values: Its values in the order of their places; no two places overlap. Those without a place come last.
        unread: A tail that no wording knows.
        columns: The columns that a heading of a process table names: for the rows that follow it.
    """

    family: str
    wording: str
    sentence: str
    source: str
    versions: str
    values: tuple[Value, ...]
    unread: str = ""
    columns: tuple[str, ...] = ()


def explained(
    line: Line, open_families: Collection[str], columns: Sequence[str], known: Mapping[str, About]
) -> Explained | None:
    """What a line says, by the meanings ``known`` of the wordings."""
    try:
        match = formats.read(line, open_families)
    except ValueError:  # a number that is too long to be one
        return None
    if match is None:
        return None
    about = known.get(match.wording.id) or About(text=f"A line of {match.format.title}.")
    named = formats.fields_of(line, match)
    whole = [value for name, places in named.items() for found in places for value in _values(name, found, about, line)]
    values = [_keyed(part, whole, about) for value in whole for part in _split(value, columns)]
    sentence, beside = _beside(line.text, about, {value.name for value in values})
    return Explained(
        family=match.format.name,
        wording=match.wording.id,
        sentence=sentence,
        source=match.wording.source,
        versions=match.wording.versions,
        values=_in_order(values, beside),
        unread=match.unread,
        columns=tuple(value.name for value in values) if "columns" in named else (),
    )


def _values(name: str, found: Found, about: About, line: Line) -> Iterator[Value]:
    """One named result as values: a list of texts is several of them."""
    if isinstance(found.value, list):
        start = found.start
        for piece in map(str, found.value):
            start = max(line.text.find(piece, start), start)
            yield _piece(name, piece, start, about, line)
            start += len(piece)
    elif isinstance(found.value, str):
        yield _piece(name, found.value, found.start, about, line)
    else:
        number = _NUMBER.match(line.text, found.start)
        yield Value(name, found.value, _meaning(name, about), *(number.span() if number else ()))


def _piece(name: str, text: str, start: int, about: About, line: Line) -> Value:
    """A text, or a ``key:number`` pair under its key's name."""
    if name in ("pairs", "more") and (pair := _PAIR.fullmatch(text)):
        number = int(pair["number"]) * (_KIB if pair["unit"] else 1)
        meaning = _of_key(pair["key"], about) or UNKNOWN
        return Value(pair["key"], number, meaning, start + pair.start("number"), start + len(text))
    bare = text.strip()
    start += len(text) - len(text.lstrip())
    start += line.text.startswith(f'"{bare}"', start)
    there = line.text.startswith(bare, start)
    return Value(name, bare, _meaning(name, about), *((start, start + len(bare)) if there else ()))


def _split(value: Value, columns: Sequence[str]) -> Iterator[Value]:
    """The columns of a process table's heading, or of a row whose heading is known."""
    if value.name not in ("columns", "rest") or value.start is None:
        yield value
        return
    text, start = str(value.value), value.start
    if value.name == "columns":
        cells = [(found[0], found.span()) for found in _WORD.finditer(text)]
        names = [name for name, _ in cells]
    else:
        cells, names = _cells(text, len(columns)), list(columns)
    if not cells:
        yield value
    for name, (cell, (first, end)) in zip(names, cells, strict=False):
        told = int(cell) if value.name == "rest" and name != names[-1] else cell
        yield Value(name, told, COLUMNS.get(name, UNKNOWN) if name else _UNTOLD, start + first, start + end)


def _cells(row: str, count: int) -> list[tuple[str, tuple[int, int]]]:
    """A row's numbers and its name, the rest, with their places; nothing where the row has other columns."""
    at = 0
    found = []
    for left in range(count - 1, 0, -1):
        cell = (_CELL if left > 1 else _LAST_CELL).match(row, at)
        if cell is None:
            return []
        number = cell[0].strip()
        found.append((number, (at, at + len(number))))
        at = cell.end()
    return [*found, (row[at:], (at, len(row)))] if found else []


def _meaning(name: str, about: About) -> Meaning:
    return about.names.get(name) or EVERYWHERE.get(name) or UNKNOWN


def _of_key(key: str, about: About) -> Meaning | None:
    """A key's meaning: its own, or that of all keys which begin like it; v1's ``total_`` before it changes nothing."""
    bare = key.removeprefix("total_")
    for each in (key, key.lower(), bare):
        if each in about.keys:
            return about.keys[each]
    return next((about.keys[each] for each in about.keys if each.endswith("*") and bare.startswith(each[:-1])), None)


def _keyed(value: Value, whole: Iterable[Value], about: About) -> Value:
    """The value; with the key's meaning where it is the line's key, or the number that belongs to it."""
    if not about.keyed or value.name not in (about.keyed, about.counted):
        return value
    key = next((str(each.value) for each in whole if each.name == about.keyed), "")
    return replace(value, meaning=_of_key(key, about) or value.meaning)


def _beside(text: str, about: About, named: set[str]) -> tuple[str, list[Value]]:
    """The sentence for this line, and values that the grammar reads past."""
    sentence, values = "", []
    for shape in about.shapes:
        found = shape.pattern.search(text)
        if found is None:
            continue
        sentence = sentence or shape.text
        for name, told in found.groupdict().items():
            if told is not None and name not in named:
                named.add(name)
                meaning = _meaning(name, about)
                values.append(Value(name, _number(told) if meaning.unit else told, meaning, *found.span(name)))
    return sentence or about.text, values


def _number(text: str) -> float:
    return float(text) if "." in text else int(text)


def _in_order(values: Iterable[Value], beside: Iterable[Value]) -> tuple[Value, ...]:
    """By place. A value that the grammar does not name gives way to those that it does: free text may look like one."""
    kept = list(values)
    for value in beside:
        if value.place and not any(_overlap(value.place, each.place) for each in kept if each.place):
            kept.append(value)
    return tuple(sorted(kept, key=lambda value: (value.place is None, value.place)))


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]
