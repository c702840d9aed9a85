"""Text of strangers made safe to show: process names and paths may hold anything, terminal escapes included.

The one place for it. Each function is for one kind of reader; HTML is left to a template that escapes by itself.
"""

from __future__ import annotations

import re
import unicodedata

_OTHER = re.compile(r"[^\x20-\x7e\t]")
_ACTS = frozenset({"Cc", "Cf", "Zl", "Zp"})
"""Control and format characters, line and paragraph separators: they move, hide, turn or colour what follows."""

_MARKUP = re.compile(r"([\\`*_\[\]<>|&])")
_TICKS = re.compile("`+")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def shown(text: str) -> str:
    r"""The text with every such character as ``\x1b`` or ``\u202e``; nothing else is changed."""
    return _OTHER.sub(_escape, text)


def is_shown(text: str) -> bool:
    """Whether a text has no character that a terminal or a browser would act upon."""
    return shown(text) == text


def short(text: str, most: int) -> str:
    """The text in at most so many characters: its middle is left out, because both ends of a path tell what it is."""
    plain = shown(text)
    if len(plain) <= most:
        return plain
    tail = (most - 1) // 2
    return f"{plain[: most - 1 - tail]}…{plain[len(plain) - tail :]}"


def markdown(text: str) -> str:
    """A sentence for Markdown: nothing in it is markup, HTML or the end of a table's cell."""
    return _MARKUP.sub(r"\\\1", shown(text))


def code(text: str) -> str:
    """The text as code in a cell of a Markdown table: no markup, no HTML, no link, no mention of anybody."""
    plain = shown(text).replace("|", "\\|")
    fence = "`" * (max((len(run) for run in _TICKS.findall(plain)), default=0) + 1)
    room = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{room}{plain}{room}{fence}" if plain.strip() else ""


def cell(text: str) -> str:
    """The text for a cell of CSV: a spreadsheet takes it for text, not for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    if unicodedata.category(character) not in _ACTS:
        return character
    code = ord(character)
    if code <= 0xFF:  # noqa: PLR2004  one byte
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004  two bytes
