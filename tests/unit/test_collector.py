"""The garbage collector may look seldom because there is nothing for it to find."""

from __future__ import annotations

import gc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.adapters import files
from ingest.assemble import Bounds
from ingest.envelope import Envelope
from ingest.offline import documents

CORPUS = Path(__file__).parent.parent / "corpus"
AT = datetime(2026, 11, 22, tzinfo=UTC)


def read(log: Path) -> int:
    return sum(1 for _ in documents(files.blocks(log, AT), Envelope(), Bounds(), timedelta(minutes=5)))


@pytest.mark.parametrize("case", ["linux/real_arm64_slab_panic", "linux/pod_memcg", "openvz/el135"])
def test_lines_become_documents_without_a_cycle(case: str) -> None:
    log = CORPUS / f"{case}.log"
    read(log)  # grammars are made at their first use, with cycles
    gc.collect()
    gc.disable()
    try:
        made = read(log)
        unreachable = gc.collect()
    finally:
        gc.enable()
    assert made
    assert unreachable == 0
