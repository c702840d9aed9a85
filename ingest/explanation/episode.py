"""A whole episode in plain sentences: what its reports say together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.explanation._words import PANICKED, STUCK, SURE, counted, listed, pages, part_of_it
from ingest.explanation.report import who
from ingest.explanation.sentence import duration, process, size, uptime
from ingest.explanation.verdicts import DOUBTS, VERDICTS
from ingest.model import Code, CulpritKind, Doubt, Outcome, ScopeKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.analysis.episode import Whole
    from ingest.model import Culprit, Episode

_WITHOUT_VICTIM = {
    Outcome.KILLED: "of a kill that names no process",
    Outcome.PANIC: "that ended in a panic",
    Outcome.NO_VICTIM: "without a kill",
    Outcome.UNKNOWN: "in which no line tells what was killed",
    Outcome.TRUNCATED: "in which no line tells what was killed",
}


_NOBODY = (CulpritKind.FILES, CulpritKind.KERNEL)
"""No processes: their names are codes, and the processes of one name beside them are not what used the memory."""


def of_episode(episode: Episode, whole: Whole, main: Sequence[str] = (), at: str = "") -> list[str]:
    """The sentences about an episode, the most important first.

    Args:
        episode: The episode.
        whole: What its reports say together.
        main: The sentences of its most telling report, where it is at hand: they say more of who died and why.
        at: When that report was, where its lines tell it.
    """
    of_one = f"In the report of {at}:" if at else "In one of the reports:"
    used = [f"{of_one} {main[1]}", *main[2:]] if main else [*_used(whole.culprit)]
    return [_what(episode, whole), *used, *_rounds(episode), *_grew(whole), *_together(whole, used)]


def _what(episode: Episode, whole: Whole) -> str:
    kills = sum(len(member.victims) for member in episode.members)
    seconds = episode.lasted.total_seconds()
    over = f" within {duration(seconds)}" if round(seconds) else ""
    where = f" in {episode.scope.kind} {episode.scope.name}" if episode.scope.kind and episode.scope.name else ""
    ran_out = f": {VERDICTS[whole.codes[0]].title}" if whole.codes else ""
    unsure = _unsure(kills, sum(member.unconfirmed for member in episode.members))
    came = f"with {counted(kills, 'kill')}{unsure}" if kills else _WITHOUT_VICTIM[whole.outcome]
    told = f"{counted(len(episode.members), 'report')} {came}"
    return f"On {episode.host.name}{where}{ran_out}; {told}{over}."


def _unsure(kills: int, unconfirmed: int) -> str:
    """Of how many kills no line tells that the process is gone."""
    if not unconfirmed:
        return ""
    if kills == 1:
        return " that is not confirmed"
    return ", none of them confirmed" if unconfirmed == kills else f", {unconfirmed} of them not confirmed"


def _rounds(episode: Episode) -> Iterator[str]:
    """Selection rounds of an OpenVZ container whose victims are not heard of again."""
    if episode.family != "openvz" or episode.scope.kind is not ScopeKind.CONTAINER:
        return
    silent = [member for member in episode.members if not member.victims]
    killed = [member for member in episode.members if member.victims]
    if killed and (later := [member for member in silent if member.order[:2] > killed[-1].order[:2]]):
        times = listed([f"{m.start:%H:%M:%S}" if m.uptime_us is None else uptime(m.uptime_us) for m in later])
        more = counted(len(later), "more selection round")
        yield f"{more[0].upper()}{more[1:]} at {times} signalled tasks without a logged exit."


def used_by(culprit: Culprit) -> str:
    """Who used the memory, in the words of a report's sentence, and the slab that holds most where it is known."""
    words = who(culprit)
    if culprit.kind is not CulpritKind.KERNEL or culprit.name == culprit.rule:
        return words
    return words if Doubt.HOLDER_NOT_NAMED in culprit.doubts else f"{words.removesuffix(')')}: {culprit.name})"


def _used(culprit: Culprit | None) -> Iterator[str]:
    if culprit is None:
        return
    nobody = culprit.kind in _NOBODY
    used = used_by(culprit) if nobody else process(culprit.name or culprit.kind, culprit.pid)
    if culprit.freed_pages is not None:
        held = f": {pages(culprit.freed_pages)} came back when it exited"
    else:
        held = f": {size(culprit.rss)}" if culprit.rss is not None else ""
    part = part_of_it(culprit.share) if culprit.rss else ""
    group = culprit.group
    together = ""
    if group is not None and group.name != culprit.name and not nobody:
        much = pages(group.freed_pages) if group.freed_pages is not None else size(group.rss) if group.rss else ""
        together = f" The largest group by name is {group.name}: {group.count} processes{f', {much}' if much else ''}."
    doubts = "; ".join(DOUBTS[doubt] for doubt in culprit.doubts)
    why = f" Confidence is {culprit.confidence}{f': {doubts}' if doubts else ''}."
    yield f"{SURE[culprit.confidence]} {used}{held}{part}.{together}{why}"


def _grew(whole: Whole) -> Iterator[str]:
    growth = whole.growth
    if growth is not None and growth.size > 0:
        before = duration(growth.over.total_seconds())
        name = growth.culprit.name or ""
        if growth.culprit.kind in _NOBODY:
            words = used_by(growth.culprit)
            name = f"{words[0].upper()}{words[1:]}"
        yield f"{name} held {size(growth.size)} more in the last report than {before} before."


def _together(whole: Whole, said: Sequence[str]) -> Iterator[str]:
    """What the sentences about one report do not say of the others."""
    if Code.PANIC in whole.codes and not any(PANICKED in sentence for sentence in said):
        yield PANICKED
    if Code.VICTIM_STUCK in whole.codes and not any(STUCK in sentence for sentence in said):
        yield f"A victim {STUCK}."
    if Code.RESTART_LOOP in whole.codes:
        yield f"The same workload came back {counted(whole.restarts, 'time')} and was killed again."
    if whole.storm:
        yield "Many processes were killed in a short time."
