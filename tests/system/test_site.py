"""The documentation in a real browser: light, dark, and on a phone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.debian import ROOT
from tests.system.test_page import chromium

pytestmark = pytest.mark.system
DARK = "--blink-settings=preferredColorScheme=0"
LOOKS = {
    "light": ["--window-size=1280,900"],
    "dark": [DARK, "--window-size=1280,900"],
    "phone": ["--window-size=390,844"],
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    subprocess.run(build, cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, check=True)
    return folder


@pytest.mark.parametrize("look", LOOKS)
def test_the_first_page_says_what_it_does_and_shows_it(look: str, site: Path, tmp_path: Path) -> None:
    page = f"file://{site / 'index.html'}"
    drawn = chromium(tmp_path, "--dump-dom", "--virtual-time-budget=3000", *LOOKS[look], page)
    assert "who used the memory" in re.sub(r"\s+", " ", drawn)
    (scheme,) = re.findall(r"<body[^>]* data-md-color-scheme=\"(\w+)\"", drawn)
    assert scheme == ("slate" if look == "dark" else "default")
    assert (site / "images" / "explain.png").stat().st_size > 10_000
