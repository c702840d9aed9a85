r"""Compiles a pyparsing expression to one regular expression with the same named results, or says why it cannot.

The expression stays the definition. ``lower(expression).parse(text)`` answers what
``expression.parse_string(text, parse_all=True).as_dict()`` would, and ``None`` where that would raise
``ParseException``.

pyparsing never goes back into an element that has matched, so every choice and every token becomes an atomic group
(``(?>...)``, Python 3.11): the pattern tries no more ways than the parser does, and takes no more than its time.

The subset: ``And``, ``MatchFirst``, ``Opt``, ``OneOrMore``, ``ZeroOrMore``, ``DelimitedList``, ``Suppress``,
``FollowedBy``, ``NotAny``, ``Literal``, ``Word``, ``Regex``, ``QuotedString``, ``Empty``, ``StringEnd``; names and
parse actions on single tokens; names on repeats of unnamed tokens.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pyparsing as pp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_FLAGS = {re.IGNORECASE: "i", re.MULTILINE: "m", re.DOTALL: "s"}
_GROUPS = re.compile(r"(\\.|\[\^?\]?(?:\\.|[^\]\\])*\])|\((?!\?)", re.DOTALL)
"""A group that captures; what looks like one is stepped over by the first branch."""
_REFERS_TO_GROUPS = re.compile(r"\\[1-9]|\(\?P|\(\?\(")
_LEADING_FLAGS = re.compile(r"\A\(\?[aiLmsux]+\)")
"""``(?i)``, which stands at the beginning of a pattern only; the compiled pattern has the flag too."""
_ABSENT = object()


class NotLowerableError(Exception):
    """The expression uses something outside the subset; the message names it."""


class Conversion:
    """A parse action that makes a value of one token's text, and refuses none.

    pyparsing calls it like any other action; a compiled expression calls ``function`` without making a list of tokens.
    """

    def __init__(self, function: Callable[[str], Any]) -> None:
        self.function = function

    def __call__(self, _text: str, _start: int, tokens: pp.ParseResults) -> Any:
        """The action as pyparsing knows it."""
        return self.function(tokens[0])


def converted(element: pp.ParserElement, function: Callable[[str], Any]) -> pp.ParserElement:
    """A copy of an element of one token; its value is ``function`` of the token's text."""
    copy = element.copy()
    # Not by set_parse_action(), which wraps what it is given so that nobody finds the function again.
    copy.parseAction = [Conversion(function)]
    return copy


class _Result(NamedTuple):
    """A named result. Its text is a group of the pattern; ``read`` makes the value of it, ``None`` leaves it as it is.

    ``look`` makes the value of the whole text and the group's place, where the text alone does not do.
    """

    name: str
    read: Callable[[str], Any] | None = None
    look: Callable[[str, int, int], Any] | None = None


class Lowered:
    """A compiled expression."""

    def __init__(self, expression: pp.ParserElement, pattern: str, results: Sequence[_Result], *, whole: bool) -> None:
        self.pattern = re.compile(pattern)
        self.expression = expression
        self._whole = whole
        self._match = self.pattern.match
        self._plain = [(result.name, result.read) for result in results]
        self._looked = [(at, result.name, result.look) for at, result in enumerate(results, 1) if result.look]

    def parse(self, text: str) -> dict[str, Any] | None:
        """The named results of a text that the expression explains, else ``None``."""
        found = self._match(text)
        if found is None:
            return None
        values: dict[str, Any] = {}
        for (name, read), part in zip(self._plain, found.groups(), strict=True):
            if part is not None:  # A loop: a comprehension is a call of its own, and this is asked of every line.
                values[name] = part if read is None else read(part)
        if self._looked:
            return self._look(text, found, values)
        return values

    def _look(self, text: str, found: re.Match[str], values: dict[str, Any]) -> dict[str, Any] | None:
        for at, name, look in self._looked:
            start, end = found.span(at)
            if start < 0:
                continue
            try:
                value = look(text, start, end)
            except pp.ParseException:
                # An action that refuses may leave another alternative: only the parser itself knows.
                return reference(self.expression, text, parse_all=self._whole)
            if value is _ABSENT:
                del values[name]
            else:
                values[name] = value
        return values


class Interpreted:
    """An expression that pyparsing runs itself, because ``why`` keeps it from being compiled."""

    def __init__(self, expression: pp.ParserElement, why: str, *, whole: bool) -> None:
        self.why = why
        self.expression = expression
        self._whole = whole

    def parse(self, text: str) -> dict[str, Any] | None:
        """The same as ``Lowered.parse``, in pyparsing's time."""
        return reference(self.expression, text, parse_all=self._whole)


def compiled(expression: pp.ParserElement, *, parse_all: bool = True) -> Lowered | Interpreted:
    """An expression compiled, or as it is where it uses something outside the subset."""
    try:
        return lower(expression, parse_all=parse_all)
    except NotLowerableError as error:
        return Interpreted(expression, str(error), whole=parse_all)


