"""Logs as searches answer and export them: the reports are those of the same entries one by one."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.adapters import file_text, files
from ingest.adapters.answers import order
from ingest.assemble import Bounds
from ingest.envelope import Envelope
from ingest.offline import documents

AT = datetime(2026, 11, 27, tzinfo=UTC)
LOG = Path(__file__).parent.parent / "corpus" / "linux" / "real_ubuntu_3_19_mysqld.log"
ENTRIES: list[dict[str, Any]] = [
    {
        "@timestamp": f"2026-05-06T13:18:{at // 60:02}.{at % 60:03}Z",
        "host": {"name": "www"},
        "process": {"name": "kernel"},
        "message": line.partition("kernel: ")[2].partition("] ")[2],
    }
    for at, line in enumerate(LOG.read_text().splitlines())
    if "kernel: " in line
]
FLAT = [
    {"@timestamp": each["@timestamp"], "host.name": "www", "process.name": "kernel", "message": each["message"]}
    for each in ENTRIES
]
HITS = [{"_index": "logs", "_id": str(at), "_score": None, "_source": each} for at, each in enumerate(ENTRIES)]
FIELDS = [{"_index": "logs", "fields": {name: [value] for name, value in each.items()}} for each in FLAT]
SEARCH = {"took": 3, "timed_out": False, "hits": {"total": {"value": len(HITS), "relation": "eq"}, "hits": HITS}}
SPLUNK = "_time,host,process.name,_raw"
TABLE = {
    "columns": [{"name": name, "type": "keyword"} for name in FLAT[0]],
    "values": [[*each.values()] for each in FLAT],
}


def loki(entries: list[dict[str, Any]]) -> dict[str, Any]:
    values = [
        [str(int(datetime.fromisoformat(each["@timestamp"]).timestamp() * 1e9)), f"kernel: {each['message']}"]
        for each in entries
    ]
    return {
        "status": "success",
        "data": {"resultType": "streams", "result": [{"stream": {"host": "www"}, "values": values}]},
    }


def table(entries: list[dict[str, str]], separator: str = ",", *, kibana: bool = False, names: str = "") -> str:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=separator)
    writer.writerow(names.split(",") if names else entries[0])
    for each in entries:
        at = datetime.fromisoformat(each["@timestamp"])
        told = f"{at:%b} {at.day}, {at:%Y @ %H:%M:%S}.{at.microsecond // 1000:03}" if kibana else each["@timestamp"]
        writer.writerow([told, *list(each.values())[1:]])
    return written.getvalue()


def at_epoch(entry: dict[str, Any]) -> dict[str, Any]:
    return entry | {"@timestamp": int(datetime.fromisoformat(entry["@timestamp"]).timestamp() * 1000)}


def in_second(entry: dict[str, Any]) -> dict[str, Any]:
    return entry | {"@timestamp": "2026-05-06T13:18:01.000+0000"}


def newest_second_first(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As Elasticsearch sorts by times of whole seconds: documents with the same one stand as they were stored."""
    told = [each | {"@timestamp": f"2026-05-06T13:18:0{2 * at // len(entries)}Z"} for at, each in enumerate(entries)]
    return sorted(told, key=lambda each: each["@timestamp"], reverse=True)


def hits(entries: list[dict[str, Any]]) -> dict[str, Any]:
    return SEARCH | {"hits": {"hits": [{"_index": "logs", "_source": each, "sort": [1]} for each in entries]}}


def lines(entries: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(each) + "\n" for each in entries)


FORMS: dict[str, Callable[[], str]] = {
    "_search": lambda: json.dumps(SEARCH),
    "_search, pretty": lambda: json.dumps(SEARCH, indent=2),
    "_search, newest first": lambda: json.dumps(SEARCH | {"hits": {"hits": HITS[::-1]}}),
    "_search for fields": lambda: json.dumps(SEARCH | {"hits": {"hits": FIELDS}}),
    "Kibana's inspector": lambda: json.dumps({"isPartial": False, "rawResponse": SEARCH}, indent=2),
    "ES|QL": lambda: json.dumps({"took": 2, "is_partial": False} | TABLE),
    "SQL": lambda: json.dumps({"columns": TABLE["columns"], "rows": TABLE["values"]}),
    "_search, newest first, with epochs": lambda: json.dumps(hits([at_epoch(each) for each in ENTRIES[::-1]])),
    "_search, newest first, seconds": lambda: json.dumps(hits(newest_second_first(ENTRIES))),
    "elasticdump": lambda: lines(HITS),
    "elasticdump, newest first": lambda: lines(HITS[::-1]),
    "a list": lambda: json.dumps(ENTRIES),
    "a list of hits": lambda: json.dumps(HITS),
    "query_range": lambda: json.dumps(loki(ENTRIES)),
    "query_range, newest first": lambda: json.dumps(loki(ENTRIES[::-1])),
    "Discover": lambda: table(FLAT, kibana=True),
    "Discover, newest first": lambda: table(FLAT[::-1], kibana=True),
    "Discover, with semicolons": lambda: "\ufeff" + table(FLAT, ";"),
    "Datadog": lambda: table(FLAT, names="Date,Host,process.name,Message"),
    "Splunk": lambda: table(FLAT, names=SPLUNK),
    "Splunk, newest first": lambda: table(FLAT[::-1], names=SPLUNK),
    "Splunk, newest first in a second": lambda: table([in_second(each) for each in FLAT[::-1]], names=SPLUNK),
}


