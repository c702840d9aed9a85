"""What a report says: one invocation of a killer and everything it printed."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from ingest.model.line import uptime_between
from ingest.model.memory import Sizes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.model.block import ClosedBy
    from ingest.model.line import Host, Origin, When
    from ingest.model.memory import CgroupState, MachineState, PageSize, Pressure
    from ingest.model.verdict import Code


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


class TableLack(StrEnum):
    """What is missing of a process table: the heading, without which not every column is known, or all rows."""

    HEADING = "heading"
    ROWS = "rows"


class ChosenBy(StrEnum):
    """By what a killer chooses a victim, where that is not the memory that it holds."""

    SCORE = "score"
    """The highest oom_score, which is told also where no size is."""
    IMPORTANCE = "importance"
    """The least important first, whatever its size."""
    ASKING = "asking"
    """Whoever asked for memory, or a child of it (vm.oom_kill_allocating_task)."""


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
    """One process that died (or was chosen to), put together from every line that names it.

    ``gone`` is whether its end was told: true by the kernel's kill line or a daemon's word that it exited, false where
    the killer says that it did not die, ``None`` where a signal was sent and nothing more was said.
    """

    pid: int
    name: str
    action: Action
    when: When
    uptime_us: int | None
    origin: Origin
    lines: tuple[str, ...]
    gone: bool | None = None
    uid: int | None = None
    score: int | None = None
    score_adj: int | None = None
    adj_legacy: int | None = None
    sizes: Sizes = Sizes()
    cgroup: str | None = None
    signal: str | None = None
    command_line: str | None = None
    reaper: Reaper | None = None
    openvz: OpenVzExit | None = None


class Task(Struct, frozen=True, kw_only=True, gc=False):
    """One row of a process table, in bytes.

    ``held`` is what the kernel would get back: resident, swapped out and page tables (``oom_badness``, 4.17 to 7.x).
    """

    pid: int
    name: str
    held: int
    uid: int | None
    rss: int | None
    swap: int | None
    page_tables: int | None
    total_vm: int | None
    score_adj: int | None
    adj_legacy: int | None


class Tasks(Struct, frozen=True, kw_only=True):
    """A process table by column, each ``None`` where the table has none: of its many rows a few are looked at whole.

    What each column says, ``Task`` tells. ``columns`` are all that stand behind the pid, by the kernel's names; one
    that nobody knows has none.
    """

    columns: tuple[str, ...] = ()
    pid: tuple[int, ...] = ()
    name: tuple[str, ...] = ()
    held: tuple[int, ...] = ()
    uid: tuple[int, ...] | None = None
    rss: tuple[int, ...] | None = None
    swap: tuple[int, ...] | None = None
    page_tables: tuple[int, ...] | None = None
    total_vm: tuple[int, ...] | None = None
    score_adj: tuple[int, ...] | None = None
    adj_legacy: tuple[int, ...] | None = None

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.pid)

    def row(self, at: int) -> Task:
        """A row by its place in the table."""
        return Task(
            pid=self.pid[at],
            name=self.name[at],
            held=self.held[at],
            uid=self.uid[at] if self.uid else None,
            rss=self.rss[at] if self.rss else None,
            swap=self.swap[at] if self.swap else None,
            page_tables=self.page_tables[at] if self.page_tables else None,
            total_vm=self.total_vm[at] if self.total_vm else None,
            score_adj=self.score_adj[at] if self.score_adj else None,
            adj_legacy=self.adj_legacy[at] if self.adj_legacy else None,
        )

    def of(self, pid: int) -> Task | None:
        """The first row of a process."""
        return self.row(self.pid.index(pid)) if pid in self.pid else None

    def largest(self, count: int) -> list[Task]:
        """The rows that held most, largest first; equal ones in the table's order."""
        ordered = sorted(range(len(self)), key=self.held.__getitem__, reverse=True)
        return [self.row(at) for at in ordered[:count]]


class Trigger(Struct, frozen=True, kw_only=True):
    """The task that could not allocate. It asked; it is neither the victim nor the cause by itself."""

    name: str
    pid: int | None = None
    uid: int | None = None
    score_adj: int | None = None
    adj_legacy: int | None = None


