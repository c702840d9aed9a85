"""Documents that are expected of a case, as its ``.ndjson`` keeps them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ingest import __version__

_KEPT = "0.1.0"
"""The version that the files name, so that a new version of the package does not change them all."""


def read(path: Path) -> list[dict[str, Any]]:
    """The documents of a file, as this version of the package writes them."""
    documents = [json.loads(line) for line in path.read_text().splitlines()]
    for document in documents:
        document["_source"]["oom"]["parser"]["version"] = __version__
    return documents


def text(documents: list[dict[str, Any]]) -> str:
    """The content of the file for documents."""
    lines = (json.dumps(document, sort_keys=True) + "\n" for document in documents)
    return "".join(line.replace(f'"version": "{__version__}"', f'"version": "{_KEPT}"') for line in lines)
