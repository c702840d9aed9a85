"""What the reports of an episode say together: its culprit, restarts, a storm, growth."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from ingest.model import Code, Confidence, CulpritKind, Doubt, Group, Outcome

if TYPE_CHECKING:
    from ingest.model import Culprit, Episode, Member

_STORM_KILLS = 6
_STORM_SPAN = timedelta(minutes=1)
"""So many kills in so short a time are a storm, as on a host whose services all die."""
_LOOP = 2
"""So many returns of the same workload are a loop: killed three times."""
_ANEW = timedelta(seconds=2)
"""What is killed sooner after another of its kind ran beside it: a start and full memory take longer."""

_TELLING = (Outcome.KILLED, Outcome.PANIC, Outcome.UNKNOWN, Outcome.TRUNCATED, Outcome.NO_VICTIM)
"""What an episode came to, the most telling first: where a report tells too little, something may have been killed."""

_RANK = {Confidence.LOW: 0, Confidence.MEDIUM: 1, Confidence.HIGH: 2}


class Growth(Struct, frozen=True):
    """How much more (bytes) a culprit of one name held in the last report than in the first, and over how long."""

    culprit: Culprit
    size: int
    over: timedelta


class Whole(Struct, frozen=True, kw_only=True):
    """What an episode says as a whole.

    ``outcome`` is the most telling one of its reports. ``restarts`` counts how often a workload came back to be killed
    again: the one that did so most often.
    """

    outcome: Outcome
    codes: tuple[Code, ...]
    culprit: Culprit | None
    restarts: int
    storm: bool
    growth: Growth | None


def whole(episode: Episode) -> Whole:
    """The sum of an episode's reports."""
    members = episode.members
    restarts = _restarts(members)
    storm = _is_storm(members)
    codes = dict.fromkeys(code for member in members for code in member.verdict)
    if restarts >= _LOOP:
        codes[Code.RESTART_LOOP] = None
    if storm:
        codes[Code.STORM] = None
    return Whole(
        outcome=min((member.outcome for member in members), key=_TELLING.index),
        codes=tuple(codes),
        culprit=_culprit(members, restarts),
        restarts=restarts,
        storm=storm,
        growth=_growth(members),
    )


def _culprit(members: tuple[Member, ...], restarts: int) -> Culprit | None:
    """The surest of the reports' culprits that name a process, of equals the largest, of equals the first.

    Where the same name comes back under another pid each time, the name is the culprit.
    """
    known = [member.culprit for member in members if member.culprit]
    within = [each for each in known if each.kind is not CulpritKind.CGROUP] or known
    found = max(within, key=lambda each: (_RANK[each.confidence], each.rss or each.freed_pages or 0), default=None)
    if found is None or restarts < _LOOP or found.kind is not CulpritKind.PROCESS:
        return found
    alike = {each.pid for each in known if each.name == found.name}
    if len(alike) <= _LOOP:
        return found
    group = Group(name=found.name or "", count=len(alike), rss=found.rss)
    return replace(found, kind=CulpritKind.GROUP, pid=None, rule="same_name", group=group)


def _restarts(members: tuple[Member, ...]) -> int:
    """How often a workload came back: its victims have the same name and another id each time.

    A process that a daemon signals again, since it did not go, did not come back.
    """
    last: dict[tuple[str, str], Member] = {}
    returns: Counter[tuple[str, str]] = Counter()
    for member in members:
        if member.victims:
            workload = member.signature, member.victims[0][1]
            if before := last.get(workload):
                returns[workload] += member.since(before) >= _ANEW and not _is_still_there(before, member)
            last[workload] = member
    return max(returns.values(), default=0)


def _is_still_there(before: Member, after: Member) -> bool:
    """Whether a report tells of the victim of an earlier one, of whose end no line told."""
    one, other = before.culprit, after.culprit
    if before.unconfirmed < len(before.victims) or one is None or other is None:
        return False
    return one.is_victim and other.is_victim and one.pid is not None and one.pid == other.pid


def _is_storm(members: tuple[Member, ...]) -> bool:
    first = 0
    kills = 0
    for member in members:
        kills += _kills(member)
        while member.since(members[first]) > _STORM_SPAN:
            kills -= _kills(members[first])
            first += 1
        if kills >= _STORM_KILLS:
            return True
    return False


def _kills(member: Member) -> int:
    """How many kills a report tells of: a group that dies together, as containers of Kubernetes do, is one."""
    return min(len(member.victims), 1) if Code.GROUP_KILL in member.verdict else len(member.victims)


def _growth(members: tuple[Member, ...]) -> Growth | None:
    """Of the culprit's name, where the first and the last report that name it tell its size."""
    known = [(member, member.culprit) for member in members if member.culprit and member.culprit.rss is not None]
    sized = [(member, culprit) for member, culprit in known if not _is_part(culprit)]
    if not sized:
        return None
    last, culprit = sized[-1]
    first, before = next((member, each) for member, each in sized if each.name == culprit.name)
    over = last.since(first)
    if not over or culprit.name is None:  # Which of two at the same time was first is not known.
        return None
    return Growth(culprit, (culprit.rss or 0) - (before.rss or 0), over)


def _is_part(culprit: Culprit) -> bool:
    """Whether a size is that of the rows that were left, or without swap: it cannot be compared with a whole one."""
    return Doubt.TABLE_CUT in culprit.doubts and (culprit.kind is CulpritKind.GROUP or culprit.rule == "victim")
