"""What the reports of an episode are told to mean together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ingest.analysis.episode import Whole, whole
from ingest.assemble import Bounds
from ingest.envelope import Envelope
from ingest.model import Code, Episode, Origin, Raw
from ingest.offline import episodes

AT = datetime(2026, 11, 22, tzinfo=UTC)
KILL = (
    "Memory cgroup out of memory: Killed process {pid} ({name}) total-vm:153112kB, anon-rss:23928kB, file-rss:8984kB, "
    "shmem-rss:0kB, UID:0 pgtables:332kB oom_score_adj:-997"
)


def one(lines: list[str]) -> Episode:
    raws = [Raw(Origin("f", None, at), line.encode(), AT) for at, line in enumerate(lines, 1)]
    ((episode, _),) = episodes(raws, Envelope(), Bounds(), timedelta(minutes=5)).episodes
    return episode


def killed(names: str, apart: float) -> Whole:
    """An episode in which a process of each name was killed, so many seconds apart."""
    kills = [KILL.format(pid=138906 + at, name=name) for at, name in enumerate(names)]
    return whole(one([f"[{17780 + at * apart:.6f}] {kill}" for at, kill in enumerate(kills)]))


@pytest.mark.parametrize(
    ("names", "apart", "restarts"),
    [
        ("aaaa", 8, 3),
        ("aaaa", 0.003, 0),  # Of one group that is killed, whose head is lost.
        ("abab", 8, 1),  # Two that came back once each are not one that came back twice.
    ],
)
def test_only_what_was_started_anew_came_back(names: str, apart: float, restarts: int) -> None:
    together = killed(names, apart)
    assert together.restarts == restarts
    assert (Code.RESTART_LOOP in together.codes) is (restarts >= 2)


@pytest.mark.parametrize("uptime", ["[  518.0{at}0606] ", ""])
def test_reports_of_one_second_are_in_the_order_in_which_they_were_logged(uptime: str) -> None:
    names = ["python3", "(resolved)", "sshd", "cron", "agetty", "dbus-daemon"]
    kills = [f"{uptime.format(at=at)}{KILL.format(pid=900 - at, name=name)}" for at, name in enumerate(names, 1)]
    episode = one([f"May 15 23:09:30 h1 kernel: {kill}" for kill in kills])
    assert [member.victims[0][1] for member in episode.members] == names


def grouped(at: float) -> list[str]:
    """A container of seven processes that is killed as a whole."""
    texts = [
        "postgres invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=992",
        KILL.format(pid=100, name="postgres"),
        "Tasks in /kubepods/burstable/pod1/db are going to be killed due to memory.oom.group set",
        *(KILL.format(pid=100 + number, name="postgres") for number in range(7)),
    ]
    return [f"[{at + 0.0001 * number:.6f}] {text}" for number, text in enumerate(texts)]


@pytest.mark.parametrize(("groups", "storm"), [(1, False), (5, False), (6, True)])
def test_a_group_that_dies_together_is_one_kill_of_a_storm(groups: int, storm: bool) -> None:
    episode = one([line for number in range(groups) for line in grouped(1_000 + 8 * number)])
    assert len(episode.members) == groups
    assert sum(len(member.victims) for member in episode.members) == 7 * groups
    together = whole(episode)
    assert (together.storm, Code.STORM in together.codes) == (storm, storm)
