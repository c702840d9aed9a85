"""Tells in one scan over bytes whether a record can matter at all, before anything is decoded.

The literals come from the formats, so that a new family widens the gate by itself.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


_GO = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
"""What Go's encoder escapes in strings beyond what JSON asks for."""


def gate(anchors: Iterable[str]) -> Callable[[bytes], bool]:
    """A test of bytes that is true when one of ``anchors`` stands anywhere in them, as text or escaped as in JSON."""
    known = set(anchors)
    escaped = {json.dumps(anchor, ensure_ascii=False)[1:-1] for anchor in known}
    go = {anchor.translate(_GO) for anchor in escaped}
    literals = sorted({anchor.encode() for anchor in known | escaped | go}, key=len, reverse=True)
    search = re.compile(b"|".join(re.escape(literal) for literal in literals)).search
    return lambda value: search(value) is not None
