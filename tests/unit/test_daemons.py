"""What killers beside the kernel, and programs that repeat its word, are read to mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ingest import explanation
from ingest.analysis.episode import whole
from ingest.assemble import Bounds
from ingest.envelope import Envelope
from ingest.explained.view import episode_view
from ingest.model import Code, Joined, Origin, Outcome, Raw, Report
from ingest.offline import episodes

AT = datetime(2026, 11, 22, tzinfo=UTC)


def joined(*lines: str) -> list[Joined]:
    raws = [Raw(Origin("f", None, at), line.encode(), AT) for at, line in enumerate(lines, 1)]
    return [
        each for _, reports in episodes(raws, Envelope(), Bounds(), timedelta(minutes=5)).episodes for each in reports
    ]


def only(*lines: str) -> Joined:
    (found,) = joined(*lines)
    return found


def report(*lines: str) -> Report:
    return only(*lines).identified.report


def told(found: Joined) -> str:
    return " ".join(explanation.of_report(found.identified.report, found.analysis))


def logged(tag: str, *messages: str) -> list[str]:
    return [f"Nov 21 10:00:00 h1 {tag}: {message}" for message in messages]


# ---------------------------------------------------------------- earlyoom


def signalled(pid: int, rss: int = 3160) -> list[str]:
    return logged(
        "earlyoom[7]",
        "low memory! at or below SIGTERM limits: mem 10.00%, swap 10.00%",
        f'sending SIGTERM to process {pid} uid 0 "bash": badness 538, VmRSS {rss} MiB',
    )


@pytest.mark.parametrize(
    ("pids", "ends", "restarts"),
    [
        ((5874, 5874, 5874), (), 0),
        ((5874, 5875, 5876), (), 2),
        ((5874, 5874, 5874), ("process exited after 0.1 seconds",), 2),
    ],
)
def test_a_process_that_is_signalled_again_did_not_come_back(
    pids: tuple[int, ...], ends: tuple[str, ...], restarts: int
) -> None:
    each = [[*signalled(pid, 3160 + at), *logged("earlyoom[7]", *ends)] for at, pid in enumerate(pids)]
    together = [line.replace("10:00:00", f"10:00:{5 * at:02}") for at, lines in enumerate(each) for line in lines]
    episode = joined(*together)[-1].episode
    assert whole(episode).restarts == restarts


def test_reports_of_one_second_are_shown_in_the_order_of_the_log_and_nothing_grew_within_it() -> None:
    lines = [*signalled(9, 50), *signalled(3, 60), *signalled(5, 70)]
    raws = [Raw(Origin("f", None, at), line.encode(), AT) for at, line in enumerate(lines, 1)]
    ((episode, reports),) = episodes(raws, Envelope(), Bounds(), timedelta(minutes=5)).episodes
    view = episode_view(episode, reports, Envelope())
    assert [moment.text for moment in view.moments][1::2] == [f"bash (pid {pid}) signalled" for pid in (9, 3, 5)]
    assert "3 reports with 3 kills, none of them confirmed." in view.sentences[0]
    assert not any("more in the last report" in sentence for sentence in view.sentences)


# ---------------------------------------------------------------- systemd-oomd

MARKED = "Marked /a.slice/b.service for killing due to memory pressure for /a.slice being 85.03% > 80.00% for > 2s"


@pytest.mark.parametrize(
    ("unit", "outcome"), [("b.service", Outcome.KILLED), ("c.service", Outcome.UNKNOWN), (None, Outcome.UNKNOWN)]
)
def test_what_systemd_oomd_marked_is_killed_once_systemd_says_so_of_that_unit(
    unit: str | None, outcome: Outcome
) -> None:
    said = logged("systemd[1]", f"{unit}: systemd-oomd killed 3 process(es) in this unit.") if unit else []
    found = report(*logged("systemd-oomd[70]", f"{MARKED} with reclaim activity"), *said)
    assert found.outcome is outcome


def test_of_two_marked_cgroups_each_is_confirmed_by_its_own_unit() -> None:
    marked = [MARKED.replace("b.service", f"{unit}.service") for unit in "bc"]
    said = [f"{unit}.service: systemd-oomd killed 3 process(es) in this unit." for unit in "bc"]
    found = joined(*logged("systemd-oomd[70]", *marked), *logged("systemd[1]", *said))
    assert [each.identified.report.outcome for each in found] == [Outcome.KILLED, Outcome.KILLED]


@pytest.mark.parametrize("later", ["10:00:05", "10:01:30"])
def test_a_cgroup_that_is_killed_again_is_another_kill(later: str) -> None:
    killed = MARKED.replace("Marked", "Killed").replace(" for killing", "")
    first = [
        *logged("systemd-oomd[70]", f"{killed} with reclaim activity"),
        *logged("systemd[1]", "b.service: systemd-oomd killed 3 process(es) in this unit."),
    ]
    again = [line.replace("10:00:00", later) for line in first]
    found = joined(*first, *again)
    assert sorted(f"{each.identified.report.when.at:%H:%M:%S}" for each in found) == ["10:00:00", later]
    assert [len(each.identified.report.lines) for each in found] == [2, 2]
    assert len(joined(*first, *again, *first, *again)) == 2


def test_a_rule_that_kills_below_its_cgroup_does_not_kill_that_cgroup() -> None:
    rule = "Rule 'low' conditions met for cgroup /a.slice {}, taking action {}"
    below = only(*logged("systemd-oomd[70]", rule.format("(lasting 1s)", "kill-by-swap")))
    assert "No process is known to have died." in told(below)
    assert Code.GROUP_KILL not in below.analysis.codes
    for span in ("(lasting 1s)", "for 1s"):
        itself = report(*logged("systemd-oomd[70]", rule.format(span, "kill-all")))
        assert itself.cgroup is not None
        assert itself.cgroup.killed_path == "/a.slice"


def test_a_line_whose_end_a_pager_cut_off_names_the_cgroup_and_the_pressure() -> None:
    cut = "Killed /a.slice/b.service due to memory pressure for /a.slice be>"
    found = only(*logged("systemd-oomd[70]", cut))
    assert found.analysis.findings[0].code is Code.PRESSURE
    assert "All of cgroup /a.slice/b.service was killed." in told(found)


# ---------------------------------------------------------------- oomd


def test_a_path_of_oomd_is_written_like_everybodys() -> None:
    kill = "oomd kill: 81.28 80.05 42.78 {} 1000 ruleset:[a] detectorgroup:[b] killer:kill_by_swap_usage v2"
    for path in ("user.slice/a.scope", "/user.slice/a.scope"):
        found = report(*logged("kernel", kill.format(path)))
        assert found.cgroup is not None
        assert found.cgroup.killed_path == "/user.slice/a.scope"


# ---------------------------------------------------------------- lmkd


@pytest.mark.parametrize(
    ("line", "code", "rss"),
    [
        ("Kill 'a.b' (29), uid 1, oom_adj 925 to free 23056kB; reason: device is in direct reclaim and thrashing (32%)",
         Code.PRESSURE, 23056),
        ("Kill 'a.b' (29), uid 1, oom_adj 925 to free 23056kB", Code.THRESHOLD, 23056),
        ("Reclaim 'a.b' (29), uid 1, oom_score_adj 925, state 19 to free 7kB rss, 5kB swap; reason: min2x breached",
         Code.THRESHOLD, 7),
    ],
)  # fmt: skip
def test_lmkd_of_every_android_names_the_app_its_size_and_the_reason(line: str, code: Code, rss: int) -> None:
    found = only(*logged("lmkd", line))
    (victim,) = found.identified.report.victims
    assert (victim.name, victim.pid, victim.score_adj, victim.sizes.rss) == ("a.b", 29, 925, rss * 1024)
    assert found.analysis.findings[0].code is code
    _, _, reason = line.partition("reason: ")
    assert reason in told(found)


def test_the_two_lines_of_lmkd_before_android_10_are_one_kill() -> None:
    size = "   to free {}kB because system is under medium memory pressure oom_adj 800"
    kills = [f"Killing 'a.b' ({pid}), uid 1, adj 906" for pid in (3, 4)]
    both = joined(*logged("lowmemorykiller", kills[0], size.format(40), kills[1], size.format(50)))
    first, second = sorted(both, key=lambda each: each.identified.report.victims[0].pid)
    for found, pid, rss in ((first, 3, 40), (second, 4, 50)):
        report = found.identified.report
        assert [(each.pid, each.sizes.rss) for each in report.victims] == [(pid, rss * 1024)]
        assert (report.family, found.analysis.findings[0].code) == ("lmkd", Code.PRESSURE)


# ---------------------------------------------------------------- nohang

FOUND = "TOP printed in 1ms; process with highest badness:", "  PID: 903309, name: mysqld, badness: 849"


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ((), "mysqld (pid 903309) was chosen; that it died is not confirmed."),
        (("Thresholds is not exceeded now",), "No process is known to have died."),
        (("Implementing a corrective action:", "  Executing the command: systemctl restart mysqld"),
         "mysqld (pid 903309) was chosen; that it died is not confirmed."),
        (("  Vm, MiB:   Size: 9000, RSS: 512 (Anon: 500, File: 12, Shmem: 0), Swap: 3",
          "Implement a corrective action:", "  Send SIGTERM to the victim; total response time: 5 ms",
          "The victim doesn't respond on corrective action in 0.1s"),
         "mysqld (pid 903309, 512.0 MiB) was sent a signal to end; no line tells what came of it."),
        (("Implementing a corrective action:", "  Sending SIGKILL to the victim", "The victim became a zombie in 0.1s"),
         "mysqld (pid 903309) was killed."),
    ],
)  # fmt: skip
def test_nohang_names_its_victim_before_it_does_anything(then: tuple[str, ...], words: str) -> None:
    assert words in told(only(*logged("nohang[530]", *FOUND, *then)))
    separate = [f"2023-08-10 16:53:26,46{at}: {line}" for at, line in enumerate((*FOUND, *then))]
    in_its_own_log = only(*separate)
    assert words in told(in_its_own_log)
    assert in_its_own_log.identified.report.when.at == datetime(2023, 8, 10, 16, 53, 26, 461000, tzinfo=UTC)


# ---------------------------------------------------------------- containerd and dockerd


@pytest.mark.parametrize("tag", ["containerd[990]", "microk8s.daemon-containerd[990]"])
def test_a_containers_event_tells_neither_whose_limit_was_hit_nor_who_used_the_memory(tag: str) -> None:
    found = only(*logged(tag, f'level=info msg="TaskOOM event container_id:\\"{"4b" * 32}\\""'))
    assert (found.analysis.findings[0].code, found.analysis.culprit) == (Code.UNKNOWN, None)
    assert "limit" not in told(found)
    assert found.identified.signature_name == "containerd container *"
