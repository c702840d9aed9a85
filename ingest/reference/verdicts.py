"""``docs/verdicts.md``: verdict codes, doubts and advice as tables, from the catalogue."""

from __future__ import annotations

from ingest.explanation.verdicts import ADVICE, DOUBTS, VERDICTS, Question
from ingest.model import Code


def reference() -> str:
    """The page."""
    head = [
        "# Verdicts",
        "",
        "Generated from `ingest/explanation/verdicts.py` by `make generate`. `oom.verdict` holds these codes; the",
        "first of a report says what ran out. `oom.advice` holds the codes of what to do next, `oom.culprit.doubts`",
        "why a culprit is not surer. Codes never change their meaning.",
    ]
    questions = [line for question in Question for line in _question(question)]
    doubts = ["", "## Why a culprit is not surer", "", "| code | meaning |", "| --- | --- |"]
    doubts += [f"| `{doubt}` | {text} |" for doubt, text in DOUBTS.items()]
    advice = ["", "## What to do next", "", "| code | advice |", "| --- | --- |"]
    advice += [f"| `{each}` | {text.replace('|', ' ')} |" for each, text in ADVICE.items()]
    return "\n".join([*head, *questions, *doubts, *advice]) + "\n"


def _question(question: Question) -> list[str]:
    rows = [
        f"| `{code}` | {verdict.title} | {verdict.text} | {', '.join(f'`{each}`' for each in verdict.advice)} |"
        for code in Code
        if (verdict := VERDICTS[code]).question is question
    ]
    return ["", f"## {question}", "", "| code | in short | meaning | advice |", "| --- | --- | --- | --- |", *rows]
