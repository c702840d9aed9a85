"""One report in plain sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.analysis.room import portion
from ingest.explanation import openvz
from ingest.explanation._words import PANICKED, STUCK, SURE, counted, listed, part_of_it, percent
from ingest.explanation.sentence import process, size
from ingest.explanation.verdicts import DOUBTS, VERDICTS, Question, meaning
from ingest.model import Action, Code, Constraint, CulpritKind, Outcome, ReaperOutcome, ScopeKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.model import Analysis, Culprit, Finding, Report, Victim


def of_report(report: Report, analysis: Analysis) -> list[str]:
    """The sentences about a report, the most important first."""
    return [
        _ran_out(report, analysis.findings[0]),
        *openvz.ran_out(report),
        *_died(report),
        *_left(report),
        *([PANICKED] if report.panicked else []),
        *_used(report, analysis.culprit),
        *(_found(finding, report) for finding in analysis.findings[1:] if finding.code not in _SAID_ELSEWHERE),
        *_asked(report),
    ]


_SAID_ELSEWHERE = (Code.SINGLE_PROCESS, Code.PROCESS_GROUP, Code.PANIC, Code.VICTIM_STUCK)
"""The sentences of the culprit and of what came of it say it."""


def _ran_out(report: Report, finding: Finding) -> str:
    host = report.host.name
    name = f" {finding.name}" if finding.name else ""
    match finding.code:
        case Code.CGROUP_LIMIT | Code.CGROUP_SWAP_LIMIT:
            which = "its memory limit" if finding.code is Code.CGROUP_LIMIT else "its limit of memory and swap"
            limit = f" of {size(finding.size)}" if finding.size is not None else ""
            return f"On {host} the cgroup{name} reached {which}{limit}; the machine itself was not the limit."
        case Code.CONTAINER_LIMIT:
            return f"On {host} the container{name} reached its own limit."
        case Code.MACHINE_MEMORY:
            ram = f" ({size(finding.size)} of RAM)" if finding.size else ""
            why = f" ({report.reason})" if report.ran_out else ""
            return f"{host}{ram} ran out of memory as a whole{why}."
        case Code.MEMORY_NODE:
            return f"On {host} the memory of {finding.name or 'the allowed nodes'} ran out, while other nodes had some."
        case Code.LOW_ZONE:
            return f"On {host} the memory zone{name} ran out, while other zones had plenty."
        case Code.FRAGMENTATION:
            free = f" ({size(finding.size)})" if finding.size is not None else ""
            return f"On {host} memory was free{free}, but no block large enough for a request of {finding.name}."
        case Code.PRESSURE | Code.THRESHOLD if any(report.reason in line for line in report.lines):
            return f"On {host} {VERDICTS[finding.code].title}, as the daemon says: {report.reason}."
        case _:
            return f"On {host}{f' in{name}' if name else ''} {VERDICTS[finding.code].title}."


def _died(report: Report) -> Iterator[str]:
    if not report.victims:
        killed = report.cgroup.killed_path if report.cgroup else None
        if killed and report.outcome is not Outcome.NO_VICTIM:
            sure = "killed" if report.outcome is Outcome.KILLED else "chosen; that it was killed is not confirmed"
            yield f"All of cgroup {killed} was {sure}."
        elif report.outcome is Outcome.KILLED:
            yield "A process was killed that no line names."
        elif report.panicked:
            yield "No process was killed."
        else:
            yield "No process is known to have died."
        return
    alike: dict[str, list[str]] = {}
    for victim in report.victims:
        alike.setdefault(_fate(victim), []).append(_victim(victim))
    for fate, victims in alike.items():
        yield f"{listed(victims)} {'was' if len(victims) == 1 else 'were'} {fate}."


def _fate(victim: Victim) -> str:
    if victim.action is Action.SELECTED:
        return "chosen; that it died is not confirmed"
    if victim.gone is None:
        return "sent a signal to end; no line tells what came of it"
    if victim.gone is False:
        return f"sent a signal to end, but {STUCK}"
    unable = victim.reaper is not None and victim.reaper.outcome is ReaperOutcome.UNABLE
    return f"killed, but {STUCK}: the OOM reaper gave up" if unable else "killed"


def _left(report: Report) -> Iterator[str]:
    """A victim of which the reaper left most: the next kill may follow before any of it is back."""
    for victim in report.victims:
        left, held = victim.reaper.anon_rss if victim.reaper else None, victim.sizes.anon_rss
        if left and held and left * 2 > held:
            yield (
                f"The OOM reaper left {size(left)} of {process(victim.name, victim.pid)}: locked memory (mlock), or "
                "what it could not take without waiting. That comes back only when the process is gone."
            )
            return


def _victim(victim: Victim) -> str:
    held = f", {size(victim.sizes.rss)}" if victim.sizes.rss is not None else ""
    return f"{victim.name} (pid {victim.pid}{held})"


def _used(report: Report, culprit: Culprit | None) -> Iterator[str]:
    if culprit is None:
        return
    if culprit.freed_pages is not None:
        yield from openvz.used(report, culprit)
        return
    held = f": {size(culprit.rss)}" if culprit.rss is not None else ""
    # With swap in use a share is of more than the limit.
    of_limit = report.scope.kind is ScopeKind.CGROUP and portion(culprit.rss, report.limit) == culprit.share
    part = part_of_it(culprit.share, report.limit if of_limit else None)
    yield f"{SURE[culprit.confidence]} {who(culprit)}{held}{part}.{_doubtful(culprit)}"


def who(culprit: Culprit) -> str:
    """Who used the memory, in the words that stand within a sentence."""
    group = culprit.group
    match culprit.kind:
        case CulpritKind.PROCESS:
            victim = ", the victim" if culprit.is_victim else ""
            return f"{process(culprit.name or 'a process', culprit.pid)}{victim}"
        case CulpritKind.GROUP:
            return f"{counted(group.count, 'process') if group else 'the processes'} named {culprit.name}"
        case CulpritKind.FILES:
            return "files in memory (tmpfs, shared memory)" if culprit.rule == Code.SHARED_MEMORY else "the page cache"
        case CulpritKind.KERNEL:
            if culprit.rule == Code.HUGE_PAGES:
                return "huge pages"
            return f"the kernel ({VERDICTS[Code(culprit.rule)].title})"
        case CulpritKind.CGROUP:
            return f"cgroup or container {culprit.name}"


def _doubtful(culprit: Culprit) -> str:
    if not culprit.doubts:
        return ""
    return f" Confidence is {culprit.confidence}: {'; '.join(DOUBTS[doubt] for doubt in culprit.doubts)}."


def _found(finding: Finding, report: Report) -> str:
    verdict = VERDICTS[finding.code]
    title = verdict.title[0].upper() + verdict.title[1:]
    name = f" ({finding.name})" if finding.name else ""
    much = f": {size(finding.size)}" if finding.size else ""
    part = f", {percent(finding.share)}" if finding.share is not None else ""
    why = f" {meaning(finding.code, report.family)}" if verdict.question is Question.EVIDENCE else ""
    if finding.code is Code.HUGE_PAGES and report.machine:
        free = sum(pages.free * pages.size for pages in report.machine.huge_pages)
        why = f" Of them {size(free)} are free." if free else " All of them are in use."
    return f"{title}{name}{much}{part}.{why}"


def _asked(report: Report) -> Iterator[str]:
    if report.trigger is None:
        return
    who = process(report.trigger.name, report.trigger.pid)
    if report.constraint is Constraint.MANUAL:  # moom_callback runs in a worker of the kernel.
        yield f"{who} ran the killer; nobody asked for memory."
    else:
        yield f"{who} asked for memory at that moment; that says nothing of who used it."
