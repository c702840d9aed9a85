"""The explained page in a real browser, at desktop and phone width: ``make test-system``."""

from __future__ import annotations

import re
import subprocess
import zlib
from pathlib import Path

import pytest
from click.testing import CliRunner

from ingest.cli import cli

pytestmark = pytest.mark.system

CORPUS = Path(__file__).parent.parent / "corpus"
CASES = {
    "first_log": ("openvz/el135.log", "Probable culprit: grep"),
    "pod": ("linux/pod_memcg.log", "reached its memory limit"),
    "machine": ("linux/case_global_worker_pool.log", "61 processes named php-fpm8.1"),
}
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--hide-scrollbars"]  # fmt: skip


def chromium(folder: Path, *arguments: str) -> str:
    command = ["chromium", *FLAGS, f"--user-data-dir={folder / 'profile'}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def page(folder: Path, log: str) -> Path:
    written = folder / "page.html"
    arguments = ["explain", "--recorded-at", "2010-04-22"] if "el135" in log else ["explain"]
    done = CliRunner().invoke(cli, [*arguments, "--html", str(written), str(CORPUS / log)])
    assert done.exit_code == 0, done.output
    return written


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_is_drawn_and_says_the_verdict(case: str, width: int, tmp_path: Path) -> None:
    log, verdict = CASES[case]
    written = page(tmp_path, log)
    text = re.sub(r"\s+", " ", chromium(tmp_path, "--dump-dom", f"--window-size={width},900", f"file://{written}"))
    assert verdict in text
    picture = tmp_path / "page.png"
    chromium(tmp_path, f"--screenshot={picture}", f"--window-size={width},900", f"file://{written}")
    assert _colours(picture) > 20


def _colours(picture: Path) -> int:
    """How many bytes of different value a PNG has: a blank page has next to none."""
    data = picture.read_bytes()
    pixels, at = b"", 8
    while at < len(data):
        length = int.from_bytes(data[at : at + 4])
        if data[at + 4 : at + 8] == b"IDAT":
            pixels += data[at + 8 : at + 8 + length]
        at += length + 12
    return len(set(zlib.decompress(pixels)))
