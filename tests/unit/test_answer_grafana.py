"""Logs that Grafana's Explore wrote as text (``downloadLogsModelAsTxt``)."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from ingest.adapters import answers, file_text
from tests.unit.test_answers import ENTRIES, lines, told

COMMON = 'Common labels: {"host":"www","job":"syslog"}\nLine limit: "1000 (94 returned)"\n'
Entry = dict[str, str]


def line(entry: Entry) -> str:
    at = entry["@timestamp"]
    return f"{int(datetime.fromisoformat(at).timestamp() * 1000)}\t{at}\tkernel: {entry['message']}\n"


def whole(entries: list[Entry]) -> str:
    """One entry that holds a whole report, as a shipper of several lines sends it."""
    return line(entries[0] | {"message": "\n".join(each["message"] for each in entries)})


FORMS: dict[str, Callable[[], str]] = {
    "newest first": lambda: COMMON + "\n\n" + "".join(map(line, ENTRIES[::-1])),
    "oldest first": lambda: COMMON + "\n\n" + "".join(map(line, ENTRIES)),
    "many lines": lambda: COMMON + "\n\n" + whole(ENTRIES),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_text_tells_what_its_entries_tell(tmp_path: Path, form: Callable[[], str]) -> None:
    assert told(form(), tmp_path) == told(lines(ENTRIES), tmp_path)


def test_labels_that_are_none_are_left_out(tmp_path: Path) -> None:
    text = "Common labels: {\n\n\n" + "".join(map(line, ENTRIES))
    assert told(text, tmp_path) == told(lines(ENTRIES), tmp_path) | {"host": "unknown"}


def test_an_entry_without_an_end_is_bounded() -> None:
    text = line(ENTRIES[0]).encode() + b"x" * 1_000 * 1_000 + b"\n" + (b"y" * 1_000 + b"\n") * 3_000
    assert len(b"".join(file_text.pieces(io.BytesIO(text), "log"))) < 3 << 20


@pytest.mark.parametrize(
    "text", ["Total: 3\n\n", "1787755857348\tx\n", "Note: a\n1787755857\t2026-08-26T14:50:57.348Z\tb"]
)
def test_what_has_no_entries_is_no_such_text(text: str) -> None:
    assert answers.reader(text.encode()) is None
