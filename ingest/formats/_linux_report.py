"""A block of Linux lines to a report.

A victim is put together from every line that names it; tables are turned from pages to bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn, TypeVar

from msgspec.structs import replace

from ingest.formats._linux_parts import (
    Buddy,
    Cpu,
    Group,
    Header,
    Heading,
    Kill,
    MemcgCounter,
    Reaped,
    Row,
    Summary,
)
from ingest.model import (
    Action,
    CgroupState,
    Completeness,
    Constraint,
    Kernel,
    Outcome,
    PageSize,
    PageSizeSource,
    Reaper,
    Report,
    Request,
    Scope,
    ScopeKind,
    Sizes,
    Task,
    Trigger,
    Victim,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.model import Block, Line, Part

_ASSUMED_PAGE = PageSize(4096, PageSizeSource.ASSUMED)
"""x86 and most arm64 kernels; arm64 and ppc64 may use 16 or 64 KiB, which only a free list line tells."""

_P = TypeVar("_P")

_COUNTERS = {"memory": "memory", "swap": "swap", "memory+swap": "memory_swap", "kmem": "kmem"}


@dataclass(slots=True)
class LinuxProgress:
    """What an open Linux report has said so far."""

    chosen: set[int] = field(default_factory=set)
    killed: set[int] = field(default_factory=set)
    reaped: set[int] = field(default_factory=set)
    group: bool = False

    @property
    def anchored(self) -> bool:
        """The id rests on the first victim's kill line."""
        return bool(self.killed)

    @property
    def done(self) -> bool:
        """Every victim was reaped. A group kill never says that it is over."""
        return bool(self.killed) and not self.group and self.killed <= self.reaped

    @property
    def takes_context(self) -> bool:
        """Stack and Mem-Info stand before the first kill line."""
        return not self.killed and not self.reaped

    def fit(self, part: Part) -> int:
        """Lines that name a victim go to the report that named it before; others to one still without a kill."""
        match part:
            case Summary():
                return _fit(part.pid in self.killed, could=not self.chosen and not self.killed)
            case Kill():
                # The leader may have dropped its memory: then the kill line names another thread than the summary.
                return _fit(part.pid in self.chosen | self.killed, could=self.group or not self.killed)
            case Reaped():
                return _fit(part.pid in self.chosen | self.killed, could=False)
            case Group():
                return _fit(bool(self.chosen), could=True)
            case Header():
                return 0
            case _:
                return _fit(names_victim=False, could=self.takes_context)

    def add(self, part: Part) -> None:
        """Take note of a line of this report."""
        match part:
            case Summary():
                self.chosen.add(part.pid)
            case Kill():
                self.killed.add(part.pid)
            case Reaped():
                self.reaped.add(part.pid)
            case Group():
                self.group = True
            case _:
                pass


def _fit(names_victim: bool, *, could: bool) -> int:
    return 2 if names_victim else int(could)


def report(block: Block) -> Report:
    """The report of a block of Linux lines."""
    said = _Said(block)
    first, last = block.entries[0].line, block.entries[-1].line
    victims = tuple(_victims(said))
    constraint = _constraint(said)
    header = said.first(Header)
    cpu = said.first(Cpu)
    scope = _scope(said, constraint)
    return Report(
        family="linux",
        provider="kernel",
        reason=_reason(scope),
        host=first.host,
        when=first.when,
        ended=last.when,
        uptime_us=first.uptime_us,
        origin=first.origin,
        completeness=_completeness(said),
        closed_by=block.closed_by,
        outcome=_outcome(victims),
        lines=tuple(entry.line.raw for entry in block.entries),
        scope=scope,
        constraint=constraint,
        trigger=Trigger(name=header.trigger, pid=cpu.thread if cpu else None, score_adj=header.score_adj)
        if header
        else None,
        request=_request(header, said.first(Summary)),
        kernel=Kernel(release=cpu.release, taint=cpu.taint) if cpu else None,
        cgroup=_cgroup(said),
        page_size=said.page_size if said.first(Row) else None,
        tasks=said.tasks,
        victims=victims,
        head=first.text if header else "",
    )


