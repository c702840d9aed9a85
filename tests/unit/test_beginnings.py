"""Logs that begin in the middle of a report: rows of the process table, and no heading that says what they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import ingest
from ingest.adapters import files
from ingest.assemble import Bounds
from ingest.cli import cli
from ingest.envelope import Envelope
from ingest.formats.linux.unheaded import columns_of
from ingest.model import Code, Document
from ingest.offline import documents, episodes
from tests.sources import one_by_one

AT = datetime(2026, 11, 27, tzinfo=UTC)
CORPUS = Path(__file__).parent.parent / "corpus" / "linux"


def log(case: str) -> list[str]:
    """The lines of a case of the corpus."""
    return (CORPUS / f"{case}.log").read_text().splitlines()


def without_heading(lines: Sequence[str]) -> Sequence[str]:
    """What is left of a log that is cut off with the heading of its first table."""
    return lines[next(at for at, line in enumerate(lines) if "total_vm " in line) + 1 :]


WHOLE = log("real_ubuntu_3_19_mysqld")
END = without_heading(WHOLE)
OTHERS = [f"Nov 27 10:00:01 web-1 sshd[7]: session {number} opened" for number in range(2_000)]


def read(lines: Sequence[str], folder: Path, *, packed: bool = True) -> list[Document]:
    path = folder / "log"
    path.write_text("\n".join(lines) + "\n")
    blocks = files.blocks(path, AT)
    records = blocks if packed else one_by_one(blocks)
    return list(documents(records, Envelope(), Bounds(), timedelta(minutes=5)))


def culprits(found: Sequence[Document]) -> list[Any]:
    """Who used the memory, report by report; `None` where nobody is told."""
    sources: list[Any] = [each.source for each in found if each.index.startswith("oom-report")]
    return [each["oom"].get("culprit") for each in sources]


def findings(found: Sequence[Document]) -> list[Any]:
    """What was found in each report."""
    sources: list[Any] = [each.source for each in found if each.index.startswith("oom-report")]
    return [each["oom"]["verdict"] for each in sources]


def tasks(found: Sequence[Document]) -> list[tuple[str, Any]]:
    """Names and resident memory of the rows."""
    sources: list[Any] = [each.source for each in found if each.index.startswith("oom-task")]
    return [(each["process"]["name"], each["oom"]["task"]["rss"]["bytes"]) for each in sources]


@pytest.mark.parametrize("packed", [True, False], ids=["blocks", "records"])
@pytest.mark.parametrize(
    "before",
    [
        [],
        ["root@web-1:~# dmesg | tail -n 200"],
        OTHERS[:900],
        ["It says Out of memory: Killed process 6502, here is the end of dmesg:"],
        [WHOLE[-len(END) - 1][:-2]],
    ],
    ids=["nothing", "a prompt", "other lines", "a sentence", "a torn heading"],
)
def test_the_end_of_a_report_has_the_rows_of_its_table(tmp_path: Path, before: list[str], packed: bool) -> None:
    end, whole = read([*before, *END], tmp_path, packed=packed), read(WHOLE, tmp_path)
    assert tasks(end)
    assert sorted(tasks(end)) == sorted(tasks(whole))
    kills = [[each.id for each in found if each.index.startswith("oom-kill")] for found in (end, whole)]
    assert kills[0] == kills[1]


def test_rows_far_from_the_beginning_are_not_looked_for(tmp_path: Path) -> None:
    found = read([*OTHERS, *END], tmp_path)
    assert found
    assert not tasks(found)


def test_rows_behind_what_matters_are_not_looked_for(tmp_path: Path) -> None:
    found = read(["Jan  1 00:00:01 web-1 kernel: Out of memory: Killed process 1 (x)", *OTHERS[:9], *END], tmp_path)
    assert not tasks(found)


def test_rows_alone_are_no_report(tmp_path: Path) -> None:
    rows = [line for line in END if line.rstrip().endswith("mysqld") or "0 bash" in line]
    assert rows
    assert read([*rows, *OTHERS], tmp_path) == []


def test_rows_that_the_kill_line_contradicts_are_not_read(tmp_path: Path) -> None:
    found = read([line.replace("total-vm:", "total-vm:1") for line in END], tmp_path)
    assert not tasks(found)
    kill: Any = next(each.source for each in found if each.index.startswith("oom-kill"))
    assert "table_heading_missing" in kill["oom"]["verdict"]


def test_most_rows_tell_how_many_columns_there_are() -> None:
    rows = [f"[{pid:5}]     0  {pid}    26845     3021      53        0             0 bash" for pid in range(5)]
    strange = ["[   31]     0    31    26845     3021      53        0             0 7 samurai", "[   32]     0  32"]
    columns = columns_of([*rows, *strange], {})
    assert columns is not None
    assert len(columns) == 8
    assert columns == columns_of(rows, {})
    assert columns_of(["[   32]     0  32"], {}) is None
    assert columns_of([], {}) is None


def test_a_chosen_process_whose_row_is_cut_off_is_told_before_the_rows_that_are_left(tmp_path: Path) -> None:
    (whole,) = culprits(read(log("real_el6_child_sacrificed"), tmp_path))
    (end,) = culprits(read(log("real_el6_child_sacrificed")[-3:], tmp_path))
    assert (whole["name"], whole["pid"]) == (end["name"], end["pid"]) == ("sniproxy", 1151)
    assert (end["confidence"], end["doubts"]) == ("low", ["table_cut"])


def test_rows_tell_nothing_where_the_chosen_has_a_score_and_no_row(tmp_path: Path) -> None:
    rows = ["[100.000001] [  901]     0   901   905000   800000     200       3        0             0 node"]
    kill = "[100.000002] Out of memory: Kill process 850 (mysqld) score 612 or sacrifice child"
    assert culprits(read([*rows, kill], tmp_path)) == [None]
    assert culprits(read([*rows, kill.replace("850 (mysqld)", "901 (node)")], tmp_path))[0]["name"] == "node"


@pytest.mark.parametrize("case", ["real_arm64_slab_panic", "real_smbd_order2"])
def test_the_largest_of_some_small_rows_did_not_fill_a_machine(tmp_path: Path, case: str) -> None:
    found = read(without_heading(log(case)), tmp_path)
    assert tasks(found)
    assert culprits(found) == [None]


def test_rows_of_the_machine_say_nothing_of_a_cgroup_whose_limit_made_the_kernel_panic(tmp_path: Path) -> None:
    whole = log("real_rhel7_memcg_panic_free_memory")
    end = read(without_heading(whole), tmp_path)
    assert tasks(end)
    assert culprits(end) == culprits(read(whole, tmp_path)) == [None]


def test_a_victim_whose_row_is_cut_off_is_one_more_of_its_name(tmp_path: Path) -> None:
    apache = without_heading(log("real_apache_memcg_3_2"))
    kill = next(at for at, line in enumerate(apache) if "Memory cgroup out of memory" in line)
    (told,) = culprits(read(apache[kill - 1 :], tmp_path))
    assert (told["kind"], told["pid"], told["is_victim"]) == ("process", 12021, True)
    (told,) = culprits(read(apache[kill - 5 :], tmp_path))
    assert (told["kind"], told["name"], told["is_victim"]) == ("group", "apache2", True)


def test_what_was_swapped_out_is_read_where_no_oom_adj_can_be_so_large(tmp_path: Path) -> None:
    (whole,), (end,) = culprits(read(WHOLE, tmp_path)), culprits(read(END, tmp_path))
    assert (end["name"], end["rss"]) == (whole["name"], whole["rss"])
    row = "[ 6502]   104  6502  1822125   377580    1867   508631             0 mysqld"
    columns = columns_of([row], {})
    assert columns is not None
    assert columns[-4:] == ("nr_ptes", "swapents", "oom_score_adj", "name")
    for unclear in ("15", "0", "-17"):
        columns = columns_of([row.replace("508631", unclear)], {})
        assert columns is not None
        assert columns[-4:] == ("", "", "oom_score_adj", "name")


def test_rows_of_two_tables_are_not_added_up(tmp_path: Path) -> None:
    rows = [f"[ {pid}]  1000 {pid}  500000  60000   200     3        0           300 chrome" for pid in range(900, 903)]
    killed = "Killed process 902 (chrome) total-vm:2000000kB, anon-rss:240000kB, file-rss:0kB, shmem-rss:0kB"
    end = ["Out of memory: Kill process 902 (chrome) score 412 or sacrifice child", killed]
    first = [f"[100.{number:06}] {line}" for number, line in enumerate(rows)]
    second = [f"[100.5{number:05}] {line}" for number, line in enumerate([*rows, *end])]
    (once,), (twice,) = culprits(read(second, tmp_path)), culprits(read([*first, *second], tmp_path))
    assert once["group"]["count"] == twice["group"]["count"] == len(rows)
    assert once["rss"] == twice["rss"]
    copies = [copy for line in second for copy in (line, line)]
    assert culprits(read(copies, tmp_path))[0]["rss"] == once["rss"]


def test_a_kill_line_tells_where_a_name_begins_that_begins_with_a_number(tmp_path: Path) -> None:
    row = "[100.000001] [   4321]     0  4321   226026   129603  1314816        0             0 7 samurai"
    sizes = "total-vm:904104kB, anon-rss:518412kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:1284kB oom_score_adj:0"
    kill = f"[100.000002] Memory cgroup out of memory: Killed process 4321 (7 samurai) {sizes}"
    found = read([row, kill], tmp_path)
    assert tasks(found) == [("7 samurai", 129603 * 4096)]
    assert culprits(found)[0]["rss"] == {"bytes": 129603 * 4096 + 1314816}


def test_a_child_that_died_had_not_the_highest_score_though_its_row_is_the_largest_that_is_left(tmp_path: Path) -> None:
    lines = log("real_el6_child_sacrificed")
    kill = next(at for at, line in enumerate(lines) if "Out of memory" in line)
    rest = [lines[kill - 2], *lines[kill:]]
    assert "1153]" in rest[0]
    (found,) = findings(read(rest, tmp_path))
    assert "chosen_passed_over" in found
    assert "victim_largest" not in found


def test_a_protected_process_has_no_share_of_the_rows_that_are_left(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("\n".join(without_heading(log("case_global_protected_postgres"))) + "\n")
    (told,) = episodes(files.blocks(path, AT), Envelope(), Bounds(), timedelta(minutes=5)).episodes
    (protected,) = [each for each in told[1][0].analysis.findings if each.code is Code.PROTECTED_TASKS]
    assert (protected.name, protected.share) == ("postgres", None)


def test_no_more_is_said_of_rows_that_are_left_than_that_they_are_left(tmp_path: Path) -> None:
    first: Any = next(each.source for each in read(END, tmp_path) if each.index.startswith("oom-task"))
    assert first["message"] == "mysqld (pid 6502) was number 1 by memory of the rows that are left when the killer ran"
    told = CliRunner().invoke(cli, ["explain", str(tmp_path / "log")], catch_exceptions=False).output
    assert f"Largest of {len(END) - 2} processes that are left of the table" in told


def test_what_only_looks_like_rows_is_no_table(tmp_path: Path) -> None:
    kill = "Out of memory: Killed process 999 (java) total-vm:8388608kB, anon-rss:4194304kB, file-rss:0kB"
    requests = [f"[ {1000 + number}] 10 20 3000 2000000 5 6 7 request done" for number in range(9)]
    found = read([*requests, kill], tmp_path)
    assert not tasks(found)
    assert culprits(found)[0]["name"] == "java"


def test_the_row_of_a_thread_is_that_of_the_victim_whose_leader_is_gone() -> None:
    """A single row of another thread, as in systemd #6966."""
    row = "[ 7747]     0  7748  3226957  2875051    5692        0             0 python"
    assert columns_of([row], {}) is None
    assert columns_of([row], {"7748": "python"})


