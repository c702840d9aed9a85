"""Boards in a browser: opened, waited for until every panel is drawn, looked at for errors, kept as pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from ingest.preview.query import Span

_DRAWN_WITHIN_MS = 120_000
_SIZE = {"width": 1920, "height": 1080}
_DRAWN = """() => {
  const board = document.querySelector('[data-shared-items-count]');
  const wanted = board ? Number(board.dataset.sharedItemsCount) : 0;
  const drawn = document.querySelectorAll('[data-shared-item][data-render-complete="true"]').length;
  return wanted > 0 && drawn >= wanted;
}"""
"""What Kibana's own reporting waits for before it takes a picture."""

_ERRORS = (
    '[data-test-subj="embeddableError"], [data-test-subj="embeddable-lens-failure"], '
    '[data-test-subj^="embeddableStackError"], [data-test-subj="errorMessageMarkdown"], '
    ".lnsEmbeddedError, .embPanel__error, [data-render-error]"
)
"""How panels of 8.x and 9.x say that they failed."""


def wrong(url: str, boards: list[str], span: Span, folder: Path, browser: Path | None = None) -> Iterator[str]:
    """What is wrong with boards, one sentence each; their pictures go into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"] if browser else [])
        page = chromium.new_page(viewport=_SIZE)
        said: list[str] = []
        page.on("pageerror", lambda error: said.append(str(error)))
        for board in boards:
            said.clear()
            yield from (f"{board}: {each}" for each in _look(page, _address(url, board, span)))
            yield from (f"{board}: the page says {each}" for each in said)
            page.screenshot(path=folder / f"{board}.png", full_page=True)
        chromium.close()


def _look(page: Page, address: str) -> Iterator[str]:
    page.goto("about:blank")  # boards differ in the part behind #, for which a page is not loaded again
    page.goto(address)
    try:
        page.wait_for_function(_DRAWN, timeout=_DRAWN_WITHIN_MS)
    except Exception as error:  # noqa: BLE001  its own kinds of errors have no common name
        yield f"not drawn in {_DRAWN_WITHIN_MS // 1000} s ({type(error).__name__})"
    for found in page.query_selector_all(_ERRORS):
        yield f"a panel failed: {_short(found)}"


def _short(found: Any) -> str:
    return " ".join(str(found.inner_text()).split())[:200]


def _address(url: str, board: str, span: Span) -> str:
    return f"{url}/app/dashboards#/view/{board}?_g=(time:(from:'{span.start:%FT%TZ}',to:'{span.end:%FT%TZ}'))"
