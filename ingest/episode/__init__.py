"""Reports to episodes: those of one host and scope with no gap above the limit.

An episode is the set of its reports, so a report that comes twice, late or in another order changes nothing twice. Its
id is that of the report that began it here; a report that comes late and lies earlier extends the start, not the id.
"""

from __future__ import annotations

from bisect import insort
from collections import OrderedDict
from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ingest.episode.identity import episode_id
from ingest.model import Episode, Joined, Member
from ingest.timestamps import to_the_millisecond

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from ingest.model import Analysis, Identified, Place, Scope
    from ingest.ports import EpisodeHeads

_Key = tuple[str, str | None, str | None]

_PER_KEY = 4
"""Episodes of one host and scope that memory holds: late reports rarely reach further back."""
_MOST_HELD = 40_000
"""Reports that memory holds: they take some 1.5 kB each, and those of open episodes may be others."""


class Episodes:
    """The newest episodes of the hosts that were seen lately; older ones are asked of ``EpisodeHeads``.

    Args:
        gap: Reports further apart than this are of different episodes.
        limit: Hosts and scopes that memory holds; those touched longest ago are forgotten first, never lost.
        most: Reports of one episode: the next one begins another.
        most_held: Reports of all episodes that memory holds, likewise.
    """

    def __init__(self, gap: timedelta, limit: int = 10_000, most: int = 5_000, most_held: int = _MOST_HELD) -> None:
        self._gap = gap
        self._most = most
        self._limit = limit
        self._most_held = most_held
        self._held = 0
        self._recent: OrderedDict[_Key, list[Episode]] = OrderedDict()
        self._open: dict[str, Episode] = {}

    def join(self, identified: Identified, analysis: Analysis, heads: EpisodeHeads) -> Joined:
        """Put a report into its episode, which begins with it if there is none.

        Args:
            identified: A report and its ids.
            analysis: What was found in this report alone.
            heads: Asked where memory does not hold a fitting episode; may raise ``Unavailable``, and nothing changed.
        """
        report = identified.report
        key = _key(report.host.name, report.scope)
        member = _member(identified, analysis)
        before = self._of(member, self._recent.get(key, ())) or self._of(
            member, heads.at(report.host.name, report.scope, member.start - self._gap, member.end + self._gap)
        )
        episode = _with(before, identified, member)
        self._remember(key, episode)
        self._open.pop(episode.id, None)
        self._open[episode.id] = episode
        return Joined(identified, episode, analysis)

    def take_over(self, episodes: Iterable[Episode]) -> None:
        """Go on with open episodes of a partition that another run had begun."""
        for episode in episodes:
            self._remember(_key(episode.host.name, episode.scope), episode)
            self._open[episode.id] = episode

    def close_silent(self, clocks: Mapping[Place, datetime]) -> list[Episode]:
        """The episodes whose end lies further back than the gap in their partition's time: they are closed now.

        Only that time decides, so that every run over the same records closes the same episodes. Beyond the limit those
        that grew longest ago are closed too; a later report opens them again.
        """
        over = [e for e in self._open.values() if (clock := clocks.get(e.origin.place)) and clock - e.end > self._gap]
        closed = [self._close(episode) for episode in over]
        held = _reports(self._open.values())
        while len(self._open) > self._limit or (held > self._most_held and len(self._open) > 1):
            closed.append(self._close(next(iter(self._open.values()))))
            held -= len(closed[-1].members)
        return closed

    def finish(self) -> list[Episode]:
        """The input is over: close every episode."""
        return [self._close(episode) for episode in list(self._open.values())]

    def forget(self, places: Collection[Place]) -> None:
        """Drop the episodes of partitions that another worker goes on with: Elasticsearch will know more of them."""
        for key, episodes in list(self._recent.items()):
            kept = [episode for episode in episodes if episode.origin.place not in places]
            self._held += _reports(kept) - _reports(episodes)
            if kept:
                self._recent[key] = kept
            else:
                del self._recent[key]
        for episode in [each for each in self._open.values() if each.origin.place in places]:
            del self._open[episode.id]

    def _close(self, episode: Episode) -> Episode:
        del self._open[episode.id]
        closed = replace(episode, open=False)
        self._remember(_key(closed.host.name, closed.scope), closed)
        return closed

    def _of(self, member: Member, known: Sequence[Episode]) -> Episode | None:
        """The episode that has a report already, else the first in its reach that has room for it."""
        for episode in known:
            if any(each.report_id == member.report_id for each in episode.members):
                return episode
        in_reach = (each for each in known if len(each.members) < self._most and self._reaches(each, member))
        return next(in_reach, None)

    def _reaches(self, episode: Episode, member: Member) -> bool:
        """Whether a report lies within the gap of an episode. Without times, uptime tells."""
        if member.uptime_us is not None:
            ups = [m.uptime_us for m in episode.members if m.uptime_us is not None]
            gap_us = self._gap.total_seconds() * 1e6
            if ups:
                return min(ups) - gap_us <= member.uptime_us <= max(ups) + gap_us
        return member.start <= episode.end + self._gap and member.end >= episode.start - self._gap

    def _remember(self, key: _Key, episode: Episode) -> None:
        before = self._recent.get(key, ())
        after = [*(e for e in before if e.id != episode.id), episode][-_PER_KEY:]
        self._recent[key] = after
        self._recent.move_to_end(key)
        self._held += _reports(after) - _reports(before)
        while len(self._recent) > self._limit or (self._held > self._most_held and len(self._recent) > 1):
            self._held -= _reports(self._recent.popitem(last=False)[1])


def _with(before: Episode | None, identified: Identified, member: Member) -> Episode:
    """The episode with a report in it; an older version of the same report is replaced, never a newer one."""
    report = identified.report
    if before is None:
        return Episode(
            id=episode_id(report.host.name, report.scope, report),
            host=report.host,
            scope=report.scope,
            family=report.family,
            origin=report.origin,
            members=(member,),
            open=True,
            when=report.when,
            provider=report.provider,
            metadata=report.metadata,
        )
    members = list(before.members)
    old = next((m for m in members if m.report_id == member.report_id), None)
    if old is None or old.version < member.version:
        if old is not None:
            members.remove(old)
        insort(members, member, key=attrgetter("order"))
    return replace(before, members=tuple(members), open=True)


def _member(identified: Identified, analysis: Analysis) -> Member:
    report = identified.report
    uptime = None if report.when.from_line else report.uptime_us
    names = (victim.name for victim in report.victims)
    return Member(
        report_id=identified.id,
        version=identified.version,
        # So that reports that are read back have the same order, and an episode its length.
        start=to_the_millisecond(report.when.at),
        end=to_the_millisecond(max(report.when.at, report.ended.at)),
        signature=identified.signature,
        signature_name=identified.signature_name,
        victims=tuple(sorted(zip(identified.kill_ids, names, strict=True))),
        outcome=report.outcome,
        killed_path=report.cgroup.killed_path if report.cgroup else None,
        unconfirmed=report.unconfirmed,
        uptime_us=uptime,
        ended_uptime_us=None if uptime is None else uptime + report.lasted // timedelta(microseconds=1),
        verdict=analysis.codes,
        culprit=analysis.culprit,
        constraint=report.constraint,
        place=(report.uptime_us or 0, report.origin.offset),
    )


def _reports(episodes: Iterable[Episode]) -> int:
    """How many reports some episodes have."""
    return sum(len(episode.members) for episode in episodes)


def _key(host: str, scope: Scope) -> _Key:
    return host, scope.kind, scope.name
