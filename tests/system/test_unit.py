"""The unit in systemd's own checks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.debian import ROOT

pytestmark = pytest.mark.system
UNIT = ROOT / "deploy" / "systemd" / "oom-ingest@.service"
MOST_EXPOSED = 1.6
"""Of 10. What is left is the network, which the service is for."""


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit as an installation has it: its program is there."""
    command = str(Path(sys.executable).parent / "oom-ingest")
    installed = tmp_path / "oom-ingest@1.service"
    installed.write_text(UNIT.read_text().replace("/opt/oom-ingest/bin/oom-ingest", command))
    return installed


def test_systemd_finds_nothing_wrong(unit: Path) -> None:
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_unit_is_hardened(unit: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--json=short", "--no-pager", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    open_doors = [each for each in json.loads(done.stdout) if each.get("exposure") not in (None, "")]
    exposure = sum(float(each["exposure"]) for each in open_doors)
    assert exposure <= MOST_EXPOSED, [(each["name"], each["exposure"]) for each in open_doors]
