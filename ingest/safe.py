"""Text of strangers made safe to show: process names and paths may hold anything, terminal escapes included."""

from __future__ import annotations

import re
import unicodedata

_OTHER = re.compile(r"[^\x20-\x7e\t]")
_ACTS = frozenset({"Cc", "Cf", "Zl", "Zp"})
"""Control and format characters, line and paragraph separators: they move, hide, turn or colour what follows."""


def shown(text: str) -> str:
    r"""The text with every such character as ``\x1b`` or ``\u202e``; nothing else is changed."""
    return _OTHER.sub(_escape, text)


def is_shown(text: str) -> bool:
    """Whether a text has no character that a terminal or a browser would act upon."""
    return shown(text) == text


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    if unicodedata.category(character) not in _ACTS:
        return character
    code = ord(character)
    if code <= 0xFF:  # noqa: PLR2004  one byte
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004  two bytes
