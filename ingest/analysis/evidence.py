"""What a record cannot say, and the lines that a finding rests on."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from ingest.model import Action, Code, Completeness, Finding, TableLack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.model import Report

_SHOWN = 3
"""Lines that a finding quotes."""
_LONGEST = 300
"""Characters of a quoted line."""

_PATTERNS: dict[Code, str] = {
    Code.CGROUP_LIMIT: r"memory: usage |oom_memcg=|killed as a result of limit of |emory cgroup out of memory",
    Code.CGROUP_SWAP_LIMIT: r"memory\+swap: usage ",
    Code.CONTAINER_LIMIT: r"kill_signal\(|in ub \d|in UB \d|RAM: \d|\bve=",
    Code.MACHINE_MEMORY: r"global_oom|Out of memory|pages RAM|Normal free:|Normal: |was killed: ",
    Code.MEMORY_NODE: r"MEMORY_POLICY|MPOL_BIND|(?:Normal|DMA32) free:",
    Code.CPUSET_NODES: r"CONSTRAINT_CPUSET|in cpuset",
    Code.LOW_ZONE: r"(?:Normal|HighMem|DMA32|DMA) free:",
    Code.FRAGMENTATION: r"order=\d|(?:Normal|DMA32): \d+\*",
    Code.PRESSURE: r"memory pressure|oomd kill",
    Code.SWAP_SPACE: r"out of swap|swp_pager_getswapspace",
    Code.REQUESTED: r"Manual OOM execution|order=-1",
    Code.SLAB: r"slab_unreclaimable:|Unreclaimable slab",
    Code.SHARED_MEMORY: r"shmem",
    Code.PAGE_CACHE: r"(?:^|\s)file \d|cache:\d|active_file",
    Code.KERNEL_MEMORY: r"kmem: usage|(?:^|\s)kernel \d|(?:^|\s)slab \d|kernel_stack:",
    Code.PAGE_TABLES: r"pagetables:",
    Code.HUGE_PAGES: r"hugepages_total=",
    Code.UNACCOUNTED: r"pages RAM|active_anon:\d|Balloon:",
    Code.SWAP_FULL: r"(?:Free|Total) swap|swap: usage",
    Code.NO_SWAP: r"Total swap|swap: usage",
    Code.NO_SWAP_ALLOWED: r"swap: usage",
    Code.PARENT_LIMIT: r"oom_memcg=|killed as a result of limit of ",
    Code.GROUP_KILL: r"memory\.oom\.group|in rage|[Kk]illed /|oomd kill",
    Code.NO_KILLABLE: r"no killable|deadlocked on memory|No task eligible",
    Code.PANIC: r"panic_on_oom is |deadlocked on memory|Kernel panic",
    Code.VICTIM_STUCK: r"unable to reap|did not exit|giving up",
    Code.LINES_SUPPRESSED: r"suppressed|dropped",
}
"""By which literal of the killer's own wording the lines behind a finding are found again."""

_PROCESS = re.compile(r"\[\s*(\d+)\]\s+\d|process (\d+)\b|pid=(\d+)\b")
"""A row of a process table, or a line about a process."""

_COMPILED = {code: re.compile(pattern) for code, pattern in _PATTERNS.items()}


_LACKS = {
    None: Code.NO_PROCESS_TABLE,
    TableLack.HEADING: Code.TABLE_HEADING_MISSING,
    TableLack.ROWS: Code.TABLE_ROWS_MISSING,
}


def limits(report: Report) -> Iterator[Finding]:
    """What the record cannot say."""
    if report.table_lack or not report.tasks:
        yield Finding(code=_LACKS[report.table_lack])
    match report.completeness:
        case Completeness.HEAD_MISSING | Completeness.KILL_LINE_ONLY if report.family == "linux":
            yield Finding(code=Code.HEAD_MISSING)
        case Completeness.INTERLEAVED:
            yield Finding(code=Code.MIXED_UP)
        case _:
            pass
    if _is_open_ended(report):
        yield Finding(code=Code.TAIL_MISSING)
    if report.lost_lines or report.suppressed_calls:
        yield Finding(code=Code.LINES_SUPPRESSED)


def _is_open_ended(report: Report) -> bool:
    """What came of it is not told: the end is cut, the victim was only chosen, a container's round has no exit."""
    if report.completeness is Completeness.TAIL_MISSING:
        return True
    if report.openvz is not None and report.openvz.seq is not None and not report.victims:
        return True
    return any(victim.action is Action.SELECTED for victim in report.victims)


def quoted(finding: Finding, report: Report) -> tuple[str, ...]:
    """The lines behind a finding, at most three: those that say it, or the first about the process it names."""
    pattern = _COMPILED.get(finding.code)
    if pattern is not None:
        return _quoted(line for line in report.lines if pattern.search(line))
    tasks = report.tasks
    named = [at for at, name in enumerate(tasks.name) if name == finding.name]
    if not named:
        return ()
    number = str(tasks.pid[max(named, key=tasks.held.__getitem__)])
    return _quoted(line for line in report.lines if number in line and number in _pids(line))


def _pids(line: str) -> set[str]:
    return {number for found in _PROCESS.finditer(line) for number in found.groups() if number}


def _quoted(found: Iterator[str]) -> tuple[str, ...]:
    return tuple(line[:_LONGEST] for line in islice(found, _SHOWN))
