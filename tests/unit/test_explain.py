"""``oom-ingest explain``: the answers, and that no stranger's text does anything but be read."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from ingest.assemble import Bounds
from ingest.cli import cli
from ingest.envelope import Envelope
from ingest.explained.page import render
from ingest.explained.terminal import draw
from ingest.explained.view import EpisodeView, episode_view
from ingest.explanation.sentence import size
from ingest.model import Origin, Raw
from ingest.offline import episodes
from ingest.safe import is_shown, shown

CORPUS = Path(__file__).parent.parent / "corpus"
FIRST = CORPUS / "openvz" / "el135.log"
POD = CORPUS / "linux" / "pod_memcg.log"
AT = datetime(2026, 11, 22, tzinfo=UTC)


def explain(*arguments: str, stdin: bytes | None = None, code: int = 0) -> str:
    done = CliRunner().invoke(cli, ["explain", *arguments], input=stdin)
    assert done.exit_code == code, done.output
    return done.output


def flat(text: str) -> str:
    return " ".join(text.split())


def views(*lines: str) -> list[EpisodeView]:
    raws = [Raw(Origin("f", None, at), line.encode("utf-8", "surrogateescape"), AT) for at, line in enumerate(lines, 1)]
    found = episodes(raws, Envelope(), Bounds(), timedelta(minutes=5))
    return [episode_view(episode, joined, Envelope()) for episode, joined in found.episodes]


@pytest.mark.parametrize(
    "answer",
    [
        "container 13516: a container reached its limit",
        "43,104 pages (168.4 MiB) were free node-wide when the first victim was gone",
        "24,520 address spaces had been OOM-killed on the node since boot (`gen`)",
        "Probable culprit: grep (pid 21375). When it exited 29,419 pages (114.9 MiB) came back",
        "the largest single return of the 19 that can be known, then python (pid 23317) with 17,887 pages (69.9 MiB)",
        "By name the 6 apache2 gave back most together: 36,704 pages (143.4 MiB)",
        "Confidence is low: `free` counts pages of the whole node, not of the container; other containers",
        "What watchdog (pid 14490) gave back cannot be known",
        "3 more selection rounds at 20:03:57, 20:04:53 and 20:07:14 signalled tasks without a logged exit",
        "who used it grep (pid 21375); by name 6 apache2 (low confidence)",
    ],
)
def test_the_first_question_is_answered(answer: str) -> None:
    assert answer in flat(explain("--recorded-at", "2010-04-22", str(FIRST)))


def test_each_field_of_the_first_log_is_explained() -> None:
    told = flat(explain("--recorded-at", "2010-04-22", "--lines", str(FIRST)))
    for field in ("free=43104", "gen=24501", "ve=13516", "goal 2326", "seq 1"):
        assert field in told
    assert "(inferred)" in told


def test_trigger_victim_and_culprit_are_three_answers() -> None:
    told = explain(str(CORPUS / "linux" / "case_global_protected_postgres.log"))
    asked, died, used = (
        re.search(rf"{question} +(.+?)(?: \(\w+ confidence\))? *\n", told)
        for question in ("who asked", "who died", "who used it")
    )
    assert asked is not None
    assert died is not None
    assert used is not None
    assert len({asked[1].strip(), died[1].strip(), used[1].strip()}) == 3
    assert "asked for memory at that moment; that says nothing of who used it" in flat(told)


def test_a_log_of_many_hosts_gives_one_episode_for_each() -> None:
    lines = POD.read_text().splitlines()
    other = [line.replace("node-7", "node-8") for line in lines]
    mixed = [line for pair in zip(lines, other, strict=True) for line in pair]
    told = [json.loads(line) for line in explain("--json", stdin="\n".join(mixed).encode()).splitlines()]
    assert [view["host"] for view in told] == ["node-7", "node-8"]
    assert told[0]["codes"] == told[1]["codes"]


def test_a_log_without_oom_says_so() -> None:
    done = CliRunner().invoke(cli, ["explain"], input="Nov 22 10:15:01 h sshd[1]: hello\n")
    assert done.exit_code == 1
    assert "no OOM record in standard input" in done.output


def kill(at: datetime, host: str, pid: int = 77) -> str:
    sizes = "total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB"
    return f"{at:%Y-%m-%dT%H:%M:%S.%fZ} {host} kernel: Out of memory: Killed process {pid} (<b>) {sizes}"


@pytest.mark.parametrize(("most", "hosts", "left_out"), [(2, ["b", "c"], 1), (3, ["a", "b", "c"], 0)])
def test_of_more_reports_than_are_held_the_last_are_told(most: int, hosts: list[str], left_out: int) -> None:
    lines = [kill(AT + timedelta(minutes=at), host) for at, host in enumerate("abc")]
    raws = [Raw(Origin("f", None, at), line.encode(), AT) for at, line in enumerate(lines, 1)]
    told = episodes(raws, Envelope(), Bounds(), timedelta(minutes=5), most=most)
    assert [episode.host.name for episode, _ in told.episodes] == hosts
    assert told.left_out == left_out


def test_what_is_left_out_of_a_long_log_is_said() -> None:
    log = "\n".join(kill(AT + timedelta(seconds=10 * at), "h", at) for at in range(4_003))
    done = CliRunner().invoke(cli, ["explain"], input=log)
    assert done.stderr == "3 reports before these are left out; `oom-ingest parse` tells all\n"
    assert "h, machine  2026-11-22 00:00:30 UTC" in done.stdout


def test_a_log_of_several_episodes_begins_with_all_of_them(tmp_path: Path) -> None:
    log, page = tmp_path / "log", tmp_path / "page.html"
    log.write_text("\n".join(kill(AT + timedelta(hours=at), host) for at, host in enumerate("cd")))
    said = ["2026-11-22 00:00:00 UTC, 0 s: 1 process killed on c: <b>", "2026-11-22 01:00:00 UTC, 0 s: 1 process"]
    assert flat(explain(str(log))).startswith(
        f"2 episodes, the first one first - {said[0]} - {said[1]} killed on d: <b>"
    )
    explain(str(log), "--html", str(page))
    whole = page.read_text()
    assert '<a href="#episode-1"><time>2026-11-22 00:00:00 UTC, 0 s</time> 1 process killed on c: &lt;b&gt;' in whole
    assert '<article id="episode-1">' in whole


def test_the_page_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    explain("--html", str(page), str(POD))
    text = page.read_text()
    assert "http://" not in text
    assert "https://" not in text
    assert "<script" not in text
    assert "default-src 'none'" in text
    assert text.index("reached its memory limit of 200.0 MiB") < text.index("Timeline") < text.index("The lines")


def test_of_several_reports_it_is_said_which_one_is_told_of() -> None:
    told = flat(explain(str(CORPUS / "linux" / "case_fork_storm.log")))
    assert "8 kills within 14 s. In the report of 03:00:14: sshd (pid 39810, 4.7 MiB) was killed." in told
    told = flat(explain(str(CORPUS / "linux" / "real_java_pod_tmpfs.log")))
    assert "In the report of uptime 20148402 s: java (pid 321688" in told
    assert "In the report" not in explain(str(POD))


@pytest.mark.parametrize(
    ("case", "answer"),
    [
        ("case_global_huge_pages", "huge pages (high confidence)"),
        ("case_global_slab_leak", "the kernel (unreclaimable kernel memory is a large part: kmalloc-512) (high"),
        ("case_global_lowmem_i686", "the kernel (a low memory zone ran out) (medium confidence)"),
        ("case_global_no_killable_panic", "the kernel (much memory is in none of the counters) (medium confidence)"),
        ("case_memcg_v2_tmpfs", "files in memory (tmpfs, shared memory) (high confidence)"),
        ("case_memcg_v1_writeback", "the page cache (high confidence)"),
        ("case_global_worker_pool", "61 processes named php-fpm8.1 (high confidence)"),
        ("pod_memcg", "go-oom-test (pid 238343) (high confidence)"),
    ],
)
def test_who_used_it_is_said_in_words(case: str, answer: str) -> None:
    told = flat(explain(str(CORPUS / "linux" / f"{case}.log")))
    assert f"who used it {answer}" in told


def test_a_page_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    page = tmp_path / "nowhere" / "page.html"
    told = explain("--html", str(page), str(POD), code=2)
    assert told == f"oom-ingest: {page} cannot be written: No such file or directory\n"


def test_a_page_and_json_at_once_are_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    told = explain("--html", str(page), "--json", str(POD), code=2)
    assert told == "oom-ingest: --html and --json are two forms of the same: give one of them\n"
    assert not page.exists()


HOSTILE = (
    "<script>alert", "</style><b>", '" onload="x', "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\u202egpj.exe", "{{7*7}}",
    "[bold]x[/bold]", "a&b<c>d", "\x9b1mx", "\r\nx", "javascript:",
)  # fmt: skip


class Seen(HTMLParser):
    """The elements, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def report(name: str) -> list[str]:
    at = "2026-11-22T10:15:01Z h kernel:"
    sizes = "total-vm:800kB, anon-rss:400kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0"
    paths = f"mems_allowed=0,oom_memcg=/{name},task_memcg=/{name},task={name},pid=77,uid=0"
    return [
        f"{at} [100.000001] {name} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
        f"{at} [100.000002] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
        f"{at} [100.000003] [     77]     0    77      200      100     4096        0             0 {name}",
        f"{at} [100.000004] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset={name},{paths}",
        f"{at} [100.000005] Memory cgroup out of memory: Killed process 77 ({name}) {sizes}",
    ]


