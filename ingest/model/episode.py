"""Reports joined into episodes, and the documents that are written of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from ingest.model.line import uptime_between

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from ingest.model.line import Host, Origin, When
    from ingest.model.report import Constraint, Outcome, Report, Scope
    from ingest.model.verdict import Analysis, Code, Culprit


class Member(Struct, frozen=True):
    """What an episode remembers of one of its reports."""

    report_id: str
    version: int
    start: datetime
    end: datetime
    signature: str
    signature_name: str
    victims: tuple[tuple[str, str], ...]
    """Kill id and process name, sorted by kill id."""
    outcome: Outcome
    killed_path: str | None = None
    """The cgroup that was killed as a whole."""
    unconfirmed: int = 0
    """Of how many of them no line says that they died."""
    uptime_us: int | None = None
    """Uptime of its first line where no line carries a time: then gaps are measured by it."""
    ended_uptime_us: int | None = None
    """Uptime of its last line, likewise."""
    verdict: tuple[Code, ...] = ()
    """What was found in it."""
    culprit: Culprit | None = None
    constraint: Constraint | None = None
    """What bounded the memory, where its wording says it."""
    place: tuple[int, int] = (0, 0)
    """Uptime and offset of its first line, as far as they are known: which of one second came first."""

    @property
    def order(self) -> tuple[datetime, tuple[int, int], str]:
        """What an episode's reports are ordered by: without times of their own all of a file begin at once."""
        return self.start, self.place, self.report_id

    def since(self, earlier: Member) -> timedelta:
        """How much later it began than another report: by uptime, where that did not begin anew in between."""
        if self.uptime_us is None or earlier.uptime_us is None or self.uptime_us < earlier.uptime_us:
            return self.start - earlier.start
        return uptime_between(earlier.uptime_us, self.uptime_us)


class Episode(Struct, frozen=True):
    """Reports of one host and scope with no gap above the limit. ``members`` are in their order."""

    id: str
    host: Host
    scope: Scope
    family: str
    origin: Origin
    members: tuple[Member, ...]
    open: bool
    when: When
    provider: str = "kernel"
    metadata: Mapping[str, object] | None = None

    @property
    def version(self) -> int:
        """Grows with every report that is added or completed, and once more when the episode is closed."""
        return 2 * sum(m.version for m in self.members) + (not self.open)

    @property
    def start(self) -> datetime:
        """When the first report began."""
        return self.members[0].start

    @property
    def end(self) -> datetime:
        """When the last report ended."""
        return max([m.end for m in self.members])

    @property
    def uptimes_us(self) -> tuple[int, int] | None:
        """Uptimes of its first and its last line, where no report carries a time and all tell their uptime."""
        begun = [m.uptime_us for m in self.members if m.uptime_us is not None]
        if len(begun) < len(self.members):
            return None
        return min(begun), max([*begun, *(m.ended_uptime_us for m in self.members if m.ended_uptime_us is not None)])

    @property
    def lasted(self) -> timedelta:
        """From its first line to its last: by uptime where that is all that its lines tell."""
        uptimes = self.uptimes_us
        return uptime_between(*uptimes) if uptimes else self.end - self.start


class KnownKill(Struct, frozen=True, kw_only=True):
    """What is remembered of a kill, so that another source's word of it is recognised.

    ``container`` is the beginning of the id of the container that it ran in; ``shape`` the kind of envelope that told;
    ``version`` that of the report that told of it.
    """

    kill_id: str
    report_id: str
    pid: int | None
    name: str
    at: datetime
    zone_inferred: bool
    version: int
    shape: str = ""
    container: str | None = None


class Identified(Struct, frozen=True):
    """A report with its ids: facts of the log, the same in every run.

    ``workload`` is what failed, the same wherever it happens.
    """

    report: Report
    id: str
    workload: str
    signature: str
    signature_name: str
    kill_ids: tuple[str, ...]
    version: int


class Joined(Struct, frozen=True):
    """A report in its episode, as the episode stands with this report in it."""

    identified: Identified
    episode: Episode
    analysis: Analysis


class Document(Struct, frozen=True, gc=False):
    """One document of one kind. ``version`` grows with content only, so an older copy never replaces a newer one."""

    index: str
    id: str
    version: int
    source: Mapping[str, object]