def test_rows_in_one_record_with_the_kill_line_are_read(tmp_path: Path) -> None:
    message = "\n".join(line.partition("kernel: ")[2] for line in END)
    found = read([json.dumps({"host": "www", "message": message})], tmp_path)
    assert sorted(tasks(found)) == sorted(tasks(read(WHOLE, tmp_path)))


@pytest.mark.parametrize(("adj", "name"), [("0", "beacon"), ("300", "beacon"), ("-300", "geth"), ("-1000", "geth")])
def test_the_victim_counted_more_than_any_row_though_its_swap_is_told_nowhere(
    tmp_path: Path, adj: str, name: str
) -> None:
    row = f"[100.000001] [ 300094]  1000 300094  3381260  1540881 19103744   705035  {adj:>12} geth"
    sizes = "total-vm:304685832kB, anon-rss:8249788kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:129416kB"
    kill = f"[100.000002] Out of memory: Killed process 298273 (beacon) {sizes} oom_score_adj:0"
    (told,) = culprits(read([row, kill], tmp_path))
    assert (told["name"], told["confidence"]) == (name, "low")


def test_a_victim_of_no_size_and_no_row_is_not_told_with_nothing(tmp_path: Path) -> None:
    row = "[100.000001] [ 2100]    48  2100   381260   240881   3       0 httpd"
    (told,) = culprits(read([row, "[100.000002] Killed process 2099 (mysqld)"], tmp_path))
    assert told["name"] == "httpd"


