"""Every line and every value has a meaning, and no meaning is without a line."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import formats, meanings
from ingest.envelope import Envelope, Unreadable
from ingest.fields import FIELDS, MEMORY_STAT
from ingest.formats import Wording
from ingest.meanings import EVERYWHERE, LONGEST, UNKNOWN, About, Explained, Meaning
from ingest.meanings.linux.memcg import STAT
from ingest.meanings.linux.tasks import COLUMNS
from ingest.model import Host, Line, Origin, Raw, TimeSource, When
from ingest.reference import glossary
from tests.generator.wordings import draw, printed

CORPUS = Path(__file__).parent.parent / "corpus"
AT = datetime(2026, 11, 22, tzinfo=UTC)
WORDINGS = [wording for family in formats.formats().values() for wording in family.wordings]
FAMILIES = set(formats.formats())
HEADING = tuple(COLUMNS)
STAT_OF_KERNELS = {
    "anon", "file", "kernel", "kernel_stack", "pagetables", "sec_pagetables", "percpu", "sock", "vmalloc", "shmem",
    "zswap", "zswapped", "file_mapped", "file_dirty", "file_writeback", "swapcached", "anon_thp", "file_thp",
    "shmem_thp", "inactive_anon", "active_anon", "inactive_file", "active_file", "unevictable", "slab_reclaimable",
    "slab_unreclaimable", "slab", "hugetlb", "workingset_refault_anon", "workingset_nodereclaim", "pgdemote_kswapd",
    "pgpromote_success", "pgscan", "pgsteal_direct", "pswpin", "pswpout", "pgfault", "pgmajfault", "swpin_zero",
    "swpout_zero", "zswpin", "zswpout", "zswpwb", "thp_fault_alloc", "numa_pages_migrated", "cache", "rss", "rss_huge",
    "mapped_file", "dirty", "writeback", "swap", "pgpgin", "hierarchical_memory_limit", "hierarchical_memsw_limit",
    "total_cache", "total_inactive_anon", "total_pgfault",
}  # fmt: skip
"""Keys of memory.stat that kernels from 3.9 to 7.1 print (memcg_stat_format, memcg1_stat_format)."""


def line(text: str, tag: str | None = "kernel") -> Line:
    when = When(AT, TimeSource.SYSLOG, year_inferred=True, zone_inferred=True)
    return Line(("t", 0), 0, Host("h", "h"), when, None, tag, text, text)


def drawn() -> Iterator[tuple[str, str, str]]:
    """Text, tag and reader of the examples and of lines of every format string."""
    for family in formats.formats().values():
        for wording in family.wordings:
            yield wording.example, min(family.tags), wording.id
    for identity, known in printed().items():
        for seed in range(8):
            text = draw(Random(f"meanings {identity} {seed}"), identity)[0]
            yield text, min(formats.formats()[known.family].tags), known.reader


@cache
def explained() -> tuple[tuple[str, Explained], ...]:
    """Examples, drawn lines and the corpus, each with what is said of it."""
    found = []
    for text, tag, reader in drawn():
        told = meanings.of_line(line(text, tag), {reader.split(".")[0]})
        assert told is not None, text
        assert told.wording == reader, text
        found.append((text, told))
    columns: tuple[str, ...] = ()
    for case in sorted(CORPUS.rglob("*.log")):
        for value in case.read_bytes().split(b"\n"):
            record = Envelope().read(Raw(Origin("f", None, 1), value, AT))
            for each in () if isinstance(record, Unreadable) else record.parts or (record.whole,):
                told = meanings.of_line(each, FAMILIES, columns)
                columns = told.columns or columns if told else columns
                found += [(each.text, told)] if told else []
    return tuple(found)


def everything() -> Iterator[tuple[str, Meaning]]:
    yield from EVERYWHERE.items()
    yield from COLUMNS.items()
    for wording, about in meanings.wordings().items():
        for name, meaning in (*about.names.items(), *about.keys.items()):
            yield f"{wording} {name}", meaning


@pytest.mark.parametrize("wording", WORDINGS, ids=lambda wording: wording.id)
def test_every_wording_says_what_its_line_is(wording: Wording) -> None:
    about = meanings.wordings()[wording.id]
    texts = [about.text, *(shape.text for shape in about.shapes if shape.text)]
    assert all(text.endswith((".", ":")) and len(text) <= LONGEST for text in texts)


def test_nothing_is_said_of_a_wording_that_is_not_there() -> None:
    assert set(meanings.wordings()) == {wording.id for wording in WORDINGS}


@pytest.mark.parametrize(
    ("name", "meaning"), list(everything()), ids=lambda each: each if isinstance(each, str) else ""
)
def test_a_meaning_is_short_and_whole(name: str, meaning: Meaning) -> None:
    assert name
    assert 0 < len(meaning.label) <= 40
    assert len(meaning.text) <= LONGEST
    assert meaning.text.endswith(".")
    assert meaning.unit in {"", "bytes", "pages", "kB", "MiB", "percent", "seconds", "milliseconds"}


def test_every_value_of_every_line_has_a_meaning() -> None:
    unknown = {
        (told.wording, value.name) for _, told in explained() for value in told.values if value.meaning is UNKNOWN
    }
    assert unknown == set()


def test_every_line_is_said_to_be_something() -> None:
    assert {told.wording for _, told in explained() if not told.sentence} == set()


def test_every_key_of_memory_stat_has_a_meaning() -> None:
    told = {key: meanings.of_line(line(f"{key} 4096"), {"linux"}) for key in STAT_OF_KERNELS | set(MEMORY_STAT)}
    assert [key for key, each in told.items() if each is None or each.values[0].meaning not in STAT.values()] == []


def test_every_heading_of_a_process_table_is_known() -> None:
    headings = [text for text, told in explained() if told.wording == "linux.tasks_heading"]
    assert {column for text in headings for column in text.split("]")[-1].split()} | {"nr_puds"} >= set(COLUMNS)


def test_no_meaning_is_without_a_use() -> None:
    used: dict[str, set[int]] = defaultdict(set)
    names: set[str] = set()
    for _, told in explained():
        used[told.wording] |= {id(value.meaning) for value in told.values}
        names |= {value.name for value in told.values if value.meaning is EVERYWHERE.get(value.name)}
    for key in STAT_OF_KERNELS:
        stat = meanings.of_line(line(f"{key} 1"), {"linux"})
        used["linux.memcg_stat"] |= {id(value.meaning) for value in stat.values} if stat else set()
    idle = {
        (wording, name)
        for wording, about in meanings.wordings().items()
        for name, meaning in (*about.names.items(), *(() if wording == "linux.memcg_stats" else about.keys.items()))
        if id(meaning) not in used[wording] and name not in _behind_a_key(about)
    }
    assert idle == set()
    assert set(EVERYWHERE) - names - _behind_keys() == set()


def _behind_a_key(about: About) -> set[str]:
    """Names whose meaning is the key's wherever the key is known."""
    return {about.keyed, about.counted, "rest"}


