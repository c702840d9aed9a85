"""The unit in systemd's own checks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.debian import ROOT

pytestmark = pytest.mark.system
UNITS = ROOT / "deploy" / "systemd"
MOST_EXPOSED = 1.6
"""Of 10. What is left is the network, which the service is for."""


@pytest.fixture(params=["oom-ingest@", "oom-ingest-trends"])
def unit(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A unit as an installation has it: its program is there."""
    command = str(Path(sys.executable).parent / "oom-ingest")
    name = f"{request.param}.service"
    installed = tmp_path / name.replace("@", "@1")
    installed.write_text((UNITS / name).read_text().replace("/opt/oom-ingest/bin/oom-ingest", command))
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


def test_systemd_takes_the_timer(tmp_path: Path) -> None:
    command = str(Path(sys.executable).parent / "oom-ingest")
    for name in ("oom-ingest-trends.service", "oom-ingest-trends.timer"):
        text = (UNITS / name).read_text().replace("/opt/oom-ingest/bin/oom-ingest", command)
        (tmp_path / name).write_text(text)
    timer = tmp_path / "oom-ingest-trends.timer"
    done = subprocess.run(["systemd-analyze", "verify", str(timer)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
