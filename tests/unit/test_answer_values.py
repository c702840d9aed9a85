"""What searches answer as one JSON value: in each form that the products' own sources or pages show."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.adapters import answers, file_text
from ingest.adapters.answers import order, values
from ingest.adapters.answers.values import entries
from tests.unit.test_answer_tables import FORMS as TABLES
from tests.unit.test_answers import ENTRIES, FLAT, HITS, SEARCH, TABLE, lines, loki, told

NEWEST = FLAT[::-1]
ASYNC = {"id": "Fk", "is_partial": False, "is_running": False, "start_time_in_millis": 1}
STREAMS = loki(ENTRIES[::-1])["data"]
RESULTS = {"preview": False, "init_offset": 0, "messages": []}
COLUMNS = ["TimeGenerated", "Computer", "ProcessName", "SyslogMessage"]


def nanoseconds(entry: dict[str, str]) -> str:
    return f"{int(datetime.fromisoformat(entry['@timestamp']).timestamp() * 1000)}000000"


def framed() -> dict[str, Any]:
    rows = [[{"host": "www"}, 1, f"kernel: {each['message']}", nanoseconds(each)] for each in NEWEST]
    fields = [{"name": name} for name in ("labels", "Time", "Line", "tsNs")]
    return {
        "schema": {"refId": "A", "fields": fields},
        "data": {"values": [list(column) for column in zip(*rows, strict=True)]},
    }


def splunk(entry: dict[str, str]) -> dict[str, str]:
    return {"_raw": f"kernel: {entry['message']}", "_time": entry["@timestamp"], "host": "www"}


def fields(entry: dict[str, str]) -> list[dict[str, str]]:
    """A result of CloudWatch: a list of fields, with its pointer."""
    told = {"@timestamp": entry["@timestamp"], "@message": f"{entry['message']}", "host": "www", "ident": "kernel"}
    return [{"field": name, "value": value} for name, value in [*told.items(), ("@ptr", "Cm")]]


def cloudwatch(entry: dict[str, str]) -> dict[str, str]:
    return {each["field"]: each["value"] for each in fields(entry)}


def victoria(entry: dict[str, Any]) -> dict[str, str]:
    at = entry["@timestamp"]
    return {"_msg": entry["message"], "_stream": "{}", "_time": at, "hostname": "www", "app_name": "kernel"}


def explored(entry: dict[str, str]) -> dict[str, Any]:
    line = f"kernel: {entry['message']}"
    return {"line": line, "timestamp": nanoseconds(entry), "date": entry["@timestamp"], "fields": {"host": "www"}}


def objects(values: Sequence[Any]) -> str:
    return "".join(json.dumps(each, indent=2) + "\n" for each in values)


FORMS: dict[str, Callable[[], str]] = {
    "_msearch": lambda: json.dumps({"took": 3, "responses": [SEARCH]}),
    "_msearch, filtered": lambda: json.dumps({"responses": [{"hits": {"hits": HITS}}]}),
    "_async_search": lambda: json.dumps(ASYNC | {"response": SEARCH}, indent=2),
    "Kibana's inspector, with its id": lambda: json.dumps({"id": "Fk", "rawResponse": SEARCH}, indent=2),
    "a search in phases": lambda: json.dumps({"num_reduce_phases": 2} | SEARCH),
    "Kibana's Console, several requests": lambda: (
        "# GET _cat/health 200 OK\n1 green\n# GET logs/_search 200 OK\n" + json.dumps(SEARCH, indent=2) + "\n"
    ),
    "Kibana's Console, literal texts": lambda: (
        json.dumps(SEARCH | {"hits": {"hits": [one_document() | {"sort": [1]}]}}, indent=2)
        .replace('"message": "', '"original": """a "quoted" \\d""",\n"message": """')
        .replace('kB"', 'kB"""')
        .replace("\\n", "\n")
    ),
    "Kibana's Console, with a warning": lambda: "#! This is deprecated\n" + json.dumps(SEARCH, indent=2),
    "a document": lambda: json.dumps(one_document(), indent=2),
    "ES|QL, by column": lambda: json.dumps({"took": 2} | TABLE | {"values": by_column()}),
    "ES|QL, later": lambda: json.dumps({"id": "Fk", "is_running": False, "took": 2} | TABLE),
    "OpenSearch's PPL": lambda: json.dumps({"schema": TABLE["columns"], "datarows": TABLE["values"]}, indent=2),
    "hits, one by one": lambda: objects(HITS[::-1]),
    "hits, by their id": lambda: lines([{"_id": "1"} | each for each in HITS]),
    "a list of hits, pretty": lambda: json.dumps(HITS[::-1], indent=2),
    "a list, newest first, pretty": lambda: json.dumps(ENTRIES[::-1], indent=2),
    "a list, a line each": lambda: "[\n" + ",\n".join(map(json.dumps, ENTRIES[::-1])) + "\n]\n",
    "query_range, sorted keys": lambda: json.dumps({"data": STREAMS, "status": "success"}),
    "query_range, its data": lambda: json.dumps(STREAMS),
    "query_range, its streams": lambda: json.dumps(STREAMS["result"], indent=2),
    "tail": lambda: lines([{"streams": loki([each])["data"]["result"]} for each in ENTRIES]),
    "Explore": lambda: json.dumps([explored(each) for each in NEWEST]),
    "Grafana's inspector": lambda: json.dumps([framed()], indent=2),
    "Grafana's queries": lambda: json.dumps({"results": {"A": {"status": 200, "frames": [framed()]}}}),
    "Splunk's export": lambda: lines([{"preview": False, "offset": 1, "result": splunk(each)} for each in NEWEST]),
    "Splunk's results": lambda: json.dumps(RESULTS | {"results": [splunk(each) for each in NEWEST]}),
    "Splunk's rows": lambda: json.dumps(
        RESULTS | {"fields": ["_raw", "_time", "host"], "rows": [[*splunk(each).values()] for each in NEWEST]}
    ),
    "CloudWatch's results": lambda: json.dumps({"results": [*map(fields, NEWEST)], "status": "Complete"}, indent=4),
    "CloudWatch's results, as a list": lambda: json.dumps([cloudwatch(each) for each in NEWEST], indent=2),
    "VictoriaLogs": lambda: lines([victoria(each) for each in ENTRIES]),
    "CloudWatch's events": lambda: json.dumps({"events": ENTRIES, "nextForwardToken": "f/1"}),
    "Google's entries": lambda: json.dumps({"entries": ENTRIES[::-1], "nextPageToken": "a"}, indent=2),
    "Log Analytics": lambda: json.dumps(
        {"tables": [{"name": "PrimaryResult", "columns": [{"name": name} for name in COLUMNS], "rows": rows()}]}
    ),
    "Datadog's events": lambda: json.dumps(
        {"data": [{"id": "A", "attributes": {"timestamp": each["@timestamp"], **each}} for each in ENTRIES[::-1]]}
    ),
}


