"""C's printf for the conversions that kernels and daemons use, and the shape of what it prints."""

from __future__ import annotations

import re

_CONVERSION = re.compile(r"%(?P<flags>[-#0 ]*)(?P<width>\d*)(?P<precision>\.\d+)?(?:hh|h|ll|l|z)?(?P<type>[dsuxi])")


def printf(template: str, *values: object) -> str:
    """``template`` with its conversions filled in. Length modifiers say nothing in Python and are taken out."""
    plain = _CONVERSION.sub(lambda c: f"%{c['flags']}{c['width']}{c['precision'] or ''}{c['type']}", template)
    return plain % values


def shape(template: str) -> re.Pattern[str]:
    """What any line of a format looks like; a conversion of numbers matches numbers only."""
    pieces, at = [], 0
    for conversion in _CONVERSION.finditer(template):
        pieces += [_literal(template[at : conversion.start()]), _printed(conversion)]
        at = conversion.end()
    return re.compile("".join([*pieces, _literal(template[at:])]))


def _literal(text: str) -> str:
    return re.escape(text.replace("%%", "%"))


def _printed(conversion: re.Match[str]) -> str:
    if conversion["type"] == "s":
        return r".*"
    return r" *(?:0x)?[0-9a-f]+ *" if conversion["type"] == "x" else r" *-?\d+"