PLAIN = Seen(render(views(*report("java")), "x"))


def check(name: str) -> None:
    found = views(*report(name))
    page = Seen(render(found, name))
    assert page.elements <= PLAIN.elements
    assert page.attributes <= PLAIN.attributes
    assert all(is_shown(line) for line in page.text.splitlines())


@pytest.mark.parametrize(
    "behind", ["Kdump: loaded Tainted: G    ------------ T", "Kdump: loaded Not tainted", "veid: 7 Not tainted"]
)
def test_a_short_name_ends_before_what_stands_behind_it(behind: str) -> None:
    header = "Jun 17 06:22:40 h kernel: java invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=0"
    cpu = f"Jun 17 06:22:40 h kernel: CPU: 9 PID: 31877 Comm: java {behind} 3.10.0-1160.el7.x86_64 #1"
    told = explain("--lines", stdin=f"{header}\n{cpu}".encode())
    assert told.count("    java: trigger.") == 2


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text_on_the_page_and_on_the_terminal(name: str) -> None:
    check(name)
    told = explain("--lines", stdin="\n".join(report(name)).encode())
    assert all(is_shown(line) for line in told.splitlines())


@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_narrow_terminal_cuts_no_number_and_no_bar(width: int) -> None:
    (view,) = views(*(CORPUS / "linux" / "case_global_worker_pool.log").read_text().splitlines())
    console = Console(width=width, color_system=None, record=True, file=StringIO())
    draw(view, console)
    told = console.export_text()
    assert "\N{HORIZONTAL ELLIPSIS}" not in told
    assert all(f" {row.pid} " in told and f" {size(row.held)} " in told for row in view.reports[0].processes)
    bars = re.findall("#+", told)
    assert len(bars[0]) >= 5 * len(bars[1])