class _Said:
    """The parts of a block, each with its line, and the table read once."""

    def __init__(self, block: Block) -> None:
        self.parts = [(entry.part, entry.line) for entry in block.entries if entry.part is not None]
        buddy = self.first(Buddy)
        self.page_size = PageSize(buddy.page_size, PageSizeSource.LOGGED) if buddy else _ASSUMED_PAGE
        self.tasks = tuple(_tasks(self))

    def first(self, kind: type[_P]) -> _P | None:
        """The first part of a kind."""
        return next((part for part, _ in self.parts if isinstance(part, kind)), None)

    def row(self, pid: int) -> Task | None:
        """The table's row of a process."""
        return next((task for task in self.tasks if task.pid == pid), None)

    def every(self, kind: type[_P]) -> Iterator[tuple[_P, Line]]:
        """Every part of a kind, with its line."""
        return ((part, line) for part, line in self.parts if isinstance(part, kind))


def _victims(said: _Said) -> Iterator[Victim]:
    """One victim for each process that a summary, a kill line or a reaper line names, in the order of first mention."""
    order: dict[int, None] = {}
    kills = {part.pid: (part, line) for part, line in reversed(list(said.every(Kill)))}
    reaps = {part.pid: (part, line) for part, line in reversed(list(said.every(Reaped)))}
    summary = next(said.every(Summary), None)
    chosen = summary[0] if summary else None
    if chosen and kills and chosen.pid not in kills:
        # find_lock_task_mm() may hand the kill to another thread of the chosen process: one victim, not two.
        twin = next((pid for pid, (kill, _) in kills.items() if kill.name == chosen.name), None)
        chosen = replace(chosen, pid=twin) if twin is not None else None
    if chosen:
        order[chosen.pid] = None
    order |= dict.fromkeys(sorted(kills, key=lambda pid: kills[pid][1].origin.offset)) | dict.fromkeys(reaps)
    for pid in order:
        yield _victim(
            said.row(pid),
            (chosen, summary[1]) if summary and chosen and chosen.pid == pid else None,
            kills.get(pid),
            reaps.get(pid),
        )


def _victim(
    row: Task | None,
    summed_up: tuple[Summary, Line] | None,
    killed: tuple[Kill, Line] | None,
    reaped: tuple[Reaped, Line] | None,
) -> Victim:
    """One victim. At least one of the three that name it is there; the killer's own line tells the time."""
    summary, summary_line = summed_up or (None, None)
    kill, kill_line = killed or (None, None)
    reap, reap_line = reaped or (None, None)
    named, line = killed or summed_up or reaped or _nobody()
    uid = kill.uid if kill and kill.uid is not None else summary.uid if summary else None
    sizes = kill.sizes if kill else Sizes()
    if row:
        sizes = replace(sizes, swap=row.sizes.swap)
    return Victim(
        pid=named.pid,
        name=named.name,
        action=Action.KILL if kill or reap else Action.SELECTED,
        when=line.when,
        uptime_us=line.uptime_us,
        origin=line.origin,
        lines=tuple(each.raw for each in (summary_line, kill_line, reap_line) if each),
        uid=uid if uid is not None else row.uid if row else None,
        score_adj=kill.score_adj if kill and kill.score_adj is not None else row.score_adj if row else None,
        sizes=sizes,
        cgroup=summary.task_path if summary else None,
        reaper=_reaper(reap, reap_line, kill_line),
    )


def _nobody() -> NoReturn:
    raise AssertionError("a victim that no line names")


def _reaper(reap: Reaped | None, reap_line: Line | None, kill_line: Line | None) -> Reaper | None:
    if reap is None or reap_line is None:
        return None
    delay = None
    if kill_line and reap_line.uptime_us is not None and kill_line.uptime_us is not None:
        delay = reap_line.uptime_us - kill_line.uptime_us
    return Reaper(
        outcome=reap.outcome,
        anon_rss=reap.anon_rss,
        file_rss=reap.file_rss,
        shmem_rss=reap.shmem_rss,
        delay_us=delay if delay is not None and delay >= 0 else None,
    )


