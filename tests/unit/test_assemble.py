"""The assembler's bounds and reasons, on lines of the families that ship."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from ingest import formats
from ingest.assemble import Assembler, Bounds
from ingest.envelope import Envelope, Read
from ingest.model import Block, ClosedBy, Origin, Raw

BEGIN = datetime(2026, 11, 22, 10, tzinfo=UTC)
PLACE = ("t", 0)
HEAD = "x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0"
KILL = (
    "Out of memory: Killed process {pid} (x) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, "
    "UID:0 pgtables:4kB oom_score_adj:0"
)
REAPED = "oom_reaper: reaped process {pid} (x), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB"


class Feed:
    """Feeds lines of hosts with their seconds; the partition's time is the latest of them."""

    def __init__(self, **bounds: float) -> None:
        self.assembler = Assembler(Bounds(**bounds))  # type: ignore[arg-type]  # whole numbers where they belong
        self.offset = 0

    def line(
        self, text: str, second: float, host: str = "h", tag: str = "kernel", boot: str | None = None
    ) -> list[Block]:
        at = BEGIN + timedelta(seconds=second)
        raw = Raw(Origin(*PLACE, self.offset), f"{at:%b %d %H:%M:%S} {host} {tag}: {text}".encode(), at)
        self.offset += 1
        read = Envelope().read(raw)
        assert isinstance(read, Read)
        line = replace(read.whole, boot=boot)
        match = formats.read(line, self.assembler.families(line))
        return self.assembler.add(line, match, at)

    def advance(self, second: float) -> list[Block]:
        return self.assembler.advance(PLACE, BEGIN + timedelta(seconds=second))


def test_a_reaped_victim_ends_the_report() -> None:
    feed = Feed()
    assert feed.line(HEAD, 0) == []
    assert feed.line(KILL.format(pid=7), 0) == []
    (block,) = feed.line(REAPED.format(pid=7), 1)
    assert (block.closed_by, len(block.entries)) == (ClosedBy.TERMINATOR, 3)
    assert feed.assembler.open_reports == 0
    assert not feed.assembler.holders.hosts(PLACE), "lines of the host are passed over again"


def test_silence_settles_a_report_and_a_late_reaper_still_joins_it() -> None:
    feed = Feed(settle_after=10, linger=120)
    feed.line(HEAD, 0)
    feed.line(KILL.format(pid=7), 0)
    (early,) = feed.advance(11)
    assert early.closed_by is ClosedBy.IDLE
    assert feed.assembler.oldest_offset(PLACE) == 0, "the commit waits for what may still join"
    (late,) = feed.line(REAPED.format(pid=7), 70)
    assert (late.closed_by, len(late.entries)) == (ClosedBy.TERMINATOR, 3)
    assert feed.assembler.oldest_offset(PLACE) is None


def test_a_settled_report_that_nothing_joins_is_not_written_twice() -> None:
    feed = Feed(settle_after=10, linger=120)
    feed.line(KILL.format(pid=7), 0)
    assert len(feed.advance(11)) == 1
    assert feed.advance(500) == []
    assert feed.assembler.open_reports == 0


def test_a_head_without_victim_waits_because_its_id_may_change() -> None:
    feed = Feed(settle_after=10, linger=120)
    feed.line(HEAD, 0)
    assert feed.advance(60) == []
    (block,) = feed.advance(121)
    assert block.closed_by is ClosedBy.IDLE


def test_a_later_line_of_the_host_closes_by_gap() -> None:
    feed = Feed()
    feed.line(KILL.format(pid=7), 0)
    (block,) = feed.line("usb 1-1: new device", 121)
    assert block.closed_by is ClosedBy.GAP


def test_a_kill_that_comes_after_the_next_head_goes_to_the_report_that_chose_it() -> None:
    feed = Feed()
    summary = (
        "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/,"
        "task=x,pid=7,uid=0"
    )
    feed.line(HEAD, 0)
    feed.line(summary, 0)
    feed.line(HEAD, 0)
    feed.line(KILL.format(pid=7), 0)
    (block,) = feed.line(REAPED.format(pid=7), 1)
    assert [entry.line.origin.offset for entry in block.entries] == [0, 1, 3, 4]
    assert feed.assembler.open_reports == 1