def test_a_sum_of_rows_that_may_share_pages_says_so_where_nobody_knows_how_much_there_was(tmp_path: Path) -> None:
    (told,) = culprits(read(without_heading(log("case_global_page_tables")), tmp_path))
    assert (told["name"], told["kind"]) == ("oracle", "group")
    assert told["doubts"] == ["shared_pages", "table_cut"]


def table(at: int, pids: range) -> list[str]:
    """Rows of workers of 195 MiB and the end of the first of them."""
    killed = "total-vm:480000kB, anon-rss:200000kB, file-rss:0kB, shmem-rss:0kB, UID:33 pgtables:400kB oom_score_adj:0"
    rows = [f"[ {pid}]    33  {pid}   120000    50000   409600        0             0 php-fpm" for pid in pids]
    lines = [*rows, f"Out of memory: Killed process {pids[0]} (php-fpm) {killed}"]
    return [f"[{at}.{number:06}] {line}" for number, line in enumerate(lines, 1)]


def test_a_group_that_is_cut_off_did_not_grow_to_what_it_is_in_the_next_report(tmp_path: Path) -> None:
    first = table(100, range(1000, 1003))
    heading = "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name"
    head = "[130.000000] php-fpm invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0"
    second = [head, f"[130.000000] {heading}", *table(130, range(2000, 2040))]
    found = read([*first, *second], tmp_path)
    episode: Any = next(each.source for each in found if each.index.startswith("oom-episode"))
    assert "in the last report" not in episode["oom"]["explanation"]


def test_bytes_of_page_tables_are_not_pages_of_them_where_a_table_is_half_a_page(tmp_path: Path) -> None:
    """32-bit ARM without LPAE, and s390x: PTRS_PER_PTE * sizeof(pte_t) is 2 KiB."""
    rows = [
        "[ 5000.000001] [    210]     0   210     1962      150     10240       28             0 bash",
        "[ 5000.000002] [    508]  1000   508   201962   180150    460800    20028             0 python3",
    ]
    sizes = "total-vm:807848kB, anon-rss:720600kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:450kB"
    found = read([*rows, f"[ 5000.000003] Out of memory: Killed process 508 (python3) {sizes}"], tmp_path)
    assert culprits(found)[0]["rss"] == {"bytes": (180150 + 20028) * 4096 + 460800}


def test_each_number_of_a_row_without_heading_is_explained() -> None:
    (view,) = ingest.explain(END, recorded_at=AT)
    row = view.reports[0].lines[0]
    assert [value.label for value in row.values] == [
        "process id", "user id", "process id", "virtual size (pages)", "resident memory (pages)", "page tables (pages)",
        "swapped out (pages)", "oom_score_adj", "process name",
    ]  # fmt: skip
