"""What reports are told to mean: the verdicts, and the sentences that say them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingest import explanation
from ingest.analysis.episode import whole
from ingest.analysis.evidence import quoted
from ingest.analysis.parts import Kind, parts
from ingest.assemble import Bounds
from ingest.envelope import Envelope
from ingest.explained.view import episode_view
from ingest.explanation import sentence
from ingest.explanation.verdicts import ADVICE, VERDICTS, advice
from ingest.formats import formats
from ingest.model import Code, Confidence, Doubt, Episode, Joined, Origin, Outcome, Raw, Role
from ingest.offline import episodes

if TYPE_CHECKING:
    from ingest.formats._types import Format

CORPUS = Path(__file__).parent.parent / "corpus"
AT = datetime(2026, 11, 22, tzinfo=UTC)
HEAD = "java invoked oom-killer: gfp_mask=0x100cca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0"
KILL = (
    "Out of memory: Killed process 9001 (node) total-vm:12000000kB, anon-rss:7600000kB, file-rss:0kB, shmem-rss:0kB, "
    "UID:1000 pgtables:15625kB oom_score_adj:0"
)
NO_KILLABLE = "Out of memory and no killable processes..."
PANICS = {
    "Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled": False,
    "Kernel panic - not syncing: out of memory. Compulsory panic_on_oom is selected.": False,
    "Kernel panic - not syncing: System is deadlocked on memory": True,
    "Kernel panic - not syncing: Out of memory and no killable processes...": True,
    "Kernel panic - not syncing: Out of memory and no killable processes": True,  # as copies of a console have it
}


def read(*lines: str) -> list[tuple[Episode, list[Joined]]]:
    raws = [Raw(Origin("f", None, at), line.encode(), AT) for at, line in enumerate(lines, 1)]
    return episodes(raws, Envelope(), Bounds(), timedelta(minutes=5)).episodes


def kernel(*messages: str, at: str = "03:12:01") -> list[str]:
    return [f"Mar  4 {at} h1 kernel: {message}" for message in messages]


def only(*lines: str) -> Joined:
    ((_, (joined,)),) = read(*lines)
    return joined


def of_log(name: str) -> Joined:
    return only(*(CORPUS / name).read_text().splitlines())


def told(joined: Joined) -> str:
    return " ".join(explanation.of_report(joined.identified.report, joined.analysis))


def told_of_all(*lines: str) -> str:
    """Of an episode, with its first report as the one that tells most."""
    ((episode, joined),) = read(*lines)
    main = explanation.of_report(joined[0].identified.report, joined[0].analysis)
    return " ".join(explanation.of_episode(episode, whole(episode), main))


def advised(joined: Joined) -> str:
    return " ".join(ADVICE[each] for each in advice(joined.analysis.codes, joined.identified.report.family))


def test_every_code_and_every_advice_has_its_text() -> None:
    assert set(VERDICTS) == set(Code)
    assert {each for verdict in VERDICTS.values() for each in verdict.advice} == set(ADVICE)


# ---------------------------------------------------------------- what came of it


@pytest.mark.parametrize(("line", "nobody"), PANICS.items())
def test_a_panic_is_told_as_one_and_nobody_to_kill_only_where_a_line_says_so(line: str, nobody: bool) -> None:
    joined = only(*kernel(HEAD, line))
    assert Code.PANIC in joined.analysis.codes
    assert (Code.NO_KILLABLE in joined.analysis.codes) is nobody
    assert "No process was killed. The kernel panicked" in told(joined)
    assert "vm.panic_on_oom" in advised(joined)


def test_nobody_to_kill_is_no_panic() -> None:
    joined = only(*kernel(HEAD, NO_KILLABLE))
    assert Code.NO_KILLABLE in joined.analysis.codes
    assert Code.PANIC not in joined.analysis.codes
    assert joined.identified.report.scope.kind is None, "the kernel says it of a cgroup in the same words"


def test_a_request_that_found_nobody_says_so() -> None:
    asked = "SysRq : Manual OOM execution"
    joined = only(*kernel(asked, "sysrq: OOM request ignored. No task eligible"))
    assert Code.NO_KILLABLE in joined.analysis.codes
    disabled = only(*kernel(asked, "SysRq : OOM request ignored because killer is disabled"))
    assert Code.NO_KILLABLE not in disabled.analysis.codes


def test_a_table_without_the_victim_lost_rows_and_its_largest_is_nobody_for_sure() -> None:
    heading = "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name"
    row = "[    963]   993   963     3645     1395    73728      192          -900 systemd-oomd"
    found = only(*kernel(HEAD, heading, row, KILL)).analysis.culprit
    assert found is not None
    assert (found.name, found.confidence, Doubt.TABLE_CUT in found.doubts) == ("node", Confidence.LOW, True)


def test_a_request_is_told_by_another_thread_than_the_one_that_kills() -> None:
    lines = (
        "[  844.962567][ T3761] sysrq: Manual OOM execution",
        "[  844.965403][ T3997] kworker/0:3 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, oom_score_adj=0",
        f"[  844.965600][ T3997] {KILL}",
    )
    joined = only(*lines)
    assert (joined.identified.report.reason, len(joined.identified.report.victims)) == ("sysrq", 1)


def test_a_trial_run_of_a_daemon_found_somebody() -> None:
    dry = "2026-03-05T01:00:00Z h1 systemd-oomd[1]: oomd dry-run: Would have tried to kill /a and all its descendants"
    assert Code.NO_KILLABLE not in only(dry).analysis.codes


def test_victims_and_a_panic_are_both_told() -> None:
    panic = next(iter(PANICS))
    lines = [*kernel(HEAD, KILL), *kernel(HEAD, panic, at="03:12:05")]
    together = told_of_all(*lines)
    assert "node (pid 9001, 7.2 GiB) was killed." in together
    assert together.count("The kernel panicked") == 1
    ((episode, _),) = read(*lines)
    assert "1 process killed, then the kernel panicked, on" in sentence.of_episode(episode, whole(episode).outcome)


def test_a_victim_that_was_chosen_before_a_panic_is_told_too() -> None:
    chosen = "Out of memory: kill process 4711 (java) score 812 or a child"
    joined = only(*kernel(HEAD, chosen, "Kernel panic - not syncing: Out of memory and no killable processes..."))
    assert "java (pid 4711) was chosen; that it died is not confirmed. The kernel panicked" in told(joined)
    assert "which is not confirmed, then the kernel panicked, on h1" in sentence.of_report(joined.identified.report)


# ---------------------------------------------------------------- a process table in part

HEADING = "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name"
ROW = "[   9001]  1000  9001  3000000  1900000 16000000        0             0 node"


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([], Code.NO_PROCESS_TABLE),
        ([ROW], Code.TABLE_HEADING_MISSING),
        ([HEADING], Code.TABLE_ROWS_MISSING),
    ],
)
def test_what_is_missing_of_a_table_is_said(lines: list[str], code: Code) -> None:
    joined = only(*kernel(HEAD, *lines, KILL))
    lacks = {Code.NO_PROCESS_TABLE, Code.TABLE_HEADING_MISSING, Code.TABLE_ROWS_MISSING}
    assert lacks & set(joined.analysis.codes) == {code}
    assert ("vm.oom_dump_tasks=1" in advised(joined)) is (code is Code.NO_PROCESS_TABLE)


@pytest.mark.parametrize("family", [each for name, each in formats().items() if name not in ("linux", "openvz")])
def test_only_of_the_kernel_a_lost_or_switched_off_table_is_said(family: Format) -> None:
    tag = "kernel" if "kernel" in family.tags else min(family.tags)
    for wording in family.wordings:
        if wording.role in (Role.VICTIM, Role.EVIDENCE):
            words = told(only(f"Mar  5 01:00:00 h1 {tag}: {wording.example}"))
            assert "Who else held memory cannot be known: " in words
            assert "oom_dump_tasks" not in words
            assert ("own lines" in words) is family.repeats, wording.id


def test_a_table_lacks_nothing() -> None:
    joined = only(*kernel(HEAD, HEADING, ROW, KILL))
    assert joined.identified.report.table_lack is None
    assert not any("table" in code for code in joined.analysis.codes)


# ---------------------------------------------------------------- limits of a cgroup


def of_cgroup(*counters: str) -> Joined:
    return only(
        *kernel(
            "python invoked oom-killer: gfp_mask=0x6000c0(GFP_KERNEL), nodemask=(null), order=0, oom_score_adj=0",
            "Task in /svc killed as a result of limit of /svc",
            *counters,
            "Memory cgroup stats for /svc: cache:100KB rss:895900KB rss_huge:0KB shmem:0KB mapped_file:0KB "
            "swap:1197152KB inactive_anon:300000KB active_anon:595900KB inactive_file:50KB active_file:50KB",
            HEADING,
            "[   4242]     0  4242   700000   224000  4300800   299000             0 python",
            "Memory cgroup out of memory: Kill process 4242 (python) score 1002 or sacrifice child",
            "Killed process 4242 (python) total-vm:2800000kB, anon-rss:895900kB, file-rss:100kB, shmem-rss:0kB",
        )
    )


def test_a_limit_of_memory_and_swap_is_that_of_both() -> None:
    joined = of_cgroup(
        "memory: usage 900000kB, limit 1048576kB, failcnt 12",
        "memory+swap: usage 2097152kB, limit 2097152kB, failcnt 77",
    )
    report, analysis = joined.identified.report, joined.analysis
    assert analysis.findings[0].code is Code.CGROUP_SWAP_LIMIT
    assert "reached its limit of memory and swap of 2.0 GiB" in told(joined)
    assert "memory cgroup limit reached of 2.0 GiB" in sentence.of_report(report)
    assert not {Code.SWAP_FULL, Code.NO_SWAP} & set(analysis.codes)
    assert analysis.allowed == 2 << 30
    assert analysis.culprit is not None
    assert analysis.culprit.share == pytest.approx(1.0, abs=0.01)
    assert Kind.FREE not in [part.kind for part in parts(report)]


def test_swap_that_fills_what_both_limits_leave_is_full() -> None:
    joined = of_cgroup(
        "memory: usage 1048576kB, limit 1048576kB, failcnt 12",
        "memory+swap: usage 2097152kB, limit 2097152kB, failcnt 77",
    )
    assert joined.analysis.findings[0].code is Code.CGROUP_LIMIT
    assert joined.analysis.found(Code.SWAP_FULL) is not None


def test_the_row_behind_a_finding_is_the_largest_of_its_name() -> None:
    small = ROW.replace("9001", "9000").replace("1900000", "1900")
    joined = only(*kernel(HEAD, HEADING, ROW, small, KILL))
    finding = joined.analysis.found(Code.SINGLE_PROCESS)
    assert finding is not None
    assert quoted(finding, joined.identified.report)[0].endswith(ROW)


@pytest.mark.parametrize(("held", "confidence"), [(2_000_000, Confidence.MEDIUM), (10_000, Confidence.LOW)])
def test_without_a_size_of_its_cgroup_only_a_large_victim_is_most_of_it(held: int, confidence: Confidence) -> None:
    joined = only(
        *kernel(
            "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a,"
            "task=node,pid=9001,uid=0",
            f"Memory cgroup out of memory: Killed process 9001 (node) total-vm:9000000kB, anon-rss:{held}kB, "
            "file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:15625kB oom_score_adj:0",
        )
    )
    assert joined.analysis.culprit is not None
    assert joined.analysis.culprit.confidence is confidence


@pytest.mark.parametrize(("score", "is_culprit"), [(90, False), (110, True)])
def test_a_victim_of_a_low_score_filled_no_machine(score: int, is_culprit: bool) -> None:
    chosen = f"Out of memory: Kill process 9001 (node) score {score} or sacrifice child"
    killed = "Killed process 9001 (node) total-vm:9000000kB, anon-rss:1000000kB, file-rss:0kB, shmem-rss:0kB"
    assert (only(*kernel(chosen, killed)).analysis.culprit is not None) is is_culprit


def test_a_score_that_is_not_of_what_a_victim_held_names_nobody() -> None:
    """swapoff has the highest score there is (PF_OOM_ORIGIN), whatever it holds."""
    chosen = "Out of memory: Kill process 13906 (swapoff) score 1000 or sacrifice child"
    killed = "Killed process 13906 (swapoff) total-vm:5544kB, anon-rss:120kB, file-rss:404kB"
    assert only(*kernel(chosen, killed)).analysis.culprit is None


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("No available memory in cpuset", Code.CPUSET_NODES),
        ("No available memory (MPOL_BIND)", Code.MEMORY_NODE),
        ("Out of memory", Code.MACHINE_MEMORY),
    ],
)
def test_old_kill_lines_say_what_ran_out(message: str, code: Code) -> None:
    assert only(*kernel(f"{message}: Killed process 9001 (node).")).analysis.findings[0].code is code


# ---------------------------------------------------------------- what came of a victim

UNABLE = "oom_reaper: unable to reap pid:9001 (node)"


def daemon(*messages: str) -> list[str]:
    return [f"Mar  5 01:00:00 h0 earlyoom[812]: {message}" for message in messages]


LOW = "low memory! at or below SIGTERM limits: mem 10.00%, swap 10.00%"
SENDING = 'sending SIGTERM to process 3117 uid 1000 "firefox": oom_score 820, VmRSS 1500 MiB'


@pytest.mark.parametrize(
    ("lines", "fate"),
    [
        (daemon(LOW, SENDING), "was sent a signal to end; no line tells what came of it."),
        (daemon(LOW, SENDING, "process 3117 exited after 0.1 seconds"), "was killed."),
        (daemon(LOW, SENDING, "kill failed: Timer expired"), "was sent a signal to end, but did not go."),
        (kernel(HEAD, KILL), "was killed."),
        (kernel(HEAD, KILL, UNABLE), "was killed, but did not go: the OOM reaper gave up."),
    ],
)
def test_of_a_victim_is_said_what_its_lines_say(lines: list[str], fate: str) -> None:
    words = told(only(*lines))
    assert fate in words
    assert words.count("did not go") == fate.count("did not go")


def test_of_several_victims_is_said_how_many_are_not_confirmed() -> None:
    exited = daemon(LOW, SENDING, "process 3117 exited after 0.1 seconds")
    ((episode, _),) = read(*exited, *daemon(LOW, SENDING.replace("3117", "3118")))
    message = sentence.of_episode(episode, Outcome.UNKNOWN)
    assert message == "2 processes chosen to be killed, 1 without a line that confirms it, on h0: 2 firefox"


def test_a_victim_that_did_not_go_is_told_in_whichever_report_it_was() -> None:
    lines = kernel(HEAD, KILL), kernel(HEAD, KILL, UNABLE, at="03:12:05")
    assert told_of_all(*lines[0], *lines[1]).count("A victim did not go.") == 1


def test_a_cgroup_that_a_trial_run_named_was_not_killed() -> None:
    dry = "2026-03-05T01:00:00Z h1 systemd-oomd[1]: oomd dry-run: Would have tried to kill /a and all its descendants"
    joined = only(dry)
    assert "No process is known to have died." in told(joined)
    assert Code.GROUP_KILL not in joined.analysis.codes


# ---------------------------------------------------------------- killers with a rule of their own


@pytest.mark.parametrize(
    ("reason", "code", "words"),
    [
        ("out of swap space", Code.SWAP_SPACE, "On fb1 swap space ran out."),
        ("failed to reclaim memory", Code.MACHINE_MEMORY, "ran out of memory as a whole (failed to reclaim memory)."),
        (
            "a thread waited too long to allocate a page",
            Code.MACHINE_MEMORY,
            "ran out of memory as a whole (a thread waited too long to allocate a page).",
        ),
    ],
)
def test_freebsds_reason_is_told(reason: str, code: Code, words: str) -> None:
    joined = only(f"Mar  5 01:00:00 fb1 kernel: pid 34287 (java), jid 0, uid 498, was killed: {reason}")
    assert joined.analysis.findings[0].code is code
    assert words in told(joined)
    assert ("Swap ran full" in advised(joined)) is (code is Code.SWAP_SPACE)


@pytest.mark.parametrize("family", [each for name, each in formats().items() if name not in ("linux", "openvz")])
def test_every_killer_says_what_ran_out_and_who_only_repeats_does_not(family: Format) -> None:
    victims = (wording for wording in family.wordings if wording.role in (Role.VICTIM, Role.EVIDENCE))
    tag = "kernel" if "kernel" in family.tags else min(family.tags)
    for wording in victims:
        report = only(f"Mar  5 01:00:00 h1 {tag}: {wording.example}").identified.report
        assert report.ran_out in (None, Code.UNKNOWN) if family.repeats else report.ran_out is not None, wording.id


# ---------------------------------------------------------------- what is said of it


def test_who_ran_the_killer_for_sysrq_asked_for_nothing() -> None:
    head = "kworker/0:2 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, oom_score_adj=0"
    lines = kernel("sysrq: Manual OOM execution", head, KILL)
    words = told(only(*lines))
    assert "kworker/0:2 ran the killer; nobody asked for memory." in words
    assert "asked for memory at that moment" not in words
    ((episode, joined),) = read(*lines)
    view = episode_view(episode, joined, Envelope())
    assert view.reports[0].trigger is None
    assert not any("kworker" in moment.text for moment in view.moments)


@pytest.mark.parametrize(("free", "words"), [(0, "All of them are in use."), (10240, "Of them 20.0 GiB are free.")])
def test_how_many_huge_pages_are_in_use_is_told(free: int, words: str) -> None:
    joined = only(
        *kernel(
            HEAD,
            "Mem-Info:",
            f"Node 0 hugepages_total=23040 hugepages_free={free} hugepages_surp=0 hugepages_size=2048kB",
            "16777216 pages RAM",
            "262144 pages reserved",
            KILL,
        )
    )
    assert "Used by huge pages: 45.0 GiB" in told(joined)
    assert f"Huge pages are a large part: 45.0 GiB, 71 %. {words}" in told(joined)


V2 = (
    "memory: usage 10240kB, limit 10240kB, failcnt 99",
    "swap: usage 0kB, limit {swap}kB, failcnt 0",
    "Memory cgroup stats for /t:",
    "anon 10000000",
    "file 0",
    "kernel 300000",
)


def of_v2(*lines: str, swap: int = 0) -> Joined:
    return only(*kernel(HEAD, *(line.format(swap=swap) for line in V2), *lines))


def test_swap_that_the_cgroup_may_not_use_is_not_called_missing() -> None:
    joined = of_v2(HEADING, ROW, NO_KILLABLE)
    assert Code.NO_SWAP_ALLOWED in joined.analysis.codes
    assert Code.NO_SWAP not in joined.analysis.codes
    assert "The cgroup was allowed no swap." in told(joined)
    assert "memory.swap.max" in advised(joined)
    limited = of_v2(HEADING, ROW, NO_KILLABLE, swap=1024)
    assert not {Code.NO_SWAP_ALLOWED, Code.NO_SWAP} & set(limited.analysis.codes)


def test_a_cgroup_without_a_victim_has_the_name_that_its_statistics_have() -> None:
    joined = of_v2(HEADING, ROW, NO_KILLABLE)
    assert joined.identified.report.scope.name == "/t"
    assert "On h1 the cgroup /t reached its memory limit of 10.0 MiB" in told(joined)


def test_one_of_several_cgroups_is_not_taken_for_the_one_at_its_limit() -> None:
    line = "Memory cgroup stats for {}: cache:4KB rss:0KB rss_huge:0KB mapped_file:4KB swap:0KB"
    joined = only(*kernel(HEAD, V2[0], line.format("/t"), line.format("/t/a"), HEADING, ROW, NO_KILLABLE))
    assert joined.identified.report.scope.name is None
    alone = only(*kernel(HEAD, line.format("/t/a"), NO_KILLABLE))
    assert alone.identified.report.scope.name is None
    glued = "Memory cgroup stats for /t: [ 812.1] anon 7 [ 812.2] Tasks state (memory values in pages):"
    assert only(*kernel(HEAD, V2[0], glued, NO_KILLABLE)).identified.report.scope.name is None


def test_a_share_of_a_limit_is_told_as_one() -> None:
    row = "[     40]     0    40     2000     2390        0        0         -1000 cat"
    assert "Used by cat (pid 40): 9.3 MiB, 93 % of the 10.0 MiB limit." in told(of_v2(HEADING, row))
    machine = ("Mem-Info:", "4194304 pages RAM", "0 pages reserved", HEADING, ROW)
    assert "of what there was." in told(only(*kernel(HEAD, *machine, KILL)))


def test_a_selected_thread_is_no_process_that_a_child_died_for() -> None:
    lines = (
        "Out of memory: Kill process {} (java) score 394 or sacrifice child",
        "Killed process 50 (java) total-vm:8kB",
    )
    codes = [only(*kernel(lines[0].format(pid), lines[1])).analysis.codes for pid in (49, 50, 51)]
    assert [Code.CHOSEN_PASSED_OVER in each for each in codes] == [True, False, False]


def test_nobody_is_named_for_next_to_nothing() -> None:
    joined = only(
        "memory: usage 4194304kB, limit 4194304kB, failcnt 3534177",
        "[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name",
        "[102872] 689824 102872     6572      613      18       3        0             0 init",
        "[103066] 689824 103066    15346      164      33       3        0             0 sshd",
    )
    assert (len(joined.identified.report.tasks.pid), joined.analysis.culprit) == (2, None)


def test_who_was_killed_for_asking_is_not_said_to_have_used_the_memory() -> None:
    kill = "Killed process 7 (java) total-vm:8000000kB, anon-rss:1600000kB, file-rss:0kB"
    chosen = "Out of memory{}: Kill process 7 (java) score 0 or sacrifice child"
    asked = only(*kernel(chosen.format(" (oom_kill_allocating_task)"), kill))
    assert (asked.analysis.culprit, Code.ALLOCATING_TASK in asked.analysis.codes) == (None, True)
    assert "Whoever asked for memory was killed, as vm.oom_kill_allocating_task has it." in told(asked)
    assert Code.ALLOCATING_TASK not in only(*kernel(chosen.format(""), kill)).analysis.codes
