"""What a family of formats is: wordings, how far a report of it has got, and how its lines become a report."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyparsing as pp

    from ingest.model import Block, PageSize, Part, Report, Role


Fields = dict[str, Any]
"""The named results of one line's grammar. They never leave the family's files."""


class Wording(Struct, frozen=True, kw_only=True):
    """One line as a program prints it.

    Attributes:
        id: Stable name, ``<family>.<what>``.
        role: What the line does to the report it belongs to.
        anchors: Literals of which every such line carries one. ``BODY`` lines are only looked for in an open report.
        grammar: Builds the pyparsing grammar of a whole line; called once, on first use.
        part: Turns the grammar's named results into the family's value.
        rows: Whether it is the row of a table: many follow one another. Its family has ``add_rows``.
        cut: Whether it may be the beginning of a longer line that was wrapped.
        source: The function that prints it.
        versions: The versions that do, oldest to newest.
        example: A line (without envelope) that the grammar reads.
    """

    id: str
    role: Role
    anchors: tuple[str, ...]
    grammar: Callable[[], pp.ParserElement]
    part: Callable[[Fields], Part]
    source: str
    versions: str
    example: str
    rows: bool = False
    cut: bool = False


SURE = 2
"""From this fit on a line names the report's own victim."""
STRANGER = -1
"""The fit of a line that shows that another report, whose head was lost, has begun."""


class Progress(Protocol):
    """How far one open report has got. The family's memory of its own open report: small, and never a list of lines."""

    @property
    def anchored(self) -> bool:
        """Whether the report's id can no longer change, so that it may be written before it is finished."""

    @property
    def done(self) -> bool:
        """Whether nothing more can belong to the report."""

    @property
    def takes_context(self) -> bool:
        """Whether kernel lines that no wording explains belong to the report now."""

    def fit(self, part: Part) -> int:
        """How well a line belongs here: 0 not at all, 1 it could, 2 or more it names this report's victim.

        ``STRANGER`` where it is another report's for sure, though it looks as if it could belong.
        """

    def add(self, part: Part) -> None:
        """Take note of a line of this report."""


class Format(Struct, frozen=True, kw_only=True):
    """One family: everything the other stages know of it.

    Attributes:
        name: The family's name, as in ``oom.family``.
        title: The same for people.
        versions: The versions it is read for, for people.
        tags: Syslog tags whose lines may be this family's; a line without a tag always may.
        wordings: In the order in which they are tried.
        progress: Makes the memory of a newly opened report.
        report: Makes a report of a block of this family; the page size holds where the block does not tell one.
        head_ends_report: Whether a new head says that the report before it (of the same key) is over.
        pause: Seconds between two lines of a report at most, unless the later one names its victim.
        add_rows: Has a progress of this family take note of rows of one wording, if each fits as well as 1 does, and
            says whether it did; ``None`` where no wording has rows.
        repeats: Whether it only repeats what a killer did: its word counts where the killer's own line did not come.
    """

    name: str
    title: str
    versions: str
    tags: frozenset[str]
    wordings: tuple[Wording, ...]
    progress: Callable[[], Progress]
    report: Callable[[Block, PageSize], Report]
    head_ends_report: bool
    pause: float = inf
    add_rows: Callable[[Any, Sequence[Any]], bool] | None = None
    repeats: bool = False
