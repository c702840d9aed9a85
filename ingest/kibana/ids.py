"""Ids of everything that goes to Kibana: the same in every build, so that an import replaces and never doubles."""

from __future__ import annotations

from uuid import UUID, uuid5

_NAMESPACE = UUID("6f0e2b0c-6a0f-5d0e-9d2c-0f6b3e6d1a70")
"""Of all ids below. A change of it would install every panel and rule a second time."""


def object_id(name: str) -> str:
    """The id of a data view, board, search or tag: ``oom-fleet``. People meet it in addresses, so it is readable."""
    return f"oom-{name}"


def part_id(owner: str, name: str) -> str:
    """The id of a panel, layer, column or control of ``owner``, which is an object's id."""
    return str(uuid5(_NAMESPACE, f"{owner}/{name}"))


def rule_id(name: str, space: str = "default", prefix: str = "oom") -> str:
    """The id of an alert rule. Kibana takes only UUIDs for rules, and keeps them apart by cluster, not by space."""
    return str(uuid5(_NAMESPACE, f"rule/{space}/{prefix}/{name}"))
