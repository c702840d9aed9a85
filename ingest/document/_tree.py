"""Nested documents: merging branches, leaving out what is absent, and times as Elasticsearch keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

Tree = dict[str, object]

_LONG_MAX = 2**63 - 1


def merge(into: Tree, more: Mapping[str, object]) -> None:
    """Add ``more`` to a tree, branch by branch."""
    for key, value in more.items():
        branch = into.get(key)
        if isinstance(branch, dict) and isinstance(value, dict):
            merge(branch, value)
        elif isinstance(value, dict):
            into[key] = (copy := Tree())
            merge(copy, value)
        elif value is not None:
            into[key] = value


def present(tree: Mapping[str, object]) -> Tree:
    """The tree without what is absent: ``None``, empty branches and lists, and numbers that no ``long`` holds."""
    kept: Tree = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            value = present(value)  # noqa: PLW2901  the branch without its absent leaves
        if value is None or value in ({}, []):
            continue
        if isinstance(value, int) and not -_LONG_MAX <= value <= _LONG_MAX:
            continue
        kept[key] = value
    return kept


def leaf(tree: Mapping[str, object], *path: str) -> object:
    """What stands at the end of a path; ``None`` where the path ends before."""
    value: object = tree
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def iso(at: datetime) -> str:
    """Milliseconds are what Elasticsearch's ``date`` keeps."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
