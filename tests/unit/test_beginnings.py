"""Logs that begin in the middle of a report: rows of the process table, and no heading that says what they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import ingest
from ingest.adapters import files
from ingest.assemble import Bounds
from ingest.envelope import Envelope
from ingest.formats.linux.table import columns_of
from ingest.model import Document
from ingest.offline import documents
from tests.sources import one_by_one

AT = datetime(2026, 11, 27, tzinfo=UTC)
WHOLE = (Path(__file__).parent.parent / "corpus" / "linux" / "real_ubuntu_3_19_mysqld.log").read_text().splitlines()
HEADING = next(at for at, line in enumerate(WHOLE) if "total_vm " in line)
END = WHOLE[HEADING + 1 :]
OTHERS = [f"Nov 27 10:00:01 web-1 sshd[7]: session {number} opened" for number in range(2_000)]


def read(lines: Sequence[str], folder: Path, *, packed: bool = True) -> list[Document]:
    path = folder / "log"
    path.write_text("\n".join(lines) + "\n")
    blocks = files.blocks(path, AT)
    records = blocks if packed else one_by_one(blocks)
    return list(documents(records, Envelope(), Bounds(), timedelta(minutes=5)))


def tasks(found: Sequence[Document]) -> list[tuple[str, Any]]:
    """Names and resident memory of the rows."""
    sources: list[Any] = [each.source for each in found if each.index.startswith("oom-task")]
    return [(each["process"]["name"], each["oom"]["task"]["rss"]["bytes"]) for each in sources]


@pytest.mark.parametrize("packed", [True, False], ids=["blocks", "records"])
@pytest.mark.parametrize(
    "before", [[], ["root@web-1:~# dmesg | tail -n 200"], OTHERS[:900]], ids=["nothing", "a prompt", "other lines"]
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
    columns = columns_of([*rows, *strange])
    assert columns is not None
    assert len(columns) == 8
    assert columns == columns_of(rows)
    assert columns_of(["[   32]     0  32"]) is None
    assert columns_of([]) is None


def test_each_number_of_a_row_without_heading_is_explained() -> None:
    (view,) = ingest.explain(END, recorded_at=AT)
    row = view.reports[0].lines[0]
    assert [value.label for value in row.values] == [
        "process id", "user id", "process id", "virtual size (pages)", "resident memory (pages)",
        "not told", "not told", "oom_score_adj", "process name",
    ]  # fmt: skip
