"""Is a file of saved objects right? Kibana's import looks at little of it: a board full of nonsense imports well.

So this is stricter than Kibana. ``python -m ingest.kibana`` writes nothing that has a problem, and the tests hold each
rule by a broken copy of the shipped file that it must refuse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from ingest.kibana.validate import boards, charts, fields, lines, links
from ingest.kibana.validate.parsed import Bundle, Malformed, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Problem(Struct, frozen=True):
    """What is wrong: the rule that is broken, and where."""

    rule: str
    where: str


RULES: dict[str, Callable[[Bundle], Iterator[str]]] = {
    "written as we write": lines.canonical,
    "keys": lines.keys,
    "versions": lines.versions,
    "unique": lines.unique,
    "references lead to objects of the file": links.resolved,
    "references are named as they are used": links.named,
    "links lead to boards of the file": links.markdown,
    "navigation": links.navigation,
    "tag": links.tagged,
    "places": boards.places,
    "panel ids": boards.panel_ids,
    "titles": boards.titles,
    "size": boards.size,
    "time": boards.time,
    "kinds of panels": boards.kinds,
    "data views": fields.data_views,
    "layers": charts.layers,
    "column order": charts.column_order,
    "nesting": charts.nesting,
    "operations": charts.operations,
    "accessors": charts.accessors,
    "order by": charts.order_by,
    "other data sources": charts.sources,
    "palettes": charts.palettes,
    "fields of columns": fields.columns,
    "fields of controls": fields.controls,
    "fields of searches": fields.searches,
    "fields of queries": fields.queries,
    "formats": fields.formats,
}
"""Every rule by its name."""


def problems(text: str) -> list[Problem]:
    """What is wrong with a file; nothing where it is right."""
    try:
        bundle = parse(text)
    except Malformed as error:
        return [Problem("json", str(error))]
    return [Problem(name, where) for name, rule in RULES.items() for where in rule(bundle)]
