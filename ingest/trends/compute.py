"""Facts to report: pure arithmetic, the same whoever counted."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from math import ceil, sqrt
from typing import TYPE_CHECKING

from ingest.trends import bursts
from ingest.trends.advice import LimitAdvice, advise
from ingest.trends.facts import PERCENTILE, PERCENTILE_TOLERANCE
from ingest.trends.gather import RANKED, SHOWN, by_count, hottest
from ingest.trends.period import QUARTER, days, local, start
from ingest.trends.report import (
    BurstLine,
    Change,
    DayLine,
    Fleet,
    HeatMap,
    Offender,
    Report,
    SignatureLine,
    Table,
    Trend,
    Widths,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import timedelta
    from zoneinfo import ZoneInfo

    from ingest.trends.facts import Facts, HostCount, SignatureCount, Slot
    from ingest.trends.period import Day

_TITLES = dict(
    zip(RANKED, ("Who used the memory", "Who died", "Cgroups at their limit", "Namespaces", "Units", "Constraints"),
        strict=True)
)  # fmt: skip
_MOST_COLUMNS = 100
_WEEK = 7
_MINUTE = 60_000
_DAY = 24 * 60 * _MINUTE
_BEYOND_CHANCE = 2
"""A change counts where it is more than this times the square root of both counts' sum, and at least ``_NOTABLE``."""
_NOTABLE = 0.2
_HOSTS_SHOWN = 10
REPEATED = 2
"""Episodes in one period that make a host an offender."""


