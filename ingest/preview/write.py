"""Pages of boards into a folder."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ingest import assets
from ingest.kibana import bundle, saved
from ingest.preview import page, read
from ingest.preview.query import Asked, Span

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from ingest.preview.query import Search


def shipped(prefix: str) -> read.Bundle:
    """The boards that travel with this version, over indices that begin with ``prefix``."""
    text = (assets.dashboards() / bundle.FILE).read_text(encoding="utf-8")
    return read.bundle(saved.read(text), prefix)


def named(boards: read.Bundle, names: Sequence[str]) -> list[read.Board]:
    """Boards by their short names (``fleet``), all where none is named. Raises ``KeyError``."""
    known = {board.id.removeprefix("oom-"): board for board in boards.boards}
    return [known[name] for name in names] if names else list(known.values())


def usual(board: read.Board, end: datetime) -> Span:
    """The range of time with which a board is opened."""
    return Span(end - timedelta(days=board.days), end)


def write(
    folder: Path, boards: read.Bundle, board: read.Board, span: Span, filters: Sequence[str], search: Search
) -> Path:
    """One board's page; gives its file. Raises ``Unavailable`` or ``Refused``."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / page.name_of(board)
    path.write_text(page.render(board, boards.views, Asked(span, tuple(filters)), search), encoding="utf-8")
    return path
