"""A process table by column: each number is read once, and only those of columns that somebody asks for."""

from __future__ import annotations

import re
from functools import lru_cache
from operator import add
from typing import TYPE_CHECKING

from msgspec import ValidationError, convert

from ingest.model import Tasks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_Column = tuple[int, ...]

_ENTRIES = ("nr_ptes", "nr_pmds", "nr_puds")
_NUMBER = "-?+[0-9]{1,25}+"
_READ = frozenset(
    {*_ENTRIES, "uid", "total_vm", "rss", "pgtables_bytes", "swapents", "oom_score_adj", "oom_adj", "name"}
)
_HEADINGS = 64
"""Headings whose patterns are remembered; every kernel of a fleet prints the same few."""


def tasks(columns: tuple[str, ...], rows: Sequence[str], page: int, *, padded: bool = False) -> Tasks:
    """The rows as a table; one that is cut is left out. Sizes are pages but for ``pgtables_bytes`` (dump_task).

    Args:
        columns: What stands behind the pid, the name being the last.
        rows: The lines of the table.
        page: Bytes in a page.
        padded: Whether a terminal put blanks behind each line; a name may end with some of its own.
    """
    split = _split(columns)
    found = [cells.groups() for row in rows if (cells := split.fullmatch(row))]
    if not found:
        return Tasks()
    pids, *cells_of = zip(*found, strict=True)
    there = dict(zip([column for column in columns if column in _READ], cells_of, strict=True))

    def number(column: str) -> _Column | None:
        return _numbers(there[column]) if column in there else None

    def pages(column: str) -> _Column | None:
        return tuple([count * page for count in _numbers(there[column])]) if column in there else None

    rss, swap = pages("rss"), pages("swapents")
    tables = number("pgtables_bytes") or _sum(map(pages, _ENTRIES))
    return Tasks(
        columns=columns,
        pid=_numbers(pids),
        name=tuple(map(str.rstrip, there["name"])) if padded else there["name"],
        held=_sum((rss, swap, tables)) or (0,) * len(pids),
        uid=number("uid"),
        rss=rss,
        swap=swap,
        page_tables=tables,
        total_vm=pages("total_vm"),
        score_adj=number("oom_score_adj"),
        adj_legacy=number("oom_adj"),
    )


@lru_cache(_HEADINGS)
def _split(columns: tuple[str, ...]) -> re.Pattern[str]:
    """Splits a row; a group for its pid, and one for each column that is read."""
    # One blank stands before the name (`%5hd %s` in dump_task), which may itself begin with blanks or digits.
    numbers = [f"({_NUMBER})" if column in _READ else _NUMBER for column in columns[:-1]]
    return re.compile(r"[^\[]*+\[\s*+(\d++)\]\s*+" + r"\s++".join(numbers) + " (.*)")


def _numbers(cells: tuple[str, ...]) -> _Column:
    try:
        return convert(cells, _Column, strict=False)  # in less than half of the time that `int` takes for each
    except ValidationError:  # a number that begins with a zero: no kernel prints one
        return tuple(map(int, cells))


def _sum(columns: Iterable[_Column | None]) -> _Column | None:
    """The sums of each row over the columns that are there."""
    total: _Column | None = None
    for column in columns:
        if column is not None:
            total = column if total is None else tuple(map(add, total, column))
    return total
