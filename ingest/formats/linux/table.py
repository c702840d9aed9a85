"""A process table to tasks, column by column: each number is read once, and only those that a task has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.model import Sizes, Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.formats.linux.tasks import Heading, Row

_Column = list[int] | list[None]

_SIZES = ("total_vm", "rss", "rss_anon", "rss_file", "rss_shmem")
_NUMBERS = ("uid", "oom_score_adj", "oom_adj")
_ENTRIES = ("nr_ptes", "nr_pmds", "nr_puds")
_NUMBER = "-?[0-9]{1,25}+"
_READ = frozenset({*_SIZES, *_NUMBERS, *_ENTRIES, "pgtables_bytes", "swapents", "name"})


def tasks(heading: Heading, rows: Sequence[Row], page: int) -> tuple[Task, ...]:
    """The rows as tasks; one that is cut is left out. Sizes are pages but for ``pgtables_bytes`` (dump_task).

    Args:
        heading: Names the columns.
        rows: Rows below it.
        page: Bytes in a page.
    """
    # One blank stands before the name (`%5hd %s` in dump_task), which may itself begin with blanks or digits.
    numbers = [f"({_NUMBER})" if column in _READ else _NUMBER for column in heading.columns[:-1]]
    split = re.compile(r"\s++".join(numbers) + " (.*)")
    found = [split.fullmatch(row.rest) for row in rows]
    pids = [row.task for row, cells in zip(rows, found, strict=True) if cells]
    if not pids:
        return ()
    cells_by_column = zip(*[cells.groups() for cells in found if cells], strict=True)
    there = dict(zip([column for column in heading.columns if column in _READ], cells_by_column, strict=True))
    untold = [None] * len(pids)

    def number(column: str) -> _Column:
        return list(map(int, there[column])) if column in there else untold

    def pages(column: str) -> _Column:
        return [int(count) * page for count in there[column]] if column in there else untold

    entries = [pages(column) for column in _ENTRIES if column in there]
    if "pgtables_bytes" in there:
        tables = number("pgtables_bytes")
    else:
        tables = [sum(each) for each in zip(*entries, strict=True)] or untold
    return tuple(
        Task(
            pid=pid,
            name=name,
            uid=uid,
            score_adj=score_adj,
            adj_legacy=adj_legacy,
            held=(rss or 0) + (swap or 0) + (table or 0),
            sizes=Sizes(
                total_vm=total, rss=rss, anon_rss=anon, file_rss=file, shmem_rss=shmem, page_tables=table, swap=swap
            ),
        )
        for pid, name, uid, score_adj, adj_legacy, total, rss, anon, file, shmem, table, swap in zip(
            pids,
            there["name"],
            *map(number, _NUMBERS),
            *map(pages, _SIZES),
            tables,
            pages("swapents"),
            strict=True,
        )
    )
