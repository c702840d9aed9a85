"""The alerts in Prometheus' own tool: they can be read, and they fire when they should and only then."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.system.debian import PROMTOOL, ROOT

pytestmark = pytest.mark.system


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "rules", str(ROOT / "deploy" / "prometheus" / "alerts.yml")],
        ["test", "rules", str(Path(__file__).parent / "alerts_test.yml")],
    ],
    ids=["check", "test"],
)
def test_promtool_agrees(arguments: list[str]) -> None:
    done = subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
