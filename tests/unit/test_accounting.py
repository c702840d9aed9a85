"""What a report's memory is put down to: the bar, the findings and the culprit rest on the same sums."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ingest.analysis import room
from ingest.analysis.parts import parts
from ingest.analysis.table import groups
from ingest.assemble import Bounds
from ingest.envelope import Envelope
from ingest.model import Code, Confidence, Doubt, Joined, Origin, PageSize, PageSizeSource, Raw
from ingest.offline import episodes

AT = datetime(2026, 11, 22, tzinfo=UTC)
MIB = 1 << 20


def joined(*lines: str) -> Joined:
    """The one report of some lines of a host."""
    texts = [f"2026-03-03T10:00:01Z web1 kernel: {line}" for line in lines]
    raws = [Raw(Origin("f", None, at), text.encode(), AT) for at, text in enumerate(texts, 1)]
    ((_, (found,)),) = episodes(raws, Envelope(), Bounds(), timedelta(minutes=5)).episodes
    return found


def bar(found: Joined) -> dict[str, int]:
    """The parts of the memory bar in MiB."""
    return {str(part.kind): round(part.size / MIB) for part in parts(found.identified.report)}


def v2(*stat: str, limit: int = 1024, used: int | None = None) -> Joined:
    """A cgroup of v2 at its limit in MiB, or with so many in use, and some lines of memory.stat."""
    return joined(
        "java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
        f"memory: usage {(limit if used is None else used) * 1024}kB, limit {limit * 1024}kB, failcnt 12",
        "swap: usage 0kB, limit 0kB, failcnt 0",
        "Memory cgroup stats for /svc:",
        *stat,
        "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/svc,task_memcg=/svc,"
        "task=java,pid=42,uid=0",
        "Memory cgroup out of memory: Killed process 42 (java) total-vm:360000kB, anon-rss:1000kB, file-rss:0kB, "
        "shmem-rss:0kB, UID:0 pgtables:120kB oom_score_adj:0",
    )


def test_the_bar_of_a_cgroup_has_its_files_what_nobody_counts_and_what_was_left() -> None:
    stat = (f"file {500 * MIB}", f"shmem {100 * MIB}", f"kernel {50 * MIB}")
    rest = {"shared memory and tmpfs": 100, "page cache": 400, "kernel": 50, "free": 124}
    assert bar(v2(f"anon {300 * MIB}", *stat, used=900)) == rest | {"memory of processes": 300, "in no counter": 50}
    assert bar(v2(*stat, used=900)) == rest | {"in no counter": 350}
    assert bar(v2(f"anon {300 * MIB}", used=900)) == {"memory of processes": 300, "in no counter": 600, "free": 124}


def test_kernel_memory_of_a_cgroup_is_one_sum() -> None:
    stat = (f"anon {300 * MIB}", "file 0", f"kernel_stack {400 * MIB}", f"pagetables {20 * MIB}", f"percpu {4 * MIB}")
    found = v2(*stat, f"sock {100 * MIB}", f"slab {200 * MIB}")
    assert bar(found) == {"memory of processes": 300, "kernel": 724}
    finding = found.analysis.found(Code.KERNEL_MEMORY)
    assert finding is not None
    assert finding.size == 724 * MIB


def test_kernel_memory_that_the_kernel_sums_up_is_not_summed_again() -> None:
    found = v2(f"anon {300 * MIB}", "file 0", f"kernel {724 * MIB}", f"kernel_stack {400 * MIB}", f"slab {200 * MIB}")
    assert bar(found) == {"memory of processes": 300, "kernel": 724}


def test_v1_since_6_8_tells_the_cgroups_below_by_total() -> None:
    below = (f"total_cache {900 * MIB}", f"total_rss {90 * MIB}", f"total_shmem {800 * MIB}")
    found = v2("cache 0", "rss 0", "shmem 0", *below)
    assert bar(found)["shared memory and tmpfs"] == 800
    assert found.analysis.findings[1].code is Code.SHARED_MEMORY


def v1_stat(path: str, cache: int, rss: int, tail: str = "unevictable:0KB") -> str:
    """A line of memory.stat as kernels from 3.9 to 5.2 print it, for one cgroup of the tree."""
    counted = f"cache:{cache}KB rss:{rss}KB rss_huge:0KB shmem:{cache}KB mapped_file:0KB workingset_refault_file:7KB"
    return f"Memory cgroup stats for {path}: {counted} {tail}"


def v1(*stats: str) -> Joined:
    """A pod of v1 at its limit of 1 GiB."""
    return joined(
        "python invoked oom-killer: gfp_mask=0x6000c0(GFP_KERNEL), nodemask=(null), order=0, oom_score_adj=994",
        "Task in /kubepods/podA/c1 killed as a result of limit of /kubepods/podA",
        "memory: usage 1048576kB, limit 1048576kB, failcnt 12",
        "memory+swap: usage 1048576kB, limit 9007199254740988kB, failcnt 0",
        "kmem: usage 4096kB, limit 9007199254740988kB, failcnt 0",
        *stats,
        "Tasks state (memory values in pages):",
        "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
        "[   4242]     0  4242   700000   24000   300800        0           994 python",
        "Memory cgroup out of memory: Kill process 4242 (python) score 1085 or sacrifice child",
        "Killed process 4242 (python) total-vm:2800000kB, anon-rss:90000kB, file-rss:6000kB, shmem-rss:0kB",
    )


def test_a_cgroup_of_v1_holds_what_those_below_it_hold() -> None:
    found = v1(
        v1_stat("/kubepods/podA", 0, 0),
        v1_stat("/kubepods/podA/c1", 950000, 90000),
        v1_stat("/kubepods/podA/pause", 0, 44),
        v1_stat("/kubepods/podAB", 7000, 7000),
    )
    assert bar(found) == {"memory of processes": 88, "shared memory and tmpfs": 928, "kernel": 4, "in no counter": 4}
    assert found.analysis.culprit is not None
    assert found.analysis.culprit.rule == Code.SHARED_MEMORY


def test_memory_stat_keeps_the_cgroup_s_own_counters() -> None:
    stats = v1_stat("/kubepods/podA", 4, 8), v1_stat("/kubepods/podA/c1", 100, 200, tail="unevic")
    state = v1(*stats).identified.report.cgroup
    assert state is not None
    assert state.stat["rss"] == 8 << 10
    assert state.stat["total_rss"] == 208 << 10
    assert "total_unevictable" not in state.stat  # The line below it is cut there.
    assert "total_workingset_refault_file" not in state.stat


def test_a_cgroup_of_v1_with_none_below_has_no_sums() -> None:
    state = v1(v1_stat("/kubepods/podA", 950000, 90000)).identified.report.cgroup
    assert state is not None
    assert not any(name.startswith("total_") for name in state.stat)


def machine(*lines: str, release: str = "3.10.0-957.el7.x86_64") -> Joined:
    """A machine that ran out, with some lines of Mem-Info."""
    return joined(
        "httpd invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=0",
        f"CPU: 9 PID: 3333 Comm: httpd Not tainted {release} #1",
        "Mem-Info:",
        *lines,
        "Out of memory: Kill process 3333 (httpd) score 1 or sacrifice child",
        "Killed process 3333 (httpd) total-vm:8400kB, anon-rss:900kB, file-rss:0kB, shmem-rss:0kB",
    )


TOTALS = ("262144 pages RAM", "0 pages reserved")


def test_kernel_stacks_are_told_by_zones_until_5_8() -> None:
    counters = "active_anon:100000 inactive_anon:0 isolated_anon:0", " active_file:0 inactive_file:0 isolated_file:0"
    zone = "pages_scanned:0 all_unreclaimable? no"
    zones = (
        f"Node 0 DMA free:4kB min:4kB low:4kB high:4kB present:8kB managed:8kB kernel_stack:102400kB {zone}",
        f"Node 0 Normal free:4kB min:4kB low:4kB high:4kB present:8kB managed:8kB kernel_stack:307200kB {zone}",
    )
    found = machine(*counters, " free:59744 free_pcp:0", *zones, *TOTALS)
    assert bar(found) == {"memory of processes": 391, "kernel": 400, "free": 233}
    finding = found.analysis.found(Code.KERNEL_MEMORY)
    assert finding is not None
    assert (finding.name, finding.size) == ("kernel stacks", 400 * MIB)


def test_until_2_6_27_processes_and_files_are_one_counter() -> None:
    counters = "Active:100000 inactive:102400 dirty:0 writeback:0", " free:25600 slab:25600 mapped:9 bounce:0"
    found = machine(*counters, *TOTALS, release="2.6.24-19-generic")
    assert bar(found) == {"processes and files": 791, "kernel": 100, "in no counter": 33, "free": 100}
    assert found.analysis.found(Code.UNACCOUNTED) is None


def test_the_wording_of_rhel_5_is_read() -> None:
    told = "free:25600 slab:25600 mapped-file:900 mapped-anon:24000 pagetables:2560"
    found = machine(f"Active:100000 inactive:102400 dirty:0 writeback:0 unstable:0 {told}", *TOTALS)
    assert bar(found) == {
        "processes and files": 791, "kernel": 100, "page tables": 10, "in no counter": 23, "free": 100
    }  # fmt: skip
    assert found.identified.report.machine is not None
    assert found.identified.report.machine.memory.mapped == 900 << 12


def test_the_bar_and_the_finding_tell_the_same_of_what_a_driver_took() -> None:
    """Pages that it marked reserved; zones tell of them (nvidia on 2.6.24)."""
    zone = "Normal free:100kB min:4kB low:4kB high:4kB active:0kB inactive:0kB present:1048576kB pages_scanned:0 "
    counters = "Active:50000 inactive:50000 dirty:0 writeback:0 unstable:0", " free:25600 slab:25600 mapped:9 bounce:0"
    found = machine(*counters, f"{zone}all_unreclaimable? no", "262144 pages of RAM", "100000 reserved pages")
    finding = found.analysis.found(Code.UNACCOUNTED)
    assert finding is not None
    assert finding.size == (262144 - 151200) << 12
    assert bar(found)["in no counter"] == round(finding.size / MIB)


def test_without_counters_of_user_pages_nothing_is_in_no_counter() -> None:
    assert bar(machine("Free pages:        8276kB (0kB HighMem)", *TOTALS)) == {}


ANON = "     300 MiB    76800 mm/memory.c:1061 func:folio_prealloc"


@pytest.mark.parametrize(
    ("sites", "name"),
    [
        (("     410 MiB   104960 drivers/net/foo/rx.c:120 [foo] func:foo_alloc_rx", ANON), "foo_alloc_rx [foo]"),
        (("     410 MiB   104960 drivers/net/foo/rx.c:120 func:foo_alloc_rx", ANON), "foo_alloc_rx"),
        (("     100 MiB    25600 drivers/net/foo/rx.c:120 [foo] func:foo_alloc_rx", ANON), None),
        (("     900 MiB   230400 drivers/net/foo/rx.c:120 [foo] func:foo_alloc_rx", ANON), None),
        ((ANON,), None),
    ],
)
def test_what_is_in_no_counter_is_named_by_its_allocation_site(sites: tuple[str, ...], name: str | None) -> None:
    """Not by one that holds little of it, nor more than there is of it, nor one whose pages are in counters."""
    counters = "active_anon:76800 inactive_anon:0 isolated_anon:0", " active_file:0 inactive_file:0 isolated_file:0"
    told = (*counters, " free:51200 free_pcp:0", *TOTALS, "Memory allocations:", *sites)
    found = machine(*told, release="6.12.9-arch1-1")
    finding, culprit = found.analysis.found(Code.UNACCOUNTED), found.analysis.culprit
    assert finding is not None
    assert culprit is not None
    assert finding.name == name
    assert culprit.name == (name or "unaccounted")
    assert (culprit.confidence is Confidence.HIGH) == (name is not None and culprit.share is not None)
    assert (Doubt.HOLDER_NOT_NAMED in culprit.doubts) == (name is None)


@pytest.mark.parametrize(
    ("total_vm", "page", "source"),
    [
        (360000, 4, PageSizeSource.LOGGED),
        (1440000, 16, PageSizeSource.LOGGED),
        (5760000, 64, PageSizeSource.LOGGED),
        (5760004, 4, PageSizeSource.ASSUMED),
        (11520000, 4, PageSizeSource.ASSUMED),
        (180000, 4, PageSizeSource.ASSUMED),
    ],
)
def test_the_victim_tells_the_page_size(total_vm: int, page: int, source: PageSizeSource) -> None:
    """No line of a cgroup of v2 at its limit tells it otherwise."""
    report = joined(
        "java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
        "memory: usage 2097152kB, limit 2097152kB, failcnt 5",
        "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
        "[   6900] 65535  6900       13        1    60000        0          -998 pause",
        "[   7000]  1000  7000    90000    31750   500000        0             0 java",
        f"Memory cgroup out of memory: Killed process 7000 (java) total-vm:{total_vm}kB, anon-rss:2031616kB, "
        "file-rss:384kB, shmem-rss:0kB, UID:1000 pgtables:488kB oom_score_adj:0",
    ).identified.report
    assert report.page_size == PageSize(page << 10, source)
    assert report.tasks.rss == (page << 10, 31750 * page << 10)
    assert report.tasks.page_tables == (60000, 500000)


def table(*rows: tuple[int, str, int, int], swap: tuple[int, int] = (0, 0), anon: int = 200000) -> Joined:
    """A machine of 1 GiB with rows of pid, name, resident and swapped pages, and total and free swap in kB."""
    return machine(
        f"active_anon:{anon} inactive_anon:0 isolated_anon:0",
        " active_file:0 inactive_file:0 isolated_file:0",
        " free:10000 free_pcp:0 pagetables:0",
        f"Free swap  = {swap[1]}kB",
        f"Total swap = {swap[0]}kB",
        *TOTALS,
        "[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name",
        *(
            f"[{pid:5}]    48 {pid:5}   900000 {rss:7}       0 {out:7}             0 {name}"
            for pid, name, rss, out in rows
        ),
    )


def test_swap_that_was_in_use_is_of_what_there_was() -> None:
    culprit = table((3333, "java", 131072, 131072), swap=(2097152, 1048576)).analysis.culprit
    assert culprit is not None
    assert culprit.rss == 1 << 30
    assert culprit.share == 0.5


def test_a_process_holds_no_more_than_there_was() -> None:
    culprit = table((3333, "java", 270000, 0)).analysis.culprit
    assert culprit is not None
    assert culprit.share == 1.0


def test_pages_that_processes_of_one_name_share_are_there_once() -> None:
    found = table(*((pid, "postgres", 100000, 0) for pid in range(3333, 3343)), (4000, "sshd", 100, 0))
    culprit, finding = found.analysis.culprit, found.analysis.found(Code.PROCESS_GROUP)
    assert culprit is not None
    assert finding is not None
    assert culprit.rss == finding.size == 200000 << 12
    assert culprit.share == finding.share == round(200000 / 262144, 4)
    assert Doubt.SHARED_PAGES in culprit.doubts
    shown = groups(found.identified.report.tasks, room(found.identified.report))
    assert [group.rss for group in shown] == [200000 << 12, 100 << 12]


def test_a_share_of_some_nodes_is_not_told_where_memory_may_be_on_others() -> None:
    zone = "free:4kB min:4kB low:4kB high:4kB present:524288kB managed:524288kB pages_scanned:0 all_unreclaimable? no"
    found = joined(
        "java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
        "CPU: 9 PID: 3333 Comm: java Not tainted 5.14.0 #1",
        "Mem-Info:",
        "active_anon:200000 inactive_anon:0 isolated_anon:0",
        f"Node 0 Normal {zone}",
        f"Node 1 Normal {zone}",
        *TOTALS,
        "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
        "[   3333]    48  3333   900000  150000        0        0             0 java",
        "[   3334]    48  3334   900000   13107        0        0             0 bash",
        "oom-kill:constraint=CONSTRAINT_MEMORY_POLICY,nodemask=1,cpuset=/,mems_allowed=0-1,global_oom,"
        "task_memcg=/user.slice,task=java,pid=3333,uid=48",
        "Out of memory: Killed process 3333 (java) total-vm:3600000kB, anon-rss:600000kB, file-rss:0kB, "
        "shmem-rss:0kB, UID:48 pgtables:0kB oom_score_adj:0",
    )
    report, culprit = found.identified.report, found.analysis.culprit
    assert culprit is not None
    assert (culprit.name, culprit.rss, culprit.share) == ("java", 150000 << 12, None)
    assert culprit.confidence is Confidence.MEDIUM
    assert [group.share for group in groups(report.tasks, room(report))] == [None, 0.1]


def scored(score: int, *told: str, uid: int = 48, adj: int = 0) -> int | None:
    """The recomputed score of a victim that held 256 MiB, of which the kernel printed a score."""
    return joined(
        "java invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0",
        "java cpuset=small mems_allowed=1",
        "CPU: 0 PID: 42 Comm: java Not tainted 3.10.0-1160.el7.x86_64 #1",
        *told,
        "[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name",
        f"[   42] {uid:5}    42    90000   65536       0        0         {adj:5} java",
        f"{'Memory cgroup out' if told[0].startswith('Task in') else 'Out'} of memory: Kill process 42 (java) "
        f"score {score} or sacrifice child",
        f"Killed process 42 (java), UID {uid}, total-vm:360000kB, anon-rss:262144kB, file-rss:0kB, shmem-rss:0kB",
    ).analysis.badness(42)


V1 = (
    "Task in /svc killed as a result of limit of /svc",
    "memory: usage 524288kB, limit 524288kB, failcnt 12",
    "memory+swap: usage 524288kB, limit 1048576kB, failcnt 0",
)
NODES = (
    "active_anon:65536 inactive_anon:0 isolated_anon:0",
    "Node 0 Normal free:4kB min:4kB low:4kB high:4kB present:786432kB managed:786432kB all_unreclaimable? no",
    "Node 1 Normal free:4kB min:4kB low:4kB high:4kB present:262144kB managed:262144kB all_unreclaimable? no",
    "Free swap  = 0kB",
    "Total swap = 0kB",
    *TOTALS,
)


@pytest.mark.parametrize(
    ("printed", "told", "uid", "adj", "score"),
    [
        (250, V1, 48, 0, 250),  # memory and swap
        (500, V1, 48, 0, 500),  # a host without swap
        (1000, V1, 48, 500, 999),
        (485, V1, 0, 0, 485),  # a process of root is spared 3 %
        (500, V1, 0, 0, 500),  # not that of a container
        (333, V1, 48, 0, None),  # a host with less swap than the limit allows
        (250, NODES, 48, 0, 250),
        (1000, NODES, 48, 0, 1000),  # the cpuset's node alone
        (255, NODES, 48, 0, 250),  # it went on while the table was printed
        (600, NODES, 48, 0, None),
    ],
)
def test_the_recomputed_score_is_the_printed_one(
    printed: int, told: tuple[str, ...], uid: int, adj: int, score: int | None
) -> None:
    assert scored(printed, *told, uid=uid, adj=adj) == score


@pytest.mark.parametrize(
    ("names", "confidence"), [(("big", "w", "w", "w"), Confidence.LOW), (("w", "w", "w", "big"), Confidence.MEDIUM)]
)
def test_what_came_back_with_one_exit_is_doubted_where_another_name_gave_back_more(
    names: tuple[str, ...], confidence: Confidence
) -> None:
    free = (1000, 1400, 1700, 2000, 2300)
    exits = [
        f"OOM killed process {name} (pid={at}, ve=5) exited, free={pages} gen={at}."
        for at, (name, pages) in enumerate(zip(("init", *names), free, strict=True), 1)
    ]
    culprit = joined(*exits).analysis.culprit
    assert culprit is not None
    assert (culprit.name, culprit.freed_pages, culprit.confidence) == (names[0], 400, confidence)
