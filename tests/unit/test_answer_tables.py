"""Tables that searches export as text: in each form that the products' own sources or pages show."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ingest.adapters import file_text
from ingest.adapters.answers import tables
from ingest.envelope.json_record import told_at
from tests.unit.test_answers import AT, ENTRIES, FLAT, lines, told

NEWEST = FLAT[::-1]
MANY = [f"field{number}.keyword" for number in range(60)]
NAMES = ["@timestamp", "host.name", "process.name", "message"]


def written(columns: Sequence[str], rows: Sequence[Sequence[str]], separator: str = ",", *, quoted: bool = True) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\n")
    if quoted:
        writer = csv.writer(text, delimiter=separator, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([columns, *rows])
    return text.getvalue()


def kibana(entry: dict[str, str]) -> str:
    at = datetime.fromisoformat(entry["@timestamp"])
    return f"{at:%b} {at.day}, {at:%Y @ %H:%M:%S}.{at.microsecond // 1000:03}"


def cells(entry: dict[str, str]) -> list[str]:
    return [kibana(entry), "www", "kernel", entry["message"]]


def grafana(entry: dict[str, str]) -> list[str]:
    """A row of Loki's frame. Its time is that of the browser, here two hours ahead."""
    at = datetime.fromisoformat(entry["@timestamp"])
    time = f"{at + timedelta(hours=2):%Y-%m-%d %H:%M:%S}"
    return ['{"host":"www"}', time, f"kernel: {entry['message']}", f"{int(at.timestamp() * 1000)}000000", "17_a"]


def azure(entry: dict[str, str]) -> str:
    at = datetime.fromisoformat(entry["@timestamp"])
    return f"{at.month}/{at.day}/{at.year}, {at.hour % 12}:{at:%M:%S}.{at.microsecond // 1000:03} PM"


def ruled(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """As ES|QL and SQL print a table: every column as wide as what is widest in it."""
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    heading = "|".join(name.center(width) for name, width in zip(columns, widths, strict=True))
    text = [heading.rstrip(), "+".join("-" * width for width in widths)]
    text += ["|".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(text) + "\n"


FORMS: dict[str, Callable[[], str]] = {
    "Discover, all fields": lambda: written(
        ["@timestamp", "_id", *MANY, *NAMES[1:]], [[kibana(each), "a", *"-" * 60, *cells(each)[1:]] for each in NEWEST]
    ),
    "Discover, no formulas": lambda: written(
        ["'@timestamp", *NAMES[1:], "user"], [[*cells(each), "'-"] for each in NEWEST]
    ),
    "Discover, own labels": lambda: written(
        ["@timestamp", "Host (host.name)", "process.name", "Text (message)"], [cells(each) for each in NEWEST]
    ),
    "Discover, another body": lambda: written(
        [*NAMES, "body", "time"], [[*cells(each), "GET /", "1 ms"] for each in NEWEST]
    ),
    "Discover, objects": lambda: written(
        ["@timestamp", "host", "message", "process.name"],
        [[kibana(each), json.dumps({"name": "www"}), each["message"], "kernel"] for each in NEWEST],
    ),
    "Discover, bars": lambda: written(NAMES, [cells(each) for each in NEWEST], "|", quoted=False),
    "Discover, nothing in quotes": lambda: "".join(
        ",".join(row) + "\n" for row in [NAMES, *[cells(each) for each in NEWEST]]
    ),
    "Discover, nothing in quotes, message between": lambda: "".join(
        ",".join([row[0], row[3], *row[1:3]]) + "\n" for row in [NAMES, *[cells(each) for each in NEWEST]]
    ),
    "ES|QL, for people": lambda: ruled([*FLAT[0]], [[*each.values()] for each in NEWEST]),
    "ES|QL, for people, message between": lambda: ruled(
        ["process.name", "message", "a | b", "host.name", "@timestamp"],
        [["kernel", each["message"], "a|b", "www", each["@timestamp"]] for each in NEWEST],
    ),
    "Grafana's inspector": lambda: written(
        ["labels", "Time", "Line", "tsNs", "id"], [grafana(each) for each in NEWEST]
    ),
    "Grafana's inspector, for Excel": lambda: (
        "sep=,\r\n" + written(["labels", "Time", "Line", "tsNs", "id"], [grafana(each) for each in NEWEST])
    ),
    "Grafana's Explore": lambda: written(
        ["Date", "host", "Time", "Line", "tsNs"],
        [[each["@timestamp"], "www", *grafana(each)[1:4]] for each in NEWEST],
    ),
    "Log Analytics": lambda: (
        "\ufeff"
        + written(
            ["TimeGenerated [UTC]", "Computer", "ProcessName", "SyslogMessage"],
            [[azure(each), *cells(each)[1:]] for each in NEWEST],
        )
    ),
    "Graylog": lambda: written(
        ["timestamp", "source", "message"],
        [[each["@timestamp"], "www", f"kernel: {each['message']}"] for each in NEWEST],
    ),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_table_tells_what_its_rows_tell(tmp_path: Path, form: Callable[[], str]) -> None:
    assert told(form(), tmp_path) == told(lines(ENTRIES), tmp_path)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_time_of_a_row_is_read(form: Callable[[], str]) -> None:
    first = b"".join(file_text.pieces(io.BytesIO(form().encode()), "log")).splitlines()[0]
    assert told_at(first, AT) == datetime.fromisoformat(ENTRIES[0]["@timestamp"])


def test_a_time_in_utc_is_not_read_in_the_zone_of_the_reader() -> None:
    first = b"".join(file_text.pieces(io.BytesIO(FORMS["Log Analytics"]().encode()), "log")).splitlines()[0]
    assert json.loads(first)["@timestamp"].endswith("Z")


@pytest.mark.parametrize(
    "text",
    ["a,b\n", "message of the day,\nx", "the log, line by line\n", "'message'\n", "message\n---\n"],
)
def test_what_is_no_heading_is_no_table(text: str) -> None:
    assert tables.reader(text.encode()) is None
