"""The report of a fleet's trends: what every renderer shows, and ``--format json`` prints as it is."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from datetime import date, datetime

    from ingest.trends.advice import LimitAdvice
    from ingest.trends.facts import Named


class Trend(StrEnum):
    """What became of a signature. Better and worse are changes beyond chance; the rest is steady."""

    NEW = "new"
    BACK = "back"
    WORSE = "worse"
    STEADY = "steady"
    BETTER = "better"
    STOPPED = "stopped"


class Change(Struct, frozen=True):
    """A number in this period and in the one before."""

    now: int
    before: int

    @property
    def percent(self) -> float | None:
        """By how much it rose, in percent; ``None`` from nothing."""
        return (self.now - self.before) * 100 / self.before if self.before else None


class Fleet(Struct, frozen=True):
    """How much of an inventory was hit."""

    size: int
    """Hosts of the inventory that the selection may mean."""
    hit: Change
    strangers: int
    """Hosts with kills that the inventory does not have."""

    @property
    def share(self) -> float | None:
        """The part of the inventory that was hit in this period."""
        return self.hit.now / self.size if self.size else None


class DayLine(Struct, frozen=True):
    """One local day, and the day of the same place in the period before."""

    date: date
    whole: bool
    kills: int
    episodes: int | None
    hosts: int
    share: float | None
    """The part of the inventory that was hit, where there is one."""
    kills_before: int | None
    """``None`` where the period before is cut into days at another time of day."""


class SignatureLine(Struct, frozen=True):
    """One signature."""

    signature: str
    name: str
    trend: Trend
    kills: Change
    first: datetime
    """Its first kill of this period, or of the last period that has any."""
    last: datetime
    hosts: int | None = None
    """How many hosts had it; told of the top ones."""
    most_hosts: tuple[Named, ...] = ()


class Table(Struct, frozen=True):
    """The values of a field with most kills."""

    title: str
    field: str
    rows: tuple[tuple[Named, int], ...]
    """Each value with its kills, and its kills in the period before."""
    rest: int
    untold: int
    tolerance: int


class Offender(Struct, frozen=True):
    """A host that ran out of memory again and again."""

    host: str
    episodes: Change | None
    kills: Change
    every: float | None
    """Mean seconds from one episode to the next."""
    last: datetime


class HeatMap(Struct, frozen=True):
    """Kills by host and day, or by host and several days."""

    hosts: tuple[str, ...]
    columns: tuple[date, ...]
    """The first day of each column."""
    days: int
    """Days of a column."""
    rows: tuple[tuple[int, ...], ...]


class BurstLine(Struct, frozen=True):
    """One signature on many hosts within minutes."""

    signature: str
    name: str
    start: datetime
    end: datetime
    hosts: int
    kills: int
    first_host: str
    first: datetime
    some_hosts: tuple[str, ...]


class Widths(Struct, frozen=True):
    """How finely time was counted, in minutes; days are days of the wall clock of the report's zone."""

    slots: int
    """Kills and episodes, before they are put into days and hours."""
    bursts: int


class Report(Struct, frozen=True, kw_only=True):
    """A period against the one before. What is ``None`` cannot be told; what is not exact is in ``approximate``."""

    source: str
    selection: str
    zone: str
    start: datetime
    end: datetime
    start_before: datetime
    oldest: datetime | None
    notes: tuple[str, ...]
    widths: Widths
    approximate: dict[str, str]
    """What is estimated, and how far it may be off."""
    kills: Change
    hosts: Change
    episodes: Change | None
    between: tuple[float | None, float | None]
    """Mean seconds between episodes of one host, in this period and the one before."""
    fleet: Fleet | None
    days: tuple[DayLine, ...]
    days_before: tuple[int, ...]
    """Kills of each day of the period before."""
    week: tuple[tuple[int, ...], ...]
    """Kills by weekday (Monday first) and hour of the wall clock."""
    signature_count: int
    top: tuple[SignatureLine, ...]
    changed: dict[Trend, tuple[SignatureLine, ...]]
    changed_count: dict[Trend, int]
    tables: tuple[Table, ...]
    offenders: tuple[Offender, ...]
    offender_count: int
    heat: HeatMap
    bursts: tuple[BurstLine, ...]
    burst_count: int
    limits: tuple[LimitAdvice, ...]
