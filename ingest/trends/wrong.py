"""What was asked for cannot be reported."""

from __future__ import annotations


class Wrong(Exception):
    """A period, a selection, a condition or a document that is wrong. The text is one sentence for people."""
