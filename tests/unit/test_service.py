"""What the service says of itself at the start."""

from __future__ import annotations

import sys

import pytest
import structlog

from ingest.service import warn_if_slow


@pytest.mark.parametrize(("module", "said"), [(None, ["hyperscan_missing"]), (sys, [])])
def test_a_missing_hyperscan_is_said_once(monkeypatch: pytest.MonkeyPatch, module: object, said: list[str]) -> None:
    monkeypatch.setitem(sys.modules, "hyperscan", module)
    with structlog.testing.capture_logs() as logs:
        warn_if_slow()
    assert [each["event"] for each in logs] == said
