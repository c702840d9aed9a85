"""A block of Linux lines to a report.

A victim is put together from every line that names it; tables are turned from pages to bytes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ingest.cgroup import is_within
from ingest.formats._reports import begun
from ingest.formats.linux import gfp
from ingest.formats.linux.header import Cpu, Cpuset, Hardware, Header, Manual, Stack
from ingest.formats.linux.kernel_memory import Beancounter
from ingest.formats.linux.kill import Kill, NotKilled, Selected
from ingest.formats.linux.machine import machine_state
from ingest.formats.linux.memcg import Group, MemcgCounter, Stat, Stats, TaskIn, counts_events
from ingest.formats.linux.notices import NoVictim, Panic, Suppressed, UbRound
from ingest.formats.linux.reaper import Reaped
from ingest.formats.linux.said import Said
from ingest.formats.linux.summary import Summary
from ingest.formats.linux.tasks import Heading, Row
from ingest.formats.linux.victims import victims
from ingest.model import (
    Action,
    CgroupState,
    ChosenBy,
    Completeness,
    Constraint,
    Counter,
    Kernel,
    Outcome,
    PageSize,
    PassedOver,
    Report,
    Request,
    Scope,
    ScopeKind,
    TableLack,
    Trigger,
    Victim,
)

if TYPE_CHECKING:
    from ingest.model import Block

_IN_UB = re.compile(r"[Oo]ut of [Mm]emory in (?:mem cgroup inside )?UB (\d{1,25})")
_NODE_UB = -1


def report(block: Block, page_size: PageSize) -> Report:
    """The report of a block of Linux lines.

    Args:
        block: The lines of one invocation.
        page_size: What to go by where no line tells the page size.
    """
    said = Said(block, page_size)
    died = tuple(victims(said))
    constraint, ub = _constraint(said), _ub(said)
    scope = _scope(said, constraint, ub)
    return replace(
        begun(
            block,
            family="openvz" if ub is not None or said.first(Beancounter) is not None else "linux",
            provider="kernel",
            reason=_reason(scope, said),
            completeness=_completeness(said),
            outcome=_outcome(said, died),
        ),
        scope=scope,
        chosen_by=ChosenBy.ASKING if any("oom_kill_allocating_task" in each for each in _messages(said)) else None,
        passed_over=_passed_over(said),
        constraint=constraint,
        trigger=_trigger(said),
        request=_request(said),
        kernel=_kernel(said),
        cgroup=_cgroup(said),
        machine=machine_state(said),
        page_size=said.page_size if said.counts_pages else None,
        tasks=said.tasks,
        table_lack=_table_lack(said),
        victims=died,
        no_killable=_no_killable(said),
        panicked=said.first(Panic) is not None,
        lost_lines=_suppressed(said, calls=False),
        suppressed_calls=_suppressed(said, calls=True),
        head=block.entries[0].line.text if said.headed or not died else "",
        echo=bool(died) and said.kinds == {Reaped},
    )


def _suppressed(said: Said, *, calls: bool) -> int | None:
    counts = [part.count for part, _ in said.every(Suppressed) if part.calls is calls]
    return sum(counts) if counts else None


def _messages(said: Said) -> list[str]:
    """What stands before the colon of kill and select lines."""
    return [part.message for part in said.among(Kill, Selected) if part.message]


def _passed_over(said: Said) -> PassedOver | None:
    """The selected process where a child died in its place (up to 5.0).

    The kill line may also name the leader of a selected thread. A thread has a higher id than its leader and no row of
    its own; a child has a higher id than its parent.
    """
    selected = next(iter(said.every(Selected)), None)
    died = [part.pid for part in said.among(Kill, Reaped)]
    if selected is None or not died or selected[0].pid in died:
        return None
    part, line = selected
    rows = said.tasks.pid
    if part.pid > died[0] and not (part.pid in rows and died[0] in rows):
        return None
    in_permille = part.score is not None and "or sacrifice child" in line.text  # since 2.6.36; points before
    return PassedOver(pid=part.pid, name=part.name, share=(part.score or 0) / 1000 if in_permille else None)


def _ub(said: Said) -> int | None:
    """The OpenVZ container (beancounter) whose memory ran out; -1 is the whole node."""
    numbers = [part.ub for part in said.among(Header, Kill, UbRound) if part.ub is not None]
    named = [int(found[1]) for message in _messages(said) if (found := _IN_UB.match(message))]
    return next(iter([*named, *numbers]), None)


def _constraint(said: Said) -> Constraint | None:
    """From the summary; without it from the wording of a kill line, order -1, or what only a cgroup's report has."""
    summary, header = said.first(Summary), said.first(Header)
    if said.first(Manual) or (header and header.order == -1):
        return Constraint.MANUAL
    if summary:
        return summary.constraint
    for message in _messages(said):
        if message == "Memory cgroup out of memory" or _IN_UB.match(message):
            return Constraint.MEMCG
        if "MPOL_BIND" in message:
            return Constraint.MEMORY_POLICY
        if "cpuset" in message:
            return Constraint.CPUSET
    charged = any(part.charge for part, _ in said.every(Stack))
    only_of_a_cgroup = any(said.first(kind) for kind in (TaskIn, MemcgCounter, Stats))
    return Constraint.MEMCG if charged or only_of_a_cgroup else None