def _behind_keys() -> set[str]:
    return {name for about in meanings.wordings().values() for name in _behind_a_key(about)}


def test_every_shape_is_the_shape_of_a_line() -> None:
    texts = defaultdict(list)
    for text, told in explained():
        texts[told.wording].append(text)
    idle = [
        (wording, shape.pattern.pattern)
        for wording, about in meanings.wordings().items()
        for shape in about.shapes
        if not any(shape.pattern.search(text) for text in texts[wording])
    ]
    assert idle == []


def test_openvz_says_what_is_proven_and_what_is_inferred() -> None:
    exited = meanings.wordings()["openvz.exited"]
    assert all(meaning.proven for meaning in exited.names.values())
    assert {"ve", "pid", "free", "generation"} <= set(exited.names)
    rounds = {
        name: meaning.proven
        for wording in ("openvz.selecting", "openvz.task", "openvz.selected")
        for name, meaning in meanings.wordings()[wording].names.items()
    }
    assert {name for name, proven in rounds.items() if proven} == {"ve"}
    assert {"excess", "goal", "reduction", "seq", "step", "queued", "thg", "task", "group"} <= set(rounds)


def test_the_glossary_has_every_word_field_and_line_once() -> None:
    page = glossary.text()
    assert {"line", "report", "kill", "episode", "signature", "trigger", "victim", "culprit"} <= set(glossary.WORDS)
    assert all(text.endswith(".") and len(text) <= LONGEST for text in glossary.WORDS.values())
    assert [field.name for field in FIELDS if page.count(f"\n| `{field.name}` | {field.text} |") != 1] == []
    assert [wording.id for wording in WORDINGS if page.count(f"\n#### `{wording.id}`\n") != 1] == []


def test_how_to_read_a_log_has_the_numbers_of_the_first_log() -> None:
    page = (CORPUS.parent.parent / "docs" / "how-to-read-an-oom-killer-log.md").read_text()
    log = (CORPUS / "openvz" / "el135.log").read_text().splitlines()
    told = [meanings.of_line(line(text.partition("kernel: ")[2]), {"openvz"}) for text in log]
    exits = [each.values for each in told if each and each.wording == "openvz.exited"]
    free = [{value.name: value.value for value in values} for values in exits]
    back = [
        (now["name"], now["pid"], int(str(now["free"])) - int(str(before["free"]))) for before, now in pairwise(free)
    ]
    assert len(back) == 19
    assert max(back, key=lambda each: each[2]) == ("grep", 21375, 29419)
    assert sum(pages for name, _, pages in back if name == "apache2") == 36704
    assert sum(pages for _, _, pages in back) == 89063
    rows = [row for row in page.splitlines() if row.startswith("| ")]
    for name, pid, pages in back:
        (row,) = [row for row in rows if f"{name} {pid}" in row]
        assert f"| {pages} |" in row or (pages == 0 and "| 0 each |" in row)
    assert all(each in page for each in ("43,104 pages = 168 MiB", "36,704 pages", "29,419", "89,063 pages"))


