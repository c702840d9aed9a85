"""Links into Kibana: Discover with the kills behind a number, and the boards.

What a log says is part of an address here: it is quoted for KQL, for Kibana's notation of its state (Rison) and for a
URL, in that order.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from msgspec import Struct

from ingest.kibana.ids import object_id
from ingest.kibana.views import KILLS
from ingest.timestamps import iso

if TYPE_CHECKING:
    from datetime import datetime

    from ingest.trends.report import BurstLine, Report
    from ingest.trends.selection import Selection, Term

BOARDS = ("fleet", "workload", "host")
_PLAIN = re.compile(r"[\w*./@-]+")
"""Patterns that mean in KQL what they say; others find nothing there, however they are written."""
_LONGEST = 1_500
"""Characters of a query; a browser and a proxy take no address of any length."""


class Links(Struct, frozen=True):
    """Links for one report.

    Args:
        base: Address of Kibana, with its space.
        start: Begin of the period.
        end: End of the period.
        selected: The selection in KQL.
    """

    base: str
    start: datetime
    end: datetime
    selected: str

    def kills(self, field: str, value: str) -> str | None:
        """Discover with the kills that have this value."""
        return self._discover(_all([self.selected, f"{field} : {quoted(value)}"]), self.start, self.end)

    def burst(self, burst: BurstLine) -> str | None:
        """Discover with the kills of a burst."""
        query = f"oom.signature : {quoted(burst.signature)}"
        return self._discover(_all([self.selected, query]), burst.start, burst.end)

    def board(self, name: str) -> str | None:
        """A board over the period."""
        state = f"(query:(language:kuery,query:{_rison(self.selected)}))"
        return self._address(f"/app/dashboards#/view/{object_id(name)}?", state, self.start, self.end)

    def _discover(self, query: str, start: datetime, end: datetime) -> str | None:
        view = _rison(KILLS.id)
        source = f"dataSource:(dataViewId:{view},type:dataView),index:{view}"
        return self._address("/app/discover#/?", f"({source},query:(language:kuery,query:{_rison(query)}))", start, end)

    def _address(self, place: str, state: str, start: datetime, end: datetime) -> str | None:
        """``None`` where the address would be too long: a link that shows other kills is worse than none."""
        time = f"(time:(from:{_rison(iso(start))},to:{_rison(iso(end))}))"
        if len(state) > _LONGEST:
            return None
        return f"{self.base}{place}_g={quote(time, safe='(),:!')}&_a={quote(state, safe='(),:!')}"


def links(url: str, space: str, report: Report, selection: Selection) -> Links | None:
    """Links of a report to the Kibana at an address; ``None`` where Kibana cannot ask for the selection."""
    selected = kql(selection)
    if selected is None:
        return None
    base = url.rstrip("/") + ("" if space == "default" else f"/s/{space}")
    return Links(base, report.start, report.end, selected)


def kql(selection: Selection) -> str | None:
    """A selection as a query of Kibana; ``None`` where none finds the same."""
    if any(term.is_pattern and not _PLAIN.fullmatch(term.value) for term in selection.terms):
        return None
    return _all([" or ".join(_term(term) for term in terms) for terms in selection.by_field.values()])


def quoted(value: str) -> str:
    """A value that stands for itself in KQL."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")


def _term(term: Term) -> str:
    return f"{term.field} : {term.value if term.is_pattern else quoted(term.value)}"


def _all(queries: list[str]) -> str:
    present = [query for query in queries if query]
    return " and ".join(f"({query})" for query in present) if len(present) > 1 else "".join(present)


def _rison(text: str) -> str:
    return "'" + text.replace("!", "!!").replace("'", "!'") + "'"
