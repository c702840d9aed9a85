"""What the lookup tables know of the host, pod and users of a document, where the log and the shipper say nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ingest.document._tree import Tree, leaf, united
from ingest.fields import FIELDS, Kind
from ingest.lookup import NO_LOOKUP, Lookup

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ingest.model import Document

_FIELDS = {kind: frozenset(field.name for field in FIELDS if kind in field.kinds) for kind in Kind}

_USERS = ("process.user", "oom.trigger.user")


def with_looked_up(document: Document, lookup: Lookup) -> Document:
    """A document with what the tables know more."""
    if lookup is NO_LOOKUP:
        return document
    kind = Kind(str(leaf(document.source, "event", "dataset")).removeprefix("oom."))
    return msgspec.structs.replace(document, source=looked_up(document.source, kind, lookup))


def looked_up(tree: Mapping[str, object], kind: Kind, lookup: Lookup) -> Mapping[str, object]:
    """The document's tree with what the tables know more, as far as documents of its kind have the fields.

    Nothing that the tree says is changed, and the tree itself is not either.
    """
    fields = _FIELDS[kind]
    more = []
    for name, value in _known(tree, lookup):
        if value is not None and (name in fields or name.partition(".")[0] in fields):
            *branches, last = name.split(".")
            nested: Tree = {last: value}
            for branch in reversed(branches):
                nested = {branch: nested}
            more.append(nested)
    if not more:
        return tree
    # First for the order of the fields, last because what it says wins.
    return united(tree, *more, tree)


def _known(tree: Mapping[str, object], lookup: Lookup) -> Iterator[tuple[str, object]]:
    # A host without a name as sent is a line's that names none: no pattern stands for it.
    name = leaf(tree, "host", "name") if leaf(tree, "host", "hostname") is not None else None
    if isinstance(name, str) and (host := lookup.of_host(name)):
        yield "orchestrator.cluster.name", host.cluster
        yield "labels.role", host.role
        yield "labels.owner", host.owner
    uid = leaf(tree, "kubernetes", "pod", "uid")
    if isinstance(uid, str) and (pod := lookup.of_pod(uid)):
        # The twins below `orchestrator` say the same, also where the shipper named only the first of them.
        namespace = leaf(tree, "kubernetes", "namespace") or pod.namespace
        yield "kubernetes.namespace", namespace
        yield "orchestrator.namespace", namespace
        called = leaf(tree, "kubernetes", "pod", "name") or pod.pod
        yield "kubernetes.pod.name", called
        yield "orchestrator.resource.name", called
        yield "labels.workload", pod.workload
    for field in _USERS:
        number = leaf(tree, *field.split("."), "id")
        if isinstance(number, str) and (user := lookup.of_user(number)):
            yield f"{field}.name", user.name
