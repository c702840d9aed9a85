"""The hosts of a fleet, by the table of hosts that an operator keeps (docs/lookup.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.lookup import is_pattern
from ingest.trends.selection import Selection

if TYPE_CHECKING:
    from ingest.lookup import HostFacts, Lookup

_ASKED = ("host.name", "orchestrator.cluster.name", "labels.role", "labels.owner")
"""Fields by which a host of the table can be told to be selected."""


def hosts(lookup: Lookup, selection: Selection) -> frozenset[str]:
    """The hosts that the selection may mean; rows that stand for many hosts name none."""
    asked = Selection(tuple(term for term in selection.terms if term.field in _ASKED))
    return frozenset(
        name for name, facts in lookup.hosts.items() if not is_pattern(name) and asked.fits(_document(name, facts))
    )


def _document(name: str, facts: HostFacts) -> dict[str, object]:
    return {
        "host": {"name": name},
        "orchestrator": {"cluster": {"name": facts.cluster}},
        "labels": {"role": facts.role, "owner": facts.owner},
    }
