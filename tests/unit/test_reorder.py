"""Lines wait for their turn: in order by uptime or time, bounded, and never past a commit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.assemble.held import HeldOffsets
from ingest.assemble.reorder import Reorder, Stretch, Waiting
from ingest.envelope import Envelope, Read
from ingest.model import Origin, Raw

BEGIN = datetime(2026, 11, 22, 10, tzinfo=UTC)
PLACE = ("t", 0)


class Feed:
    """Feeds lines with their uptime, and the partition's time at which each comes."""

    def __init__(self, window: float = 30, max_bytes: int = 1 << 20) -> None:
        self.reorder = Reorder(window, max_bytes)
        self.offset = 0

    def line(
        self,
        uptime: float | None,
        came: float,
        host: str = "h",
        text: str = "x",
        tag: str = "kernel",
        *,
        may_begin: bool = True,
    ) -> list[str]:
        at = BEGIN + timedelta(seconds=came)
        return texts(self.reorder.add(self.read(uptime, at, host, text, tag), at, may_begin=may_begin))

    def lines(self, uptimes: Sequence[float], came: Sequence[float], host: str = "h") -> list[str]:
        """Lines in a row as a stretch, for as far as they can be taken so."""
        times = [BEGIN + timedelta(seconds=each) for each in came]
        reads = [self.read(uptime, at, host, f"{uptime}") for uptime, at in zip(uptimes, times, strict=True)]
        out, at = [], 0
        while at < len(reads):
            stretch = Stretch([read.whole for read in reads[at:]], times[at:])
            count, released = self.reorder.add_stretch(stretch)
            out += released or ([] if count else self.reorder.add(reads[at], times[at], may_begin=False))
            at += count or 1
        return texts(out)

    def read(self, uptime: float | None, at: datetime, host: str, text: str, tag: str = "kernel") -> Read:
        ring = "" if uptime is None else f"[{uptime:.6f}] "
        raw = Raw(Origin(*PLACE, self.offset), f"{at:%b %d %H:%M:%S} {host} {tag}: {ring}{text}".encode(), at)
        self.offset += 1
        read = Envelope().read(raw)
        assert isinstance(read, Read)
        return read

    def advance(self, second: float) -> list[str]:
        return texts(self.reorder.advance(PLACE, BEGIN + timedelta(seconds=second)))


def texts(waiting: Iterable[Waiting | Stretch]) -> list[str]:
    return [line.text for each in waiting for line in (each.lines if isinstance(each, Stretch) else [each.read.whole])]


def test_lines_wait_for_the_window_and_go_on_in_order() -> None:
    feed = Feed()
    assert feed.line(102, 0, text="c") == []
    assert feed.line(100, 1, text="a") == []
    assert feed.line(101, 2, text="b") == []
    assert feed.advance(29) == []
    assert feed.advance(30) == ["a", "b", "c"]


def test_the_hosts_own_time_lets_lines_go_on_too() -> None:
    feed = Feed()
    feed.line(100, 0, text="a")
    assert feed.line(131, 0, text="later") == ["a"]


def test_without_a_window_lines_go_on_as_they_come() -> None:
    feed = Feed(window=0)
    assert [feed.line(uptime, 0, text=f"{uptime}") for uptime in (2, 1)] == [["2"], ["1"]]
    assert feed.reorder.oldest_offset(PLACE) is None


def test_a_line_without_uptime_stays_behind_the_line_that_it_follows() -> None:
    feed = Feed()
    feed.line(100, 0, text="Mem-Info:")
    feed.line(None, 0, text=" free:1")
    feed.line(101, 0, text="b")
    assert feed.advance(31) == ["Mem-Info:", " free:1", "b"]


def test_another_boot_begins_a_new_order() -> None:
    feed = Feed()
    feed.line(9_000, 0, text="old boot")
    assert feed.line(1, 1, text="new boot") == ["old boot"]
    assert feed.advance(40) == ["new boot"]


def test_hosts_do_not_wait_for_each_other() -> None:
    feed = Feed()
    feed.line(100, 0, host="one", text="one")
    assert feed.line(9_000, 0, host="two", text="two") == []
    assert sorted(feed.advance(31)) == ["one", "two"]


def test_what_waits_holds_the_commit() -> None:
    feed = Feed()
    feed.line(100, 0)
    feed.line(101, 20)
    assert feed.reorder.oldest_offset(PLACE) == 0
    feed.advance(31)
    assert feed.reorder.oldest_offset(PLACE) == 1
    feed.advance(51)
    assert feed.reorder.oldest_offset(PLACE) is None