def lower(expression: pp.ParserElement, *, parse_all: bool = True) -> Lowered:
    """Compile an expression.

    Args:
        expression: One that keeps tabs (``parse_with_tabs``).
        parse_all: Whether the text must be explained to its end, as in ``parse_string``.

    Raises:
        NotLowerableError: The expression uses something outside the subset.
    """
    if not expression.keepTabs:
        raise NotLowerableError("tabs are expanded; call parse_with_tabs()")
    expression.streamline()
    compiler = _Compiler()
    pattern = compiler.pattern(expression)
    if parse_all:
        pattern += rf"{_blanks(expression)}[ \n\t\r]*+\Z"
    return Lowered(expression, pattern, compiler.results, whole=parse_all)


def reference(expression: pp.ParserElement, text: str, *, parse_all: bool = True) -> dict[str, Any] | None:
    """What pyparsing itself answers."""
    try:
        found: dict[str, Any] = expression.parse_string(text, parse_all=parse_all).as_dict()
    except pp.ParseException:
        return None
    return found


# ---------------------------------------------------------------- elements to patterns


class _Compiler:
    """Writes the pattern of an expression and notes its named results in the order of their groups.

    Args:
        each: Whether every token is a group and no element has a name: the pattern of a piece of a list.
    """

    def __init__(self, *, each: bool = False) -> None:
        self.results: list[_Result] = []
        self._each = each
        self._silent = 0
        self._repeating = 0

    def pattern(self, element: pp.ParserElement, *, blanks: bool = True) -> str:
        """The pattern of an element.

        Args:
            element: Any of the subset.
            blanks: Whether the element may skip blanks before it, ``callPreParse`` of ``ParserElement._parse``.
        """
        if element.ignoreExprs or element.failAction or element.debug:
            raise NotLowerableError(f"ignored expressions, fail action or debugging at {element}")
        before = _blanks(element) if blanks and element.callPreparse else ""
        named = element.resultsName and not self._silent
        if named and self._each:
            raise NotLowerableError(f"the name {element.resultsName} inside a named list")
        if named and self._repeating:
            raise NotLowerableError(f"the name {element.resultsName} inside a repeat")
        if (token := _token(element)) is not None:
            return before + self._of_token(element, token)
        if element.parseAction:
            raise NotLowerableError(f"a parse action on more than one token at {element}")
        if named:
            return before + self._of_list(element)
        return before + self._plain(element)

    def _of_token(self, element: pp.ParserElement, token: str) -> str:
        if element.resultsName and not self._silent:
            self.results.append(_result(element))
            if not element.modalResults and self._is_repeated(element.resultsName):
                raise NotLowerableError(f"all of several {element.resultsName}")
            return f"({token})"
        if any(not isinstance(action, Conversion) for action in element.parseAction):
            raise NotLowerableError(f"a parse action without a name at {element}")
        if self._each and not self._silent:
            if isinstance(element, pp.QuotedString):
                raise NotLowerableError(f"a quoted string in a list at {element}")
            return f"({token})" if token else ""
        return token

    def _is_repeated(self, name: str) -> bool:
        return sum(result.name == name for result in self.results) > 1

    def _of_list(self, element: pp.ParserElement) -> str:
        if not isinstance(element, pp.OneOrMore | pp.ZeroOrMore | pp.DelimitedList) or not element.modalResults:
            raise NotLowerableError(f"the name {element.resultsName} on {type(element).__name__}")
        pieces = list(_pieces(element))
        self.results.append(_Result(element.resultsName, look=partial(_listed, pieces)))
        return f"({self._plain(element)})"

    def _plain(self, element: pp.ParserElement) -> str:
        """The pattern of an element of several tokens, without its name and the blanks before it."""
        match element:
            case pp.And():
                first, *others = element.exprs
                if any(type(each) is pp.And._ErrorStop for each in others):  # noqa: SLF001  its only name
                    raise NotLowerableError("the operator -")
                return self.pattern(first, blanks=False) + "".join(map(self.pattern, others))
            case pp.MatchFirst():
                return f"(?>{'|'.join(map(self.pattern, element.exprs))})"
            case pp.Opt():
                if bool(element.defaultValue) or element.defaultValue is None:
                    raise NotLowerableError(f"a default at {element}")
                return f"(?>{self.pattern(element.expr, blanks=False)}|)"
            case pp.OneOrMore() | pp.ZeroOrMore():
                return f"(?>(?:{self._unit(element)}){'+' if isinstance(element, pp.OneOrMore) else '*'})"
            case pp.FollowedBy():
                return f"(?={self.pattern(element.expr)})"
            case pp.NotAny():
                return f"(?!{self._silently(element.expr, blanks=True)})"
            case pp.Suppress():
                return self._silently(element.expr, blanks=False)
            case pp.DelimitedList():
                return self.pattern(element.expr, blanks=False)
            case _:
                raise NotLowerableError(f"{type(element).__name__} at {element}")

    def _silently(self, element: pp.ParserElement, *, blanks: bool) -> str:
        """The pattern of an element whose tokens and names are dropped."""
        self._silent += 1
        found = self.pattern(element, blanks=blanks)
        self._silent -= 1
        return found

    def _unit(self, element: pp.OneOrMore | pp.ZeroOrMore) -> str:
        if element.not_ender is not None or element.max_count is not None:
            raise NotLowerableError(f"a bounded repeat at {element}")
        self._repeating += not self._each
        found = self.pattern(element.expr)
        self._repeating -= not self._each
        return found


