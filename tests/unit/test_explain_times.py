"""When ``explain`` says something was: by uptime where that is all that is told, and what is assumed is said."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

import ingest
from ingest.cli import cli
from ingest.model import uptime_between

SIZES = "total-vm:8000kB, anon-rss:4000kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0"
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


def kill(pid: int, name: str = "job") -> str:
    return f"Out of memory: Killed process {pid} ({name}) {SIZES}"


def kills(apart: int, count: int = 6) -> list[str]:
    """What plain ``dmesg`` prints of kills so many seconds apart."""
    return [f"[{1000 + number * apart:5}.100001] {kill(100 + number)}" for number in range(count)]


def explained(*lines: str) -> str:
    told = CliRunner().invoke(cli, ["explain", "--recorded-at", "2026-11-22"], input="\n".join(lines).encode())
    assert told.exit_code == 0, told.output
    return told.output


def test_reports_that_tell_only_their_uptime_go_by_it() -> None:
    (view,) = ingest.explain(reversed(kills(apart=240)), recorded_at=AT)
    assert view.when == "uptime 1000 s to 2200 s, date not told, 20 min 0 s"
    assert (view.start, view.end, view.uptimes, view.lasted) == (None, None, (1000.100001, 2200.100001), 1200)
    assert [report.victims for report in view.reports] == [(f"job (pid {100 + number})",) for number in range(6)]
    assert [report.when for report in view.reports] == [f"uptime {1000 + number * 240} s" for number in range(6)]
    assert [moment.after for moment in view.moments if moment.kind == "kill"] == [number * 240 for number in range(6)]
    assert {moment.at for moment in view.moments} == {None}
    assert "within 20 min 0 s" in view.sentences[0]


@pytest.mark.parametrize(("apart", "storm"), [(240, False), (5, True)])
def test_a_storm_is_one_by_uptime(apart: int, storm: bool) -> None:
    (episode,) = (each.source for each in ingest.parse(kills(apart), recorded_at=AT) if "episode" in each.index)
    told = json.loads(json.dumps(episode))
    assert (told["oom"]["episode"]["storm"], told["event"]["duration"]) == (storm, apart * 5 * 10**9)
    (view,) = ingest.explain(kills(apart), recorded_at=AT)
    assert ("storm" in view.codes) is storm


def test_episodes_that_tell_only_their_uptime_are_in_the_order_of_their_lines_over_boots_too() -> None:
    order = (91, 7291, 8291, 1012, 9291)
    lines = [f"[{at:5}.100001] {kill(100 + at)}" for at in order]
    assert [view.when for view in ingest.explain(lines, recorded_at=AT)] == [
        f"uptime {at} s, date not told, 0 s" for at in order
    ]


def test_no_date_of_a_file_is_shown() -> None:
    for lines in (kills(apart=240), [kill(100)]):
        told = explained(*lines)
        assert "date not told" in told
        assert "2026" not in told
        assert "00:00:00" not in told


def test_uptimes_beyond_any_age_and_those_that_went_back_are_no_trouble() -> None:
    assert uptime_between(0, 10**30).days == 10**12 // 86_400
    assert not uptime_between(7, 6)


@pytest.mark.parametrize(
    ("stamp", "when"),
    [
        ("Nov 21 10:15:01 h kernel:", "2026-11-21 10:15:01 (year assumed, zone assumed UTC), 0 s"),
        ("2026-11-21T10:15:01+00:00 h kernel:", "2026-11-21 10:15:01 UTC, 0 s"),
        ("2026-11-21T10:15:01 h kernel:", "2026-11-21 10:15:01 (zone assumed UTC), 0 s"),
        ("Sat 2026-11-21 10:15:01 CET h kernel:", "2026-11-21 10:15:01 (zone assumed UTC), 0 s"),
        ("Sat 2026-11-21 10:15:01 UTC h kernel:", "2026-11-21 10:15:01 UTC, 0 s"),
        ("[Sat Nov 21 10:15:01 2026]", "2026-11-21 10:15:01 (zone assumed UTC), 0 s"),
        ("2026-11-21T10:15:01Z stdout F [   91.100001]", "uptime 91 s, shipped 2026-11-21 10:15:01 UTC, 0 s"),
        ("2026-11-21T10:15:01Z stdout F", "shipped 2026-11-21 10:15:01 UTC, 0 s"),
        ("[   91.100001] h kernel:", "uptime 91 s, date not told, 0 s"),
        ("", "date not told"),
    ],
)
def test_what_is_assumed_of_a_time_is_said(stamp: str, when: str, tmp_path: Path) -> None:
    line = f"{stamp} {kill(100)}".lstrip()
    (view,) = ingest.explain([line], recorded_at=AT)
    assert view.when == when
    assert (view.year_assumed, view.zone_assumed) == ("year assumed" in when, "zone assumed" in when)
    assert f"  {when}\n" in explained(line)
    log, page = tmp_path / "log", tmp_path / "page.html"
    log.write_text(line)
    CliRunner().invoke(cli, ["explain", "--recorded-at", "2026-11-22", "--html", str(page), str(log)])
    assert f'<p class="quiet">{when},\n1 report' in page.read_text()
