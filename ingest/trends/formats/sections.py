"""A report as titles and tables, which every format for people shows the same.

Names in a cell are the text of strangers, as it was logged: each format makes it safe in its own way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from ingest.explanation.sentence import duration, size
from ingest.trends import bursts
from ingest.trends.advice import Proposal
from ingest.trends.report import Trend

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.trends.advice import LimitAdvice
    from ingest.trends.facts import Named
    from ingest.trends.formats.links import Links
    from ingest.trends.report import BurstLine, Change, Offender, Report, SignatureLine, Table

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_TRENDS = {
    Trend.NEW: ("New", "never seen before"),
    Trend.BACK: ("Back", "not in the period before, but earlier"),
    Trend.WORSE: ("Worse", "more than in the period before, beyond chance"),
    Trend.BETTER: ("Better", "less than in the period before, beyond chance"),
    Trend.STOPPED: ("Stopped", "in the period before, and not in this one"),
}


_TRY = {Proposal.RAISE: "raise to", Proposal.BOUND: "set below"}

_LIMITS = (
    "what was in use when the killer came, and what to try next. A kill at a limit shows that the limit was too small, "
    "never how much would be enough: the step is a quarter. Where no limit stopped a victim, one below what the "
    "smallest held would have ended it before the machine ran out"
)


class Cell(Struct, frozen=True):
    """Some text, where it leads, how long its bar is, from 0 to 1, and whether it is out of a log."""

    text: str
    link: str | None = None
    bar: float | None = None
    logged: bool = False


class Section(Struct, frozen=True, kw_only=True):
    """A table under a title. All columns but the first ``names`` hold numbers or times."""

    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    names: int = 1
    trend: Trend | None = None


def title(report: Report) -> str:
    """What is reported."""
    return f"OOM kills from {report.start:%Y-%m-%d %H:%M} to {report.end:%Y-%m-%d %H:%M} ({report.zone})"


def scope(report: Report) -> str:
    """Of what, compared with what, and where from."""
    of = f"Only {report.selection}. " if report.selection else ""
    return f"{of}Compared with the time from {report.start_before:%Y-%m-%d %H:%M} on. Counted in {report.source}."


def headline(report: Report) -> Section:
    """The totals."""
    rows = [_total("kills", report.kills)]
    if report.episodes is not None:
        rows.append(_total("episodes", report.episodes))
    rows.append(_total("hosts hit", report.hosts))
    if report.fleet is not None and report.fleet.size:
        shares = (f"{hit / report.fleet.size:.1%}" for hit in (report.fleet.hit.now, report.fleet.hit.before))
        rows.append((f"of {report.fleet.size:,} hosts in the inventory", *shares, ""))
    if report.fleet is not None and report.fleet.strangers:
        rows.append(("hosts hit that the inventory does not have", f"{report.fleet.strangers:,}", "", ""))
    if report.between != (None, None):
        gaps = ("" if each is None else duration(each) for each in report.between)
        rows.append(("mean time between episodes of a host", *gaps, ""))
    columns = ("", "now", "before", "change")
    return Section(title="", note="", columns=columns, rows=tuple(_cells(row) for row in rows))


def sections(report: Report, links: Links | None = None) -> Iterator[Section]:
    """Every table that has rows, the most telling first."""
    yield from _changes(report, links)
    yield from _present("Bursts", _bursts_note(report), ("signature", "first host", "first kill", "hosts", "kills"),
                        [_burst(each, links) for each in report.bursts], names=2)  # fmt: skip
    top = max((line.kills.now for line in report.top), default=0)
    yield from _present("Signatures with most kills", f"of {report.signature_count:,}",
                        ("signature", "most on", "", "kills", "before", "hosts"),
                        [_top(line, top, links) for line in report.top], names=2)  # fmt: skip
    yield from _present("Hosts again and again", _offenders_note(report),
                        ("host", "episodes", "before", "kills", "one every", "last"),
                        [_offender(each, links) for each in report.offenders])  # fmt: skip
    for table in report.tables:
        most = max((row.count for row, _ in table.rows), default=0)
        rows = [_ranked(row, before, most, _by(links, table.field, row.name)) for row, before in table.rows]
        yield from _present(table.title, _left_out(table), ("", "kills", "before"), rows)
    yield from _present("Memory limits", _LIMITS,
                        ("workload", "why", "kills", "limit at kill", "most used", "victims held", "95 % held", "try"),
                        [_limit(each, report, links) for each in report.limits], names=2)  # fmt: skip


def footing(report: Report) -> Iterator[str]:
    """What the numbers rest on."""
    yield (
        f"Time is counted in slots of {report.widths.slots} minutes, for bursts of {report.widths.bursts}; days and "
        f"hours are those of {report.zone}. An episode counts where it begins."
    )
    for what, how in report.approximate.items():
        yield f"{what} is not exact: {how}."
    yield "All other counts are exact." if report.approximate else "All counts are exact."


def change(of: Change) -> str:
    """By how much a number rose or fell."""
    if of.now == of.before:
        return "same"
    return "from none" if of.percent is None else f"{of.percent:+,.0f} %"


def column_days(report: Report) -> str:
    """How wide a column of the heat map is."""
    return "a day" if report.heat.days == 1 else f"{report.heat.days} days"


def _present(
    title: str, note: str, columns: tuple[str, ...], rows: Sequence[tuple[Cell, ...]], names: int = 1
) -> Iterator[Section]:
    if rows:
        yield Section(title=title, note=note, columns=columns, rows=tuple(rows), names=names)


def _changes(report: Report, links: Links | None) -> Iterator[Section]:
    for trend, lines in report.changed.items():
        heading, note = _TRENDS[trend]
        count = report.changed_count[trend]
        shown = f"{note}; {len(lines)} of {count:,} are listed" if count > len(lines) else note
        rows = tuple(
            (
                Cell(line.name, _by(links, "oom.signature", line.signature), logged=True),
                Cell(f"{line.kills.now:,}"),
                Cell(f"{line.kills.before:,}"),
                Cell(f"{line.first:%Y-%m-%d %H:%M}"),
                Cell(f"{line.last:%Y-%m-%d %H:%M}"),
            )
            for line in lines
        )
        if rows:
            yield Section(title=f"{heading}: {count:,}", note=shown, rows=rows, trend=trend,
                          columns=("signature", "kills", "before", "first", "last"))  # fmt: skip


def _burst(burst: BurstLine, links: Links | None) -> tuple[Cell, ...]:
    return (
        Cell(burst.name, links.burst(burst) if links else None, logged=True),
        Cell(burst.first_host, _by(links, "host.name", burst.first_host), logged=True),
        Cell(f"{burst.first:%Y-%m-%d %H:%M:%S}"),
        Cell(f"{burst.hosts:,}"),
        Cell(f"{burst.kills:,}"),
    )


def _top(line: SignatureLine, most: int, links: Links | None) -> tuple[Cell, ...]:
    worst = next((f"{host.name}: {host.count:,}" for host in line.most_hosts), "")
    return (
        Cell(line.name, _by(links, "oom.signature", line.signature), line.kills.now / most, logged=True),
        Cell(worst, logged=True),
        Cell(line.trend),
        Cell(f"{line.kills.now:,}"),
        Cell(f"{line.kills.before:,}"),
        Cell(f"{line.hosts:,}" if line.hosts is not None else ""),
    )


def _ranked(row: Named, before: int, most: int, link: str | None) -> tuple[Cell, ...]:
    return Cell(row.name, link, row.count / most, logged=True), Cell(_count(row)), Cell(f"{before:,}")


def _offender(one: Offender, links: Links | None) -> tuple[Cell, ...]:
    return (
        Cell(one.host, _by(links, "host.name", one.host), logged=True),
        Cell(f"{one.episodes.now:,}" if one.episodes else ""),
        Cell(f"{one.episodes.before:,}" if one.episodes else ""),
        Cell(f"{one.kills.now:,}"),
        Cell(duration(one.every) if one.every is not None else ""),
        Cell(f"{one.last:%Y-%m-%d %H:%M}"),
    )


def _limit(advice: LimitAdvice, report: Report, links: Links | None) -> tuple[Cell, ...]:
    about = "≈ " if "limits.victim_p95" in report.approximate else ""
    return (
        Cell(advice.name, _by(links, "oom.signature", advice.signature), logged=True),
        Cell(advice.reason),
        Cell(f"{advice.kills:,}"),
        Cell(_span(advice.limit_least, advice.limit_most) or "none told"),
        Cell(size(advice.usage_most) if advice.usage_most is not None else ""),
        Cell(_span(advice.victim_least, advice.victim_most)),
        Cell(f"{about}{size(round(advice.victim_p95))}" if advice.victim_p95 is not None else ""),
        Cell(f"{_TRY[advice.proposal]} {size(advice.proposed)}"),
    )


def _bursts_note(report: Report) -> str:
    listed = (
        f"; {len(report.bursts)} of {report.burst_count:,} are listed"
        if report.burst_count > len(report.bursts)
        else ""
    )
    return (
        f"one signature on {bursts.HOSTS} hosts or more within minutes, far beyond its usual{listed}: "
        "what was rolled out on the first host just before?"
    )


def _offenders_note(report: Report) -> str:
    of = "kills" if report.episodes is None else "episodes"
    had = "host had" if report.offender_count == 1 else "hosts had"
    return f"{report.offender_count:,} {had} several {of}"


def _left_out(table: Table) -> str:
    left = [f"{_kills(table.rest)} of other values"] if table.rest else []
    left += [f"{_kills(table.untold)} without any"] if table.untold else []
    return ", ".join(left)


def _kills(count: int) -> str:
    return f"{count:,} kill{'' if count == 1 else 's'}"


def _by(links: Links | None, field: str, value: str) -> str | None:
    return links.kills(field, value) if links else None


def _count(row: Named) -> str:
    return f"{row.count:,}" if not row.tolerance else f"{row.count:,} to {row.count + row.tolerance:,}"


def _span(least: int | None, most: int | None) -> str:
    if least is None or most is None:
        return ""
    return size(least) if least == most else f"{size(least)} to {size(most)}"


def _total(what: str, of: Change) -> tuple[str, ...]:
    return what, f"{of.now:,}", f"{of.before:,}", change(of)


def _cells(texts: Sequence[str]) -> tuple[Cell, ...]:
    return tuple(Cell(text) for text in texts)
