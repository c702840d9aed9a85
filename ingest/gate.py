"""Tells in one scan over bytes whether a record can matter at all, before anything is decoded.

The literals come from the formats, so that a new family widens the gate by itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def gate(anchors: Iterable[str]) -> Callable[[bytes], bool]:
    """A test of bytes that is true when one of ``anchors`` stands anywhere in them."""
    literals = sorted({anchor.encode() for anchor in anchors}, key=len, reverse=True)
    search = re.compile(b"|".join(re.escape(literal) for literal in literals)).search
    return lambda value: search(value) is not None
