"""The parser as a library: ``ingest.parse`` and ``ingest.explain``, for a notebook or a pipeline of one's own.

Both run the stages that the commands of these names run. Nothing is read but the lines that are given, nothing is sent.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ingest.cli import options
from ingest.config import Settings
from ingest.explained.view import episode_view
from ingest.model import Origin, Raw, TimeSource
from ingest.offline import episodes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ingest.explained.view import EpisodeView
    from ingest.model import Document

_NAME = "lines"
"""What stands where a file's name would: the origin of the lines in the documents."""


def parse(
    lines: str | bytes | Iterable[str | bytes],
    *,
    host: str | None = None,
    recorded_at: datetime | None = None,
    settings: Settings | None = None,
) -> Iterator[Document]:
    """The documents of log lines: what ``oom-ingest parse`` prints and ``oom-ingest run`` stores.

    Args:
        lines: Lines in their order, or one text of them. They are read as they are asked for.
        host: Host of lines that name none, such as those of dmesg.
        recorded_at: About when the lines were logged, with a zone: the year of time stamps without one is chosen by it.
            Now, if not given.
        settings: How to read; ``ingest.config.load`` makes them of a file and the environment. Defaults, if not given.

    Yields:
        Each document once, in its last state: ``index``, ``id``, ``version``, ``source``.

    Raises:
        ValueError: ``recorded_at`` has no zone.
        ConfigError: A setting is wrong.
    """
    return options.documents(_raws(lines, recorded_at), settings or Settings(), host)


def explain(
    lines: str | bytes | Iterable[str | bytes],
    *,
    host: str | None = None,
    recorded_at: datetime | None = None,
    settings: Settings | None = None,
) -> list[EpisodeView]:
    """What log lines mean, episode by episode: what ``oom-ingest explain --json`` prints, as values.

    Args:
        lines: See ``parse``.
        host: See ``parse``.
        recorded_at: See ``parse``.
        settings: See ``parse``.

    Returns:
        One view for each episode, in the order in which they began, of the last 4,000 reports at most.
        ``ingest.explained.page.render`` makes a page of them.

    Raises:
        ValueError: ``recorded_at`` has no zone.
        ConfigError: A setting is wrong.
    """
    chosen = settings or Settings()
    envelope = options.envelope(chosen, TimeSource.FILE, host)
    found = episodes(
        _raws(lines, recorded_at), envelope, options.bounds(chosen), options.gap(chosen), options.page_size(chosen)
    )
    return [episode_view(episode, joined, envelope) for episode, joined in found.episodes]


def _raws(lines: str | bytes | Iterable[str | bytes], recorded_at: datetime | None) -> Iterator[Raw]:
    if recorded_at is not None and recorded_at.tzinfo is None:
        raise ValueError("recorded_at has no zone; give it one, such as datetime(2026, 11, 22, tzinfo=UTC)")
    hint = recorded_at or datetime.now(UTC)
    each = lines.splitlines() if isinstance(lines, str | bytes) else lines
    return (Raw(Origin(_NAME, None, number), _bytes(line), hint) for number, line in enumerate(each, 1))


def _bytes(line: str | bytes) -> bytes:
    whole = line.encode("utf-8", "surrogateescape") if isinstance(line, str) else line
    return whole.rstrip(b"\r\n")
