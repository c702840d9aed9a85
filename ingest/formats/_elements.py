"""Grammar elements and conversions that several families share. Units are converted here, at the source."""

from __future__ import annotations

import pyparsing as pp

KIB = 1024


def integer(name: str) -> pp.ParserElement:
    """A whole number, possibly negative, as ``int``."""
    return pp.Regex(r"-?\d+").set_parse_action(lambda t: int(t[0]))(name)


def kibibytes(label: str, name: str) -> pp.ParserElement:
    """``label:123kB``, as bytes. The kernel's kB is 1024 bytes (``K()`` in mm/oom_kill.c)."""
    number = pp.Regex(r"\d+(?=kB)").set_parse_action(lambda t: int(t[0]) * KIB)
    return pp.Suppress(f"{label}:") + number(name) + pp.Suppress("kB")


def name_until(anchor: str) -> pp.ParserElement:
    """A process name up to the last ``anchor`` of the line, which is left to be read.

    Names are free text: they may hold the anchor itself, so only its last occurrence ends them.
    """
    return pp.Regex(rf".*(?={anchor})").leave_whitespace()("name")
