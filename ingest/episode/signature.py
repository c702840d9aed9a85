"""Reports to signatures: the same failure over the whole fleet, whoever saw it and in whatever order.

``merge`` takes the earliest first, for each host the latest last, and keeps the hosts that came last. So merging is
free of order, grouping and repetition: any number of workers may see any part of it, any number of times.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING

from ingest.model import Outcome, Seen, Signature
from ingest.timestamps import to_the_millisecond

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.model import Joined

MOST_HOSTS = 1_000
"""Hosts that a signature remembers: those that had it last. Where a signature has this many, it may have more."""

_SAYS_TOO_LITTLE = (Outcome.TRUNCATED, Outcome.UNKNOWN)


def sightings(joined: Iterable[Joined]) -> tuple[Signature, ...]:
    """What reports say of their signatures, each signature once.

    A report that names no victim and no outcome is left out: what there is of it says too little to be the same failure
    as another.
    """
    found: defaultdict[str, list[Signature]] = defaultdict(list)
    for each in joined:
        report = each.identified.report
        if report.outcome in _SAYS_TOO_LITTLE and not report.victims:
            continue
        at = to_the_millisecond(report.when.at)
        seen = Signature(
            id=each.identified.signature,
            name=each.identified.signature_name,
            family=report.family,
            constraint=report.constraint,
            workload=each.identified.workload,
            first_seen=at,
            hosts=(Seen(report.host.name, at),),
        )
        found[seen.id].append(seen)
    return tuple(merge(*alike) for alike in found.values())


def merge(*alike: Signature) -> Signature:
    """What several saw of one signature, together."""
    one = alike[0]
    last: dict[str, Seen] = {}
    for seen in chain.from_iterable(each.hosts for each in alike):
        if seen.host not in last or last[seen.host].last < seen.last:
            last[seen.host] = seen
    ordered = sorted(last.values(), key=lambda seen: seen.host)
    ordered.sort(key=lambda seen: seen.last, reverse=True)
    return Signature(
        id=one.id,
        name=one.name,
        family=one.family,
        constraint=one.constraint,
        workload=one.workload,
        first_seen=min(each.first_seen for each in alike),
        hosts=tuple(ordered[:MOST_HOSTS]),
    )