def report(facts: Facts, inventory: Collection[str] | None = None) -> Report:
    """The report of facts, with the share of a fleet where its hosts are known."""
    period = facts.period
    zone = period.zone
    hosts, hosts_before = {h.host for h in facts.now.hosts}, {h.host for h in facts.before.hosts}
    fleet = _fleet(inventory, hosts, hosts_before) if inventory is not None else None
    changed = _changed(facts)
    counts = {each.signature: each.count for each in facts.now.signatures}
    names = {each.signature: _name(each) for each in facts.now.signatures}
    found = bursts.bursts(facts.crowds, counts, names, period.now, _HOSTS_SHOWN)
    offenders = _offenders(facts)
    lines = {line.signature: line for of in changed.values() for line in of}
    return Report(
        source=facts.source,
        selection=facts.selection,
        zone=zone.key,
        start=local(start(period.now), zone),
        end=local(period.now.end, zone),
        start_before=local(start(period.before), zone),
        oldest=local(facts.oldest, zone) if facts.oldest is not None else None,
        notes=tuple(_notes(facts)),
        widths=Widths(slots=QUARTER // _MINUTE, bursts=bursts.WIDTH // _MINUTE),
        approximate=dict(_approximate(facts)),
        kills=Change(_total(facts.now.slots), _total(facts.before.slots)),
        hosts=Change(len(hosts), len(hosts_before)),
        episodes=Change(_total(facts.now.episode_slots), _total(facts.before.episode_slots))
        if facts.now.episode_slots is not None and facts.before.episode_slots is not None
        else None,
        between=(_between(facts.now.episode_hosts), _between(facts.before.episode_hosts)),
        fleet=fleet,
        days=tuple(_days(facts, fleet.size if fleet and not fleet.strangers else None)),
        days_before=tuple(_by_day(facts.before.slots, days(period.before, zone))),
        week=_hours_of_week(facts),
        signature_count=len(facts.now.signatures),
        top=tuple(_top(facts, lines)),
        changed={trend: tuple(of[:SHOWN]) for trend, of in changed.items() if trend is not Trend.STEADY},
        changed_count={trend: len(of) for trend, of in changed.items()},
        tables=tuple(_table(facts, field) for field in RANKED),
        offenders=tuple(offenders[:SHOWN]),
        offender_count=len(offenders),
        heat=_heat(facts),
        bursts=tuple(_burst_line(facts, burst) for burst in found[:SHOWN]),
        burst_count=len(found),
        limits=tuple(_limits(facts, names, counts)),
    )


# ---------------------------------------------------------------- time


def _days(facts: Facts, inventory: int | None) -> Iterable[DayLine]:
    zone = facts.period.zone
    of_now = days(facts.period.now, zone)
    kills = _by_day(facts.now.slots, of_now)
    of_before = days(facts.period.before, zone)
    # By their place in the period, which only periods have that begin and end at the same time of day.
    before = _by_day(facts.before.slots, of_before) if _lengths(of_before, zone) == _lengths(of_now, zone) else None
    episodes = _by_day(facts.now.episode_slots, of_now) if facts.now.episode_slots is not None else None
    for at, day in enumerate(of_now):
        hosts = facts.hosts_of_days[at]
        yield DayLine(
            date=day.date,
            whole=day.whole,
            kills=kills[at],
            episodes=episodes[at] if episodes is not None else None,
            hosts=hosts,
            share=hosts / inventory if inventory else None,
            kills_before=before[at] if before is not None else None,
        )


def _lengths(of: Sequence[Day], zone: ZoneInfo) -> list[timedelta | None]:
    """How long each day is by the wall clock, where it is cut."""
    return [None if day.whole else local(day.window.end, zone) - local(start(day.window), zone) for day in of]


def _by_day(slots: Iterable[Slot], of: Sequence[Day]) -> list[int]:
    counts = [0] * len(of)
    begins = [start(day.window) for day in of]
    for slot in slots:
        counts[max(0, bisect_right(begins, slot.start) - 1)] += slot.count
    return counts


def _hours_of_week(facts: Facts) -> tuple[tuple[int, ...], ...]:
    week = [[0] * 24 for _ in range(_WEEK)]
    for slot in facts.now.slots:
        at = local(slot.start, facts.period.zone)
        week[at.weekday()][at.hour] += slot.count
    return tuple(tuple(day) for day in week)


def _heat(facts: Facts) -> HeatMap:
    of = days(facts.period.now, facts.period.zone)
    width = max(1, ceil(len(of) / _MOST_COLUMNS))
    hosts = hottest(facts.now.hosts)
    counts = Counter[tuple[str, int]]()
    for each in facts.heat:
        counts[each.host, each.day // width] += each.count
    columns = of[::width]
    return HeatMap(
        hosts=tuple(hosts),
        columns=tuple(day.date for day in columns),
        days=width,
        rows=tuple(tuple(counts[host, at] for at in range(len(columns))) for host in hosts),
    )


# ---------------------------------------------------------------- signatures


def _changed(facts: Facts) -> dict[Trend, list[SignatureLine]]:
    """Every signature under what became of it, the largest change first."""
    now = {each.signature: each for each in facts.now.signatures}
    before = {each.signature: each for each in facts.before.signatures}
    earlier = {each.signature for each in facts.signatures_earlier}
    found: dict[Trend, list[SignatureLine]] = {trend: [] for trend in Trend}
    for signature in now.keys() | before.keys():
        here, there = now.get(signature), before.get(signature)
        kills = Change(here.count if here else 0, there.count if there else 0)
        trend = trend_of(kills, known_before=signature in earlier)
        told = here or before[signature]
        zone = facts.period.zone
        name = _name(told)
        line = SignatureLine(signature, name, trend, kills, local(told.first, zone), local(told.last, zone))
        found[trend].append(line)
    for lines in found.values():
        lines.sort(key=lambda line: (-abs(line.kills.now - line.kills.before), line.name, line.signature))
    return found


def trend_of(kills: Change, *, known_before: bool) -> Trend:
    """What became of a signature with these kills; ``known_before`` is whether it was seen before both periods."""
    now, before = kills.now, kills.before
    if not before:
        return Trend.BACK if known_before else Trend.NEW
    if not now:
        return Trend.STOPPED
    if abs(now - before) <= _BEYOND_CHANCE * sqrt(now + before) or abs(now - before) < _NOTABLE * before:
        return Trend.STEADY
    return Trend.WORSE if now > before else Trend.BETTER


def _top(facts: Facts, lines: Mapping[str, SignatureLine]) -> Iterable[SignatureLine]:
    hosts = {each.signature: each for each in facts.signature_hosts}
    for each in by_count(facts.now.signatures)[:SHOWN]:
        line, told = lines[each.signature], hosts[each.signature]
        yield SignatureLine(
            line.signature, line.name, line.trend, line.kills, line.first, line.last, told.hosts, told.most
        )


def _name(signature: SignatureCount) -> str:
    return signature.name or signature.signature


def _burst_line(facts: Facts, burst: bursts.Burst) -> BurstLine:
    zone = facts.period.zone
    return BurstLine(
        signature=burst.signature,
        name=burst.name,
        start=local(burst.start, zone),
        end=local(burst.end, zone),
        hosts=burst.hosts,
        kills=burst.kills,
        first_host=burst.first_host,
        first=local(burst.first, zone),
        some_hosts=burst.some_hosts,
    )


def _limits(facts: Facts, names: Mapping[str, str], counts: Mapping[str, int]) -> Iterable[LimitAdvice]:
    for sizes in facts.sizes:
        advice = advise(sizes, names[sizes.signature], counts[sizes.signature])
        if advice is not None:
            yield advice


# ---------------------------------------------------------------- hosts and names


def _fleet(inventory: Collection[str], hosts: set[str], hosts_before: set[str]) -> Fleet:
    known = frozenset(inventory)
    return Fleet(len(known), Change(len(hosts & known), len(hosts_before & known)), len(hosts - known))


def _offenders(facts: Facts) -> list[Offender]:
    """Hosts with several episodes; where episodes are not told, with several kills."""
    kills = {each.host: each for each in facts.now.hosts}
    kills_before = {each.host: each.count for each in facts.before.hosts}
    of = facts.now.episode_hosts if facts.now.episode_hosts is not None else facts.now.hosts
    before = {each.host: each.count for each in facts.before.episode_hosts or ()}
    found = []
    for each in of:
        if each.count < REPEATED:
            continue
        told = kills.get(each.host)
        found.append(
            Offender(
                host=each.host,
                episodes=Change(each.count, before.get(each.host, 0)) if facts.now.episode_hosts is not None else None,
                kills=Change(told.count if told else 0, kills_before.get(each.host, 0)),
                every=_gap([each]) if facts.now.episode_hosts is not None else None,
                last=local(max(each.last, told.last) if told else each.last, facts.period.zone),
            )
        )
    found.sort(key=lambda one: (-(one.episodes.now if one.episodes else 0), -one.kills.now, one.host))
    return found


def _between(hosts: Sequence[HostCount] | None) -> float | None:
    return _gap(hosts) if hosts is not None else None


def _gap(hosts: Iterable[HostCount]) -> float | None:
    """Mean seconds from one to the next of the same host; ``None`` where no host has two."""
    several = [each for each in hosts if each.count > 1]
    gaps = sum(each.count - 1 for each in several)
    return sum(each.last - each.first for each in several) / gaps / 1000 if gaps else None


def _table(facts: Facts, field: str) -> Table:
    ranking, before = facts.rankings[field], facts.ranked_before.get(field, {})
    rows = tuple((row, before.get(row.name, 0)) for row in ranking.rows)
    return Table(_TITLES[field], field, rows, ranking.rest, ranking.untold, ranking.tolerance)


def _total(slots: Iterable[Slot]) -> int:
    return sum(slot.count for slot in slots)


def _approximate(facts: Facts) -> Iterable[tuple[str, str]]:
    if facts.estimates and any(each.victim for each in facts.sizes):
        yield (
            "limits.victim_p95",
            f"estimated: its place among the victims is {PERCENTILE} of 100, give or take {PERCENTILE_TOLERANCE:g}",
        )
    if facts.misses_episodes and facts.now.episode_slots is not None:
        yield "episodes", "one with more than a hundred victims' names, or signatures, lists some and may be missing"
    for field, ranking in facts.rankings.items():
        if ranking.tolerance:
            yield f"tables.{field}", f"a value may have up to {ranking.tolerance:,} kills more than is told of it"


def _notes(facts: Facts) -> Iterable[str]:
    zone = facts.period.zone
    if not facts.now.slots:
        yield "No kill of the selection is known in this period."
    if facts.oldest is not None and facts.oldest > start(facts.period.before) + _DAY:
        since = f"{local(facts.oldest, zone):%Y-%m-%d %H:%M}"
        yield f"No kill of the selection is known before {since}: what is called new may be older."
    if facts.now.episode_slots is None:
        yield "Episodes are not told: they do not say whether a kill of theirs is of the selection, or none are stored."
    if facts.crowds_cut:
        yield f"More than {bursts.MOST_SLOTS:,} slots had many kills of one signature: bursts may be missing."
