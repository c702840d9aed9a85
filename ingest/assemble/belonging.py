"""Which of a host's open reports a line belongs to, and whether it is there already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest import formats
from ingest.model import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.assemble.open_report import OpenReport
    from ingest.formats import Match
    from ingest.model import Line


def is_copy(siblings: Iterable[OpenReport], line: Line, match: Match | None) -> bool:
    """Whether an open report has the line already: two shippers, or two files of one host, tell the same."""
    for report in siblings:
        if not report.has(line):
            continue
        if match is None or match.wording.role in (Role.BODY, Role.EVIDENCE):
            # Reports repeat such lines: only one that is told twice has copies of them.
            if report.copied:
                return True
        elif match.wording.role is not Role.OPENS or line.uptime_us is not None or not report.named:
            # The same head in the second of a victim may be the next report, where the line tells no uptime.
            report.copied = True
            return True
    return False


def best(siblings: Sequence[OpenReport], line: Line, match: Match) -> OpenReport | None:
    """The open report that a line fits best; of equals one that had begun when it was logged, of those the newest."""
    best, best_rank = None, (0, False)
    strangers = []
    for report in reversed(siblings):
        if report.format is not match.format or report.key != match.part.key or not report.takes_lines_of(line):
            continue
        fit, begins_after = report.progress.fit(match.part), report.begins_after(line)
        if match.wording.role is Role.OPENS and not report.headed and begins_after:
            fit = max(fit, 1)  # The head came late: what it begins was there before it.
        if fit == formats.STRANGER:
            strangers.append(report)
        rank = fit, not begins_after
        if fit > 0 and rank > best_rank and (fit >= formats.SURE or _could(report, line, match)):
            best, best_rank = report, rank
    if best is None:
        for report in strangers:
            report.strayed = report.mixed = True
    return best


def _could(report: OpenReport, line: Line, match: Match) -> bool:
    """Whether a line that does not name a report's victim may be of it; a victim must not be given to the wrong one."""
    if report.strayed or not report.printed_by(line) or elapsed(report.last, line) > report.format.pause:
        return False
    return match.wording.role is not Role.VICTIM or not report.mixed


def context(siblings: Sequence[OpenReport], line: Line) -> OpenReport | None:
    """The newest open report that takes lines nobody explains, if the line may be the killer's at all."""
    for report in reversed(siblings):
        if report.progress.takes_context and not report.strayed and report.may_print(line) and report.printed_by(line):
            return report
    return None


def note_mixture(siblings: Sequence[OpenReport], target: OpenReport, line: Line) -> None:
    """An older report that grows though a newer one has begun: which line is whose is sure only by thread or victim."""
    if target.progress.anchored:
        return
    for newer in reversed(siblings):
        if newer is target:
            return
        if newer.format is target.format and newer.key == target.key and newer.headed and newer.shape == target.shape:
            told_apart = newer.caller is not None and target.caller not in (None, newer.caller)
            if not told_apart and not target.begins_after(line):
                newer.mixed = target.mixed = True


def elapsed(before: Line, after: Line) -> float:
    """Seconds between two lines of a host: by uptime, the better clock within a boot, else by their times."""
    if before.uptime_us is not None and after.uptime_us is not None and after.uptime_us >= before.uptime_us:
        return (after.uptime_us - before.uptime_us) / 1e6
    return abs((after.when.at - before.when.at).total_seconds())
