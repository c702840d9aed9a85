"""What is shown of an episode: plain values, so that terminal, page and JSON say the same. Nothing here is escaped."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from ingest import explanation
from ingest.analysis.badness import may_be_killed
from ingest.analysis.episode import whole
from ingest.analysis.evidence import quoted
from ingest.analysis.parts import Kind, parts
from ingest.analysis.room import room, share
from ingest.analysis.table import groups
from ingest.explained.lines import LineView, line_views
from ingest.explained.times import is_dated, moment, span
from ingest.explanation.sentence import of_episode, process
from ingest.explanation.verdicts import ADVICE, VERDICTS, advice, meaning
from ingest.model import Action, Code, Constraint, CulpritKind, TableLack, uptime_between

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from ingest.analysis.room import Room
    from ingest.envelope import Envelope
    from ingest.model import Analysis, Culprit, Episode, Finding, Joined, Report, Trigger, Victim

_PROCESSES = 10
_GROUPS = 5
_REPORTS = 20
"""Reports of one episode that are shown whole."""


class FindingView(Struct, frozen=True):
    """One finding: its code, title and meaning, how much, and the lines behind it."""

    code: str
    title: str
    text: str
    name: str | None
    size: int | None
    share: float | None
    evidence: tuple[str, ...]


class PartView(Struct, frozen=True):
    """One part of the memory bar, in bytes."""

    kind: Kind
    size: int
    share: float


class ProcessView(Struct, frozen=True):
    """A row of the table of the largest processes; sizes in bytes, ``badness`` in permille."""

    name: str
    pid: int
    held: int
    share: float | None
    score_adj: int | None
    badness: int | None
    fate: str


class GroupView(Struct, frozen=True):
    """Processes of one name together."""

    name: str
    count: int
    held: int
    share: float | None


class Moment(Struct, frozen=True):
    """Something that happened, ``after`` so many seconds of the episode.

    ``when`` is its time of day, else its uptime; ``at`` is absent where no date is told.
    """

    at: datetime | None
    when: str
    after: float
    kind: str
    text: str


class ReportView(Struct, frozen=True, kw_only=True):
    """One report: three answers, the findings, the memory, the processes, and its lines.

    ``when`` is its time of day, else its uptime; ``at`` is absent where no date is told. Where the heading of the
    process table is missing, others may have stood before its ``process_count`` rows.
    """

    id: str
    at: datetime | None
    when: str
    completeness: str
    sentences: tuple[str, ...]
    trigger: str | None
    victims: tuple[str, ...]
    culprit: str | None
    confidence: str | None
    findings: tuple[FindingView, ...]
    capacity: int | None
    parts: tuple[PartView, ...]
    processes: tuple[ProcessView, ...]
    process_count: int
    heading_missing: bool
    groups: tuple[GroupView, ...]
    lines: tuple[LineView, ...]

    @property
    def listed(self) -> str:
        """How many processes the table has, in words."""
        return f"{self.process_count} processes{' that are left of the table' if self.heading_missing else ''}"


class EpisodeView(Struct, frozen=True, kw_only=True):
    """One episode: the verdict first, then what led to it. ``reports`` are those shown whole.

    ``summary`` is one sentence. ``when`` says when it was and what of that is assumed. ``start`` and ``end`` are absent
    where no date is told, ``uptimes`` (seconds, of the first and the last line) where the lines carry a time,
    ``lasted`` (seconds) where they carry neither.
    """

    id: str
    host: str
    scope: str
    summary: str
    when: str
    start: datetime | None
    end: datetime | None
    uptimes: tuple[float, float] | None
    lasted: float | None
    year_assumed: bool
    zone_assumed: bool
    report_count: int
    kill_count: int
    sentences: tuple[str, ...]
    codes: tuple[str, ...]
    advice: tuple[str, ...]
    moments: tuple[Moment, ...]
    reports: tuple[ReportView, ...]


def episode_view(episode: Episode, joined: Sequence[Joined], envelope: Envelope | None) -> EpisodeView:
    """An episode and its reports as they are shown.

    Args:
        episode: In its last state.
        joined: Its reports, in their last state.
        envelope: How its raw lines are read once more, to explain their values, which takes longest of all. ``None``
            where they are not shown.
    """
    places = {member.report_id: place for place, member in enumerate(episode.members)}
    ordered = sorted(joined, key=lambda each: places[each.identified.id])
    together = whole(episode)
    times = span(episode, [each.identified.report for each in ordered])
    shown = sorted(ordered, key=lambda each: not each.identified.report.victims)[:_REPORTS]
    kept = [each for each in ordered if each in shown]
    return EpisodeView(
        id=episode.id,
        host=episode.host.name,
        scope=f"{episode.scope.kind or 'unknown scope'}{f' {episode.scope.name}' if episode.scope.name else ''}",
        summary=of_episode(episode, together.outcome),
        when=times.text,
        start=times.start,
        end=times.end,
        uptimes=(times.uptimes_us[0] / 1e6, times.uptimes_us[1] / 1e6) if times.uptimes_us else None,
        lasted=times.lasted.total_seconds() if times.lasted is not None else None,
        year_assumed=times.year_assumed,
        zone_assumed=times.zone_assumed,
        report_count=len(episode.members),
        kill_count=sum(len(member.victims) for member in episode.members),
        sentences=tuple(_sentences(episode, ordered)),
        codes=tuple(str(code) for code in together.codes),
        advice=tuple(ADVICE[each] for each in advice(together.codes, episode.family)),
        moments=tuple(_moments(ordered, episode)),
        reports=tuple(_report_view(each, envelope) for each in kept),
    )


def percent(share: float | None) -> str:
    """A part of the whole; nothing where it is not known."""
    return "" if share is None else f"{share:.0%}"


def overview(told: Iterable[tuple[Episode, Sequence[Joined]]]) -> Iterator[tuple[str, str]]:
    """When each episode was, and its summary."""
    for episode, joined in told:
        times = span(episode, [each.identified.report for each in joined])
        yield times.text, of_episode(episode, whole(episode).outcome)


def _sentences(episode: Episode, ordered: list[Joined]) -> list[str]:
    """Of a single report its own; of several those of the episode and of the report that tells most."""
    main = max(ordered, key=_telling)
    report = main.identified.report
    sentences = explanation.of_report(report, main.analysis)
    if len(ordered) == 1:
        return sentences
    return explanation.of_episode(episode, whole(episode), sentences, moment(report.when, report.uptime_us))


def _telling(joined: Joined) -> tuple[bool, int, int]:
    report = joined.identified.report
    culprit = joined.analysis.culprit
    return culprit is not None and culprit.kind is not CulpritKind.CGROUP, len(report.tasks), len(report.victims)


def _report_view(joined: Joined, envelope: Envelope | None) -> ReportView:
    report, analysis = joined.identified.report, joined.analysis
    culprit, trigger = analysis.culprit, _asked(report)
    there = room(report)
    found = parts(report)
    sum_of_parts = sum(part.size for part in found)
    return ReportView(
        id=joined.identified.id,
        at=report.when.at if is_dated(report.when) else None,
        when=moment(report.when, report.uptime_us),
        completeness=report.completeness,
        sentences=tuple(explanation.of_report(report, analysis)),
        trigger=process(trigger.name, trigger.pid) if trigger else None,
        victims=tuple(process(victim.name, victim.pid) for victim in report.victims),
        culprit=_culprit(culprit) if culprit else None,
        confidence=culprit.confidence if culprit else None,
        findings=tuple(_finding(finding, report) for finding in analysis.findings),
        capacity=there.capacity,
        parts=tuple(PartView(part.kind, part.size, share(part.size, sum_of_parts) or 0) for part in found),
        processes=tuple(_processes(report, analysis, there)),
        process_count=len(report.tasks),
        heading_missing=report.table_lack is TableLack.HEADING,
        groups=tuple(
            GroupView(group.name, group.count, group.rss or 0, group.share)
            for group in groups(report.tasks, there)[:_GROUPS]
            if group.count > 1
        ),
        lines=tuple(line_views(report, envelope)) if envelope else (),
    )


def _asked(report: Report) -> Trigger | None:
    """Who asked for memory: nobody where somebody asked for a kill by SysRq."""
    return None if report.constraint is Constraint.MANUAL else report.trigger


def _culprit(culprit: Culprit) -> str:
    if culprit.kind is CulpritKind.CGROUP:
        return f"{explanation.used_by(culprit)}, nothing smaller is named"
    if culprit.kind is not CulpritKind.PROCESS:
        return explanation.used_by(culprit)
    name = process(culprit.name or "a process", culprit.pid)
    group = culprit.group
    return f"{name}; by name {group.count} {group.name}" if group and group.name != culprit.name else name


def _finding(finding: Finding, report: Report) -> FindingView:
    verdict = VERDICTS[finding.code]
    lines = quoted(finding, report)
    return FindingView(
        finding.code,
        verdict.title,
        meaning(finding.code, report.family),
        finding.name,
        finding.size,
        finding.share,
        lines,
    )


def _processes(report: Report, analysis: Analysis, there: Room) -> Iterator[ProcessView]:
    died = {victim.pid: victim for victim in report.victims}
    for task in report.tasks.largest(_PROCESSES):
        fate = _fate(died[task.pid]) if task.pid in died else "" if may_be_killed(task) else "protected"
        yield ProcessView(
            task.name, task.pid, task.held, there.part(task.held), task.score_adj, analysis.badness(task.pid), fate
        )


def _fate(victim: Victim) -> str:
    if victim.action is Action.SELECTED:
        return "chosen"
    return {True: "killed", False: "did not die", None: "signalled"}[victim.gone]


# ---------------------------------------------------------------- the timeline


def _moments(ordered: Sequence[Joined], episode: Episode) -> Iterator[Moment]:
    start, uptimes = episode.start, episode.uptimes_us
    for joined in ordered:
        yield from _moments_of(joined, start, uptimes[0] if uptimes else None)


def _moments_of(joined: Joined, start: datetime, start_us: int | None) -> Iterator[Moment]:
    report = joined.identified.report
    title = VERDICTS[joined.analysis.findings[0].code].title if joined.analysis.findings else Code.UNKNOWN
    trigger = _asked(report)
    asked = f"; {trigger.name} asked" if trigger else ""
    round_ = f" (round {report.openvz.seq})" if report.openvz and report.openvz.seq is not None else ""
    yield _moment(report, start, start_us, "report", f"{title}{round_}{asked}")
    for victim in report.victims:
        pages = victim.openvz.freed_pages if victim.openvz else None
        back = f", {pages:,} pages came back" if pages is not None else ""
        what = f"{process(victim.name, victim.pid)} {_fate(victim)}{back}"
        yield _moment(victim, start, start_us, "kill", what)


def _moment(of: Report | Victim, start: datetime, start_us: int | None, kind: str, text: str) -> Moment:
    """By uptime where that of the episode's first line is given."""
    if start_us is not None and of.uptime_us is not None:
        after = uptime_between(start_us, of.uptime_us)
    else:
        after = max(of.when.at - start, timedelta(0))
    at = of.when.at if is_dated(of.when) else None
    return Moment(at, moment(of.when, of.uptime_us), after.total_seconds(), kind, text)
