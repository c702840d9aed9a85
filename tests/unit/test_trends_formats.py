"""The report in every format: numbers that agree, and text of strangers that does nothing."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ingest.trends.compute import report as computed
from ingest.trends.documents import Documents
from ingest.trends.formats import markdown, numbers, page, plots
from ingest.trends.formats.links import kql, links
from ingest.trends.gather import gather
from ingest.trends.period import between
from ingest.trends.report import Report
from ingest.trends.selection import Selection, pair, selection
from tests.trends.fleets import Document, example

PATH = "/kubepods/" + "p" * 3_990
EVIL = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "=HYPERLINK(1)", "a|b\n|c", "`x` **y** [z](http://z)",
    "\x1b[31mred\u202e", "</style></svg>", "'\"&", "{{ 7*7 }}", "$(id)",
)  # fmt: skip


def fleet_report() -> Report:
    fleet = example(400)
    return computed(gather(Documents("a file", fleet.documents, Selection()), fleet.period, "", lambda _: None))


def evil_report() -> Report:
    documents = [_kill(number, name) for number, name in enumerate(EVIL)]
    period = between("2026-02-01", "2026-02-28", datetime(2026, 3, 1, tzinfo=UTC), ZoneInfo("UTC"))
    return computed(gather(Documents("<i>", documents, Selection()), period, "<b>", lambda _: None))


def _kill(number: int, name: str) -> Document:
    source = {
        "@timestamp": f"2026-02-{number + 1:02d}T10:00:00.000Z",
        "event": {"dataset": "oom.kill"},
        "host": {"name": name},
        "process": {"name": name},
        "kubernetes": {"namespace": name},
        "oom": {"signature": f"{number:032x}", "signature_name": name, "culprit": {"name": name},
                "cgroup": {"limit": {"path": f"{PATH}{name}"}}},
    }  # fmt: skip
    return {"_index": "oom-kill-2026.02", "_id": str(number), "_source": source}


class _Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def html(report: Report) -> str:
    return page.render(report, None, list(plots.plots(report)))


@pytest.mark.parametrize("render", [html, page.mail])
def test_a_page_is_whole_by_itself_and_nothing_of_a_log_acts(render: object) -> None:
    text = render(evil_report())  # type: ignore[operator]
    found = _Tags(text)
    assert not {"script", "img", "link", "iframe", "object", "i", "b"} & set(found.tags)
    assert [value for name, value in found.attributes if name in ("src", "href", "onerror", "onload")] == []
    assert not re.search(r"url\((?!#)|@import|[\x00-\x08\x1b\u202e]", text)
    assert "<script>alert(1)</script>" in found.text
    assert "\\x1b[31mred\\u202e" in found.text
    assert "p" * 200 not in text
    assert len(text) < 1_000_000


def test_mail_needs_no_style_sheet_and_no_picture() -> None:
    found = _Tags(page.mail(fleet_report()))
    assert not {"style", "svg"} & set(found.tags)
    assert "class" not in [name for name, _ in found.attributes]


def test_the_page_takes_the_colours_of_its_reader() -> None:
    text = html(fleet_report())
    pictures = text[text.index("<figure") : text.rindex("</figure>")]
    assert "var(--h8)" in pictures
    assert len(set(ids := re.findall(r'\bid="([^"]*)"', pictures))) == len(ids)
    assert set(re.findall(r"url\(#([^)]*)\)", pictures)) <= set(ids)
    assert re.findall(r'(?:fill|stroke)="(#[0-9a-f]+|rgb[^"]*)"', pictures) == []


def test_a_page_of_nothing_has_no_plots() -> None:
    period = between("2026-02-01", "2026-02-28", datetime(2026, 3, 1, tzinfo=UTC), ZoneInfo("UTC"))
    empty = computed(gather(Documents("", [], Selection()), period, "", lambda _: None))
    for text in (html(empty), page.mail(empty), markdown.render(empty)):
        assert "No kill of the selection is known in this period." in text
        assert "<figure" not in text


def test_markdown_is_no_markup_but_ours() -> None:
    text = markdown.render(evil_report())
    outside = re.sub(r"(`+).*?\1", "", text)
    assert not re.search(r"(?<!\\)[<>]|\]\(|http:|\x1b", outside)
    for line in text.splitlines():
        cells = re.split(r"(?<!\\)\|", line)
        assert len(cells) in (1, 6, 7, 8, 5, 10), line
    assert max(len(line) for line in text.splitlines()) < 1_000


def test_a_question_ends_with_its_mark() -> None:
    text = markdown.render(fleet_report())
    assert "just before?\n" in text
    assert "?." not in text


def test_csv_has_the_numbers_and_no_formula() -> None:
    report = fleet_report()
    rows = list(csv.DictReader(io.StringIO(numbers.render(report))))
    kills = {row["of"]: int(row["value"]) for row in rows if row["what"] == "day" and row["measure"] == "kills"}
    assert kills == {str(day.date): day.kills for day in report.days}
    hours = [int(row["value"]) for row in rows if row["what"] == "hour of the week"]
    assert sum(hours) == report.kills.now
    odd = list(csv.DictReader(io.StringIO(numbers.render(evil_report()))))
    assert not [row for row in odd if row["of"].startswith(("=", "+", "-", "@"))]
    assert [row for row in odd if row["of"] == "'=HYPERLINK(1)"]


# ---------------------------------------------------------------- links


def test_links_lead_to_the_kills_behind_a_number() -> None:
    report = evil_report()
    made = links("https://kibana.example.com/base/", "ops", report, selection([pair("host.name:web-*")]))
    text = page.render(report, made, [])
    hrefs = [value for name, value in _Tags(text).attributes if name == "href"]
    assert len(hrefs) > 10
    assert all(href.startswith("https://kibana.example.com/base/s/ops/app/") for href in hrefs)
    assert all(re.fullmatch(r"[A-Za-z0-9:/.#?&=%(),!_~-]+", href) for href in hrefs)
    assert "/app/dashboards#/view/oom-fleet?_g=(time:(from:%272026-02-01T00:00:00.000Z%27" in hrefs[0]
    for link in re.findall(r"\]\(<([^>]*)>\)", markdown.render(report, made)):
        assert link in hrefs


def test_a_link_that_would_be_too_long_is_none() -> None:
    made = links("http://k", "default", evil_report(), Selection())
    assert made is not None
    assert made.kills("oom.cgroup.limit.path", PATH) is None
    assert made.kills("oom.cgroup.limit.path", "/short") is not None


def test_a_selection_reads_the_same_in_kibana() -> None:
    text = kql(selection([pair("host.name:web-*"), pair('host.name:"db 1"'), pair("oom.constraint:memcg")]))
    assert kql(selection([pair("host.name:<b>*")])) is None
    assert text == '(host.name : web-* or host.name : "db 1") and (oom.constraint : "memcg")'


def test_json_is_the_report() -> None:
    report = fleet_report()
    found = json.loads(msgspec.json.encode(report))
    assert found["kills"]["now"] == report.kills.now
    assert len(found["days"]) == len(report.days)
