"""Grammar elements and conversions that several families share. Units are converted here, at the source."""

from __future__ import annotations

import pyparsing as pp

from ingest.lowering import converted

KIB = 1024
MIB = 1 << 20

_COMM = 19
"""Bytes of the longest process name."""

_BYTE = r"(?:\\x[0-9a-f]{2}|[#\\][0-7]{3}|.)"
"""A byte of a name, plain or as shippers and the kernel escape it."""

_DIGITS = 25
"""No number in a log needs more digits than 2**64 has; longer runs are not read as numbers."""


def word(text: str) -> pp.ParserElement:
    """Literal text that must stand there and says nothing more."""
    return pp.Suppress(pp.Literal(text))


def integer(name: str) -> pp.ParserElement:
    """A whole number, possibly negative, as ``int``; never the first digits of something longer."""
    return converted(pp.Regex(rf"-?\d{{1,{_DIGITS}}}(?![\w])"), int)(name)


def unit(name: str, suffix: str, factor: int) -> pp.ParserElement:
    """``123kB`` and its like, as bytes: the number, at once followed by ``suffix``, times ``factor``."""
    number = converted(pp.Regex(rf"-?\d{{1,{_DIGITS}}}(?={suffix})"), lambda digits: int(digits) * factor)
    return number(name) + word(suffix)


def kib(name: str) -> pp.ParserElement:
    """``123kB`` as bytes. The kernel's kB is 1024 bytes (``K()`` in mm/oom_kill.c)."""
    return unit(name, "kB", KIB)


def kibibytes(label: str, name: str) -> pp.ParserElement:
    """``label:123kB``, as bytes."""
    return word(f"{label}:") + kib(name)


def decimal(name: str) -> pp.ParserElement:
    """A number with an optional fraction, as ``float``."""
    return converted(pp.Regex(r"\d{1,12}(?:\.\d{1,9})?"), float)(name)


def until(anchor: str, name: str) -> pp.ParserElement:
    """Free text up to the last ``anchor`` (a pattern) of the line, which is left to be read.

    Names and paths are written by strangers: they may hold the anchor itself, so only its last occurrence ends them.
    """
    return pp.Regex(rf".*(?={anchor})").leave_whitespace()(name)


def comm(anchor: str, name: str = "name") -> pp.ParserElement:
    """A process name up to the last ``anchor`` that it may reach: 15 bytes (``TASK_COMM_LEN``), FreeBSD's 19.

    The bound keeps a name apart from a second line that was glued to the first.
    """
    return pp.Regex(rf"{_BYTE}{{0,{_COMM}}}(?={anchor})").leave_whitespace()(name)


def first_comm(anchor: str, name: str = "name") -> pp.ParserElement:
    """The same up to the first ``anchor``, for one that a short name would reach more than once."""
    return pp.Regex(rf"{_BYTE}{{0,{_COMM}}}?(?={anchor})").leave_whitespace()(name)


def pattern(expression: str, name: str) -> pp.ParserElement:
    """Text of a given shape, by name."""
    return pp.Regex(expression)(name)


def rest(name: str) -> pp.ParserElement:
    """Everything that is left of the line, at least one character."""
    return pp.Regex(r".+")(name)


def ignored() -> pp.ParserElement:
    """Everything that is left of the line, known and of no use."""
    return pp.Suppress(pp.Regex(r".*"))


def pairs(shape: str, name: str) -> pp.ParserElement:
    """``key:123kB key:45 ...`` in any order, as a list of the texts; ``shape`` is the pattern of one pair."""
    return pp.OneOrMore(pp.Regex(shape)).set_results_name(name)
