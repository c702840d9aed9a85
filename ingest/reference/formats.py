"""``docs/formats.md``: the families and their wordings as tables, from the registry and the corpus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest import formats

if TYPE_CHECKING:
    from pathlib import Path


def reference(corpus: Path) -> str:
    """The page. ``corpus`` is the folder with one folder of cases for each family."""
    head = [
        "# Formats",
        "",
        "Generated from `ingest/formats/` and `tests/corpus/` by `make generate`. `oom-ingest formats` prints the same",
        "with an example of each line. `opens` begins a report, `victim` and `evidence` join one or begin it, `body`",
        "only joins.",
        "",
        _compiled(),
        "",
        "| family | what it is | versions | wordings | cases |",
        "| --- | --- | --- | --- | --- |",
    ]
    known = formats.formats().values()
    families = [_row(family, len(list((corpus / family.name).glob("*.log")))) for family in known]
    return "\n".join([*head, *families, *(line for family in known for line in _wordings(family))]) + "\n"


def _compiled() -> str:
    slow = ", ".join(f"`{name}` ({why})" for name, why in formats.interpreted().items())
    return f"Each wording's grammar is compiled to one regular expression{f', but for {slow}' if slow else ''}."


def _wordings(family: formats.Format) -> list[str]:
    rows = [
        f"| `{wording.id}` | {wording.role} | {wording.versions} | {wording.source.replace('|', ' ')} |"
        for wording in family.wordings
    ]
    return [
        "",
        f"## {family.title}",
        "",
        "| wording | role | versions | printed by |",
        "| --- | --- | --- | --- |",
        *rows,
    ]


def _row(family: formats.Format, cases: int) -> str:
    return f"| `{family.name}` | {family.title} | {family.versions} | {len(family.wordings)} | {cases} |"
