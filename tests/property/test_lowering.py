"""A compiled grammar answers what pyparsing answers: on every line of the corpus, on printed lines, on damaged ones."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pyparsing as pp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import formats
from ingest.formats._dispatch import Candidate
from ingest.lowering import Interpreted, Lowered, NotLowerableError, compiled, converted, lower, reference
from ingest.lowering.beginnings import first_characters
from tests.generator.wordings import draw, printed

CORPUS = Path(__file__).parent.parent / "corpus"
CANDIDATES = {
    wording.id: Candidate(family, wording) for family in formats.formats().values() for wording in family.wordings
}
PIECES = ("", " ", "\t", "0", "7", "-", ":", ",", "(", ")", "[", "]", "kB", "a", "é", "\n", "/", "=", "'", '"')


@cache
def messages() -> tuple[str, ...]:
    """What stands behind the tag or the uptime of the corpus's lines, roughly: a wrong cut is one more odd line."""
    lines = (line for path in sorted(CORPUS.glob("*/*.log")) for line in path.read_text(errors="replace").splitlines())
    return tuple(dict.fromkeys(line.split("] ", 1)[-1].split("kernel: ", 1)[-1] for line in lines))


def damaged(random: Random, text: str) -> str:
    for _ in range(random.randint(1, 3)):
        at = random.randint(0, len(text))
        cut = at + random.choice((0, 0, 1, 1, 2, 8))
        text = text[:at] + random.choice(PIECES) + text[cut:]
    return text


def assert_the_same(candidate: Candidate, text: str) -> None:
    for reader, parse_all in ((candidate.whole, True), (candidate.beginning, False)):
        assert isinstance(reader, Lowered)
        expression = reader.expression
        assert reader.parse(text) == reference(expression, text, parse_all=parse_all), (candidate.wording.id, text)
    characters = candidate.first_characters
    stripped = text.lstrip(" \t\r\n")
    if characters is not None and stripped[:1].isascii() and candidate.whole.parse(text) is not None:
        assert stripped[0] in characters


@pytest.mark.parametrize("identity", printed())
@settings(max_examples=8)
@given(random=st.randoms(use_true_random=False))
def test_printed_and_damaged_lines(identity: str, random: Random) -> None:
    text, _ = draw(random, identity)
    candidate = CANDIDATES[printed()[identity].reader]
    assert_the_same(candidate, text)
    assert_the_same(candidate, damaged(random, text))


@pytest.mark.parametrize("wording", CANDIDATES)
@settings(max_examples=25)
@given(random=st.randoms(use_true_random=False))
def test_lines_of_the_corpus_whichever_wording_they_are_of(wording: str, random: Random) -> None:
    candidate = CANDIDATES[wording]
    near = [line for line in messages() if any(anchor in line for anchor in candidate.anchors)] or list(messages())
    text = random.choice(near if random.random() < 0.8 else messages())
    assert_the_same(candidate, text)
    assert_the_same(candidate, damaged(random, text))


def test_every_wording_is_compiled() -> None:
    assert formats.interpreted() == {}


# ---------------------------------------------------------------- the compiler itself, on small expressions

WORD = pp.Word(pp.alphas)
NUMBER = pp.Word(pp.nums)
SMALL = (
    WORD("a") + NUMBER("b"),
    pp.Literal("kill") + pp.Opt(NUMBER("n")) + WORD("w"),
    (pp.Literal("ab")("x") | pp.Literal("a")("y")) + pp.Literal("b"),
    pp.OneOrMore(NUMBER)("all") + pp.Opt(WORD("unit")),
    pp.DelimitedList(WORD)("names"),
    pp.ZeroOrMore(~pp.Literal("end") + WORD) + pp.Literal("end") + NUMBER("n"),
    pp.QuotedString("'")("q") + pp.Suppress(":") + pp.Regex(r"(?:x|y)+")("r"),
    converted(NUMBER, int)("n") + pp.FollowedBy(WORD) + WORD("w"),
    pp.Regex(r"(?i)oom")("k") + pp.StringEnd(),
    pp.Word(pp.alphas, exact=2)("two") + pp.Empty() + WORD("rest"),
)


@pytest.mark.parametrize("expression", SMALL, ids=str)
@settings(max_examples=300)
@given(text=st.text(alphabet="ab ekilndxyOM'01,:\t", max_size=14))
def test_small_expressions(expression: pp.ParserElement, text: str) -> None:
    expression = expression.copy().parse_with_tabs()
    assert lower(expression).parse(text) == reference(expression, text)
    assert lower(expression, parse_all=False).parse(text) == reference(expression, text, parse_all=False)


@pytest.mark.parametrize(
    "expression",
    [
        WORD ^ NUMBER,
        pp.Each([WORD, NUMBER]),
        pp.Group(WORD)("g"),
        pp.SkipTo("x")("before"),
        pp.Regex(r"(a)\1"),
        WORD + pp.Forward(),
        (WORD + NUMBER).set_parse_action(lambda: None),
        pp.CaselessLiteral("x"),
        pp.OneOrMore(WORD("w")),
        (WORD | NUMBER)("either"),
    ],
    ids=str,
)
def test_what_is_outside_the_subset_is_said_and_left_to_pyparsing(expression: pp.ParserElement) -> None:
    expression.parse_with_tabs()
    with pytest.raises(NotLowerableError):
        lower(expression)
    reader = compiled(expression)
    assert isinstance(reader, Interpreted)
    assert reader.why
    assert reader.parse("ab 12") == reference(expression, "ab 12")


def test_an_expression_that_expands_tabs_is_refused() -> None:
    with pytest.raises(NotLowerableError, match="tabs"):
        lower(pp.Word(pp.alphas))


# ---------------------------------------------------------------- how a pattern's texts begin


@pytest.mark.parametrize(
    ("pattern", "characters"),
    [
        ("abc", "a"),
        ("[ab]c|d", "abd"),
        (r"\d+x", "0123456789"),
        ("-?[x-z]", "-xyz"),
        ("(?>(?:a|b)*)c", "abc"),
        (r"[ \t]*+kill", "k"),
        (r"(?=x)y", "y"),
        ("a?", None),
        (".x", None),
        ("[^a]b", None),
        (r"\wx", None),
        ("(?i:a)", None),
        ("(", None),
    ],
)
def test_first_characters(pattern: str, characters: str | None) -> Any:
    assert first_characters(pattern) == (None if characters is None else frozenset(characters))
