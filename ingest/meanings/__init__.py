"""What the lines of a report and their values mean, for people: the one home of these facts.

One file for each family, as in ``ingest.formats``, found by looking at this folder; ``EVERYWHERE`` holds the names that
mean the same in every line. What no source proves is marked ``proven=False``. ``of_line`` explains one line.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from ingest.meanings._everywhere import EVERYWHERE
from ingest.meanings._line import UNKNOWN, Explained, Value, explained
from ingest.meanings._types import LONGEST, About, Meaning, Shape

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ingest.model import Line

__all__ = ["EVERYWHERE", "LONGEST", "UNKNOWN", "About", "Explained", "Meaning", "Shape", "Value", "of_line", "wordings"]


@cache
def wordings() -> dict[str, About]:
    """What each wording's line is, by the wording's id."""
    found: dict[str, About] = {}
    for module in iter_modules(__path__):
        if not module.name.startswith("_"):
            found |= import_module(f"{__name__}.{module.name}").WORDINGS
    return found


def of_line(line: Line, open_families: Collection[str], columns: Sequence[str] = ()) -> Explained | None:
    """What a line says and what each of its values means; ``None`` where no wording explains it.

    Args:
        line: The line. Its names are free text of strangers: nothing here is escaped.
        open_families: Families with an open report on the line's host, as for ``formats.read``.
        columns: Columns of the process table of the open report: ``Explained.columns`` of its heading.
    """
    return explained(line, open_families, columns, wordings())
