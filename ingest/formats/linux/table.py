"""A process table to tasks, column by column: each number is read once, and only those that a task has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.model import Sizes, Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.formats.linux.tasks import Heading, Row

_Column = list[int] | list[None]


def tasks(heading: Heading, rows: Iterable[Row], page: int) -> tuple[Task, ...]:
    """The rows as tasks; one that is cut is left out. Sizes are pages but for ``pgtables_bytes`` (dump_task).

    Args:
        heading: Names the columns.
        rows: Rows below it.
        page: Bytes in a page.
    """
    # One blank stands before the name (`%5hd %s` in dump_task), which may itself begin with blanks or digits.
    split = re.compile(r"\s++".join(["(-?[0-9]{1,25}+)"] * (len(heading.columns) - 1)) + " (.*)")
    whole = [(row.task, *found.groups()) for row in rows if (found := split.fullmatch(row.rest))]
    if not whole:
        return ()
    pids, *cells = zip(*whole, strict=True)
    there: dict[str, Sequence[str]] = dict(zip(heading.columns, cells, strict=True))
    names, untold = cells[-1], [None] * len(whole)

    def number(column: str) -> _Column:
        return list(map(int, there[column])) if column in there else untold

    def pages(column: str) -> _Column:
        return [int(count) * page for count in there[column]] if column in there else untold

    entries = [pages(column) for column in ("nr_ptes", "nr_pmds", "nr_puds") if column in there]
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
            names,
            *map(number, ("uid", "oom_score_adj", "oom_adj")),
            *map(pages, ("total_vm", "rss", "rss_anon", "rss_file", "rss_shmem")),
            tables,
            pages("swapents"),
            strict=True,
        )
    )