@pytest.mark.parametrize(("left", "told"), [(131_559_616, True), (2_048, False)])
def test_that_the_reaper_left_most_of_a_victim_is_told(left: int, told: bool) -> None:
    lines = (
        "[365.255581] Out of memory: Kill process 4578 (oom02) score 952 or sacrifice child",
        "[365.255581] Killed process 4578 (oom02) total-vm:151104120kB, anon-rss:131562528kB, file-rss:1300kB",
        f"[365.267347] oom_reaper: reaped process 4578 (oom02), now anon-rss:{left}kB, file-rss:0kB, shmem-rss:0kB",
    )
    assert ("The OOM reaper left 125.5 GiB of oom02 (pid 4578)" in explain(stdin="\n".join(lines).encode())) is told


def test_what_old_kernels_count_together_has_a_bar() -> None:
    """2.6.24 tells active and inactive memory, whatever it holds."""
    told = explain(stdin=(CORPUS / "linux" / "real_nvidia_lowmem_2_6_24.log").read_bytes())
    assert re.search(r"processes and files +\S+ [MG]iB +#", told)


@settings(max_examples=60)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=15))
def test_any_name_is_text_on_the_page(name: str) -> None:
    check(name)


@given(st.text())
def test_what_is_shown_has_no_control_characters(text: str) -> None:
    told = shown(text.replace("\n", "").replace("\r", ""))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", told)
