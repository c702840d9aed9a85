"""Pictures of pages, by the Chromium that is installed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from typing import TYPE_CHECKING

from ingest.ports import Unavailable

if TYPE_CHECKING:
    from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
)  # fmt: skip
"""No sandbox: the pages are our own files without scripts, and in a container the sandbox does not start."""
_TIMEOUT = 120


def picture(page: Path, width: int, height: int) -> Path:
    """A PNG of a page beside it. Raises ``Unavailable`` where no browser is installed or it does not draw."""
    browser = next(filter(None, map(shutil.which, _NAMES)), None)
    if browser is None:
        raise Unavailable(f"pictures need Chromium, and none of {', '.join(_NAMES)} is installed")
    target = page.with_suffix(".png")
    target.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [browser, *_FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"]
        command += [f"--screenshot={target.absolute()}", page.absolute().as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, check=False)  # noqa: S603
        except subprocess.TimeoutExpired:
            raise Unavailable(f"{browser} drew no picture of {page.name} within {_TIMEOUT} s") from None
    if not target.is_file():
        raise Unavailable(f"{browser} drew no picture of {page.name}: {done.stderr.strip()[-200:]}")
    return target