def told(text: str | bytes, folder: Path) -> dict[str, Any]:
    """What the only report of a log says: victims, culprit, rows of its table, how many lines it has."""
    path = folder / "log"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    found: dict[str, list[Any]] = {}
    for each in documents(files.blocks(path, AT), Envelope(), Bounds(), timedelta(minutes=5)):
        found.setdefault(each.index.split("-")[1], []).append(each.source)
    (report,) = found["report"]
    return {
        "host": report["host"]["name"],
        "culprit": report["oom"]["culprit"],
        "lines": report["oom"]["report"]["line_count"],
        "killed": [each["process"] for each in found["kill"]],
        "rows": [each["process"] for each in found["task"]],
    }


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_an_answer_tells_what_its_entries_tell(tmp_path: Path, form: Callable[[], str]) -> None:
    assert told(form(), tmp_path) == told(lines(ENTRIES), tmp_path)


TAIL = LOG.with_name("real_php_fpm_table_tail.log")
TORN = LOG.with_name("real_centos6_mysqld_httpd.log")


@pytest.mark.parametrize(
    "log", [LOG, TAIL, TORN, LOG.with_name("real_el6_child_sacrificed.log")], ids=lambda log: log.stem
)
@pytest.mark.parametrize("newest_first", [False, True])
def test_entries_of_one_second_are_put_in_their_order(log: Path, newest_first: bool) -> None:
    entries = [
        json.dumps({"_time": "2026-05-06T13:18:01Z", "_raw": line}).encode() for line in log.read_text().splitlines()
    ]
    found = [*order.oldest_first(entries[::-1] if newest_first else entries)]
    assert found == (entries[::-1] if newest_first and log is TORN else entries)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("form", ["_search, pretty", "a list", "query_range", "Splunk"])
def test_an_answer_is_read_however_it_was_written(tmp_path: Path, form: str, encoding: str) -> None:
    """PowerShell's ``>`` writes UTF-16, and so does Grafana's inspector for Excel."""
    text = "\ufeff" * (encoding == "utf-16-be") + FORMS[form]()
    assert told(text.encode(encoding), tmp_path) == told(lines(ENTRIES), tmp_path)


@pytest.mark.parametrize("first", ['{"took":3,"hits":', "[{", '{"took": 3}', '{"_index": 3}', '{"_index":'])
def test_what_only_begins_as_an_answer_is_read_line_by_line(tmp_path: Path, first: str) -> None:
    assert told(f"{first}\n{LOG.read_text()}", tmp_path)["host"] == "www"


def test_an_answer_that_is_too_long_to_be_held_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order, "MOST", 1_000)
    path = tmp_path / "log"
    path.write_text(json.dumps(SEARCH))
    assert b"".join(block.data for block in files.blocks(path, AT)) == path.read_bytes()


def test_rows_behind_a_lost_quote_are_read(tmp_path: Path) -> None:
    text = table(FLAT)
    heading, _, rest = text.partition("\n")
    lost = f'{heading}\n2026-05-06T13:00:00.000Z,www,kernel,"{"x" * 200_000}\n'
    assert told(lost + rest, tmp_path)["killed"] == told(lines(ENTRIES), tmp_path)["killed"]


@given(
    st.sampled_from([form()[:at] for form in FORMS.values() for at in (12, 400, 3_000)]),
    st.one_of(st.binary(), st.text(st.sampled_from('[]{}",:;\\\n 0129eT@tak')).map(str.encode)),
)
def test_no_bytes_raise(begin: str, rest: bytes) -> None:
    data = io.BytesIO(begin.encode() + rest)
    assert all(isinstance(piece, bytes) for piece in file_text.pieces(data, "log"))


@pytest.mark.parametrize(
    "text",
    [
        '{"took":' + "[" * 100_000,
        '{"columns": [{"name": "message"}], "values": [[' + "[" * 100_000,
        '{"status":"success","data":{"result":[{"stream":{},"values":[["1' + "0" * 30 + '","x"]]}]}}',
        "@timestamp,message\nXyz 99, 2026 @ 99:99:99.000,x\n",
        '"@timestamp",message\n"Xyz 99, 2026 @ 99:99:99.000",x\n',
        "message," + "a" * 500,
    ],
    ids=["lists", "lists of a row", "far future", "no quotes", "no month", "no end"],
)
def test_what_a_stranger_writes_is_read_or_left(text: str) -> None:
    assert b"".join(file_text.pieces(io.BytesIO(text.encode()), "log"))
