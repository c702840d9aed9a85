"""``oom-ingest trends`` over files: what is asked for, odd fleets, exit statuses."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from ingest.cli import cli
from ingest.trends.alarms import alarm
from ingest.trends.compute import trend_of
from ingest.trends.documents import Documents
from ingest.trends.period import Day, Window, between, days, last, milliseconds
from ingest.trends.report import Change, Trend
from ingest.trends.selection import Selection, pair, selection
from ingest.trends.wrong import Wrong
from tests.trends.fleets import Document

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 12, 9, 41, tzinfo=UTC)


def kill(at: str, host: str = "web-1", **oom: object) -> Document:
    source = {"@timestamp": at, "event": {"dataset": "oom.kill"}, "host": {"name": host}}
    return source | {"oom": {"signature": "a" * 32, "signature_name": "linux none java", **oom}}


def written(folder: Path, sources: Sequence[Document]) -> str:
    path = folder / "fleet.ndjson"
    lines = [json.dumps({"_index": "oom-kill-2026.11", "_id": str(n), "_source": s}) for n, s in enumerate(sources)]
    path.write_text("".join(f"{line}\n" for line in lines))
    return str(path)


def trends(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["trends", *arguments], input=given)


# ---------------------------------------------------------------- periods


def test_a_span_of_days_goes_by_the_wall_clock() -> None:
    found = last("30d", datetime(2026, 11, 12, 9, tzinfo=UTC), BERLIN)
    # 30 days before 10:00 in winter it was 10:00 in summer: an hour more has passed.
    assert found.now.end - (found.now.start or 0) == (30 * 24 + 1) * 3_600_000
    assert found.before.end == found.now.start


def test_the_last_day_is_included_and_the_day_of_the_change_has_25_hours() -> None:
    found = between("2026-10-25", "2026-10-25", NOW, BERLIN)
    assert found.now.end - (found.now.start or 0) == 25 * 3_600_000
    assert [day.date.isoformat() for day in days(found.now, BERLIN)] == ["2026-10-25"]
    assert [day.date.isoformat() for day in days(found.before, BERLIN)] == ["2026-10-24"]


def hours(window: Window) -> float:
    return (window.end - (window.start or 0)) / 3_600_000


@pytest.mark.parametrize(
    ("span", "now", "before"),
    [("1h", "2026-10-25T01:30", 1), ("2h", "2026-10-25T01:30", 2), ("12h", "2026-10-25T03:30", 12),
     ("1h", "2026-03-29T01:30", 1), ("1h", "2026-03-29T02:30", 1), ("1d", "2026-10-25T01:30", 24)],
)  # fmt: skip
def test_hours_are_compared_with_as_many_hours_where_clocks_change(span: str, now: str, before: float) -> None:
    assert hours(last(span, datetime.fromisoformat(f"{now}+00:00"), BERLIN).before) == before


def test_moments_that_tell_their_zone_are_apart_by_the_time_that_passes() -> None:
    found = between("2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00", NOW, BERLIN)
    assert (hours(found.now), hours(found.before)) == (1, 1)


def test_clocks_that_go_back_between_a_moment_and_now_leave_a_period() -> None:
    found = between("2026-10-25T02:30", None, datetime(2026, 10, 25, 1, 10, tzinfo=UTC), BERLIN)
    assert hours(found.now) == hours(found.before) == 40 / 60


def test_days_that_the_period_cuts_are_not_whole() -> None:
    found = between("2026-11-01T06:00", "2026-11-03T06:00", NOW, ZoneInfo("UTC"))
    assert [day.whole for day in days(found.now, ZoneInfo("UTC"))] == [False, True, False]


def test_a_day_that_begins_when_clocks_skip_midnight_begins_with_the_skip() -> None:
    zone = ZoneInfo("America/Sao_Paulo")
    begin = milliseconds(datetime(2018, 11, 4, 3, tzinfo=UTC))
    found = days(between("2018-11-03", "2018-11-04", NOW, zone).now, zone)
    assert found[1] == Day(datetime(2018, 11, 4, tzinfo=UTC).date(), Window(begin, begin + 23 * 3_600_000), whole=True)


@pytest.mark.parametrize("text", ["", "30", "0d", "-1d", "1y", "99999d", "1101d", "d"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(Wrong):
        last(text, NOW, BERLIN)


@pytest.mark.parametrize(
    "period", [("2026-11-02", "2026-11-01"), ("2026-13-01", None), ("yesterday", None), ("2020-01-01", "2026-01-01"),
               ("20261025", None), ("2026-10-25", "20261025"), ("2026-W43-7", None),
               ("9999-12-31", None), ("0001-01-01", "0001-01-02"),
               ("0001-01-01T00:00+14:00", None)]
)  # fmt: skip
def test_a_period_that_is_none_is_refused(period: tuple[str, str | None]) -> None:
    with pytest.raises(Wrong):
        between(*period, NOW, BERLIN)


# ---------------------------------------------------------------- selections


def chosen(*pairs: str) -> Selection:
    return selection(pair(each) for each in pairs)


def test_values_of_one_field_are_alternatives_and_fields_must_all_fit() -> None:
    both = chosen("host.name:web-*", "host.name:db-1", "oom.signature_name:*java")
    assert both.fits(kill("x", "web-7"))
    assert both.fits(kill("x", "db-1"))
    assert not both.fits(kill("x", "db-2"))
    assert not both.fits(kill("x", "web-7", signature_name="linux none perl"))


def test_only_the_asterisk_is_special() -> None:
    odd = kill("x", signature_name="a[b]?c.d")
    assert chosen("oom.signature_name:a[b]?c*").fits(odd)
    assert not chosen("oom.signature_name:a[b]xc*").fits(odd)


def test_what_an_index_does_not_keep_is_not_found() -> None:
    assert not chosen("oom.signature_name:*").fits(kill("x", signature_name="n" * 4_097))
    assert chosen("oom.signature_name:*").fits(kill("x", signature_name="n" * 4_096))


def test_addresses_are_found_by_themselves_and_by_their_network() -> None:
    def told(ip: object) -> Document:
        return {"host": {"ip": ip}}

    assert chosen("host.ip:10.0.0.0/8").fits(told(["fe80::1", "10.0.0.7"]))
    assert chosen("host.ip:10.0.0.7").fits(told("::ffff:10.0.0.7"))
    assert chosen("host.ip:2001:DB8:0::7").fits(told("2001:db8::7"))
    assert not chosen("host.ip:10.0.0.0/8").fits(told(["11.0.0.7", "2001:db8::7"]))
    assert chosen("host.ip:*").fits(told("10.0.0.7"))
    assert chosen("host.ip:fe80::/10").fits(told("fe80::1%eth0"))
    assert not any(chosen("host.ip:*").fits(told(none)) for none in ("n/a", "10.0.0.0/8", "010.0.0.7"))


def test_episodes_are_told_where_they_have_the_field() -> None:
    told = chosen("process.name:java", "host.name:web-*").of_episodes()
    assert str(told) == "oom.episode.victim_names:java, host.name:web-*"
    assert chosen("labels.role:web", "cloud.region:eu-*", "oom.scope:machine", "oom.constraint:none").of_episodes()


@pytest.mark.parametrize(
    "text",
    ["oom.cgroup.limit.path:/a", "event.action:oom-kill", "kubernetes.namespace:shop", "systemd.unit:a.service",
     "oom.culprit.name:java", "oom.signature_name:linux*", "container.id:a", "labels.workload:a", "host.os.kernel:6.*",
     "oom.family:linux"],
)  # fmt: skip
def test_episodes_are_not_told_by_what_a_kill_of_theirs_may_have_alone(text: str) -> None:
    assert chosen(text).of_episodes() is None


def test_of_two_lists_of_an_episode_nothing_says_that_one_kill_is_in_both() -> None:
    assert chosen("process.name:java", "oom.signature:a").of_episodes() is None


def test_a_list_that_an_episode_cuts_is_said_not_to_be_exact(tmp_path: Path) -> None:
    asked = ["--input", written(tmp_path, JANUARY_AND_FEBRUARY), *FEBRUARY, "--format", "json"]
    assert "episodes" in json.loads(trends(*asked, "--where", "process.name:java").stdout)["approximate"]
    assert "episodes" not in json.loads(trends(*asked, "--host", "web-1").stdout)["approximate"]


def test_namespaces_of_episodes_of_the_machine_are_not_told_as_none(tmp_path: Path) -> None:
    pod = {"namespace": "shop"}
    episode = {"@timestamp": "2026-02-01T10:00:00.000Z", "event": {"dataset": "oom.episode"}, "host": {"name": "web-1"}}
    sources = [kill("2026-02-01T10:00:00.000Z") | {"kubernetes": pod}, episode]
    done = trends("--input", written(tmp_path, sources), *FEBRUARY, "--format", "json", "--namespace", "shop")
    found = json.loads(done.stdout)
    assert (found["kills"]["now"], found["episodes"]) == (1, None)
    assert "Episodes are not told" in found["notes"][-1]


@pytest.mark.parametrize(
    "text", ["process.nam:x", "process.name", ":x", "process.name:", "message:x", "process.pid:many",
             "labels.team:*x", "event.original:x", "labels:x", "oom.culprit.is_victim:maybe",
             "host.ip:10.0.*", "host.ip:web-1", "host.ip:10.0.0.0/255.0.0.0",
             "host.ip:::ffff:10.0.0.0/104"]
)  # fmt: skip
def test_what_cannot_be_selected_by_is_refused(text: str) -> None:
    with pytest.raises(Wrong):
        chosen(text)


def test_a_field_of_any_keys_is_selected_by_one_of_them() -> None:
    with pytest.raises(Wrong, match=r"select by one of them, as in `labels.role:web`"):
        chosen("labels:x")


def test_a_whole_number_is_one_however_it_is_written() -> None:
    assert chosen("process.pid:03") == chosen("process.pid:3")
    assert chosen("process.pid:*").fits({"process": {"pid": 3}})


# ---------------------------------------------------------------- trends and conditions


@pytest.mark.parametrize(
    ("now", "before", "known", "trend"),
    [(1, 0, False, Trend.NEW), (1, 0, True, Trend.BACK), (0, 3, True, Trend.STOPPED), (3, 2, True, Trend.STEADY),
     (100, 50, True, Trend.WORSE), (50, 100, True, Trend.BETTER), (10_500, 10_000, True, Trend.STEADY)],
)  # fmt: skip
def test_a_change_counts_beyond_chance(now: int, before: int, known: bool, trend: Trend) -> None:
    assert trend_of(Change(now, before), known_before=known) is trend


@pytest.mark.parametrize(("hosts", "since"), [(16, "T12:00"), (5, "T12:00"), (5, "")])
def test_a_crowd_is_not_measured_by_itself(tmp_path: Path, hosts: int, since: str) -> None:
    sources = [kill(f"2026-02-07T12:30:{number:02d}.000Z", f"web-{number}") for number in range(hosts)]
    asked = ["--from", f"2026-02-0{'7' if since else '1'}{since}", "--to", "2026-02-07T13:00", "--format", "json"]
    found = json.loads(trends("--input", written(tmp_path, sources), *asked).stdout)
    assert [burst["hosts"] for burst in found["bursts"]] == [hosts]


@pytest.mark.parametrize("text", ["increase", "increase>x%", "increase>20", "new", "", "increase>-1%"])
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(Wrong):
        alarm(text)


FEBRUARY = ["--from", "2026-02-01", "--to", "2026-02-28"]
JANUARY_AND_FEBRUARY = [kill("2026-01-20T10:00:00.000Z"), *[kill(f"2026-02-0{day}T10:00:00.000Z") for day in (1, 2)]]


@pytest.mark.parametrize(
    ("conditions", "status", "said"),
    [
        ([], 0, ""),
        (["new-signature"], 0, ""),
        (["increase>99%"], 1, "kills rose from 1 to 2, by more than 99 %"),
        (["increase>100%"], 0, ""),
        (["new-signature", "increase > 20 %"], 1, "kills rose"),
        (["anything"], 2, "is neither"),
    ],
)
def test_a_condition_that_holds_is_status_1(tmp_path: Path, conditions: list[str], status: int, said: str) -> None:
    asked = [option for condition in conditions for option in ("--fail-on", condition)]
    done = trends("--input", written(tmp_path, JANUARY_AND_FEBRUARY), *FEBRUARY, *asked)
    assert done.exit_code == status, done.output
    assert said in done.stderr


def test_a_new_signature_is_status_1_and_the_report_is_still_written(tmp_path: Path) -> None:
    sources = [*JANUARY_AND_FEBRUARY, kill("2026-02-03T10:00:00.000Z", signature="b" * 32)]
    done = trends("--input", written(tmp_path, sources), *FEBRUARY, "--fail-on", "new-signature", "--format", "json")
    assert done.exit_code == 1
    assert done.stderr == "oom-ingest: 1 new signature\n"
    assert json.loads(done.stdout)["changed_count"]["new"] == 1


# ---------------------------------------------------------------- odd fleets and odd requests


def test_an_empty_period_is_a_report_that_says_so(tmp_path: Path) -> None:
    done = trends("--input", written(tmp_path, JANUARY_AND_FEBRUARY), "--from", "2025-01-01", "--to", "2025-01-31")
    assert done.exit_code == 0
    assert "No kill of the selection is known in this period." in done.output


def test_an_empty_file_is_a_report_too() -> None:
    done = trends("--input", "-", *FEBRUARY, given="")
    assert done.exit_code == 0
    assert "No kill" in done.output


def test_one_host_is_the_whole_fleet(tmp_path: Path) -> None:
    (tmp_path / "hosts.csv").write_text("host,role\nweb-1,web\n")
    (tmp_path / "c.toml").write_text(f'[lookup]\nhosts = "{tmp_path}/hosts.csv"\n')
    arguments = ["--config", str(tmp_path / "c.toml"), "--format", "json", *FEBRUARY]
    done = trends("--input", written(tmp_path, JANUARY_AND_FEBRUARY), *arguments)
    found = json.loads(done.stdout)
    assert found["fleet"] == {"size": 1, "hit": {"now": 1, "before": 1}, "strangers": 0}
    assert [day["share"] for day in found["days"]][:3] == [1.0, 1.0, 0.0]
    none = trends("--input", written(tmp_path, JANUARY_AND_FEBRUARY), *arguments, "--host", "db-*")
    assert json.loads(none.stdout)["fleet"] == {"size": 0, "hit": {"now": 0, "before": 0}, "strangers": 0}


@pytest.mark.parametrize(
    ("begin", "end", "before"),
    [
        ("2026-02-02", "2026-02-03", [1, 1]),
        ("2026-02-02T06:00", "2026-02-03T06:00", [1, 0]),
        ("2026-02-02T03:00", "2026-02-02T15:00", [None]),
        ("2026-02-02T09:00", "2026-02-03T15:00", [None, None]),
    ],
)
def test_days_are_held_against_days_that_are_cut_alike(
    tmp_path: Path, begin: str, end: str, before: list[int | None]
) -> None:
    sources = [kill("2026-01-31T20:00:00.000Z"), kill("2026-02-01T20:00:00.000Z"), kill("2026-02-02T10:00:00.000Z")]
    done = trends("--input", written(tmp_path, sources), "--from", begin, "--to", end, "--format", "json")
    assert [day["kills_before"] for day in json.loads(done.stdout)["days"]] == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--timezone", "Europa/Berlin"], "did you mean 'Europe/Berlin'?"),
        (["--timezone", "../../etc/passwd"], "is no zone"),
        (["--since", "soon"], "no span of time"),
        (["--to", "2026-02-01"], "--to needs --from"),
        (["--since", "1d", *FEBRUARY], "exclude each other"),
        (["--where", "nothing"], "is not `field:value`"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_status_2(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = trends("--input", written(tmp_path, []), *arguments)
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Feb  1 10:00:00 web-1 kernel: x\n", "line 1 of standard input is no JSON object"),
        ("{}\n", "line 1 of standard input is no document: it has no _source"),
        ('{"_source":{"event":{"dataset":"oom.kill"},"@timestamp":"2026-02-01"}}\n', "@timestamp is no moment"),
    ],
)
def test_what_is_no_document_is_named_by_its_line(text: str, said: str) -> None:
    done = trends("--input", "-", *FEBRUARY, given=text)
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert said in done.stderr


def test_a_page_that_cannot_be_made_leaves_the_file_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    for name in [each for each in sys.modules if each.startswith(("ingest.charts", "ingest.trends.formats.plots"))]:
        monkeypatch.delitem(sys.modules, name)
    (tmp_path / "week.html").write_text("last week")
    page = ["--format", "html", "--output", str(tmp_path / "week.html")]
    done = trends("--input", written(tmp_path, JANUARY_AND_FEBRUARY), *FEBRUARY, *page)
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "oom-ingest[charts]" in done.stderr
    assert (tmp_path / "week.html").read_text() == "last week"


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    done = trends("--input", written(tmp_path, []), *FEBRUARY, "--output", "/proc/nothing")
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "/proc/nothing cannot be written" in done.stderr


def test_a_missing_file_is_one_sentence() -> None:
    done = trends("--input", "/nowhere/at/all", *FEBRUARY)
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)


def test_text_of_strangers_is_cut_and_acts_on_no_terminal(tmp_path: Path) -> None:
    path = "/" + "p" * 4_000
    odd = kill("2026-02-01T10:00:00.000Z", "<b>\x1b[31mred", signature_name=f"linux memcg {path}",
               cgroup={"limit": {"path": path}})  # fmt: skip
    done = trends("--input", written(tmp_path, [odd]), *FEBRUARY)
    assert done.exit_code == 0
    assert "\x1b" not in done.output
    assert "\\x1b[31mred" in done.output
    assert max(len(line) for line in done.output.splitlines()) < 160


def test_other_documents_of_parse_are_passed_over() -> None:
    source = {"event": {"dataset": "oom.task"}}
    assert Documents("x", [{"_source": source}], Selection()).oldest() is None
