"""An episode on a terminal: the verdict first. Plain text where it is piped, colours where it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from ingest.analysis.parts import Kind
from ingest.explained.view import percent
from ingest.explanation.sentence import size
from ingest.safe import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import Console

    from ingest.explained.lines import LineView
    from ingest.explained.view import EpisodeView, ReportView

_BAR = 60
"""The longest bar, where there is room for it."""
_SHORT_BAR = 10
_FROM_WIDTH = {"pid": 0, "held": 0, "share": 50, "adj": 68, "badness": 68}
"""Columns of numbers in the table of processes, and how wide a terminal must be to have them."""
_MOMENTS = 30
_EPISODES = 100
_COLOURS: Mapping[Kind, str] = {
    Kind.PROCESSES: "red",
    Kind.USER: "red",
    Kind.SHARED: "magenta",
    Kind.FILES: "yellow",
    Kind.KERNEL: "blue",
    Kind.TABLES: "cyan",
    Kind.HUGE: "bright_blue",
    Kind.UNKNOWN: "white",
    Kind.FREE: "green",
}


def draw_overview(episodes: Sequence[tuple[str, str]], console: Console) -> None:
    """Print when each of several episodes was and its summary."""
    console.print(_text(f"{len(episodes):,} episodes, the first one first", "bold"))
    for when, summary in episodes[:_EPISODES]:
        console.print(_text(f"- {when}: {summary}"))
    if len(episodes) > _EPISODES:
        console.print(_text(f"... and {len(episodes) - _EPISODES:,} more", "dim"))
    console.print()


def draw(view: EpisodeView, console: Console) -> None:
    """Print an episode, with the raw lines and what their values mean where the view has them."""
    console.print(_text(f"{view.host}, {view.scope}", "bold"), _text(f"  {view.when}", "dim"), sep="")
    console.print()
    for at, sentence in enumerate(view.sentences):
        console.print(_text(sentence, "bold" if at == 0 else ""))
    if view.advice:
        console.print()
        console.print(_text("What to do next", "bold"))
        for advice in view.advice:
            console.print(_text(f"- {advice}"))
    _timeline(view, console)
    for report in view.reports:
        _report(report, console, alone=view.report_count == 1)
    if len(view.reports) < view.report_count:
        console.print(_text(f"{view.report_count - len(view.reports)} more reports are not shown.", "dim"))
    console.print()


def _timeline(view: EpisodeView, console: Console) -> None:
    if len(view.moments) < 2:  # noqa: PLR2004  one moment is no timeline
        return
    console.print()
    console.print(_text("Timeline", "bold"))
    for moment in view.moments[:_MOMENTS]:
        when = f"{moment.when}  " if moment.when else ""
        console.print(_text(f"{when}{moment.text}", "bold" if moment.kind == "report" else ""))
    if len(view.moments) > _MOMENTS:
        console.print(_text(f"... and {len(view.moments) - _MOMENTS} more", "dim"))


def _report(report: ReportView, console: Console, *, alone: bool) -> None:
    console.print()
    if not alone and (report.victims or report.processes or report.parts):
        console.print(_text(f"Report of {report.when}" if report.when else "Report", "bold"))
    if report.victims or report.trigger:
        console.print(_answers(report))
    if report.parts:
        console.print(_bar(report, console.width))
    if report.processes:
        console.print(_processes(report, console.width))
    for line in report.lines:
        console.print(*_line(line), sep="\n")


def _answers(report: ReportView) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    sure = f" ({report.confidence} confidence)" if report.confidence else ""
    some = ", ".join(report.victims[:5])
    more = f" and {len(report.victims) - 5} more" if len(report.victims) > 5 else ""  # noqa: PLR2004  as above
    for question, answer in (
        ("who asked", report.trigger or "not told"),
        ("who died", f"{some}{more}" or "nobody is known to have"),
        ("who used it", f"{report.culprit}{sure}" if report.culprit else "cannot be known"),
    ):
        table.add_row(_text(question, "dim"), _text(answer))
    return table


def _bar(report: ReportView, width: int) -> Table:
    """Bars of one scale, which a narrow terminal makes shorter: one that is cut would lie."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    before = max(len(part.kind) for part in report.parts) + max(len(size(part.size)) for part in report.parts)
    longest = max(_SHORT_BAR, min(_BAR, width - before - 3 * 2))
    for part in report.parts:
        bar = Text("#" * max(1, round(part.share * longest)), style=_COLOURS[part.kind])
        table.add_row(_text(part.kind), _text(size(part.size)), bar)
    return table


def _processes(report: ReportView, width: int) -> Table:
    """The largest processes. Where there is little room names go on in the next line, and columns are left out."""
    table = Table(box=box.SIMPLE_HEAD, title=f"Largest of {report.listed}", title_justify="left")
    columns = [column for column, least in _FROM_WIDTH.items() if width >= least]
    table.add_column("process", overflow="fold")
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for row in report.processes:
        numbers = {
            "pid": str(row.pid),
            "held": size(row.held),
            "share": percent(row.share),
            "adj": "" if row.score_adj is None else str(row.score_adj),
            "badness": "" if row.badness is None else str(row.badness),
        }
        fate = _text(row.fate, "bold red" if row.fate == "killed" else "")
        table.add_row(_text(row.name), *(numbers[column] for column in columns), fate)
    for group in report.groups:
        together = {"held": size(group.held), "share": percent(group.share)}
        table.add_row(_text(f"{group.count} {group.name} together"), *(together.get(column, "") for column in columns))
    return table


def _line(line: LineView) -> Iterator[Text]:
    yield _text(line.text, "bold")
    if line.sentence:
        yield _text(f"    {line.sentence}", "dim")
    for value in line.values:
        proven = "" if value.proven else " (inferred)"
        yield _text(f"    {line.text[value.start : value.end].strip()}: {value.label}{proven}. {value.text}")


def _text(text: str, style: str = "") -> Text:
    """Never markup: what strangers wrote is no command to the terminal or to the library."""
    return Text(shown(text), style=style)
