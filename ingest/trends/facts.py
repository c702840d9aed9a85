"""Facts: what was counted of a fleet. Every back end gives the same ones for the same documents.

Counts are exact except where a value has a tolerance of its own. Moments are milliseconds of the epoch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from ingest.trends.period import Period


class Slot(Struct, frozen=True):
    """Documents of one slot of time that has any."""

    start: int
    count: int


class HostCount(Struct, frozen=True):
    """Documents of one host, the first and the last of them."""

    host: str
    count: int
    first: int
    last: int


class SignatureCount(Struct, frozen=True):
    """Kills of one signature, the first and the last of them; ``name`` is its last by the alphabet, if it has any."""

    signature: str
    name: str | None
    count: int
    first: int
    last: int


class Named(Struct, frozen=True):
    """Kills that have one value in a field. The true count is from ``count`` to ``count + tolerance``."""

    name: str
    count: int
    tolerance: int = 0


class Ranking(Struct, frozen=True):
    """The values of a field with the most kills; the kills with other values, and those without any.

    A value that is not listed may have as many kills as ``tolerance``.
    """

    rows: tuple[Named, ...]
    rest: int
    untold: int
    tolerance: int = 0


class HostDay(Struct, frozen=True):
    """Kills of one host on one day, which is counted from the first of the period."""

    host: str
    day: int
    count: int


class SignatureHosts(Struct, frozen=True):
    """How many hosts have a signature, and those with most kills of it."""

    signature: str
    hosts: int
    most: tuple[Named, ...]


class Crowd(Struct, frozen=True):
    """Kills of one signature and host in one slot of time, the first of them."""

    signature: str
    start: int
    host: str
    count: int
    first: int


class Range(Struct, frozen=True):
    """What was seen of a number of bytes: how many kills tell it, the smallest and the largest."""

    count: int
    least: int
    most: int


class Sizes(Struct, frozen=True):
    """What the kills of a signature tell of memory.

    ``most_victims`` is the resident memory that 95 of 100 victims do not exceed. Elasticsearch estimates it: its place
    among the victims is right within ``PERCENTILE_TOLERANCE``.
    """

    signature: str
    limit: Range | None
    usage: Range | None
    victim: Range | None
    most_victims: float | None


PERCENTILE = 95
PERCENTILE_TOLERANCE = 1.0
"""How far the place of the estimate may be off, in percent of the victims, and one victim more."""


class Counted(Struct, frozen=True, kw_only=True):
    """What was counted of one window. Episodes are ``None`` where the selection is of kills alone."""

    slots: tuple[Slot, ...]
    hosts: tuple[HostCount, ...]
    signatures: tuple[SignatureCount, ...]
    episode_slots: tuple[Slot, ...] | None
    episode_hosts: tuple[HostCount, ...] | None


class Facts(Struct, frozen=True, kw_only=True):
    """Everything that a report is made of."""

    period: Period
    source: str
    selection: str
    estimates: bool
    """Whether percentiles are estimated."""
    misses_episodes: bool
    """Whether episodes are selected by lists that are cut."""
    oldest: int | None
    """The first selected kill that is known at all."""
    now: Counted
    before: Counted
    hosts_of_days: tuple[int, ...]
    """Hosts hit, by day of the period."""
    signatures_earlier: tuple[SignatureCount, ...]
    """Of signatures that this period has and the one before has not: what was before both."""
    signature_hosts: tuple[SignatureHosts, ...]
    """Of the signatures with most kills."""
    rankings: dict[str, Ranking]
    """By field."""
    ranked_before: dict[str, dict[str, int]]
    """The same values in the period before."""
    heat: tuple[HostDay, ...]
    """Of the hosts with most kills."""
    crowds: tuple[Crowd, ...]
    """Around the slots in which a signature had more kills than usual."""
    crowds_cut: bool
    """Whether there were more such slots than are looked at."""
    sizes: tuple[Sizes, ...]
    """Of the signatures with most kills."""
