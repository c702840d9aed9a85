"""Boards drawn without a Kibana: all panels in their places, strangers' text only read, nothing broken over nothing."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from ingest.charts import Size
from ingest.cli import cli
from ingest.kibana.lens import MetricState
from ingest.preview import page, read
from ingest.preview.draw import Number, drawn
from tests.conftest import Endpoints
from tests.kibana import seed
from tests.kibana.site import ASKED, CHARTS, PANELS, SHIPPED, Site

pytestmark = pytest.mark.stack
BOARDS = [board.id for board in SHIPPED.boards]
ACTS = re.compile("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]")


class Page(HTMLParser):
    """Elements, attributes and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def render(site: Site, board_id: str) -> str:
    (board,) = (each for each in site.shipped.boards if each.id == board_id)
    return page.render(board, site.shipped.views, ASKED, site.search)


@pytest.mark.parametrize("board_id", BOARDS)
def test_every_panel_is_drawn_and_the_page_says_that_it_is_a_preview(board_id: str, fleet: Site) -> None:
    html = render(fleet, board_id)
    found = Page(html)
    (board,) = (each for each in SHIPPED.boards if each.id == board_id)
    assert found.tags.count("section") == len(board.panels)
    assert "Preview without Kibana" in found.text
    for panel in board.panels:
        titled = not isinstance(panel.content, read.Text) or panel.content.titled
        assert (panel.title in found.text) or not titled
    links = {value for name, value in found.attributes if name == "href"}
    assert links == {f"{each.removeprefix('oom-')}.html" for each in BOARDS if each != board_id}


def test_numbers_are_those_of_the_queries(fleet: Site) -> None:
    for name, chart in CHARTS.items():
        if isinstance(chart.state, MetricState) and name.startswith("oom-fleet/"):
            part = drawn(PANELS[name], fleet.shipped.views, ASKED, Size(200, 80), fleet.search)
            (row,) = fleet.rows(chart)
            assert part == Number(f"{row['now']}", f"period before {row['before']}")


@pytest.mark.parametrize("board_id", BOARDS)
def test_a_board_over_nothing_is_a_board(board_id: str, empty: Site) -> None:
    found = Page(render(empty, board_id))
    assert "nothing in this time range" in found.text
    assert "rror" not in found.text.replace("error.", "")


@pytest.mark.parametrize("board_id", BOARDS)
def test_names_of_strangers_break_no_board(board_id: str, hostile: Site) -> None:
    html = render(hostile, board_id)
    found = Page(html)
    (board,) = (each for each in SHIPPED.boards if each.id == board_id)
    assert found.tags.count("section") == len(board.panels)
    assert not {"script", "iframe", "img", "object", "embed"} & set(found.tags)
    assert [name for name, _ in found.attributes if name.startswith("on")] == []
    assert ACTS.search(html) is None
    assert "49" not in re.findall(r"\$\{?(\d+)", found.text)
    assert len(html) < 3_000_000


def test_hostile_names_are_there_to_read(hostile: Site) -> None:
    found = Page(render(hostile, "oom-fleet"))
    assert "<script>alert(1)</script>" in found.text
    assert "\\u202egnp.exe" in found.text


def test_the_command_writes_pages(tmp_path: Path, fleet: Site, stack: Endpoints) -> None:
    environment = {"OOM_INGEST_ELASTICSEARCH__INDEX_PREFIX": fleet.prefix}
    command = [
        "dashboards",
        "preview",
        "--out",
        str(tmp_path),
        "--board",
        "fleet",
        "--elasticsearch",
        stack.elasticsearch,
    ]
    times = ["--from", f"{seed.WEEK.start:%Y-%m-%d}", "--to", f"{seed.WEEK.end:%Y-%m-%d}"]
    filters = ["--filter", 'host.name : "web-03"']
    done = CliRunner().invoke(cli, [*command, *times, *filters], env=environment)
    assert done.exit_code == 0, done.output
    found = Page((tmp_path / "fleet.html").read_text())
    assert re.search(rf"Kills\s+{seed.KILLS_ON['web-03']}\s*period before 0", found.text)
    assert 'Filter: host.name : "web-03"' in found.text


def test_a_filter_that_is_no_kql_is_told_in_a_sentence(tmp_path: Path, fleet: Site, stack: Endpoints) -> None:
    environment = {"OOM_INGEST_ELASTICSEARCH__INDEX_PREFIX": fleet.prefix}
    command = [
        "dashboards",
        "preview",
        "--out",
        str(tmp_path),
        "--elasticsearch",
        stack.elasticsearch,
        "--filter",
        "a : (",
    ]
    done = CliRunner().invoke(cli, command, env=environment)
    assert done.exit_code == 1
    assert "Elasticsearch at" in done.output


def test_a_board_that_is_none_and_a_place_that_is_none(tmp_path: Path) -> None:
    assert (
        "there is no board 'x'; known are fleet, host, "
        in CliRunner().invoke(cli, ["dashboards", "preview", "--out", str(tmp_path), "--board", "x"]).output
    )
    assert CliRunner().invoke(cli, ["dashboards", "preview"]).exit_code == 2
