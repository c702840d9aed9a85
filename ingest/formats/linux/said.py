"""What the lines of a block say, by kind."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, TypeVar

from ingest import cgroup
from ingest.formats._elements import KIB
from ingest.formats.linux.header import Cpu, Cpuset, Header, Stack
from ingest.formats.linux.kernel_memory import Beancounter
from ingest.formats.linux.kill import Kill, Selected
from ingest.formats.linux.memcg import MemcgCounter, Stat, Stats, TaskIn
from ingest.formats.linux.memory import Buddy, Pages
from ingest.formats.linux.summary import Summary
from ingest.formats.linux.table import tasks
from ingest.formats.linux.tasks import Heading, Row
from ingest.formats.linux.unheaded import columns_of, last_of
from ingest.model import PageSize, PageSizeSource, Tasks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.model import Block, Line

_P = TypeVar("_P")

_PAGE_SIZES = tuple(KIB << order for order in range(2, 7))
"""4 to 64 KiB."""

_ONE_REPORTS: frozenset[type] = frozenset({Header, Cpu, Cpuset, Stack, TaskIn, MemcgCounter, Stats, Stat, Heading, Row})
"""What is said of one report and does not say of which."""


class Said:
    """The parts of a block, each with its line, and the table read once.

    Where another report ran beside this one, lines that could be of either are left out: what remains names a victim,
    or is told of the whole machine.
    """

    def __init__(self, block: Block, page_size: PageSize) -> None:
        self.mixed = block.mixed
        self.headed = any(type(entry.part) is Header for entry in block.entries)
        entries = block.entries
        if block.mixed:
            entries = tuple(entry for entry in entries if type(entry.part) not in _ONE_REPORTS)
        self._of: defaultdict[type, list[tuple[Any, Line]]] = defaultdict(list)
        self._but_rows: list[Any] = []
        rows: list[str] = []
        for entry in entries:
            part = entry.part
            if isinstance(part, Row):
                rows.append(entry.line.text)
            elif part is not None:
                self._of[type(part)].append((part, entry.line))
                self._but_rows.append(part)
        self.kinds = frozenset([*self._of, Row] if rows else self._of)
        heading, told = self.first(Heading), _page_size(self)
        read = told or page_size.bytes
        padded = any(line.text.endswith(" ") for _, line in self.every(Heading))
        columns = heading.columns if heading else None
        if heading is None and rows:
            rows = last_of(rows)
            columns = columns_of(rows, {str(part.pid): part.name for part in self.among(Selected, Summary, Kill)})
        self.tasks = tasks(columns, rows, read, padded=padded) if columns else Tasks()
        if columns and told is None and (told := _of_a_victim(self, read)) not in (None, read):
            self.tasks = tasks(columns, rows, told, padded=padded)
        if heading is None and _is_contradicted(self):
            self.tasks = Tasks()
        self.page_size = PageSize(told, PageSizeSource.LOGGED) if told else page_size
        self.counts_pages = bool(self.tasks) or not self.kinds.isdisjoint((Pages, Buddy, Beancounter))

    def first(self, kind: type[_P]) -> _P | None:
        """The first part of a kind."""
        told = self._of.get(kind)
        return told[0][0] if told else None

    def every(self, kind: type[_P]) -> Sequence[tuple[_P, Line]]:
        """Every part of a kind other than the table's rows, with its line."""
        return self._of.get(kind, ())

    def among(self, *kinds: type) -> list[Any]:
        """The parts of some kinds, rows of the table being none, in the order of their lines."""
        return [] if self.kinds.isdisjoint(kinds) else [part for part in self._but_rows if type(part) in kinds]

    def task_path(self) -> str | None:
        """The victim's cgroup where a line before 5.0 tells it."""
        return self._task_in()[0]

    def limit_path(self) -> str | None:
        """The cgroup whose limit was hit: by the summary, the lines before 5.0, or whose memory.stat is printed.

        Since 5.0 nothing but memory.stat names it where nobody is killed (mem_cgroup_print_oom_meminfo). Until 5.2 all
        cgroups below it print theirs as well, so only one that stands alone behind its counters tells.
        """
        summary = self.first(Summary)
        if summary and summary.limit_path:
            return summary.limit_path
        stats = self.every(Stats)
        if len(stats) == 1 and MemcgCounter in self.kinds and self.kinds.isdisjoint((TaskIn, Summary)):
            path = stats[0][0].path
            return path if path and " " not in path else None  # Lines that were put into one look like a path.
        return self._task_in()[1]

    def _task_in(self) -> tuple[str | None, str | None]:
        """Both cgroups before 5.0, or neither: a cut line would tell a wrong one.

        A limit holds for a cgroup and those below it, so the limit's path is the task's or one above it.
        """
        task = next((part.task_path for part, _ in self.every(TaskIn) if part.task_path), None)
        limit = next((part.limit_path for part, _ in self.every(TaskIn) if part.limit_path), None)
        if limit is None or (task is not None and not cgroup.is_within(task, limit)):
            return None, None
        return task, limit


def _page_size(said: Said) -> int | None:
    """The page size that the smallest free block is, or that the value for "no limit" gives away."""
    told = (part.blocks[0].size for part, _ in said.every(Buddy) if part.blocks)
    counted = (part.page_size for part, _ in said.every(MemcgCounter) if part.page_size)
    return next(told, next(counted, None))


def _is_contradicted(said: Said) -> bool:
    """Whether a victim's row says another ``total_vm`` than its kill line: the columns are not what they look like."""
    total_vm = said.tasks.total_vm
    if total_vm is None:
        return False
    rows = dict(zip(said.tasks.pid, total_vm, strict=True))
    return any(rows.get(part.pid, size) != size for part, _ in said.every(Kill) if (size := part.sizes.total_vm))


def _of_a_victim(said: Said, read: int) -> int | None:
    """The page size by which a kill line's ``total-vm`` in kB is ``total_vm`` of the victim's row in pages.

    Args:
        said: With a table, where there is one.
        read: The page size by which its rows were read.
    """
    if said.tasks.total_vm is None:
        return None
    for part, _ in said.every(Kill):
        size = part.sizes.total_vm
        if size and part.pid in said.tasks.pid:
            pages = said.tasks.total_vm[said.tasks.pid.index(part.pid)] // read
            found = next((each for each in _PAGE_SIZES if pages * each == size), None)
            if found is not None:
                return found
    return None
