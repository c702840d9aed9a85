"""Stored reports give back the episode whose document is then written again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from ingest.assemble import Bounds
from ingest.document import all_of, of_episode
from ingest.document.stored import CONFIRMED, episode_of, known_kill_of, members_of
from ingest.envelope import Envelope
from ingest.episode.kills import known_kills
from ingest.model import Origin, Raw, TimeSource
from ingest.offline import episodes
from tests import expected

CORPUS = Path(__file__).parent.parent / "corpus"
AT = datetime(2026, 11, 22, tzinfo=UTC)


def _stored(case: str | Path) -> dict[str, list[dict[str, Any]]]:
    kinds: dict[str, list[dict[str, Any]]] = {}
    for document in expected.read(CORPUS / case):
        source = document["_source"]
        kinds.setdefault(source["event"]["dataset"], []).append(source)
    return kinds


@pytest.mark.parametrize("case", sorted(CORPUS.rglob("*.ndjson")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_episode_of_the_corpus_is_the_same_when_its_reports_are_read_back(case: Path) -> None:
    stored = _stored(case)
    for episode in stored.get("oom.episode", []):
        reports, kills = (
            [each for each in stored.get(kind, []) if each["oom"]["episode"]["id"] == episode["oom"]["episode"]["id"]]
            for kind in ("oom.report", "oom.kill")
        )
        if len(kills) < episode["oom"]["episode"].get("kill_count", 0):
            continue  # A made round in which one process left twice within a second.
        # Only what came from Kafka is read back, and that has its place.
        placed = [report | {"kafka": {"offset": at}} for at, report in enumerate(reports)]
        members = members_of([(report, 1) for report in reversed(placed)], reversed(kills))
        assert json.loads(json.dumps(of_episode(episode_of(episode, members), "oom").source)) == episode


def test_an_episode_of_a_killed_cgroup_says_so_also_when_it_is_read_back() -> None:
    stored = _stored("systemd_oomd/real_oomd_pekka_pressure.ndjson")
    (episode,) = stored["oom.episode"]
    assert episode["event"]["outcome"] == "success"
    assert "app-code-892075.scope was killed on pekka" in episode["message"]
    members = members_of([(report, 1) for report in stored["oom.report"]], [])
    assert of_episode(episode_of(episode, members), "oom").source == episode


@pytest.mark.parametrize("case", ["linux/pod_memcg", "linux/machine_6_8", "earlyoom/made_1", "kubelet/made_1"])
def test_a_kill_is_known_alike_when_it_is_read_back(case: str) -> None:
    lines = (CORPUS / case).with_suffix(".log").read_bytes().split(b"\n")
    raws = [Raw(Origin("t", 0, at), line, AT) for at, line in enumerate(lines) if line]
    found = episodes(raws, Envelope(hint_source=TimeSource.FILE), Bounds(), timedelta(minutes=5)).episodes
    joined = [each for _, reports in found for each in reports]
    stored = {document.id: document for document in all_of(joined, [], "oom")}
    known = [each for report in joined for each in known_kills(report.identified)]
    assert known
    for each in known:
        again = known_kill_of(json.loads(json.dumps(stored[each.kill_id].source)), stored[each.kill_id].version)
        assert replace(again, at=each.at) == each
        assert each.at - again.at < timedelta(milliseconds=1)


def test_a_known_kill_has_the_version_of_its_report_whether_it_was_confirmed_or_not() -> None:
    (kill,) = _stored("linux/pod_memcg.ndjson")["oom.kill"]
    assert known_kill_of(kill, 68).version == known_kill_of(kill, CONFIRMED + 68).version == 68


def test_an_episode_carries_the_constraints_of_its_reports_also_when_it_is_read_back() -> None:
    stored = _stored("linux/pod_memcg.ndjson")
    (episode,) = stored["oom.episode"]
    assert episode["oom"]["constraint"] == ["memcg"]
    members = members_of([(report, 1) for report in stored["oom.report"]], stored["oom.kill"])
    assert of_episode(episode_of(episode, members), "oom").source == episode


def test_an_episode_without_times_goes_by_uptime_also_when_it_is_read_back() -> None:
    stored = _stored("linux/real_java_pod_tmpfs.ndjson")
    (episode,) = stored["oom.episode"]
    assert "within 1 min 36 s" in episode["message"]
    assert "than 1 min 35 s before" in episode["oom"]["explanation"]
    members = members_of([(report, 1) for report in reversed(stored["oom.report"])], stored["oom.kill"])
    assert of_episode(episode_of(episode, members), "oom").source == episode
