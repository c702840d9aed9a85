"""Which versions of kafka-python are known from the inside."""

from __future__ import annotations

import re

import kafka

_TESTED = ((3, 0, 12), (3, 1))
"""Versions that the differential tests have seen: from the first, below the second."""


def is_known() -> bool:
    """Whether what we use of the library's insides is as we know it."""
    version = tuple(int(number) for number in re.findall(r"\d+", kafka.__version__)[:3])
    return _TESTED[0] <= version < _TESTED[1]
