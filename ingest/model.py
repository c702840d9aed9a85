"""Every type that crosses a border between stages.

    Raw -> Line -> Block -> Report -> Joined (a report in its episode) -> Document

All are frozen values. Sizes are bytes, times are aware datetimes in UTC, and what a record does not say is ``None``:
nothing here carries a plausible default.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


# ---------------------------------------------------------------- where a line comes from


class Origin(Struct, frozen=True):
    """The place of one record: a Kafka topic, partition and offset, or a file and its line number.

    ``partition`` is ``None`` for a file; then ``offset`` counts lines from 1.
    """

    source: str
    partition: int | None
    offset: int


class Raw(Struct, frozen=True):
    """One record as it was read. ``recorded_at`` is Kafka's time stamp or the file's mtime: a hint, not a log fact."""

    origin: Origin
    value: bytes | None
    recorded_at: datetime


class TimeSource(StrEnum):
    """Where a line's time came from; it says how far the time can be trusted."""

    SYSLOG = "syslog"
    ISO = "iso"
    KAFKA = "kafka"
    FILE = "file"


class When(Struct, frozen=True):
    """A point in time and what had to be inferred to know it."""

    at: datetime
    source: TimeSource
    year_inferred: bool
    zone_inferred: bool

    @property
    def from_line(self) -> bool:
        """Whether the line itself carries the time, so that an id may rest on it."""
        return self.source in (TimeSource.SYSLOG, TimeSource.ISO)


class Host(Struct, frozen=True):
    """``name`` is lower case and the key of everything; ``hostname`` is the name as sent, ``None`` if none was sent."""

    name: str
    hostname: str | None


UNKNOWN_HOST = Host("unknown", None)


class Line(Struct, frozen=True):
    """One log record of one host with its envelope taken off."""

    origin: Origin
    host: Host
    when: When
    uptime_us: int | None
    tag: str | None
    text: str
    raw: str


class Rejected(Struct, frozen=True):
    """Something that looked like OOM and could not be read. It becomes a dead letter; ``code`` is stable."""

    origin: Origin
    recorded_at: datetime
    stage: str
    code: str
    detail: str
    original: str


# ---------------------------------------------------------------- lines joined into a block


class Role(StrEnum):
    """What a matched line does to the report it belongs to."""

    OPENS = "opens"
    BODY = "body"
    VICTIM = "victim"


class Part(Protocol):
    """What one wording says, as a frozen value private to its family. The assembler asks only these two questions."""

    @property
    def key(self) -> str | None:
        """Keeps reports of one host apart that run side by side (an OpenVZ container); ``None`` where none is said."""

    @property
    def pid(self) -> int | None:
        """The victim that this line names, if it names one."""


class Entry(Struct, frozen=True):
    """One line of a block. ``part`` is ``None`` for context that no wording explains."""

    line: Line
    part: Part | None


class ClosedBy(StrEnum):
    """Why a report was written."""

    TERMINATOR = "terminator"
    NEXT_REPORT = "next_report"
    GAP = "gap"
    CAP = "cap"
    IDLE = "idle"


class Block(Struct, frozen=True):
    """The lines of one invocation of a killer, in the order they came."""

    format: str
    entries: tuple[Entry, ...]
    closed_by: ClosedBy


# ---------------------------------------------------------------- what a report says


class Completeness(StrEnum):
    """How much of a report was there to read."""

    COMPLETE = "complete"
    HEAD_MISSING = "head_missing"
    TAIL_MISSING = "tail_missing"
    KILL_LINE_ONLY = "kill_line_only"
    INTERLEAVED = "interleaved"


class Outcome(StrEnum):
    """What came of one invocation of the killer."""

    KILLED = "killed"
    PANIC = "panic"
    NO_VICTIM = "no_victim"
    TRUNCATED = "truncated"
    UNKNOWN = "unknown"


class Constraint(StrEnum):
    """What bounded the memory that ran out, in the words of ``enum oom_constraint`` (include/linux/oom.h)."""

    NONE = "none"
    MEMCG = "memcg"
    CPUSET = "cpuset"
    MEMORY_POLICY = "memory_policy"
    MANUAL = "manual"


class ScopeKind(StrEnum):
    """Whose memory ran out."""

    MACHINE = "machine"
    CGROUP = "cgroup"
    CPUSET = "cpuset"
    CONTAINER = "container"


class Scope(Struct, frozen=True):
    """Whose memory ran out, and which one: a cgroup path, a cpuset, a container id. ``None`` is what no line says."""

    kind: ScopeKind | None
    name: str | None = None


class PageSizeSource(StrEnum):
    """How the page size of a report is known."""

    LOGGED = "logged"
    CONFIGURED = "configured"
    ASSUMED = "assumed"


class PageSize(Struct, frozen=True):
    """Bytes in a page, and how that is known."""

    bytes: int
    source: PageSizeSource


class Sizes(Struct, frozen=True, kw_only=True):
    """Memory of one process, in bytes."""

    total_vm: int | None = None
    rss: int | None = None
    anon_rss: int | None = None
    file_rss: int | None = None
    shmem_rss: int | None = None
    page_tables: int | None = None
    swap: int | None = None


class ReaperOutcome(StrEnum):
    """What the OOM reaper said of its work."""

    REAPED = "reaped"
    UNABLE = "unable"


class Reaper(Struct, frozen=True, kw_only=True):
    """What was left of the victim's memory (bytes) and how long after the kill line that was said (us)."""

    outcome: ReaperOutcome
    anon_rss: int | None = None
    file_rss: int | None = None
    shmem_rss: int | None = None
    delay_us: int | None = None


