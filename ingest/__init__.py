"""oom-ingest: OOM-killer records from Kafka to Elasticsearch.

``parse`` and ``explain`` are the parser as a library; they are imported when they are asked for, and not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    from ingest._version import __version__
except ModuleNotFoundError:  # the build writes it; this checkout was never installed
    __version__ = "0+unknown"

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.api import explain, parse

__all__ = ["__version__", "explain", "parse"]


def __getattr__(name: str) -> Callable[..., object]:
    if name not in ("explain", "parse"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ingest import api  # noqa: PLC0415  the whole grammar; a program that wants the version only does not pay for it

    found: Callable[..., object] = getattr(api, name)
    return found