def _scope(said: Said, constraint: Constraint | None, ub: int | None) -> Scope:
    if ub is not None:
        return Scope(ScopeKind.MACHINE) if ub in (0, _NODE_UB) else Scope(ScopeKind.CONTAINER, str(ub))
    ve = next((kill.ve for kill, _ in said.every(Kill) if kill.ve not in (None, "0")), None)
    summary, group, asked = said.first(Summary), said.first(Group), said.first(Cpuset)
    if constraint is Constraint.MEMCG:
        if ve is not None:
            return Scope(ScopeKind.CONTAINER, ve)
        return Scope(ScopeKind.CGROUP, said.limit_path() or (group.path if group and not summary else None))
    if constraint is Constraint.CPUSET:
        return Scope(ScopeKind.CPUSET, summary.cpuset if summary else asked.cpuset if asked else None)
    # Nobody to kill is told of a cgroup in the same words; where it is the machine, the kernel panics next.
    told = summary or _messages(said) or said.first(Panic)
    return Scope(ScopeKind.MACHINE if told or constraint is Constraint.MANUAL else None)


def _reason(scope: Scope, said: Said) -> str:
    if said.first(Manual):
        return "sysrq"
    match scope.kind:
        case ScopeKind.CGROUP:
            return "memory cgroup limit reached"
        case ScopeKind.CPUSET:
            return "memory nodes of a cpuset exhausted"
        case ScopeKind.CONTAINER:
            return "container over its memory limit"
        case ScopeKind.MACHINE:
            return "global out of memory"
        case _:
            return "out of memory, the record does not say of what"


def _completeness(said: Said) -> Completeness:
    tail = not said.kinds.isdisjoint((Kill, NotKilled, Panic, NoVictim))
    if said.headed and tail:
        return Completeness.INTERLEAVED if said.mixed else Completeness.COMPLETE
    if said.headed:
        return Completeness.TAIL_MISSING
    only_victims = said.kinds <= {Kill, Selected, Reaped}
    return Completeness.KILL_LINE_ONLY if said.kinds and only_victims else Completeness.HEAD_MISSING


def _outcome(said: Said, died: tuple[Victim, ...]) -> Outcome:
    if any(victim.action is Action.KILL for victim in died):
        return Outcome.KILLED
    if said.first(Panic):
        return Outcome.PANIC
    ignored = any(part.ignored for part, _ in said.every(Manual))
    if said.first(NoVictim) or said.first(NotKilled) or ignored:
        return Outcome.NO_VICTIM
    if any(part.killed for part, _ in said.every(UbRound)):
        return Outcome.KILLED
    return Outcome.UNKNOWN if died else Outcome.TRUNCATED


def _table_lack(said: Said) -> TableLack | None:
    if said.first(Heading):
        return None if said.tasks else TableLack.ROWS
    return TableLack.HEADING if Row in said.kinds else None