class Request(Struct, frozen=True, kw_only=True):
    """The allocation that failed."""

    gfp_mask: str | None
    gfp_flags: tuple[str, ...] = ()
    order: int | None = None
    nodemask: str | None = None
    mems_allowed: str | None = None
    cpuset: str | None = None


_RELEASE = re.compile(r"(\d{1,5})\.(\d{1,5})(?:\.(\d{1,5}))?")


def kernel_version(release: str | None) -> tuple[int, int, int] | None:
    """The numbers with which a kernel's release begins, 0 for a third that is not there; ``None`` where it has none."""
    found = _RELEASE.match(release or "")
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


class Kernel(Struct, frozen=True, kw_only=True):
    """The kernel that printed the report, and the machine it names."""

    release: str | None = None
    taint: tuple[str, ...] = ()
    hardware: str | None = None


class OpenVzRound(Struct, frozen=True, kw_only=True):
    """One selection round of a container's ``kill_signal`` lines; units are unproven, so they stay plain numbers."""

    ve: str
    group: str | None
    seq: int | None = None
    excess: int | None = None
    goal: int | None = None
    reduction: int | None = None


class PassedOver(Struct, frozen=True, kw_only=True):
    """The process that was chosen where a child of it died in its place.

    ``share`` is its score as a part of the memory allowed, where the kernel's scores are that.
    """

    pid: int
    name: str
    share: float | None = None


class Report(Struct, frozen=True, kw_only=True):
    """One invocation of a killer and everything it printed."""

    family: str
    provider: str
    reason: str
    host: Host
    when: When
    ended: When
    uptime_us: int | None
    ended_uptime_us: int | None
    origin: Origin
    completeness: Completeness
    closed_by: ClosedBy
    outcome: Outcome
    lines: tuple[str, ...]
    scope: Scope
    ran_out: Code | None = None
    """What ran out, where the killer's own rule or words say it; else the scope and the counters do."""
    chosen_by: ChosenBy | None = None
    passed_over: PassedOver | None = None
    constraint: Constraint | None = None
    trigger: Trigger | None = None
    request: Request | None = None
    kernel: Kernel | None = None
    cgroup: CgroupState | None = None
    machine: MachineState | None = None
    pressure: Pressure | None = None
    page_size: PageSize | None = None
    tasks: Tasks = Tasks()
    table_lack: TableLack | None = None
    """What is missing where a part of a table came, and none of it can be read."""
    victims: tuple[Victim, ...] = ()
    openvz: OpenVzRound | None = None
    no_killable: bool = False
    """A line says that no process was found that may be killed."""
    panicked: bool = False
    """The kernel panicked, whatever was killed before."""
    unread_lines: int = 0
    """Lines that a wording explains but for their tail, or that look like the family's and that none explains."""
    lost_lines: int | None = None
    """Lines that the log itself says were suppressed or dropped within the report."""
    suppressed_calls: int | None = None
    """Calls of a rate-limited function of the kernel, each of which would have printed a report or a part of one."""
    head: str = ""
    """The opening line's text: what tells two reports apart that have no victim. Empty where there is no head."""
    shape: str = ""
    """The kind of envelope of its lines: two shippers of a host have two."""
    echo: bool = False
    """Only a reaper's or a reporter's word: it counts where the killer's own line did not come."""
    metadata: Mapping[str, object] | None = None
    """What the shipper said of host, pod and cloud, by ECS names."""

    @property
    def limit(self) -> int | None:
        """The limit of the cgroup that was hit, in bytes, where one is told."""
        bound = self.cgroup.bound if self.cgroup else None
        return bound.limit if bound else None

    @property
    def unconfirmed(self) -> int:
        """Of how many victims no line says that they died."""
        return sum(not victim.gone for victim in self.victims)

    @property
    def lasted(self) -> timedelta:
        """From its first line to its last: by uptime where the first carries no time."""
        if self.when.from_line or self.uptime_us is None:
            return max(self.ended.at - self.when.at, timedelta(0))
        return uptime_between(self.uptime_us, self.ended_uptime_us or 0)