def _tasks(said: _Said) -> Iterator[Task]:
    heading = said.first(Heading)
    if heading is None:
        return
    # One blank stands before the name (`%5hd %s` in dump_task), which may itself begin with blanks or digits.
    cells = re.compile(rf"((?:-?\d+\s+){{{len(heading.columns) - 2}}}-?\d+) (.*)")
    for row, _ in said.every(Row):
        if found := cells.fullmatch(row.rest):
            value = dict(zip(heading.columns, map(int, found[1].split()), strict=False))
            yield _task(row.task, found[2], value, said.page_size.bytes)


def _task(pid: int, name: str, value: dict[str, int], page: int) -> Task:
    """A row whose sizes are pages, but for ``pgtables_bytes`` (dump_task, mm/oom_kill.c)."""

    def pages(column: str) -> int | None:
        return value[column] * page if column in value else None

    return Task(
        pid=pid,
        name=name,
        uid=value.get("uid"),
        tgid=value.get("tgid"),
        score_adj=value.get("oom_score_adj"),
        sizes=Sizes(
            total_vm=pages("total_vm"),
            rss=pages("rss"),
            anon_rss=pages("rss_anon"),
            file_rss=pages("rss_file"),
            shmem_rss=pages("rss_shmem"),
            page_tables=value.get("pgtables_bytes"),
            swap=pages("swapents"),
        ),
    )


def _constraint(said: _Said) -> Constraint | None:
    """From the summary; without it only the memcg wording of a kill line says what the constraint was."""
    summary = said.first(Summary)
    if summary:
        return summary.constraint
    messages = {kill.message for kill, _ in said.every(Kill)}
    return Constraint.MEMCG if "Memory cgroup out of memory" in messages else None


def _scope(said: _Said, constraint: Constraint | None) -> Scope:
    summary = said.first(Summary)
    group = said.first(Group)
    counted = said.first(MemcgCounter) is not None
    if constraint is Constraint.MEMCG or counted:
        return Scope(ScopeKind.CGROUP, summary.limit_path if summary else group.path if group else None)
    if constraint is Constraint.CPUSET and summary:
        return Scope(ScopeKind.CPUSET, summary.cpuset)
    told = summary or any(kill.message for kill, _ in said.every(Kill))
    return Scope(ScopeKind.MACHINE if told else None)


def _reason(scope: Scope) -> str:
    match scope.kind:
        case ScopeKind.CGROUP:
            return "memory cgroup limit reached"
        case ScopeKind.CPUSET:
            return "memory nodes of a cpuset exhausted"
        case ScopeKind.MACHINE:
            return "global out of memory"
        case _:
            return "out of memory, the record does not say of what"


def _completeness(said: _Said) -> Completeness:
    head = said.first(Header) is not None
    tail = said.first(Kill) is not None
    if head:
        return Completeness.COMPLETE if tail else Completeness.TAIL_MISSING
    only_victims = all(isinstance(part, Kill | Reaped) for part, _ in said.parts)
    return Completeness.KILL_LINE_ONLY if only_victims else Completeness.HEAD_MISSING


def _outcome(victims: tuple[Victim, ...]) -> Outcome:
    if any(victim.action is Action.KILL for victim in victims):
        return Outcome.KILLED
    return Outcome.UNKNOWN if victims else Outcome.TRUNCATED


def _request(header: Header | None, summary: Summary | None) -> Request | None:
    if header is None:
        return None
    return Request(
        gfp_mask=header.mask,
        gfp_flags=header.flags,
        order=header.order,
        nodemask=summary.nodemask if summary else None,
        mems_allowed=summary.mems_allowed if summary else None,
    )


def _cgroup(said: _Said) -> CgroupState | None:
    summary, group = said.first(Summary), said.first(Group)
    counters = {_COUNTERS[part.name]: part.counter for part, _ in said.every(MemcgCounter)}
    path = summary.limit_path if summary else None
    if path is None and group is None and not counters:
        return None
    return CgroupState(limit_path=path, group_kill=True if group else None, **counters)
