"""The trend report in a real browser: desktop, phone, dark, mail. The demo's own fleet and hostile names."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from ingest.trends.formats import page
from tests.integration.service import COMMAND
from tests.system.test_page import _colours, chromium
from tests.unit.test_trends_formats import evil_report, fleet_report, html

pytestmark = pytest.mark.system

VIEWS = {
    "desktop": ["--window-size=1280,2400"],
    "phone": ["--window-size=500,2400"],
    "dark": ["--window-size=1280,2400", "--blink-settings=preferredColorScheme=0"],
}

PROBE = "<script>document.title = JSON.stringify([document.title, document.body.scrollWidth, innerWidth])</script>"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page with which the demo ends."""
    folder = tmp_path_factory.mktemp("demo")
    command = [*COMMAND, "demo", "--dir", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "trends.html"


@pytest.mark.parametrize("view", VIEWS)
def test_the_demo_ends_with_a_page_that_is_drawn(demo: Path, view: str, tmp_path: Path) -> None:
    text = chromium(tmp_path, "--dump-dom", *VIEWS[view], f"file://{demo}")
    assert "linux memcg node server.js" in text
    assert text.count("<figure") == 4
    picture = tmp_path / f"{view}.png"
    chromium(tmp_path, f"--screenshot={picture}", *VIEWS[view], f"file://{demo}")
    assert _colours(picture) > 40


@pytest.mark.parametrize("view", ["desktop", "phone"])
def test_hostile_names_neither_act_nor_break_the_page(view: str, tmp_path: Path) -> None:
    written = tmp_path / "evil.html"
    for name, text in (("page", html(evil_report())), ("mail", page.mail(evil_report()))):
        # What acts would change the title of the document; what breaks the page would make it wider.
        allowed = text.replace("default-src 'none'", "default-src 'unsafe-inline'")
        written.write_text(allowed.replace("</body>", f"{PROBE}</body>"))
        dom = chromium(tmp_path, "--dump-dom", *VIEWS[view], f"file://{written}")
        title, width, window = json.loads(dom.partition("<title>")[2].partition("</title>")[0])
        assert title.startswith("OOM kills from")
        assert name == "mail" or width <= window


def test_mail_is_drawn(tmp_path: Path) -> None:
    written, picture = tmp_path / "mail.html", tmp_path / "mail.png"
    written.write_text(page.mail(fleet_report()))
    chromium(tmp_path, f"--screenshot={picture}", "--window-size=900,2400", f"file://{written}")
    assert _colours(picture) > 40
