"""What both readers of lookup tables agree on: a row, the columns that it may have, and what is wrong with one."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHOWN = 80


class Row(NamedTuple):
    """One row: the line where it begins, and its texts by column."""

    line: int
    texts: dict[str, str]


class Wrong(Exception):
    """Something in a table is wrong: the rest of a sentence that begins with the table's name, and the line."""

    def __init__(self, what: str, line: int | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.line = line


def check(names: Sequence[str], known: Sequence[str], line: int) -> None:
    """Refuse columns that are not known, and columns that are there twice.

    Raises:
        Wrong: Some are.
    """
    unknown = [name for name in names if name not in known]
    if unknown:
        near = get_close_matches(unknown[0], known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
        plural = "s" if len(unknown) > 1 else ""
        raise Wrong(f"has the unknown column{plural} {', '.join(map(shown, unknown))}; {hint}", line)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise Wrong(f"has the column {twice!r} twice; keep one", line)


def shown(text: str) -> str:
    """A text in a sentence: between quotes, and not the whole of a long one."""
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
