"""What shippers add to a line and is carried into the documents: an allow-list, by ECS names.

The kubernetes filters of Fluent Bit and Fluentd have names of their own, which are turned into ECS's. Everything else
is dropped and counted.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from ingest.fields import SHIPPED, Type
from ingest.kinds import LONGEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOTS = ("kubernetes", "container", "cloud", "orchestrator", "agent", "host", "labels")

_FLUENT = {
    "kubernetes.pod_name": "kubernetes.pod.name",
    "kubernetes.pod_id": "kubernetes.pod.uid",
    "kubernetes.namespace_name": "kubernetes.namespace",
    "kubernetes.container_name": "kubernetes.container.name",
    "kubernetes.container_image": "container.image.name",
    "kubernetes.docker_id": "container.id",
    "kubernetes.host": "kubernetes.node.name",
}
_ALLOWED = {field.name: field.type for field in SHIPPED}
_TEXTS = (Type.KEYWORD, Type.IP)
_LABELS = tuple(field.name for field in SHIPPED if field.type is Type.FLATTENED)
"""Fields of any names below them, which may hold dots."""
_IN_LABELS = tuple(f"{name}." for name in _LABELS)
_OURS = frozenset({"host.name", "host.hostname"})
"""Read by the envelope itself."""

_LONGEST = LONGEST[Type.KEYWORD]
_MOST_LABELS = 100
_DEEPEST = 20
"""Levels of nesting, as many as Elasticsearch takes in a field of labels."""
_SCALARS = (str, int, float, bool)


def allowed(document: Mapping[str, object]) -> tuple[dict[str, object] | None, int]:
    """The shipper's metadata that is carried, nested, and the number of leaves under the same roots that are not."""
    kept: dict[str, object] = {}
    labels: dict[str, dict[str, str]] = {}
    dropped = 0
    for path, value in _leaves(document):
        name = _FLUENT.get(path, path)
        if name.startswith(_IN_LABELS) and isinstance(value, _SCALARS):
            root = next(each for each in _LABELS if name.startswith(f"{each}."))
            label = name.removeprefix(f"{root}.")[:_LONGEST].replace("\0", "\ufffd")  # Elasticsearch takes none there
            text = str(value).lower() if isinstance(value, bool) else str(value)
            labels.setdefault(root, {})[label] = text[:_LONGEST]
        elif _ALLOWED.get(name) in _TEXTS and (texts := _texts(value)) is not None:
            _place(kept, name, texts)
        elif name not in _OURS:
            dropped += 1
    for root, named in labels.items():
        _place(kept, root, dict(islice(named.items(), _MOST_LABELS)))
        dropped += max(0, len(named) - _MOST_LABELS)
    return kept or None, dropped


def _leaves(document: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Every leaf under the roots by its dotted path, whether keys are nested or dotted already."""
    for key, value in document.items():
        if key.partition(".")[0] in ROOTS:
            yield from _below(key, value, 0)


def _below(path: str, value: object, depth: int) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict) and depth < _DEEPEST and _ALLOWED.get(path) not in _TEXTS:
        for key, inner in value.items():
            yield from _below(f"{path}.{key}", inner, depth + 1)
    elif path not in ROOTS or isinstance(value, dict):
        yield path, value


def _texts(value: object) -> str | list[str] | None:
    """A keyword or a list of them; numbers as text, anything else refused."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)[:_LONGEST]
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return [each[:_LONGEST] for each in value[:_MOST_LABELS]]
    return None


def _place(tree: dict[str, object], name: str, value: object) -> None:
    *branches, leaf = name.split(".")
    for branch in branches:
        below = tree.setdefault(branch, {})
        if not isinstance(below, dict):
            return
        tree = below
    tree[leaf] = value