def _blanks(element: pp.ParserElement) -> str:
    """What ``ParserElement.preParse`` skips."""
    if not element.skipWhitespace or not element.whiteChars:
        return ""
    return f"[{re.escape(''.join(sorted(element.whiteChars)))}]*+"


def _token(element: pp.ParserElement) -> str | None:
    """The pattern of an element of one token at most; ``None`` where it may have more."""
    match element:
        case pp.StringEnd():
            return r"\Z"
        case pp.Empty():
            return ""
        case pp.CaselessLiteral():
            raise NotLowerableError(f"CaselessLiteral at {element}")
        case pp.Literal():
            return re.escape(element.match)
        case pp.Regex():
            return _regex(element)
        case pp.QuotedString():
            return f"(?>{element.reString})"
        case pp.Word() if getattr(element, "re", None):
            return f"(?>{element.reString})"
        case _:
            return None


def _regex(element: pp.Regex) -> str:
    compiled = element.re
    if element.asMatch or element.asGroupList or _REFERS_TO_GROUPS.search(compiled.pattern):
        raise NotLowerableError(f"a pattern that refers to its groups at {element}")
    flags = re.RegexFlag(compiled.flags & ~re.UNICODE)
    if any(flag not in _FLAGS for flag in flags):
        raise NotLowerableError(f"the flags {flags!r} at {element}")
    scoped = "".join(_FLAGS[flag] for flag in flags)
    body = _GROUPS.sub(lambda found: found[1] or "(?:", _LEADING_FLAGS.sub("", compiled.pattern))
    return f"(?>(?{scoped}:{body}))" if scoped else f"(?>{body})"


# ---------------------------------------------------------------- values


def _result(element: pp.ParserElement) -> _Result:
    """How the value of a named token is read."""
    name, actions = element.resultsName, element.parseAction
    reads = [action.function for action in actions if isinstance(action, Conversion)]
    if isinstance(element, pp.QuotedString):
        reads.insert(0, lambda text: element.parseImpl(text, 0)[1])
    read = None if not reads else reads[0] if len(reads) == 1 else partial(_through, reads)
    if all(isinstance(action, Conversion) for action in actions):
        return _Result(name, read=read if element.modalResults else lambda text: [read(text) if read else text])
    if len(actions) > 1 or reads or not element.modalResults:
        raise NotLowerableError(f"a parse action beside others, or on all of several {name}")
    return _Result(name, look=partial(_acted, name, actions[0], isinstance(element, pp.Empty)))


def _through(reads: Sequence[Callable[[Any], Any]], value: Any) -> Any:
    for read in reads:
        value = read(value)
    return value


def _acted(name: str, action: Callable[..., Any], is_empty: bool, text: str, start: int, end: int) -> Any:
    """What a parse action makes of a token, as ``ParserElement._parse`` stores it."""
    tokens = pp.ParseResults([] if is_empty else [text[start:end]])
    made = action(text, start, tokens)
    stored = pp.ParseResults(tokens if made is None else made, name, aslist=False)
    return stored.as_dict().get(name, _ABSENT)


def _pieces(element: pp.ParserElement) -> list[tuple[re.Pattern[str], bool]]:
    """The pieces of a list in their order, each with its tokens as groups, and whether it is repeated."""
    match element:
        case pp.OneOrMore() | pp.ZeroOrMore():
            return [(re.compile(_Compiler(each=True).pattern(element.expr)), True)]
        case pp.DelimitedList():
            return _pieces(element.expr)
        case pp.And():
            return [piece for each in element.exprs for piece in _pieces(each)]
        case _:
            return [(re.compile(_Compiler(each=True).pattern(element)), False)]


def _listed(pieces: Sequence[tuple[re.Pattern[str], bool]], text: str, start: int, end: int) -> list[str]:
    """The tokens of a list."""
    tokens: list[str] = []
    at = start
    for pattern, repeated in pieces:
        # The list was matched as a whole, so its pieces follow one another; to search would try each blank behind it.
        while at < end and (found := pattern.match(text, at)):
            tokens += [token for token in found.groups() if token is not None]
            before, at = at, found.end()
            if not repeated or at == before:
                break
    return tokens