class OpenVzExit(Struct, frozen=True, kw_only=True):
    """What the line of an OOM-killed process that exited says (kernel/ub/ub_oom.c, ``ub_oom_task_dead``).

    ``free_pages`` is free memory of the whole node, ``generation`` the node's count of OOM-killed address spaces since
    boot, ``freed_pages`` the difference to the ``free`` of the exit before it in the same report.
    """

    ve: str
    free_pages: int | None = None
    generation: int | None = None
    freed_pages: int | None = None


class Action(StrEnum):
    """Whether the kill was said to have happened, or the victim was only chosen."""

    KILL = "oom-kill"
    SELECTED = "oom-kill-selected"


class Victim(Struct, frozen=True, kw_only=True):
    """One process that died (or was chosen to), put together from every line that names it."""

    pid: int
    name: str
    action: Action
    when: When
    uptime_us: int | None
    origin: Origin
    lines: tuple[str, ...]
    uid: int | None = None
    score_adj: int | None = None
    sizes: Sizes = Sizes()
    cgroup: str | None = None
    reaper: Reaper | None = None
    openvz: OpenVzExit | None = None


class Task(Struct, frozen=True, kw_only=True):
    """One row of a process table, in bytes."""

    pid: int
    name: str
    uid: int | None
    tgid: int | None
    sizes: Sizes
    score_adj: int | None


class Trigger(Struct, frozen=True, kw_only=True):
    """The task that could not allocate. It asked; it is neither the victim nor the cause by itself."""

    name: str
    pid: int | None = None
    score_adj: int | None = None


class Request(Struct, frozen=True, kw_only=True):
    """The allocation that failed."""

    gfp_mask: str
    gfp_flags: tuple[str, ...] = ()
    order: int | None = None
    nodemask: str | None = None
    mems_allowed: str | None = None


class Counter(Struct, frozen=True, kw_only=True):
    """A cgroup's memory counter, in bytes. ``limit`` is ``None`` and ``unlimited`` true where no limit is set."""

    usage: int | None
    limit: int | None
    unlimited: bool
    failcnt: int


class CgroupState(Struct, frozen=True, kw_only=True):
    """The cgroup whose limit was hit and its counters."""

    limit_path: str | None = None
    memory: Counter | None = None
    swap: Counter | None = None
    memory_swap: Counter | None = None
    kmem: Counter | None = None
    group_kill: bool | None = None


class Kernel(Struct, frozen=True, kw_only=True):
    """The kernel that printed the report."""

    release: str | None = None
    taint: tuple[str, ...] = ()


class OpenVzRound(Struct, frozen=True, kw_only=True):
    """One selection round of a container's ``kill_signal`` lines; units are unproven, so they stay plain numbers."""

    ve: str
    group: str | None
    seq: int | None = None
    excess: int | None = None
    goal: int | None = None
    reduction: int | None = None


class Report(Struct, frozen=True, kw_only=True):
    """One invocation of a killer and everything it printed."""

    family: str
    provider: str
    reason: str
    host: Host
    when: When
    ended: When
    uptime_us: int | None
    origin: Origin
    completeness: Completeness
    closed_by: ClosedBy
    outcome: Outcome
    lines: tuple[str, ...]
    scope: Scope
    constraint: Constraint | None = None
    trigger: Trigger | None = None
    request: Request | None = None
    kernel: Kernel | None = None
    cgroup: CgroupState | None = None
    page_size: PageSize | None = None
    tasks: tuple[Task, ...] = ()
    victims: tuple[Victim, ...] = ()
    openvz: OpenVzRound | None = None
    head: str = ""
    """The opening line's text: what tells two reports apart that have no victim. Empty where there is no head."""


# ---------------------------------------------------------------- reports joined into episodes


class Culprit(Struct, frozen=True):
    """Who used the memory, by which rule, and how sure that is."""

    name: str
    pid: int | None
    rss: int | None
    share: float | None
    confidence: str
    rule: str
    is_victim: bool


class Member(Struct, frozen=True):
    """What an episode remembers of one of its reports."""

    report_id: str
    version: int
    start: datetime
    end: datetime
    signature: str
    victims: tuple[tuple[str, str], ...]
    """Kill id and process name, sorted by kill id."""
    unconfirmed: int = 0
    """How many of them were only chosen: no line says that they died."""
    uptime_us: int | None = None
    """Uptime of its first line where no line carries a time: then gaps are measured by it."""


class Episode(Struct, frozen=True):
    """Reports of one host and scope with no gap above the limit. ``members`` are ordered by start and report id."""

    id: str
    host: Host
    scope: Scope
    family: str
    origin: Origin
    members: tuple[Member, ...]
    open: bool
    when: When
    culprit: Culprit | None = None

    @property
    def version(self) -> int:
        """Grows with every report that is added or completed, and once more when the episode is closed."""
        return 2 * sum(m.version for m in self.members) + (not self.open)

    @property
    def start(self) -> datetime:
        """When the first report began."""
        return min(m.start for m in self.members)

    @property
    def end(self) -> datetime:
        """When the last report ended."""
        return max(m.end for m in self.members)


class Identified(Struct, frozen=True):
    """A report with its ids: facts of the log, the same in every run."""

    report: Report
    id: str
    signature: str
    kill_ids: tuple[str, ...]
    version: int


class Joined(Struct, frozen=True):
    """A report in its episode, as the episode stands with this report in it."""

    identified: Identified
    episode: Episode


# ---------------------------------------------------------------- what is written


class Document(Struct, frozen=True):
    """One document of one kind. ``version`` grows with content only, so an older copy never replaces a newer one."""

    index: str
    id: str
    version: int
    source: Mapping[str, object]
