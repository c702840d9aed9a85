"""The demo as a person runs it: twice on the same folder."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.integration.service import COMMAND

pytestmark = pytest.mark.stack


def _demo(folder: Path) -> str:
    done = subprocess.run(
        [*COMMAND, "demo", "--dir", str(folder)], capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_demo_shows_episodes_and_a_second_run_changes_nothing(tmp_path: Path) -> None:
    first = _demo(tmp_path)
    assert "el135" in first
    assert "Stored: 6 episodes, 19 reports, 34 kills, 29 tasks." in first
    for board in ("fleet", "episode", "openvz"):
        assert f"{tmp_path}/boards/{board}.html" in first
        assert "Preview without Kibana" in (tmp_path / "boards" / f"{board}.html").read_text()
    assert f"{tmp_path}/trends.html" in first
    assert "linux memcg node server.js" in (tmp_path / "trends.html").read_text()
    second = _demo(tmp_path)
    assert "Stored: 6 episodes, 19 reports, 34 kills, 29 tasks." in second
    assert "no count and no document has changed" in second
