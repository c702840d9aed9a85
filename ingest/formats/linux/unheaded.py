"""What the rows of a process table are where its heading is lost: their number of columns tells, and who was killed."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_PID = re.compile(r"[^\[]*+\[\s*+(\d++)\]")
_LEADING = re.compile(r"[^\[]*+\[\s*+(\d++)\]((?:\s++-?+[0-9]{1,25}+(?=\s))++)")
_FIRST = ("uid", "tgid", "total_vm", "rss")
"""What every kernel since 2.6.25 prints behind the pid."""
_UNHEADED = {
    6: (*_FIRST, "cpu", "oom_adj", "name"),
    7: (*_FIRST, "", "", "oom_score_adj", "name"),
    8: (*_FIRST, "nr_ptes", "nr_pmds", "swapents", "oom_score_adj", "name"),
    10: (*_FIRST, "rss_anon", "rss_file", "rss_shmem", "pgtables_bytes", "swapents", "oom_score_adj", "name"),
}
"""Columns by how many numbers stand behind the pid: 2.6.25 to 2.6.35, several, 4.0 to 4.14, 6.8 to 7.1 (dump_tasks)."""
_SEVEN = (*_FIRST, "pgtables_bytes", "swapents", "oom_score_adj", "name")
"""4.15 to 6.7."""
_SWAPPED = (*_FIRST, "nr_ptes", "swapents", "oom_score_adj", "name")
"""3.6 to 3.19, and RHEL 7."""
_MOST_ADJ = 15
"""``OOM_ADJUST_MAX``."""
_LEAST_PAGE = 4096
_LEAST_TABLE = 2048
"""Bytes of a page table where it is less than a page."""


def last_of(rows: list[str]) -> list[str]:
    """The rows of the last table: where a pid comes again, another table has begun, and its heading is lost too.

    A row that comes twice at once is a copy, as two files that were put together hold.
    """
    last: dict[str, str] = {}
    before = ""
    for row in rows:
        if row == before:
            continue
        before = row
        found = _PID.match(row)
        pid = found[1] if found else ""
        if pid in last:
            last.clear()
        last[pid] = row
    return [*last.values()]


def columns_of(rows: Sequence[str], victims: Mapping[str, str]) -> tuple[str, ...] | None:
    """The columns of a table whose heading is lost, as far as their number tells them; ``None`` where it does not.

    Args:
        rows: The lines of the table.
        victims: The names that other lines tell, by pid: a name may begin with a number.
    """
    found = [each for row in rows if (each := _LEADING.match(row))]
    numbers = [each[2].split() for each in found]
    own = [len(told) > 1 and told[1] in (each[1], *victims) for each, told in zip(found, numbers, strict=True)]
    if 2 * sum(own) <= len(own):
        return None  # What other programs print in brackets; of a task it is the tgid as well, but for a few threads.
    # A name may begin with a number, and a row may be cut: most rows are neither.
    most = min(Counter(map(len, numbers)).most_common(), key=lambda each: (-each[1], each[0]))[0]
    count = next(_before_names(rows, victims), most)
    if count == len(_SEVEN) - 1:
        return _of_seven([each for each in numbers if len(each) >= count])
    return _UNHEADED.get(count)


def _of_seven(numbers: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The columns of rows with seven numbers, which three generations print.

    One prints bytes of page tables: those of most machines are whole pages, and those of a small process, which are
    2 KiB each on 32-bit ARM and s390x, are more bytes than it has pages at all. The others print pages of page tables
    and what is swapped out, or a CPU and oom_adj, which has a limit: where no number is above it, what those two
    columns are is left open.
    """
    total, tables, third = [[int(each[at]) for each in numbers] for at in (2, len(_FIRST), len(_FIRST) + 1)]
    in_pages = any(tables) and not any(size % _LEAST_PAGE for size in tables)
    if in_pages or any(size > max(pages, _LEAST_TABLE - 1) for size, pages in zip(tables, total, strict=True)):
        return _SEVEN
    return _SWAPPED if max(third) > _MOST_ADJ else _UNHEADED[len(_SEVEN) - 1]


def _before_names(rows: Sequence[str], victims: Mapping[str, str]) -> Iterator[int]:
    """How many numbers stand between the pid of a victim and its name."""
    for row in rows:
        found = _PID.match(row)
        name = victims.get(found[1], "").rstrip() if found else ""
        if found and name and row.rstrip().endswith(f" {name}"):
            yield len(row[found.end() :].rstrip().removesuffix(name).split())
