"""On which hosts something is open, place by place, and of which kinds it is."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from ingest.model import Place


class Holders:
    """Counts what is open. A kind is what the owner tells things apart by: tags of lines, families of reports."""

    def __init__(self) -> None:
        self._hosts: dict[Place, dict[str, Counter[str]]] = {}
        self._kinds: dict[Place, Counter[str]] = {}
        self.begun = 0
        """How often a kind of thing was begun on a host that had none of it open."""

    def add(self, place: Place, host: str, kind: str) -> None:
        """Something was opened on a host."""
        kinds = self._hosts.setdefault(place, {}).setdefault(host, Counter())
        if kind not in kinds:
            self.begun += 1
            self._kinds.setdefault(place, Counter())[kind] += 1
        kinds[kind] += 1

    def remove(self, place: Place, host: str, kind: str) -> None:
        """Something that was opened is closed."""
        hosts = self._hosts[place]
        kinds = hosts[host]
        kinds[kind] -= 1
        if kinds[kind]:
            return
        del kinds[kind]
        if not kinds:
            del hosts[host]
        everywhere = self._kinds[place]
        everywhere[kind] -= 1
        if not everywhere[kind]:
            del everywhere[kind]
        if not hosts:
            del self._hosts[place], self._kinds[place]

    def drop(self, place: Place) -> None:
        """Forget what is open on a place."""
        self._hosts.pop(place, None)
        self._kinds.pop(place, None)

    def hosts(self, place: Place) -> Collection[str]:
        """The hosts of a place on which anything is open."""
        return self._hosts.get(place, ())

    def kinds(self, place: Place) -> Collection[str]:
        """The kinds of what is open on any host of a place."""
        return self._kinds.get(place, ())

    def of(self, place: Place, host: str) -> Collection[str]:
        """The kinds of what is open on a host."""
        hosts = self._hosts.get(place)
        return hosts.get(host, ()) if hosts else ()