def test_a_value_stands_at_its_place() -> None:
    for text, told in explained():
        for value in told.values:
            if value.place is None:
                assert (told.wording, value.name) == ("linux.free_pages", "what")
                continue
            there = text[slice(*value.place)]
            if isinstance(value.value, str):
                assert there == value.value
            else:
                assert there.lstrip("-")[:1].isdigit()


def test_a_size_with_its_unit_is_told_in_bytes_and_one_without_in_pages() -> None:
    for text, size in (
        ("Node 0 active_anon:3072kB inactive_anon:0kB", 3 << 20),
        ("active_anon:3072 inactive_anon:0", 3072),
    ):
        told = meanings.of_line(line(text), {"linux"})
        assert told is not None
        assert [(value.name, value.value) for value in told.values][-2:] == [
            ("active_anon", size),
            ("inactive_anon", 0),
        ]


def test_equal_values_are_told_apart_by_their_places() -> None:
    text = "oom_reaper: reaped process 0 (0), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB"
    told = meanings.of_line(line(text), {"linux"})
    assert told is not None
    assert [(value.name, value.place) for value in told.values] == [
        ("pid", (27, 28)),
        ("name", (30, 31)),
        ("anon_rss", (47, 50)),
        ("file_rss", (61, 64)),
        ("shmem_rss", (76, 79)),
    ]


def test_a_row_is_read_by_the_heading_of_its_report() -> None:
    heading = meanings.of_line(line("[  pid  ]   uid  tgid total_vm      rss novel_column name"), {"linux"})
    assert heading is not None
    assert heading.columns == ("uid", "tgid", "total_vm", "rss", "novel_column", "name")
    text = "[   9120]  1000  9120   226026    29603    7  7 days"
    row = meanings.of_line(line(text), {"linux"}, heading.columns)
    assert row is not None
    assert [(value.name, value.value) for value in row.values] == [
        ("task", 9120), ("uid", 1000), ("tgid", 9120), ("total_vm", 226026), ("rss", 29603), ("novel_column", 7),
        ("name", " 7 days"),
    ]  # fmt: skip
    assert row.values[5].meaning is UNKNOWN
    assert row.values[3].meaning.unit == "pages"
    other = meanings.of_line(line(text), {"linux"}, HEADING)
    assert other is not None
    assert [value.name for value in other.values] == ["task", "rest"]


def test_a_name_that_looks_like_a_value_is_not_taken_for_one() -> None:
    path = "/a ruleset:[x] detectorgroup:[y] killer:z"
    text = f"oomd kill: 1.00 2.00 3.00 {path} 7 ruleset:[r] detectorgroup:[d] killer:k v2"
    told = meanings.of_line(line(text), {"oomd"})
    assert told is not None
    assert {value.name: value.value for value in told.values}["ruleset"] == "r"


def test_a_tag_before_a_line_moves_its_places() -> None:
    text = "kernel: Killed process 7 (x)"
    told = meanings.of_line(line(text, None), {"linux"})
    assert told is not None
    assert [text[slice(*value.place)] for value in told.values if value.place] == ["7", "x"]


@given(st.data())
def test_any_text_is_explained_without_an_error_and_no_place_overlaps(data: st.DataObject) -> None:
    wording = data.draw(st.sampled_from(WORDINGS))
    cut = data.draw(st.integers(0, len(wording.example)))
    text = (
        wording.example[:cut]
        + data.draw(st.text(max_size=40))
        + data.draw(st.sampled_from(["", wording.example[cut:]]))
    )
    columns = data.draw(st.sampled_from([(), ("name",), HEADING, ("uid", "tgid", "total_vm", "rss", "name")]))
    for tag in (min(formats.formats()[wording.id.split(".")[0]].tags), None):
        told = meanings.of_line(line(text, tag), FAMILIES, columns)
        places = [value.place for value in told.values if value.place] if told else []
        assert all(0 <= start <= end <= len(text) for start, end in places)
        assert all(one[1] <= other[0] for one, other in pairwise(places))


@pytest.mark.parametrize("wording", WORDINGS, ids=lambda wording: wording.id)
def test_a_line_of_any_length_is_explained_in_no_time(wording: Wording) -> None:
    tag = min(formats.formats()[wording.id.split(".")[0]].tags)
    for text in (
        wording.example + " " + wording.example * (65_000 // len(wording.example)),
        wording.example + "9" * 65_000,
    ):
        began = time.perf_counter()
        meanings.of_line(line(text, tag), {wording.id.split(".")[0]})
        assert time.perf_counter() - began < 5
