"""Nested documents: leaving out what is absent, uniting branches."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Tree = dict[str, object]

_LONG_MAX = 2**63 - 1


def pruned(tree: Mapping[str, object]) -> Tree:
    """A tree without what is absent, in whatever depth."""
    return trimmed({name: pruned(value) if isinstance(value, dict) else value for name, value in tree.items()})


def trimmed(tree: Mapping[str, object]) -> Tree:
    """A tree without what is absent: ``None``, empty branches and lists, and numbers that no ``long`` holds.

    Its branches are such trees already. Members of enumerations become plain texts.
    """
    kept: Tree = {}
    for name, value in tree.items():
        if value is None:
            continue
        if isinstance(value, str):
            kept[name] = str(value)
        elif isinstance(value, int):
            if -_LONG_MAX <= value <= _LONG_MAX:
                kept[name] = value
        elif value or isinstance(value, float):
            kept[name] = value
    return kept


def sized(sizes: Mapping[str, int | None]) -> Tree:
    """Sizes in bytes, each a branch, without those that are absent."""
    return {
        name: {"bytes": size} for name, size in sizes.items() if size is not None and -_LONG_MAX <= size <= _LONG_MAX
    }


def fits(number: int) -> bool:
    """Whether a ``long`` holds a number."""
    return -_LONG_MAX <= number <= _LONG_MAX


def united(first: Mapping[str, object], *others: Mapping[str, object]) -> Tree:
    """A new tree of several pruned ones, branch by branch; what two of them say is the later one's.

    Branches that only one of them has are shared with it, so that what documents say alike is made once.
    """
    whole = dict(first)
    for tree in others:
        for name, value in tree.items():
            if name in whole and isinstance(value, dict) and isinstance(branch := whole[name], dict):
                whole[name] = united(branch, value)
            else:
                whole[name] = value
    return whole


def branch(tree: Mapping[str, object], name: str) -> Tree:
    """A branch of a tree; empty where there is none."""
    value = tree.get(name)
    return value if isinstance(value, dict) else {}


def leaf(tree: Mapping[str, object], *path: str) -> object:
    """What stands at the end of a path; ``None`` where the path ends before."""
    value: object = tree
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
