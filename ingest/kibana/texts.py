"""Words on boards: the way from one to another, and how to read what they show. Meanings come from the glossary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.kibana import views
from ingest.kibana.ids import object_id
from ingest.kibana.panels import Panel, text
from ingest.reference.glossary import WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES = {
    "fleet": "Fleet overview",
    "host": "Host",
    "episode": "Episode",
    "kubernetes": "Kubernetes and containers",
    "workload": "Workload",
    "openvz": "OpenVZ containers",
    "pipeline": "Pipeline health",
}
"""Every board, in the order of the navigation."""

_NOT_A_CAUSE = (
    "Who **asked** for memory (trigger), who **died** (victim) and who **used** it (culprit) are three questions. "
    "The one that asked says nothing of who used it."
)
_FIELDS = {"free": "oom.openvz.free.pages", "gen": "oom.openvz.generation", "score": "oom.victim.score"}
"""Words that a log prints and that are values of fields here."""


def navigation(board: str, question: str) -> Panel:
    """Links to all boards, and the question of this one."""
    links = [
        f"**{title}**" if name == board else f"[{title}](#/view/{object_id(name)})" for name, title in NAMES.items()
    ]
    return text("Boards", f"{' · '.join(links)}\n\n*{question}*", titled=False)


def help_text(words: Sequence[str], more: str = "") -> Panel:
    """How to read a board."""
    lines = [f"- **{word}**: {meaning(word)}" for word in words]
    return text("How to read this", "\n".join([_NOT_A_CAUSE, "", *lines, *(["", more] if more else [])]))


def meaning(word: str) -> str:
    """What a word means, as the glossary or the catalogue of fields has it."""
    return WORDS[word] if word in WORDS else views.field(_FIELDS[word]).text
