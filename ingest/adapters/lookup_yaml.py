"""Rows of a lookup table in YAML: a list of objects, or a mapping of keys to objects.

Read event by event: a long table takes little memory, nothing is built of a tag or an alias, and every text is what
was written (``no`` is not false, ``0123`` is not octal).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml
from yaml import events as of

from ingest.adapters.lookup_rows import Row, Wrong, check

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TEXT_TAGS = (None, "tag:yaml.org,2002:str")
_NULLS = ("", "~", "null", "Null", "NULL")


def rows(text: str, columns: Sequence[str]) -> Iterator[Row]:
    """Every row of a table whose key is the first of its columns.

    Raises:
        Wrong: The text is no YAML, or no table.
    """
    try:
        yield from _rows(yaml.parse(text, Loader=_LOADER), columns)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        raise Wrong(f"is not YAML; mend or quote what is there: {problem}", mark.line + 1 if mark else None) from None


def _rows(events: Iterator[of.Event], columns: Sequence[str]) -> Iterator[Row]:
    root = next(event for event in events if not isinstance(event, of.StreamStartEvent | of.DocumentStartEvent))
    if isinstance(root, of.StreamEndEvent) or _is_null(root):
        raise Wrong(f"is empty; write a list of objects with {', '.join(columns)}, or [] for none")
    if isinstance(root, of.SequenceStartEvent):
        yield from _of_list(events, columns)
    elif isinstance(root, of.MappingStartEvent):
        yield from _of_mapping(events, columns)
    else:
        raise Wrong(f"is no table; write a list of objects with {', '.join(columns)}", _line(root))
    for event in events:
        if isinstance(event, of.DocumentStartEvent):
            raise Wrong("begins another document; keep one in a file", _line(event))


def _of_list(events: Iterator[of.Event], columns: Sequence[str]) -> Iterator[Row]:
    while not isinstance(event := next(events), of.SequenceEndEvent):
        yield Row(_line(event), _object(event, events, columns))


def _of_mapping(events: Iterator[of.Event], columns: Sequence[str]) -> Iterator[Row]:
    key, *others = columns
    while not isinstance(event := next(events), of.MappingEndEvent):
        name = _text(event, key)
        yield Row(_line(event), {key: name, **_object(next(events), events, others)})


def _object(start: of.Event, events: Iterator[of.Event], columns: Sequence[str]) -> dict[str, str]:
    if not isinstance(start, of.MappingStartEvent):
        raise Wrong(f"has no object; write {{{columns[0]}: ...}} with any of {', '.join(columns)}", _line(start))
    texts: dict[str, str] = {}
    while not isinstance(event := next(events), of.MappingEndEvent):
        column = _text(event, "a column").lower()
        check([*texts, column], columns, _line(event))
        texts[column] = _text(next(events), column)
    return texts


def _text(event: of.Event, what: str) -> str:
    """A scalar as it was written; what is null is empty, as it is in CSV."""
    if _is_null(event):
        return ""
    if isinstance(event, of.AliasEvent):
        raise Wrong(f"has an alias for {what}; put quotes around *{event.anchor}, or write the text out", _line(event))
    if not isinstance(event, of.ScalarEvent) or event.tag not in _TEXT_TAGS:
        raise Wrong(f"has no plain text for {what}; write a text or a number, no list or tag", _line(event))
    return event.value.encode("utf-8", "backslashreplace").decode().strip()


def _is_null(event: of.Event) -> bool:
    return isinstance(event, of.ScalarEvent) and event.tag is None and event.implicit[0] and event.value in _NULLS


def _line(event: of.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1