def one_document() -> dict[str, Any]:
    whole = ENTRIES[0] | {"message": "\n".join(each["message"] for each in ENTRIES)}
    return {"_index": "logs", "_id": "1", "_version": 1, "_source": whole, "fields": {}}


def by_column() -> list[list[str]]:
    return [[each[name] for each in FLAT] for name in FLAT[0]]


def rows() -> list[list[str]]:
    return [[*each.values()] for each in NEWEST]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_an_answer_tells_what_its_entries_tell(tmp_path: Path, form: Callable[[], str]) -> None:
    assert told(form(), tmp_path) == told(lines(ENTRIES), tmp_path)


@given(
    st.sampled_from([form()[:at] for form in (*FORMS.values(), *TABLES.values()) for at in (12, 400, 3_000)]),
    st.one_of(st.binary(), st.text(st.sampled_from('[]{}",:;|#\\\n 0129eT@tak')).map(str.encode)),
)
def test_no_bytes_raise(begin: str, rest: bytes) -> None:
    data = io.BytesIO(begin.encode() + rest)
    assert all(isinstance(piece, bytes) for piece in file_text.pieces(data, "log"))


@pytest.mark.parametrize("indent", [None, 2], ids=["on one line", "pretty"])
@pytest.mark.parametrize("key", ["id", "data", "events", "results", "status", "preview", "streams"])
def test_a_log_whose_objects_begin_as_an_answer_is_left_as_it_is(tmp_path: Path, key: str, indent: int | None) -> None:
    wrapped = [{key: {"data": [{"message": "x"}]}} | each for each in ENTRIES]
    text = objects(wrapped) if indent else lines(wrapped)
    assert told(text, tmp_path) == told(lines(ENTRIES), tmp_path)


@pytest.mark.parametrize(
    "more",
    [{"line": 3, "fields": {}}, {"fields": ["_index"], "line": "x"}, {"sort": "x"}, {"tags": ["_source", "_index"]}],
)
def test_entries_that_look_like_a_products_are_left_as_they_are(tmp_path: Path, more: dict[str, Any]) -> None:
    assert told(json.dumps([each | more for each in ENTRIES]), tmp_path) == told(lines(ENTRIES), tmp_path)


def test_a_log_with_comments_is_left_as_it_is(tmp_path: Path) -> None:
    assert told("# GET this log\n" + lines(ENTRIES), tmp_path) == told(lines(ENTRIES), tmp_path)


def test_a_live_log_of_objects_is_not_waited_for() -> None:
    assert answers.reader(b'{"id": 1, "message": "a"}\n') is None


def test_an_answer_too_long_to_be_held_does_not_hide_a_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "MOST", 60_000)
    assert told(json.dumps(ENTRIES, indent=2), tmp_path) == told(lines(ENTRIES), tmp_path)


@pytest.mark.parametrize(
    "text", ['{"data": ' * 100_000, '{"data":' * 9 + "[]" + "}" * 9, '{"results": {"A": 3}}', "[[]]"]
)
def test_what_a_stranger_writes_is_no_answer(text: str) -> None:
    assert entries(text.encode()) == []


@pytest.mark.parametrize(
    ("begin", "each", "end"),
    [("[", "{},", "{}]"), ('{"columns": ["a"], "rows": [[', "1,", "1]]}")],
    ids=["objects", "numbers"],
)
def test_what_would_take_many_times_its_size_is_left_as_it_is(begin: str, each: str, end: str) -> None:
    assert values.entries(f"{begin}{each * 2_000_001}{end}".encode()) == []
