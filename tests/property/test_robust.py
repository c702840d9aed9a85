"""No line makes the parser raise, hang or grow: repeated pieces stay linear, an unknown tail costs only itself."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import formats
from ingest.assemble import Bounds
from ingest.envelope import Envelope
from ingest.model import Host, Line, Origin, Raw, Role, TimeSource, When
from ingest.offline import documents
from tests.generator.wordings import draw, printed

CORPUS = Path(__file__).parent.parent / "corpus"
AT = datetime(2026, 11, 22, tzinfo=UTC)
WHEN = When(AT, TimeSource.SYSLOG, year_inferred=True, zone_inferred=True)
MEGABYTE = 1 << 20
SLOW = 20.0
"""Seconds for a line of 1 MB: a wording that is not linear takes hours."""


def line(text: str, tag: str | None = None) -> Line:
    return Line(("t", 0), 0, Host("h", "h"), WHEN, 1, tag, text, text)


@pytest.mark.parametrize("identity", {each.reader: each.id for each in printed().values()}.values())
def test_a_megabyte_of_any_repeated_piece_is_read_in_linear_time(identity: str) -> None:
    text, _ = draw(Random(identity), identity)
    everything = set(formats.formats())
    began = time.monotonic()
    half = text[len(text) // 2 :]
    formats.read(line(text + (text + " ") * (MEGABYTE // (len(text) + 1))), everything)
    formats.read(line((half + " ") * (MEGABYTE // (len(half) + 1)) + text), everything)
    assert time.monotonic() - began < SLOW


_ENDS_OPEN = {
    each.id
    for each in printed().values()
    for wording in formats.formats()[each.family].wordings
    if wording.id == each.reader
    and wording.role in (Role.OPENS, Role.VICTIM)
    and each.args
    and not each.format.endswith("s")
}


@pytest.mark.parametrize(
    "identity", sorted(_ENDS_OPEN - {"linux.kill_bare.K0", "linux.kill_bare.K1", "linux.kill_bare.K2"})
)
@given(random=st.randoms(use_true_random=False))
def test_an_unknown_tail_keeps_the_record(identity: str, random: Random) -> None:
    text, _ = draw(random, identity, {"name": "java", "trigger": "java"})
    known = printed()[identity]
    tag = min(formats.formats()[known.family].tags)
    plain, tailed = (
        formats.read(line(text, tag), {known.family}),
        formats.read(line(text + ", new-field:12kB", tag), {known.family}),
    )
    assert plain is not None
    if known.reader in ("linux.also_killed", "linux.unable_to_reap", "linux.kill_rage"):
        return  # a name ends with the line there: nothing tells a tail from a name
    assert tailed is not None
    assert tailed.wording.id == plain.wording.id
    assert tailed.part == plain.part
    assert tailed.unread or known.family in ("kubelet", "node_problem_detector", "containerd")


@pytest.mark.parametrize("identity", {each.reader: each.id for each in printed().values()}.values())
def test_a_long_run_of_blanks_is_read_in_linear_time(identity: str) -> None:
    text, _ = draw(Random(identity), identity)
    everything = frozenset(formats.formats())
    began = time.monotonic()
    for blank in list(re.finditer(r"\s+", text))[:20]:
        long = line(f"{text[: blank.start()]}{' ' * (MEGABYTE // 16)}{text[blank.end() :]}\x01", "kernel")
        formats.read(long, everything)
        formats.read_body(long, everything)
    assert time.monotonic() - began < SLOW


@pytest.mark.parametrize("identity", {each.reader: each.id for each in printed().values()}.values())
def test_any_word_and_blanks_may_be_repeated_at_the_end_of_a_line(identity: str) -> None:
    text, _ = draw(Random(identity), identity)
    everything = set(formats.formats())
    for word in (*dict.fromkeys(text.split()), ""):
        began = time.monotonic()
        formats.read(line(f"{text} {f'{word} ' * (MEGABYTE // 16 // (len(word) + 1))}"), everything)
        assert time.monotonic() - began < SLOW / 10, word


NUMBERS = ("9" * 5_000, "9" * 25, "9" * 19, "-" + "9" * 19, "16000000000", "4294967296", "64", "0", "-1")
"""Of more digits than are read, than 64 bits hold, than 63 do, and what no machine has of anything."""


@settings(max_examples=120)
@given(case=st.sampled_from(sorted(CORPUS.glob("*/*.log"))), random=st.randoms(use_true_random=False))
def test_no_number_is_too_large_for_a_document(case: Path, random: Random) -> None:
    share = random.choice((0.02, 0.2, 0.6))

    def other(found: re.Match[str]) -> str:
        return random.choice(NUMBERS) if random.random() < share else found[0]

    lines = case.read_bytes().decode(errors="replace").splitlines()[:120]
    said = [re.sub(r"(?<=.{40})\d+", other, each) if random.random() < share else each for each in lines]
    raws = [Raw(Origin("f", None, at), each.encode(), AT) for at, each in enumerate(said, 1)]
    for document in documents(raws, Envelope(), Bounds(), timedelta(minutes=5)):
        orjson.dumps(document.source)


def test_unread_tails_are_counted_by_wording_and_kept_in_the_record() -> None:
    text = (
        b"2026-11-22T10:15:01Z h kernel: Out of memory: Killed process 7 (x) total-vm:4kB, anon-rss:4kB, file-rss:0kB, "
        b"shmem-rss:0kB, gpu:9kB"
    )
    found = list(documents([Raw(Origin("f", None, 1), text, AT)], Envelope(), Bounds(), timedelta(minutes=5)))
    kill = next(d for d in found if "-kill-" in d.index)
    report = next(d for d in found if "-report-" in d.index)
    assert kill.source["process"] == {"pid": 7, "name": "x"}
    assert "gpu:9kB" in str(kill.source["event"])
    assert report.source["oom"]["report"]["unread_line_count"] == 1  # type: ignore[index]


def test_numbers_beyond_64_bits_are_left_out_not_cut() -> None:
    text = (
        b"2026-11-22T10:15:01Z h kernel: Out of memory: Killed process 7 (x) total-vm:18446744073709551615kB, "
        b"anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0"
    )
    found = list(documents([Raw(Origin("f", None, 1), text, AT)], Envelope(), Bounds(), timedelta(minutes=5)))
    kill = next(d for d in found if "-kill-" in d.index)
    memory = kill.source["oom"]["victim"]["memory"]  # type: ignore[index]
    assert "total_vm" not in memory
    assert memory["anon_rss"]["bytes"] == 4096


@pytest.mark.parametrize("limit", [9007199254740988, 9007199254740991, 18014398509481983])
def test_every_no_limit_sentinel_is_no_limit(limit: int) -> None:
    match = formats.read(line(f"memory: usage 1kB, limit {limit}kB, failcnt 0", "kernel"), {"linux"})
    assert match is not None
    assert match.part.counter.unlimited  # type: ignore[attr-defined]
    assert match.part.counter.limit is None  # type: ignore[attr-defined]
