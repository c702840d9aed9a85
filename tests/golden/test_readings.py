"""The analysis against expert readings that were written down before it, case by case.

A reading is ``tests/corpus/<family>/<case>.reading.toml``. Where analysis and reading disagree and the analysis is not
wrong, the reading keeps what it said, and ``settled`` beside it says what holds and why.
"""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ingest.analysis.episode import whole
from ingest.assemble import Bounds
from ingest.envelope import Envelope
from ingest.model import Culprit, Episode, Joined, Origin, Raw, TimeSource
from ingest.offline import episodes

CORPUS = Path(__file__).parent.parent / "corpus"
READINGS = sorted(CORPUS.rglob("*.reading.toml"))
NONE = {"kind": "none"}


@cache
def analysed(log: Path) -> list[tuple[Episode, list[Joined]]]:
    facts = tomllib.loads(log.with_suffix(".toml").read_text())
    recorded_at = facts.get("recorded_at", datetime(2026, 11, 22, tzinfo=UTC))
    lines = enumerate(log.read_bytes().split(b"\n"), 1)
    raws = [Raw(Origin(log.name, None, at), line, recorded_at) for at, line in lines if line]
    return episodes(raws, Envelope(hint_source=TimeSource.FILE), Bounds(), timedelta(minutes=5)).episodes


def log_of(reading: Path) -> Path:
    return reading.with_name(reading.name.replace(".reading.toml", ".log"))


def reports(log: Path) -> list[Joined]:
    """In the order of the log."""
    found = [each for _, joined in analysed(log) for each in joined]
    return sorted(found, key=lambda each: each.identified.report.origin.offset)


def culprit_of(found: Culprit | None) -> dict[str, Any]:
    """A culprit in the words of the readings."""
    if found is None:
        return NONE
    told: dict[str, Any] = {"kind": str(found.kind)}
    if found.name is not None and found.kind not in ("files", "kernel"):
        told["name"] = found.name
    if found.kind == "process":
        told["pid"] = found.pid
    return told


def wanted(culprit: dict[str, Any]) -> dict[str, Any]:
    """Of files and the kernel the kind is what counts: what they are called is a finding of its own."""
    return {key: value for key, value in culprit.items() if key != "name" or culprit["kind"] not in ("files", "kernel")}


@pytest.mark.parametrize("reading", READINGS, ids=lambda path: f"{path.parent.name}/{path.name.split('.')[0]}")
def test_the_analysis_agrees_with_the_expert(reading: Path) -> None:
    expected = tomllib.loads(reading.read_text())
    found = reports(log_of(reading))
    assert len(found) == len(expected["report"])
    for joined, reading_of_report in zip(found, expected["report"], strict=True):
        expert = reading_of_report | reading_of_report.get("settled", {})
        report, analysis = joined.identified.report, joined.analysis
        codes = [str(code) for code in analysis.codes]
        assert [f"{victim.name} {victim.pid}" for victim in report.victims] == expert["victim"]
        assert codes[0] == expert["exhausted"]
        assert set(expert["findings"]) <= set(codes), "not found"
        assert not set(expert.get("not", ())) & set(codes), "found, and wrong"
        assert culprit_of(analysis.culprit) == wanted(expert["culprit"])
        if analysis.culprit is not None:
            assert str(analysis.culprit.confidence) == expert["confidence"]
    if "episode" in expected:
        _episode_agrees(log_of(reading), expected["episode"])


def _episode_agrees(log: Path, expert: dict[str, Any]) -> None:
    together = [whole(episode) for episode, _ in analysed(log)]
    codes = {str(code) for each in together for code in each.codes}
    assert set(expert["findings"]) <= codes
    if "culprit" in expert:
        assert wanted(expert["culprit"]) in [culprit_of(each.culprit) for each in together]


def test_at_least_25_excerpts_were_read() -> None:
    assert len(READINGS) >= 25
    for reading in READINGS:
        told = tomllib.loads(reading.read_text())
        assert all(each["reason"].strip() for each in told["report"]) or told["reason"].strip()
        assert all(each["settled"]["why"].strip() for each in told["report"] if "settled" in each)