def test_a_process_that_is_selected_again_is_of_another_report() -> None:
    feed = Feed()
    selected = "Out of memory (oom_kill_allocating_task): Kill process 22593 (ksm04) score 0 or sacrifice child"
    for second, child in enumerate((22612, 22613, 22593)):
        feed.line(selected, second)
        feed.line(f"Killed process {child} (ksm04) total-vm:139476kB, anon-rss:131204kB, file-rss:896kB", second)
    reports = [[entry.line.origin.offset for entry in block.entries] for block in feed.assembler.finish()]
    assert reports == [[0, 1], [2, 3], [4, 5]]


def test_a_kill_behind_the_reaper_of_one_whose_own_line_is_lost_is_another_report() -> None:
    feed = Feed()
    feed.line(HEAD, 0)
    feed.line("[ pid ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name", 0)
    feed.line("[    7]     0     7     7000     2240    43008        0             0 x", 0)
    feed.line(REAPED.format(pid=7), 1)
    feed.line(KILL.format(pid=8), 1)
    assert [[entry.line.origin.offset for entry in block.entries] for block in feed.assembler.finish()] == [
        [0, 1, 2, 3],
        [4],
    ]


def test_a_line_of_the_next_boot_is_of_another_report_however_soon_after_the_boot_both_were_logged() -> None:
    feed = Feed()
    feed.line(f"[   20.000000] {HEAD}", 0)
    feed.line(f"[    5.000000] {KILL.format(pid=7)}", 40)
    assert [len(block.entries) for block in feed.assembler.finish()] == [1, 1]


def test_lines_of_two_boots_that_a_shipper_names_are_of_two_reports() -> None:
    feed = Feed()
    feed.line(HEAD, 0, boot="a")
    feed.line(KILL.format(pid=7), 0, boot="b")
    assert [len(block.entries) for block in feed.assembler.finish()] == [1, 1]


def test_what_nobody_explains_is_of_the_report_only_where_its_killer_may_have_printed_it() -> None:
    feed = Feed()
    feed.line(HEAD, 0)
    feed.line("a frame of the stack", 0)
    feed.line("housekeeping", 0, tag="kubelet")
    (block,) = feed.assembler.finish()
    assert [entry.line.origin.offset for entry in block.entries] == [0, 1]


def test_a_report_is_cut_at_its_bound_of_lines() -> None:
    feed = Feed(max_lines=5)
    feed.line(HEAD, 0)
    blocks = [block for at in range(4) for block in feed.line(f"frame {at}", 0)]
    assert [(block.closed_by, len(block.entries)) for block in blocks] == [(ClosedBy.CAP, 5)]


def test_a_report_is_cut_at_its_bound_of_bytes() -> None:
    feed = Feed(max_report_bytes=10_000)
    feed.line(HEAD, 0)
    blocks = [block for at in range(30) for block in feed.line(f"frame {at}", 0)]
    assert [block.closed_by for block in blocks] == [ClosedBy.CAP]
    assert 5 < len(blocks[0].entries) < 30


def test_what_closed_reports_held_is_room_again() -> None:
    feed = Feed(max_total_bytes=20_000)
    for pid in range(1, 100):
        feed.line(HEAD, pid)
        feed.line(KILL.format(pid=pid), pid)
        (block,) = feed.line(REAPED.format(pid=pid), pid)
        assert block.closed_by is ClosedBy.TERMINATOR


def test_all_open_reports_together_stay_under_their_bound() -> None:
    feed = Feed(max_total_bytes=20_000)
    blocks = [block for at in range(1_000) for block in feed.line(HEAD, 0, host=f"h{at}")]
    assert {block.closed_by for block in blocks} == {ClosedBy.CAP}
    assert blocks[0].entries[0].line.host.name == "h0", "the one that waited longest goes first"
    assert len(blocks) + feed.assembler.open_reports == 1_000
    assert feed.assembler.open_reports < 200


def test_dropping_a_partition_forgets_its_reports() -> None:
    feed = Feed()
    feed.line(HEAD, 0)
    feed.assembler.drop(PLACE)
    assert feed.assembler.open_reports == 0
    assert feed.assembler.finish() == []
