"""Holds a report against the numbers that were computed the plain way."""

from __future__ import annotations

import math
from collections import Counter

from ingest.trends.facts import PERCENTILE, PERCENTILE_TOLERANCE
from ingest.trends.period import milliseconds, start
from ingest.trends.report import Report, Trend
from tests.trends.fleets import Fleet
from tests.trends.naive import Numbers, at


def check(report: Report, fleet: Fleet, *, estimated: bool) -> None:
    """Every number of a report equals the plain one, or lies within the tolerance that it states."""
    plain, period = Numbers(fleet), fleet.period
    now, before = (start(period.now), period.now.end), (start(period.before), period.before.end)
    hosts, hosts_before = plain.hosts(plain.kills), plain.hosts(plain.kills_before)
    assert (report.kills.now, report.kills.before) == (len(plain.kills), len(plain.kills_before))
    assert (report.hosts.now, report.hosts.before) == (len(hosts), len(hosts_before))
    assert report.episodes is not None
    assert (report.episodes.now, report.episodes.before) == (len(plain.episodes), len(plain.episodes_before))
    expected = tuple(plain.between(of) for of in (plain.episodes, plain.episodes_before))
    for told, naive in zip(report.between, expected, strict=True):
        assert (told is None) == (naive is None)
        assert told is None or naive is None or math.isclose(told, naive)
    assert report.fleet is not None
    assert (report.fleet.size, report.fleet.hit.now) == (len(fleet.inventory), len(hosts & fleet.inventory))
    assert report.fleet.hit.before == len(hosts_before & fleet.inventory)
    assert report.fleet.strangers == len(hosts - fleet.inventory)
    assert report.oldest is None or milliseconds(report.oldest) == at(plain.all_kills[0])

    assert [day.date.isoformat() for day in report.days] == plain.dates(*now)
    assert [day.kills for day in report.days] == plain.per_day(plain.kills, *now)
    assert [day.episodes for day in report.days] == plain.per_day(plain.episodes, *now)
    assert [day.hosts for day in report.days] == plain.hosts_per_day()
    of_days = [day.kills_before for day in report.days]
    assert set(of_days) == {None} or of_days == plain.per_day(plain.kills_before, *before)
    assert list(report.days_before) == plain.per_day(plain.kills_before, *before)
    assert [list(day) for day in report.week] == plain.week()

    _signatures(report, plain)
    for table in report.tables:
        rows, rest, untold = plain.ranking(table.field)
        assert table.tolerance == 0
        assert [(row.name, row.count, count) for row, count in table.rows] == rows
        assert (table.rest, table.untold) == (rest, untold)
    offenders = plain.offenders()
    assert report.offender_count == len(offenders)
    shown = [(one.host, one.episodes.now if one.episodes else None, one.kills.now) for one in report.offenders]
    assert shown == offenders[: len(shown)]
    assert len(shown) == min(20, len(offenders))
    for row, host in zip(report.heat.rows, report.heat.hosts, strict=True):
        assert list(row) == plain.per_day([k for k in plain.kills if k["host"]["name"] == host], *now)
    bursts = {(b.signature, milliseconds(b.start), b.hosts, b.kills, b.first_host) for b in report.bursts}
    assert bursts == plain.bursts()
    _limits(report, plain, estimated=estimated)


def _signatures(report: Report, plain: Numbers) -> None:
    trends = plain.signatures()
    told = {line.signature: (str(trend), line.kills.now, line.kills.before)
            for trend, lines in report.changed.items() for line in lines}  # fmt: skip
    assert told == {signature: row for signature, row in trends.items() if row[0] != "steady"}
    counts = Counter(trend for trend, _, _ in trends.values())
    assert report.changed_count == {trend: counts[trend] for trend in Trend}
    assert report.signature_count == len({k["oom"]["signature"] for k in plain.kills})
    assert len(report.top) == min(20, report.signature_count)
    for line in report.top:
        kills = plain.of_signature(line.signature)
        names = {k["oom"].get("signature_name") for k in kills} - {None}
        hosts = Counter(k["host"]["name"] for k in kills)
        assert line.name == (max(names) if names else line.signature)
        assert (line.trend, line.kills.now, line.kills.before) == trends[line.signature]
        assert (milliseconds(line.first), milliseconds(line.last)) == (at(kills[0]), at(kills[-1]))
        assert line.hosts == len(hosts)
        assert [(host.name, host.count) for host in line.most_hosts] == sorted(
            hosts.items(), key=lambda item: (-item[1], item[0])
        )[:5]


def _limits(report: Report, plain: Numbers, *, estimated: bool) -> None:
    for advice in report.limits:
        limit = plain.sizes(advice.signature, "oom.cgroup.memory.limit.bytes")
        usage = plain.sizes(advice.signature, "oom.cgroup.memory.usage.bytes")
        victim = plain.sizes(advice.signature, "oom.victim.memory.rss.bytes")
        assert advice.kills == len(plain.of_signature(advice.signature))
        assert (advice.limit_least, advice.limit_most) == ((limit[0], limit[-1]) if limit else (None, None))
        assert advice.usage_most == (usage[-1] if usage else None)
        assert (advice.victim_least, advice.victim_most) == ((victim[0], victim[-1]) if victim else (None, None))
        if not victim:
            assert advice.victim_p95 is None
            continue
        slack = PERCENTILE_TOLERANCE if estimated else 0
        low, high = (len(victim) * (PERCENTILE + off) / 100 for off in (-slack, slack))
        least = victim[max(0, math.ceil(low) - 1 - estimated)]
        most = victim[min(len(victim) - 1, math.ceil(high) - 1 + estimated)]
        assert advice.victim_p95 is not None
        assert least <= advice.victim_p95 <= most