def _no_killable(said: Said) -> bool:
    """By a line of its own, SysRq's word, or a panic that ``panic_on_oom`` does not explain (out_of_memory)."""
    if said.first(NoVictim) or any("panic_on_oom" not in line.text for _, line in said.every(Panic)):
        return True
    return any("No task eligible" in line.text for part, line in said.every(Manual) if part.ignored)


def _trigger(said: Said) -> Trigger | None:
    header, cpu = said.first(Header), said.first(Cpu)
    if header is None or header.trigger is None:
        return None
    thread = header.trigger_pid if header.trigger_pid is not None else cpu.thread if cpu else None
    return Trigger(
        name=header.trigger,
        pid=thread,
        uid=cpu.uid if cpu else None,
        score_adj=header.score_adj,
        adj_legacy=header.adj_legacy,
    )


def _kernel(said: Said) -> Kernel | None:
    cpu, hardware = said.first(Cpu), said.first(Hardware)
    if cpu is None and hardware is None:
        return None
    return Kernel(
        release=cpu.release if cpu else None,
        taint=cpu.taint if cpu else (),
        hardware=hardware.text if hardware else None,
    )


def _request(said: Said) -> Request | None:
    header, summary, asked, cpu = said.first(Header), said.first(Summary), said.first(Cpuset), said.first(Cpu)
    if header is None:
        return None
    flags = header.flags or (gfp.names(header.mask, cpu.release if cpu else None) if header.mask else ())
    return Request(
        gfp_mask=header.mask,
        gfp_flags=flags,
        order=header.order,
        nodemask=summary.nodemask if summary else header.nodemask,
        mems_allowed=summary.mems_allowed if summary else asked.mems if asked else None,
        cpuset=summary.cpuset if summary else asked.cpuset if asked else None,
    )


def _cgroup(said: Said) -> CgroupState | None:
    group, counted = said.first(Group), said.first(Beancounter)
    counters = {part.name: part.counter for part, _ in said.every(MemcgCounter)}
    if counted:
        page = said.page_size.bytes
        counters = {"memory": _held(counted.ram, page), "swap": _held(counted.swap, page)}
        counters["kmem"] = _held(counted.kmem, 1)
    path = said.limit_path()
    stat, events = _stat(said, path)
    if path is None and group is None and not counters and not stat:
        return None
    return CgroupState(
        limit_path=path,
        group_kill=True if group else None,
        stat=stat,
        events=events,
        memory=counters.get("memory"),
        swap=counters.get("swap"),
        memory_swap=counters.get("memory+swap"),
        kmem=counters.get("kmem"),
    )


def _held(counter: tuple[int, int | None, int], factor: int) -> Counter:
    used, limit, failed = counter
    return Counter(
        usage=used * factor, limit=None if limit is None else limit * factor, unlimited=limit is None, failcnt=failed
    )


def _stat(said: Said, path: str | None) -> tuple[dict[str, int], dict[str, int]]:
    """memory.stat of the cgroup at its limit, and with ``total_`` before a key what it comes to with all below it."""
    told = [part for part, _ in said.every(Stats)]
    if not told:
        return {}, {}
    own = next((part for part in told if part.path == path), told[0])
    if own.stat:
        return own.stat | _with_those_below(own, told), {}
    lines = [part for part, _ in said.every(Stat)]
    return (
        {part.name: part.value for part in lines if not part.counts},
        {part.name: part.value for part in lines if part.counts},
    )


def _with_those_below(own: Stats, told: list[Stats]) -> dict[str, int]:
    """Sums over a line for each cgroup of the tree, which counts what is charged to that one alone.

    ``mem_cgroup_print_oom_info`` walks it with ``for_each_mem_cgroup_tree`` from 3.9 to 5.2; since then one
    memory.stat has the sums. A key that a cut line lacks has none.
    """
    tree = {part.path: part.stat for part in reversed(told) if part.stat and is_within(part.path, own.path)}
    if len(tree) == 1:
        return {}
    keys = [name for name in own.stat if all(name in stat for stat in tree.values()) and not counts_events(name)]
    return {f"total_{name}": sum(stat[name] for stat in tree.values()) for name in keys}
