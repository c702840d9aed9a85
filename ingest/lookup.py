"""Lookup tables: what an operator knows of hosts, pods and users, and no log line says.

A value that is built once and asked for every document. It reads no file: ``ingest.adapters.lookup_files`` does.
"""

from __future__ import annotations

import fnmatch
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MOST_ROWS = 200_000
"""Rows of one table."""

MOST_PATTERNS = 1_000
"""Host patterns: every one of them may have to be tried for a host that no row names."""

LONGEST = 1_024
"""Characters of one text; an index keeps no longer keyword."""

_POD_UID = re.compile(r"([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})")


class HostFacts(Struct, frozen=True, kw_only=True):
    """What is known of a host."""

    cluster: str | None = None
    role: str | None = None
    owner: str | None = None


class PodFacts(Struct, frozen=True, kw_only=True):
    """What is known of a pod."""

    namespace: str | None = None
    pod: str | None = None
    workload: str | None = None


class UserFacts(Struct, frozen=True, kw_only=True):
    """What is known of a user."""

    name: str | None = None


Facts = TypeVar("Facts", HostFacts, PodFacts, UserFacts)


class Lookup(Struct, frozen=True, kw_only=True):
    """The tables, by keys as ``host_key``, ``pod_key`` and ``user_key`` write them. Made by ``tables``."""

    hosts: Mapping[str, HostFacts] = MappingProxyType({})
    pods: Mapping[str, PodFacts] = MappingProxyType({})
    users: Mapping[str, UserFacts] = MappingProxyType({})
    patterns: tuple[tuple[str, HostFacts], ...] = ()
    """Host patterns in the order in which they are tried."""
    any_pattern: re.Pattern[str] | None = None
    """All patterns in one, a group for each: so that a host is held against them at once."""

    def of_host(self, name: str) -> HostFacts | None:
        """What is known of a host. Its exact name wins over a pattern, and the first pattern over later ones."""
        key = host_key(name)
        found = self.hosts.get(key)
        if found is None and self.any_pattern is not None and (match := self.any_pattern.match(key)):
            return self.patterns[(match.lastindex or 1) - 1][1]
        return found

    def of_pod(self, uid: str) -> PodFacts | None:
        """What is known of a pod, by its UID."""
        return self.pods.get(pod_key(uid))

    def of_user(self, uid: str) -> UserFacts | None:
        """What is known of a user, by the number in decimal."""
        return self.users.get(user_key(uid))


NO_LOOKUP = Lookup()
"""No table is set: nothing is known."""


def tables(hosts: Mapping[str, HostFacts], pods: Mapping[str, PodFacts], users: Mapping[str, UserFacts]) -> Lookup:
    """The tables of rows in their order, with each text cut at ``LONGEST``. Of one key's rows the first counts.

    Raises:
        ValueError: More than ``MOST_ROWS`` rows or ``MOST_PATTERNS`` patterns.
    """
    if not (hosts or pods or users):
        return NO_LOOKUP  # by which documents know that there is nothing to look up
    if any(len(table) > MOST_ROWS for table in (hosts, pods, users)):
        raise ValueError(f"a lookup table has more than {MOST_ROWS:,} rows")
    patterns = _keyed({host: facts for host, facts in hosts.items() if is_pattern(host)}, host_key)
    if len(patterns) > MOST_PATTERNS:
        raise ValueError(f"a lookup table has more than {MOST_PATTERNS:,} host patterns")
    return Lookup(
        hosts=_keyed({host: facts for host, facts in hosts.items() if not is_pattern(host)}, host_key),
        pods=_keyed(pods, pod_key),
        users=_keyed(users, user_key),
        patterns=tuple(patterns.items()),
        any_pattern=re.compile("|".join(f"({fnmatch.translate(each)})" for each in patterns)) if patterns else None,
    )


def is_pattern(host: str) -> bool:
    """Whether a host of a table stands for many: ``*`` in it is any text."""
    return "*" in host


def host_key(name: str) -> str:
    """A host as the table names it: in lower case, as in ``host.name``."""
    return name[:LONGEST].lower()


def pod_key(uid: str) -> str:
    """A pod's UID with dashes and in lower case, whichever cgroup driver wrote it."""
    key = uid[:LONGEST].lower().replace("_", "-")
    parts = _POD_UID.fullmatch(key)
    return "-".join(parts.groups()) if parts else key


def user_key(uid: str) -> str:
    """A uid without leading zeros."""
    return uid[:LONGEST].lstrip("0") or "0"


def _keyed(rows: Mapping[str, Facts], key: Callable[[str], str]) -> Mapping[str, Facts]:
    found: dict[str, Facts] = {}
    for name, facts in rows.items():
        found.setdefault(key(name), _cut(facts))
    return MappingProxyType(found)


def _cut(facts: Facts) -> Facts:
    texts = msgspec.structs.asdict(facts)
    return type(facts)(**{name: text[:LONGEST] if text else None for name, text in texts.items()})
