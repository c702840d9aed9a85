"""What the exits of an OpenVZ container tell: how much came back with each, and that the node was not empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.explanation._words import pages
from ingest.explanation.sentence import process
from ingest.explanation.verdicts import DOUBTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.model import Culprit, Report, Victim


def ran_out(report: Report) -> Iterator[str]:
    """That the node had memory (``free`` of the first exit), and how often it had killed (``gen`` of the last)."""
    exits = [victim.openvz for victim in report.victims if victim.openvz]
    if exits and exits[0].free_pages is not None:
        yield (
            f"The node was not empty: {pages(exits[0].free_pages)} were free node-wide when the first victim was gone "
            "(4 KiB a page assumed)."
        )
    if exits and exits[-1].generation is not None:
        yield (
            f"At the end {exits[-1].generation:,} address spaces had been OOM-killed on the node since boot (`gen`)."
        )


def used(report: Report, culprit: Culprit) -> Iterator[str]:
    """Whose exit gave back most, and which name."""
    known = _known(report)
    first, *others = known
    group = culprit.group
    yield (
        f"Probable culprit: {process(culprit.name or '', culprit.pid)}. When it exited "
        f"{pages(culprit.freed_pages or 0)} came back, the largest single return of the {len(known)} that can be known"
        f"{_second(others)}."
    )
    if group is not None and group.freed_pages is not None:
        yield (
            f"By name the {group.count} {group.name} gave back most together: {pages(group.freed_pages)}."
            if group.freed_pages > _pages(first)
            else f"The largest group is {group.name}: {group.count} gave back {pages(group.freed_pages)} together."
        )
    yield f"Confidence is {culprit.confidence}: {'; '.join(DOUBTS[doubt] for doubt in culprit.doubts)}."
    unknown = [victim for victim in report.victims if victim not in known]
    if unknown:
        names = ", ".join(process(victim.name, victim.pid) for victim in unknown[:3])
        yield f"What {names} gave back cannot be known."


def _second(others: list[Victim]) -> str:
    if not others:
        return ""
    return f", then {process(others[0].name, others[0].pid)} with {pages(_pages(others[0]))}"


def _known(report: Report) -> list[Victim]:
    """Victims of which it is known what came back, the largest return first."""
    told = [victim for victim in report.victims if victim.openvz and victim.openvz.freed_pages is not None]
    return sorted(told, key=_pages, reverse=True)


def _pages(victim: Victim) -> int:
    return (victim.openvz.freed_pages or 0) if victim.openvz else 0
