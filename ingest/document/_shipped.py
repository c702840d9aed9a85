"""What shippers said of host, pod and cloud, as far as it does not contradict what the log says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.document._tree import Tree, leaf
from ingest.fields import SHIPPED

if TYPE_CHECKING:
    from collections.abc import Mapping

_OF_THE_HOST = ("agent", "cloud", "host", "labels", "orchestrator")
_NAMES = frozenset(field.name for field in SHIPPED)


def shipped(metadata: Mapping[str, object] | None, own: Mapping[str, object]) -> Tree:
    """A shipper's metadata for a document that says ``own`` of where the victim ran.

    A shipper that runs in a pod describes its own pod. Where the log names another one, only the node is kept.
    """
    if not metadata:
        return {}
    ours = {leaf(own, "kubernetes", "pod", "uid"), leaf(own, "container", "id")} - {None}
    theirs = {leaf(metadata, "kubernetes", "pod", "uid"), leaf(metadata, "container", "id")} - {None}
    if not ours or ours & theirs:
        return dict(metadata)
    kept: Tree = {root: value for root, value in metadata.items() if root in _OF_THE_HOST}
    node = leaf(metadata, "kubernetes", "node", "name")
    return kept | ({"kubernetes": {"node": {"name": node}}} if node is not None else {})


def of_the_host(metadata: Mapping[str, object] | None) -> Tree:
    """The part that holds for every report of the host."""
    return {root: value for root, value in (metadata or {}).items() if root in _OF_THE_HOST}


def shipped_in(source: Mapping[str, object]) -> Tree | None:
    """The shipper's metadata in a stored document."""
    found = {
        name: value
        for name in sorted(_NAMES)
        if name.partition(".")[0] in _OF_THE_HOST and (value := leaf(source, *name.split("."))) is not None
    }
    kept: Tree = {}
    for name, value in found.items():
        *branches, last = name.split(".")
        node = kept
        for branch in branches:
            below = node.setdefault(branch, {})
            assert isinstance(below, dict)  # noqa: S101  no field is also a branch
            node = below
        node[last] = value
    return kept or None
