"""Which wordings a line may be: by its tag, by the families open on its host, by how it begins and by its literals.

How a wording's lines begin is known from its grammar. Compiling every grammar for it costs more than a short log has to
spend, so the first lines are told apart by their literals alone.
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import pyparsing as pp

from ingest.lowering import Interpreted, Lowered, compiled
from ingest.lowering.beginnings import first_characters
from ingest.model import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ingest.formats._types import Format, Wording

_SHORT_LOG = 2_000
"""Lines looked at before knowing how every wording begins pays for itself."""
_KEPT = 4_096
"""Answers kept; the first character of a line is a stranger's choice."""
_BARE_TAG = re.compile(r"(?P<tag>[A-Za-z][\w.-]{0,63})(?:\[\d{1,10}\])?: +")


class Candidate:
    """A wording of a family, with its grammar in the forms that are needed, each built on first use."""

    def __init__(self, family: Format, wording: Wording) -> None:
        self.family = family
        self.wording = wording
        self.anchors = wording.anchors

    def grammar(self) -> pp.ParserElement:
        """A new copy of the grammar, as pyparsing runs it."""
        return self.wording.grammar().parse_with_tabs()

    @cached_property
    def whole(self) -> Lowered | Interpreted:
        """Reads a line that the wording explains to its end."""
        return compiled(self.grammar())

    @cached_property
    def beginning(self) -> Lowered | Interpreted:
        """Reads a line with a tail: anything that does not go on in the middle of a word. It is named ``unread``."""
        tail = pp.Regex(r"(?<!\w)[\s\S]+|(?!\w)[\s\S]+").leave_whitespace()("unread")
        return compiled((self.grammar() + tail).parse_with_tabs(), parse_all=False)

    @cached_property
    def first_characters(self) -> frozenset[str] | None:
        """With which ASCII characters its lines begin; ``None`` where it may be any."""
        return first_characters(self.whole.pattern.pattern) if isinstance(self.whole, Lowered) else None


class Dispatch:
    """Finds the wordings that a line may be, in the order in which they are tried.

    Args:
        families: All of them, in order.
    """

    def __init__(self, families: Iterable[Format]) -> None:
        self.candidates = tuple(Candidate(family, wording) for family in families for wording in family.wordings)
        """Every wording, in the order in which they are tried."""
        self._tags = frozenset[str]().union(*(candidate.family.tags for candidate in self.candidates))
        self._seen = 0
        self._of = lru_cache(maxsize=_KEPT)(self._choose)
        self._bodies = lru_cache(maxsize=_KEPT)(self._choose_bodies)

    def possible(self, tag: str | None, text: str, open_families: frozenset[str]) -> Iterator[tuple[Candidate, str]]:
        """The wordings that a line may be, and the text that each would have to explain.

        Args:
            tag: The line's syslog tag, if it has one.
            text: What stands behind it.
            open_families: The families of which ``BODY`` lines are looked for.
        """
        if tag is None and (found := _BARE_TAG.match(text)) and found["tag"] in self._tags:
            yield from self._untagged(text, found, open_families)
        elif tag is None or tag in self._tags:
            for candidate in self._of(tag, open_families, self._beginning(text)):
                for anchor in candidate.anchors:
                    if anchor in text:
                        yield candidate, text
                        break

    def bodies(self, tag: str | None, text: str, open_families: frozenset[str]) -> Sequence[tuple[str, Candidate]]:
        """The ``BODY`` wordings that a line with a tag, or with neither tag nor ``program:``, may be.

        Each comes once for each of its literals, with the literal; one of them stands in the line.
        """
        return self._bodies(tag, open_families, self._beginning(text))

    def _untagged(
        self, text: str, tag: re.Match[str], open_families: frozenset[str]
    ) -> Iterator[tuple[Candidate, str]]:
        """A text that begins with a tag: the families whose tag it is read what stands behind it."""
        behind = text[tag.end() :]
        for candidate in self._of(None, open_families, ""):
            told = behind if tag["tag"] in candidate.family.tags else text
            if any(anchor in told for anchor in candidate.anchors):
                yield candidate, told

    def _beginning(self, text: str) -> str:
        """The first character of a text, or nothing where it tells nothing."""
        if self._seen < _SHORT_LOG:
            self._seen += 1
            return ""
        first = text.lstrip(" \t\r\n")[:1]
        return first if first.isascii() else ""

    def _choose_bodies(
        self, tag: str | None, open_families: frozenset[str], first: str
    ) -> tuple[tuple[str, Candidate], ...]:
        return tuple(
            (anchor, candidate)
            for candidate in self._choose(tag, open_families, first)
            if candidate.wording.role is Role.BODY
            for anchor in candidate.anchors
        )

    def _choose(self, tag: str | None, open_families: frozenset[str], first: str) -> tuple[Candidate, ...]:
        return tuple(
            candidate
            for candidate in self.candidates
            if tag is None or tag in candidate.family.tags
            if candidate.wording.role is not Role.BODY or candidate.family.name in open_families
            if not first or candidate.first_characters is None or first in candidate.first_characters
        )
