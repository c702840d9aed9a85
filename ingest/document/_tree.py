"""Nested documents: uniting branches, leaving out what is absent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Tree = dict[str, object]

_LONG_MAX = 2**63 - 1


def united(*trees: Mapping[str, object]) -> Tree:
    """A new tree of several, branch by branch; what two of them say is the later one's.

    What is absent is left out: ``None``, empty branches and lists, and numbers that no ``long`` holds.
    """
    whole: Tree = {}
    for tree in trees:
        _add(whole, tree)
    return whole


def _add(whole: Tree, tree: Mapping[str, object]) -> None:
    for key, value in tree.items():
        if value is None or value == []:
            continue
        if isinstance(value, dict):
            branch = whole.get(key)
            if isinstance(branch, dict):
                _add(branch, value)
            else:
                branch = {}
                _add(branch, value)
                if branch:
                    whole[key] = branch
        elif not isinstance(value, int) or -_LONG_MAX <= value <= _LONG_MAX:
            whole[key] = value


def leaf(tree: Mapping[str, object], *path: str) -> object:
    """What stands at the end of a path; ``None`` where the path ends before."""
    value: object = tree
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
