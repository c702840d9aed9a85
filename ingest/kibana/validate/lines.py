"""Rules for the lines of a file."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ingest.kibana.saved import CORE_VERSION, TYPE_VERSIONS, ObjectType, embedded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.kibana.validate.parsed import Bundle

_KEYS = {"type", "id", "attributes", "references", "coreMigrationVersion", "typeMigrationVersion", "managed"}


def canonical(bundle: Bundle) -> Iterator[str]:
    """Keys sorted, nothing between: else a new build would differ where nothing has changed."""
    for line, each in zip(bundle.lines, bundle.objects, strict=True):
        if line != embedded(each):
            yield each["id"]


def keys(bundle: Bundle) -> Iterator[str]:
    """The keys that we write, no more: what an export adds changes with every export."""
    for each in bundle.objects:
        if set(each) != _KEYS or each["managed"] is not False:
            yield each["id"]


def versions(bundle: Bundle) -> Iterator[str]:
    """The lowest versions of the shapes that we use: a newer one shuts out every older Kibana."""
    for each in bundle.objects:
        known = {str(kind): version for kind, version in TYPE_VERSIONS.items()}
        found = (each.get("coreMigrationVersion"), each.get("typeMigrationVersion"))
        if found != (CORE_VERSION, known.get(each["type"])):
            yield each["id"]


def unique(bundle: Bundle) -> Iterator[str]:
    """One object of an id, and kinds that we know."""
    for (kind, id_), count in Counter((each["type"], each["id"]) for each in bundle.objects).items():
        if count > 1 or kind not in tuple(ObjectType):
            yield f"{kind} {id_}"
