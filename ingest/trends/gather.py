"""Asks a source for the facts of a report, in the order in which one answer says what to ask next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.kinds import Kind
from ingest.trends import bursts
from ingest.trends.facts import Counted, Facts
from ingest.trends.period import days

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ingest.trends.facts import HostCount, SignatureCount
    from ingest.trends.period import Period, Window
    from ingest.trends.source import Source

    Progress = Callable[[str], None]

RANKED = (
    "oom.culprit.name",
    "process.name",
    "oom.cgroup.limit.path",
    "kubernetes.namespace",
    "systemd.unit",
    "oom.constraint",
)
"""Fields whose values are ranked by kills."""

SHOWN = 20
"""Rows of each list."""

HEAT_HOSTS = 30
"""Hosts of the heat map."""

_HOSTS_SHOWN = 5


def gather(source: Source, period: Period, selection: str, progress: Progress) -> Facts:
    """The facts of a period, the one before it and what was before both.

    Args:
        source: Who counts the documents.
        period: The two windows.
        selection: What the source selects, for people.
        progress: Told what is counted next.
    """
    window = period.now
    progress("the period")
    now = _count(source, window)
    progress("the period before")
    before = _count(source, period.before)
    progress("hosts of each day")
    of_period = days(window, period.zone)
    hosts_of_days = tuple(source.hosts_of_days(of_period, len(now.hosts)))
    progress("what was before both")
    unknown = {each.signature for each in now.signatures} - {each.signature for each in before.signatures}
    earlier = tuple(source.signatures(period.history, unknown)) if unknown else ()
    progress("rankings")
    most = [each.signature for each in by_count(now.signatures)[:SHOWN]]
    rankings = dict(source.rankings(window, RANKED, SHOWN))
    names = {field: [row.name for row in ranking.rows] for field, ranking in rankings.items()}
    progress("bursts")
    kills = {each.signature: each.count for each in now.signatures}
    around, cut = bursts.candidates(source.crowded(window, bursts.least()), kills, window)
    crowds = tuple(source.crowds(window, around))
    progress("top hosts and signatures")
    return Facts(
        period=period,
        source=source.name,
        selection=selection,
        estimates=source.estimates,
        misses_episodes=source.misses_episodes,
        oldest=source.oldest(),
        now=now,
        before=before,
        hosts_of_days=hosts_of_days,
        signatures_earlier=earlier,
        signature_hosts=tuple(source.signature_hosts(window, most, _HOSTS_SHOWN, len(now.hosts))),
        rankings=rankings,
        ranked_before={field: dict(of) for field, of in source.counts(period.before, names).items()},
        heat=tuple(source.heat(of_period, hottest(now.hosts))),
        crowds=crowds,
        crowds_cut=cut,
        sizes=tuple(source.sizes(window, most)),
    )


def _count(source: Source, window: Window) -> Counted:
    told = source.tells_episodes
    return Counted(
        slots=tuple(source.slots(Kind.KILL, window)),
        hosts=tuple(source.hosts(Kind.KILL, window)),
        signatures=tuple(source.signatures(window)),
        episode_slots=tuple(source.slots(Kind.EPISODE, window)) if told else None,
        episode_hosts=tuple(source.hosts(Kind.EPISODE, window)) if told else None,
    )


def by_count(signatures: Iterable[SignatureCount]) -> list[SignatureCount]:
    """Signatures with most kills first; of equals the first by name."""
    return sorted(signatures, key=lambda each: (-each.count, each.name or "", each.signature))


def hottest(hosts: Iterable[HostCount]) -> list[str]:
    """The hosts of the heat map: those with most kills; of equals the first by name."""
    return [each.host for each in sorted(hosts, key=lambda each: (-each.count, each.host))[:HEAT_HOSTS]]
