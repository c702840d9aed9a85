"""The process table (dump_tasks, mm/oom_kill.c). Columns are read from the heading, so that new ones cost nothing."""

from __future__ import annotations

import pyparsing as pp

from ingest.formats._elements import pattern, word
from ingest.formats._types import Fields, Wording
from ingest.formats.linux._part import LinuxPart, context
from ingest.lowering import converted
from ingest.model import Role


class Heading(LinuxPart, frozen=True, kw_only=True):
    """The table's columns after ``pid``, ``name`` being the last."""

    columns: tuple[str, ...]

    @classmethod
    def read(cls, found: Fields) -> Heading:
        """From the heading's grammar."""
        return cls(columns=tuple(found["columns"].split()))


class Row(LinuxPart, frozen=True, kw_only=True, gc=False):
    """A row of the table. What else it says is read of its line when the heading is known."""

    task: int

    @classmethod
    def read(cls, found: Fields) -> Row:
        """From the row's grammar."""
        return cls(task=found["task"])


def _intro() -> pp.ParserElement:
    return word("Tasks state (memory values in pages):")


def _heading() -> pp.ParserElement:
    return pp.Suppress(pp.Regex(r"\[\s*pid\s*\]")) + pattern(r"uid\s[\sa-z_]{1,200}\bname(?=\s*$)", "columns")


def _row() -> pp.ParserElement:
    """A row as far as every table has it; the heading says how many numbers stand before the name."""
    task = converted(pp.Regex(r"\d{1,10}(?=\])"), int)("task")
    return word("[") + task + word("]") + pattern(r"-?\d+\s+-?\d+\s+\d.*", "rest")


WORDINGS = (
    Wording(
        id="linux.tasks_intro",
        role=Role.BODY,
        anchors=("Tasks state (memory values in pages):",),
        grammar=_intro,
        part=context,
        source="dump_tasks",
        versions="4.19 to 7.1",
        example="Tasks state (memory values in pages):",
    ),
    Wording(
        id="linux.tasks_heading",
        role=Role.EVIDENCE,
        anchors=("total_vm",),
        grammar=_heading,
        part=Heading.read,
        source="dump_tasks",
        versions="2.6.25 to 7.1",
        example="[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
    ),
    Wording(
        id="linux.tasks_row",
        role=Role.BODY,
        anchors=("[",),
        grammar=_row,
        part=Row.read,
        rows=True,
        source="dump_task",
        versions="2.6.25 to 7.1",
        example="[  19331]  1000 19331   226026    29603  1314816        0           999 npm start",
    ),
)
