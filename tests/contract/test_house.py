"""The house's own rules: sizes of rooms, what the wheel carries. Import rules are held by `lint-imports`."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
MODULES = sorted((ROOT / "ingest").rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_stays_one_thing(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_function_fits_on_a_screen(path: Path) -> None:
    tree = ast.parse(path.read_text())
    long = [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= 60
    ]
    assert long == []


def test_the_wheel_carries_mappings_dashboards_and_samples(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    members = set(zipfile.ZipFile(wheel).namelist())
    templates = {f"ingest/_assets/mappings/{path.name}" for path in (ROOT / "mappings").glob("*.json")}
    assert templates
    assert templates <= members
    assert {"ingest/py.typed", "ingest/_assets/samples/el135.log"} <= members
    assert any(member.startswith("ingest/_assets/dashboards/") for member in members)
    outside = {member for member in members if not member.startswith(("ingest/", "oom_ingest-"))}
    assert outside == set()
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from ingest import assets; "
        "print(len(assets.mappings()), assets.sample('el135.log').is_file(), assets.__file__)"
    )
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    found = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "site")], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert found.stdout.split()[:2] == [str(len(templates)), "True"]
    assert found.stdout.split()[2].startswith(str(tmp_path))
