"""What ``oom-ingest setup`` does: the shipped index templates against the installed ones, then the difference.

A template counts for indices that are made after it. Those of this month, and that of signatures, which has no month,
are given the fields that they lack.
"""

from __future__ import annotations

import difflib
import json
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from ingest import assets
from ingest.ports import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_NAMES = ("index_patterns", "composed_of", "ignore_missing_component_templates")
"""What of a template begins with the prefix."""


class Templates(Protocol):
    """Where index templates live."""

    def installed(self, names: list[str]) -> dict[str, Mapping[str, Any]]:
        """The bodies of those templates that are there, by name."""

    def install(self, name: str, body: Mapping[str, Any]) -> None:
        """Write a template."""

    def mappings(self, patterns: list[str]) -> dict[str, Mapping[str, Any]]:
        """The mappings of those indices that are there, by name."""

    def extend(self, index: str, properties: Mapping[str, Any]) -> None:
        """Add fields to the mapping of an index."""


class Action(StrEnum):
    """What is to be done with a template. ``NEWER`` is installed in a newer version than ours and is left alone."""

    CREATE = "create"
    UPDATE = "update"
    UNCHANGED = "unchanged"
    NEWER = "newer"


class Step(Struct, frozen=True):
    """One template: its name, what is to be done, and the difference as unified diff."""

    name: str
    action: Action
    body: dict[str, Any]
    difference: str


class Extension(Struct, frozen=True):
    """An index that was made for an older template: the fields that it lacks, and those that it has in another type.

    A field's type cannot be changed; what does not fit is dead-lettered until the next month's index.
    """

    index: str
    missing: tuple[str, ...]
    differs: tuple[str, ...]
    properties: dict[str, Any]
    """The missing fields as a mapping."""


def shipped(prefix: str) -> dict[str, dict[str, Any]]:
    """The index templates that travel with this version, by name, for indices that begin with ``prefix``."""
    found = {}
    for path in assets.mappings():
        body = json.loads(path.read_text(encoding="utf-8"))
        for names in _NAMES:
            body[names] = [name.replace("oom", prefix, 1) for name in body[names]]
        found[path.stem.replace("oom", prefix, 1)] = body
    return found


def plan(templates: Templates, prefix: str) -> list[Step]:
    """What ``apply`` would do, one step for each template. Raises ``Unavailable`` or ``Refused``."""
    ours = shipped(prefix)
    theirs = templates.installed(list(ours))
    return [_step(name, body, theirs.get(name)) for name, body in ours.items()]


def apply(templates: Templates, steps: Sequence[Step]) -> None:
    """Write what is new or different. Nothing is written at all where any template is newer than ours."""
    if any(step.action is Action.NEWER for step in steps):
        return
    for step in steps:
        if step.action in (Action.CREATE, Action.UPDATE):
            templates.install(step.name, step.body)


def extensions(templates: Templates, steps: Sequence[Step]) -> list[Extension]:
    """The indices whose mappings are not those of their templates. Raises ``Unavailable`` or ``Refused``."""
    found = []
    for step in steps:
        ours = dict(_leaves(step.body["template"]["mappings"]["properties"]))
        for index, mapping in sorted(templates.mappings(step.body["index_patterns"]).items()):
            theirs = dict(_leaves(mapping.get("properties", {})))
            missing = tuple(path for path in ours if path not in theirs)
            differs = tuple(path for path in ours if path in theirs and theirs[path].get("type") != ours[path]["type"])
            if missing or differs:
                found.append(Extension(index, missing, differs, _tree({path: ours[path] for path in missing})))
    return found


def extend(templates: Templates, found: Sequence[Extension]) -> dict[str, Refused]:
    """Give indices the fields that they lack. One that takes none, such as a month that is read-only, stops no other.

    Returns:
        Why some indices took none, by their names.
    """
    refused: dict[str, Refused] = {}
    for each in found:
        if each.missing:
            try:
                templates.extend(each.index, each.properties)
            except Refused as error:
                refused[each.index] = error
    return refused


def _leaves(properties: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, field in properties.items():
        if "properties" in field:
            yield from _leaves(field["properties"], f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field


def _tree(leaves: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for path, field in leaves.items():
        *branches, leaf = path.split(".")
        node = root
        for branch in branches:
            node = node.setdefault(branch, {"properties": {}})["properties"]
        node[leaf] = field
    return root


def _step(name: str, ours: dict[str, Any], theirs: Mapping[str, Any] | None) -> Step:
    if theirs is None:
        return Step(name, Action.CREATE, ours, _difference(name, {}, ours))
    if theirs.get("version", 0) > ours["version"]:
        return Step(name, Action.NEWER, ours, "")
    # Elasticsearch gives back what it was given, but for order; settings are written as it normalises them.
    relevant = {key: theirs[key] for key in ours if key in theirs}
    if relevant == ours:
        return Step(name, Action.UNCHANGED, ours, "")
    return Step(name, Action.UPDATE, ours, _difference(name, relevant, ours))


def _difference(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    old, new = (json.dumps(body, indent=2, sort_keys=True).splitlines() if body else [] for body in (before, after))
    return "\n".join(difflib.unified_diff(old, new, f"installed/{name}", f"shipped/{name}", lineterm=""))