def test_only_lines_that_may_begin_a_report_make_others_of_their_host_matter() -> None:
    feed = Feed()
    feed.line(99, 0, may_begin=False)
    assert not feed.reorder.may_begin(PLACE)
    feed.line(100, 1)
    feed.lines([101, 102], [2, 2])
    assert [*feed.reorder.waiting(PLACE, "h")] == ["kernel"]
    assert feed.advance(31.5) == ["x", "x"]
    assert not feed.reorder.may_begin(PLACE)
    assert feed.reorder.oldest_offset(PLACE) == 2


def test_a_stretch_is_taken_up_to_the_line_that_lets_the_oldest_go_on() -> None:
    feed = Feed()
    feed.line(100, 0)
    times = [BEGIN + timedelta(seconds=20)] * 3
    lines = [feed.read(uptime, times[0], "h", f"{uptime}").whole for uptime in (120, 130, 131)]
    count, released = feed.reorder.add_stretch(Stretch(lines, times))
    assert (count, texts(released)) == (2, ["x"])


def test_beyond_its_memory_those_that_waited_longest_go_on() -> None:
    feed = Feed(max_bytes=10_000)
    out = [text for host in range(100) for text in feed.line(100, 0, host=f"h{host}", text=f"{host}")]
    assert out == [f"{host}" for host in range(len(out))]
    assert 80 < len(out) < 100


def test_a_dropped_partition_is_forgotten() -> None:
    feed = Feed()
    feed.line(100, 0)
    feed.reorder.drop(PLACE)
    assert feed.advance(1_000) == []
    assert feed.reorder.oldest_offset(PLACE) is None
    assert not feed.reorder.may_begin(PLACE)


@given(st.randoms(use_true_random=False), st.integers(1, 60))
def test_lines_that_are_late_within_the_window_come_out_sorted(random: Random, count: int) -> None:
    logged = [100 + at / 2 for at in range(count)]
    arrivals = sorted((uptime - 100 + random.random() * 29, uptime) for uptime in logged)
    feed = Feed()
    out: list[str] = []
    for came, uptime in arrivals:
        out += feed.advance(came)
        out += feed.line(uptime, came, text=f"{uptime}")
    out += feed.advance(10_000)
    assert out == [f"{uptime}" for uptime in logged]


@settings(max_examples=300)
@given(st.randoms(use_true_random=False), st.sampled_from((4_000, 12_000, 1 << 20)))
def test_stretches_go_on_as_their_lines_would(random: Random, max_bytes: int) -> None:
    alone, together = Feed(max_bytes=max_bytes), Feed(max_bytes=max_bytes)
    came = 0.0
    for _ in range(random.randint(1, 25)):
        came += random.choice((0, 0.5, 5, 40)) * random.random()
        host = random.choice(("one", "two"))
        begin = 100 + came + random.choice((0, 0, -1, -20, -40, 3, 2_000))
        uptimes = sorted(
            round(begin + random.choice((0, 0.2, 8)) * random.random(), 1) for _ in range(random.randint(1, 9))
        )
        times = sorted(came + random.choice((0, 0, 2)) for _ in uptimes)
        came = times[-1]
        told = [text for at, up in zip(times, uptimes, strict=True) for text in alone.line(up, at, host, f"{up}")]
        assert together.lines(uptimes, times, host) == told
        assert together.reorder.oldest_offset(PLACE) == alone.reorder.oldest_offset(PLACE)
        if random.random() < 0.3:
            assert together.advance(came) == alone.advance(came)
        assert together.reorder.due(PLACE) == alone.reorder.due(PLACE)
    assert texts(together.reorder.finish()) == texts(alone.reorder.finish())


@given(st.randoms(use_true_random=False))
def test_a_host_goes_on_alike_whether_time_passes_in_steps_or_at_once(random: Random) -> None:
    steps, once = Feed(), Feed()
    for number in range(random.randint(1, 40)):
        came, host = number / 4, random.choice(("alone", "other", "two"))
        # Of one host there are two queues: what a program says stands between what the kernel does.
        tag = random.choice(("kernel", "earlyoom")) if host == "two" else "kernel"
        uptime = round(100 + came + 5 * random.random(), 3) if tag == "kernel" else None
        for feed in (steps, once):
            feed.line(uptime, came, host, f"{host} {number}", tag)
    out = []
    while (due := steps.reorder.due(PLACE)) is not None:
        out += texts(steps.reorder.advance(PLACE, due))
    at_once = once.advance(1_000)
    assert once.reorder.due(PLACE) is None
    for host in ("alone", "other", "two"):
        assert [text for text in at_once if host in text] == [text for text in out if host in text]


@given(st.lists(st.integers(0, 50)), st.randoms(use_true_random=False))
def test_the_least_held_offset_is_known_at_any_time(offsets: list[int], random: Random) -> None:
    held, bag = HeldOffsets(), []
    for offset in offsets:
        held.add(offset)
        bag.append(offset)
        if random.random() < 0.5:
            gone = bag.pop(random.randrange(len(bag)))
            held.remove(gone)
        assert held.least() == min(bag, default=None)
