"""One victim from every line that names it: summary, select line, kill line, reaper. Any one of them is enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ingest.formats.linux.kill import Kill, NotKilled, Selected
from ingest.formats.linux.reaper import Reaped
from ingest.formats.linux.summary import Summary
from ingest.model import Action, OpenVzExit, Reaper, Sizes, Victim

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from ingest.formats.linux.said import Said
    from ingest.model import Line


def victims(said: Said) -> Iterator[Victim]:
    """The processes that died or were chosen to, in the order of first mention.

    A selected process is a victim only where no kill line follows: up to 5.0 a child of it may die in its place, and
    the kill line names another thread of it where its leader has already dropped its memory.
    """
    spared = {part.pid for part, _ in said.every(NotKilled)}
    kills = {part.pid: (part, line) for part, line in reversed(list(said.every(Kill)))}
    reaps = {part.pid: (part, line) for part, line in reversed(list(said.every(Reaped)))}
    chosen = _chosen(said, kills.keys() | reaps.keys())
    order: dict[int, None] = {chosen[0].pid: None} if chosen and chosen[0].pid not in spared else {}
    order |= dict.fromkeys(sorted(kills, key=lambda pid: kills[pid][1].offset)) | dict.fromkeys(reaps)
    scores = {part.pid: part.score for part, _ in said.every(Selected)}
    for pid in order:
        yield _victim(
            said,
            pid,
            chosen if chosen and chosen[0].pid == pid else None,
            kills.get(pid),
            reaps.get(pid),
            scores.get(pid),
        )


def _chosen(said: Said, killed: AbstractSet[int]) -> tuple[Summary | Selected, Line] | None:
    """The process that the summary or a select line names, unless another one died in its place."""
    summary = next(iter(said.every(Summary)), None)
    selected = next(iter(said.every(Selected)), None)
    if summary is None:
        return selected if selected and (not killed or selected[0].pid in killed) else None
    part, line = summary
    if killed and part.pid not in killed:
        # find_lock_task_mm() may hand the kill to another thread of the chosen process: one victim, not two.
        twin = next((each.pid for each in said.among(Kill, Reaped) if each.name == part.name), None)
        return (replace(part, pid=twin), line) if twin is not None else None
    return part, line


def _victim(
    said: Said,
    pid: int,
    chosen: tuple[Summary | Selected, Line] | None,
    killed: tuple[Kill, Line] | None,
    reaped: tuple[Reaped, Line] | None,
    score: int | None,
) -> Victim:
    """One victim. At least one of the three that name it is there; the killer's own line tells the time."""
    told = [each for each in (killed, chosen, reaped) if each]
    named, line = told[0]
    kill = killed[0] if killed else None
    summary = chosen[0] if chosen and isinstance(chosen[0], Summary) else None
    row = said.tasks.of(pid)
    uid = kill.uid if kill and kill.uid is not None else summary.uid if summary else None
    adj = kill.score_adj if kill else None
    sizes = kill.sizes if kill else Sizes()
    if row and sizes.swap is None:
        sizes = replace(sizes, swap=row.swap)
    dead = bool(killed or reaped)
    return Victim(
        pid=pid,
        name=named.name,
        action=Action.KILL if dead else Action.SELECTED,
        gone=True if dead else None,
        when=line.when,
        uptime_us=line.uptime_us,
        origin=line.origin,
        lines=tuple(each[1].raw for each in (chosen, killed, reaped) if each),
        uid=uid if uid is not None else row.uid if row else None,
        score=kill.score if kill and kill.score is not None else score,
        score_adj=adj if adj is not None else row.score_adj if row else None,
        adj_legacy=row.adj_legacy if row else None,
        sizes=sizes,
        cgroup=summary.task_path if summary else said.task_path(),
        signal="SIGKILL" if dead else None,
        reaper=_reaper(reaped, killed),
        openvz=OpenVzExit(ve=kill.ve) if kill and kill.ve is not None else None,
    )


def _reaper(reaped: tuple[Reaped, Line] | None, killed: tuple[Kill, Line] | None) -> Reaper | None:
    if reaped is None:
        return None
    part, line = reaped
    delay = None
    if killed and line.uptime_us is not None and killed[1].uptime_us is not None:
        delay = line.uptime_us - killed[1].uptime_us
    return Reaper(
        outcome=part.outcome,
        anon_rss=part.anon_rss,
        file_rss=part.file_rss,
        shmem_rss=part.shmem_rss,
        delay_us=delay if delay is not None and delay >= 0 else None,
    )
