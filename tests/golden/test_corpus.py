"""Bytes to documents, case by case.

A case is ``tests/corpus/<family>/<case>.log`` with its facts in ``.toml`` and the documents expected of it in
``.ndjson``. ``make corpus`` writes the expectations anew; the difference is to be read before it is committed.
"""

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.assemble import Bounds
from ingest.envelope import Envelope
from ingest.model import Origin, Raw, TimeSource
from ingest.offline import documents
from tests import expected

CORPUS = Path(__file__).parent.parent / "corpus"
UPDATE = bool(os.environ.get("OOM_INGEST_UPDATE_CORPUS"))


@dataclass(frozen=True)
class Case:
    log: Path
    facts: dict[str, Any]

    @property
    def expected(self) -> Path:
        return self.log.with_suffix(".ndjson")

    def documents(self) -> list[dict[str, Any]]:
        recorded_at = self.facts.get("recorded_at", datetime(2026, 11, 22, tzinfo=UTC))
        lines = self.log.read_bytes().split(b"\n")
        raws = [Raw(Origin(self.log.name, None, at), line, recorded_at) for at, line in enumerate(lines, 1) if line]
        found = documents(raws, Envelope(hint_source=TimeSource.FILE), Bounds(), timedelta(minutes=5))
        return [{"_index": d.index, "_id": d.id, "_source": json.loads(json.dumps(d.source))} for d in found]


def _cases(near_miss: bool) -> list[Any]:
    logs = sorted(log for log in CORPUS.rglob("*.log") if (log.parent.name == "near_miss") is near_miss)
    return [
        pytest.param(Case(log, tomllib.loads(log.with_suffix(".toml").read_text())), id=f"{log.parent.name}/{log.stem}")
        for log in logs
    ]


@pytest.mark.parametrize("case", _cases(near_miss=False))
def test_lines_give_the_documents_that_were_read_and_accepted(case: Case) -> None:
    found = case.documents()
    if UPDATE:
        case.expected.write_text(expected.text(found))
    assert found == expected.read(case.expected)


@pytest.mark.parametrize("case", _cases(near_miss=True))
def test_words_about_oom_give_nothing(case: Case) -> None:
    assert case.documents() == []


@pytest.mark.parametrize("case", [*_cases(near_miss=False), *_cases(near_miss=True)])
def test_every_case_names_its_source(case: Case) -> None:
    assert case.facts["source"]
    assert case.facts["why"]
    assert isinstance(case.facts["made"], bool)
