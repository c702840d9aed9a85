"""What a report needs of whoever counts the documents: Elasticsearch, or a file that was read into memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ingest.trends.wrong import Wrong

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from ingest.kinds import Kind
    from ingest.trends.facts import (
        Crowd,
        HostCount,
        HostDay,
        Ranking,
        SignatureCount,
        SignatureHosts,
        Sizes,
        Slot,
    )
    from ingest.trends.period import Day, Window

MOST_KEYS = 200_000
"""Hosts, signatures or slots that one answer may have: what is beyond is refused, so that memory stays bounded."""


class TooMany(Wrong):
    """More keys than ``MOST_KEYS``. The text is one sentence."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the selection has more than {MOST_KEYS:,} {what}; narrow it, or report a shorter period")


class Source(Protocol):
    """Counts documents of one selection. Every answer is exact unless its type says otherwise.

    Elasticsearch raises ``Unavailable`` or ``Refused``; every back end ``TooMany``.
    """

    @property
    def name(self) -> str:
        """Where the documents are, for people."""

    @property
    def tells_episodes(self) -> bool:
        """Whether the selection can be asked of episodes, and there are any to ask."""

    @property
    def misses_episodes(self) -> bool:
        """Whether long episodes may be left out, because their lists are cut."""

    @property
    def estimates(self) -> bool:
        """Whether it estimates percentiles."""

    def oldest(self) -> int | None:
        """The first kill of all."""

    def slots(self, kind: Kind, window: Window) -> Iterable[Slot]:
        """Documents by quarter of an hour."""

    def hosts(self, kind: Kind, window: Window) -> Iterable[HostCount]:
        """Documents by host."""

    def hosts_of_days(self, days: Sequence[Day], most: int) -> Sequence[int]:
        """How many hosts had a kill, for each day; ``most`` is how many there are in all days together."""

    def signatures(self, window: Window, only: Collection[str] | None = None) -> Iterable[SignatureCount]:
        """Kills by signature; of some signatures only where they are given."""

    def signature_hosts(
        self, window: Window, signatures: Sequence[str], size: int, most: int
    ) -> Iterable[SignatureHosts]:
        """How many hosts had each signature, and the ``size`` with most kills of it; ``most`` as above."""

    def rankings(self, window: Window, fields: Sequence[str], size: int) -> Mapping[str, Ranking]:
        """For each field its values with most kills, at most ``size``; of equals the first by name."""

    def counts(self, window: Window, names: Mapping[str, Sequence[str]]) -> Mapping[str, Mapping[str, int]]:
        """For each field how many kills have each of these values; values without any may be left out."""

    def heat(self, days: Sequence[Day], hosts: Sequence[str]) -> Iterable[HostDay]:
        """Kills of some hosts by day."""

    def crowded(self, window: Window, least: int) -> Iterable[tuple[str, int, int]]:
        """Signature, slot of five minutes and kills, where there were at least ``least``."""

    def crowds(self, window: Window, of: Collection[tuple[str, int]]) -> Iterable[Crowd]:
        """Kills by signature, slot of five minutes and host, of some signatures in some slots."""

    def sizes(self, window: Window, signatures: Sequence[str]) -> Iterable[Sizes]:
        """What the kills of some signatures tell of memory."""
