"""A release as others get it: the wheel that was built from the sdist, alone in a clean environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from tests import expected, licences
from tests.conftest import Endpoints
from tests.integration.service import Site, stamped, utc

pytestmark = pytest.mark.stack
ROOT = Path(__file__).parent.parent.parent
POD = ROOT / "tests" / "corpus" / "linux" / "pod_memcg.log"


@dataclass(frozen=True)
class Release:
    """What ``make dist`` made, and the environment that has only that."""

    folder: Path
    clean: Path

    @property
    def command(self) -> str:
        return str(self.clean / "bin" / "oom-ingest")

    def run(self, *arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """The command away from the checkout, with nothing of its environment."""
        plain = {"PATH": os.defpath, "HOME": str(cwd), **environment}
        command = [self.command, *arguments]
        return subprocess.run(command, cwd=cwd, env=plain, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    folder = tmp_path_factory.mktemp("release")
    made = Release(folder / "dist", folder / "clean")
    paths = [f"DIST={made.folder}", f"CLEAN={made.clean}", f"PYTHON={sys.executable}"]
    done = subprocess.run(["make", "dist", *paths], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return made


def test_the_wheel_alone_parses_and_explains(release: Release, tmp_path: Path) -> None:
    (wheel,) = release.folder.glob("*.whl")
    version = release.run("--version", cwd=tmp_path).stdout.split()[-1]
    assert wheel.name == f"oom_ingest-{version}-py3-none-any.whl"
    printed = release.run("parse", "--recorded-at", "2026-11-22", str(POD), cwd=tmp_path)
    assert printed.returncode == 0, printed.stderr
    wanted = expected.read(POD.with_suffix(".ndjson"))
    for document in wanted:
        document["_source"]["oom"]["parser"]["version"] = version
    assert [json.loads(line) for line in printed.stdout.splitlines()] == wanted
    page = release.run("explain", "--html", "page.html", str(POD), cwd=tmp_path)
    assert page.returncode == 0, page.stderr
    assert "reached its memory limit" in (tmp_path / "page.html").read_text()


def test_the_wheel_alone_sets_up_and_serves(
    release: Release, stack: Endpoints, topic: str, elastic: Elasticsearch, tmp_path: Path
) -> None:
    site = Site(stack, topic, elastic)
    settings = {name: value for name, value in site.environment().items() if name.startswith("OOM_INGEST_")}
    done = release.run("setup", cwd=tmp_path, **settings)
    assert done.returncode == 0, done.stderr
    site.produce(stamped(POD.read_bytes().splitlines(), utc("2026-11-22T10:15:02")))
    environment = {"PATH": os.defpath, "HOME": str(tmp_path), **settings}
    service = subprocess.Popen([release.command, "run"], cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
    try:
        site.wait_for(4)
    finally:
        service.terminate()
        service.wait(timeout=60)


def test_the_bill_of_materials_names_what_is_there_with_its_licence(release: Release) -> None:
    bill = json.loads((release.folder / "oom-ingest.cdx.json").read_text())
    components = {each["name"].lower().replace("_", "-"): each for each in bill["components"]}
    assert set(components) == {*licences.closure(), "oom-ingest"}
    assert not [name for name, each in components.items() if not each.get("licenses")]


def test_the_sdist_has_what_a_packager_needs(release: Release) -> None:
    (sdist,) = release.folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        members = {name.partition("/")[2] for name in archive.getnames()}
    wanted = ["LICENSE", "Makefile", "constraints.txt", "requirements.lock", "docs/licences.md", "tests/expected.py"]
    assert set(wanted) <= members
    assert {str(path.relative_to(ROOT)) for path in (ROOT / "deploy").rglob("*") if path.is_file()} <= members
    assert not [name for name in members if name.startswith((".venv", "build/"))]
