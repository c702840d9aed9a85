"""What of a fleet is reported: ``field:value`` pairs, the same for Elasticsearch and for a file.

A value stands for itself; ``*`` in it is any text. Pairs of one field are alternatives, different fields must all fit.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from ipaddress import IPv4Interface, IPv6Network, ip_interface
from typing import TYPE_CHECKING

from msgspec import Struct

from ingest.fields import FIELDS
from ingest.kinds import LONGEST, Kind, Type
from ingest.trends.wrong import Wrong

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TYPES = {field.name: field.type for field in FIELDS if Kind.KILL in field.kinds}
_SEARCHED = (Type.KEYWORD, Type.PATH, Type.LONG, Type.BOOLEAN, Type.FLATTENED, Type.IP)
_OF_ALL_KILLS = re.compile(
    r"(cloud|host|orchestrator\.cluster)\.(?!os\.kernel$).*|labels\.(?!workload$).*|oom\.(scope|scope_name|episode\.id)"
)
"""Fields that are alike in an episode and in each of its kills: those of the host, and what makes it one episode."""
_OF_SOME_KILLS = {
    "process.name": "oom.episode.victim_names",
    "oom.signature": "oom.episode.signatures",
    "oom.constraint": "oom.constraint",
}
"""Fields of kills, and where an episode lists their values."""
_CUT = ("oom.episode.victim_names", "oom.episode.signatures")
"""Lists that end after their first hundred values."""
_ADDRESSES = re.compile(r"[0-9a-fA-F.:]+(?:/\d{1,3})?")
"""An address or a network as an index reads them: no mask in full."""
_IPV4 = 96
"""Bits before those of an IPv4 address, where an index keeps it among those of IPv6."""
_LONGEST_VALUE = 4_096
_MOST = 1_000


class Term(Struct, frozen=True):
    """A field and the value, or the pattern with ``*``, that it must have."""

    field: str
    type: Type
    value: str

    @property
    def is_pattern(self) -> bool:
        """Whether the value stands for many."""
        return "*" in self.value

    def fits(self, values: Iterable[object]) -> bool:
        """Whether any value of the field is meant; a text longer than the index keeps is none."""
        if self.type is Type.IP:
            asked = None if self.is_pattern else _network(self.value)
            told = [found for value in values if (found := _address(value))]
            return any(asked is None or found.subnet_of(asked) for found in told)
        pattern = re.compile(re.escape(self.value).replace(r"\*", ".*"), re.DOTALL)
        longest = LONGEST.get(self.type)
        texts = (_text(value) for value in values)
        return any((longest is None or len(text) <= longest) and pattern.fullmatch(text) for text in texts)


class Selection(Struct, frozen=True):
    """Terms by field, in the order in which they were given. Empty selects everything."""

    terms: tuple[Term, ...] = ()

    @property
    def by_field(self) -> dict[str, tuple[Term, ...]]:
        """The alternatives of each field."""
        found: dict[str, tuple[Term, ...]] = {}
        for term in self.terms:
            found[term.field] = (*found.get(term.field, ()), term)
        return found

    def of_episodes(self) -> Selection | None:
        """The same for episodes that have such a kill; ``None`` where an episode does not say whether it has one."""
        of_some = [field for field in self.by_field if field in _OF_SOME_KILLS]
        of_all = [field for field in self.by_field if _OF_ALL_KILLS.fullmatch(field)]
        # Of two lists nothing says that one kill is in both.
        if len(of_some) > 1 or len(of_some) + len(of_all) < len(self.by_field):
            return None
        return Selection(tuple(Term(_OF_SOME_KILLS.get(t.field, t.field), t.type, t.value) for t in self.terms))

    @property
    def is_by_cut_list(self) -> bool:
        """Whether episodes are selected by a list that does not have all values of a long one."""
        return any(term.field in _CUT for term in self.terms)

    def fits(self, source: Mapping[str, object]) -> bool:
        """Whether a document is selected."""
        return all(any(term.fits(values_of(source, field)) for term in terms) for field, terms in self.by_field.items())

    def __str__(self) -> str:
        return ", ".join(" or ".join(f"{t.field}:{t.value}" for t in terms) for terms in self.by_field.values())


def selection(pairs: Iterable[tuple[str, str]]) -> Selection:
    """The selection of pairs of field and value.

    Raises:
        Wrong: A field that kills do not have or that is not searched, or a value that does not fit it.
    """
    terms = tuple(_term(field, value) for field, value in pairs)
    if len(terms) > _MOST:
        raise Wrong(f"a selection has at most {_MOST:,} values")
    return Selection(terms)


def pair(text: str) -> tuple[str, str]:
    """``field:value`` as its two parts; quotes around the value are taken off.

    Raises:
        Wrong: There is no such pair.
    """
    field, colon, value = text.partition(":")
    field, value = field.strip(), value.strip()
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    if not colon or not field or not value:
        raise Wrong(f"{text!r} is not `field:value`, such as process.name:java")
    return field, value


def values_of(source: Mapping[str, object], field: str) -> list[object]:
    """Every value that a document has in a field; none where it has none."""
    value: object = source
    for name in field.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if value is None or isinstance(value, dict):
        return []
    return value if isinstance(value, list) else [value]


def _term(field: str, value: str) -> Term:
    if _TYPES.get(field) is Type.FLATTENED:
        raise Wrong(f"{field!r} has keys of its own: select by one of them, as in `{field}.role:web`")
    root = _root(field)
    if root is None:
        near = get_close_matches(field, _TYPES, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else "; docs/fields.md lists them"
        raise Wrong(f"kills have no field {field!r}{hint}")
    kind = _TYPES[root]
    if kind not in _SEARCHED:
        raise Wrong(f"{field!r} is of type {kind}, by which nothing can be selected")
    if kind is Type.FLATTENED and "*" in value[:-1]:
        raise Wrong(f"below {root!r} only the end of a value may be left open: `{field}:web*`")
    if kind is Type.LONG and value != "*" and not re.fullmatch(r"-?\d{1,18}", value):
        raise Wrong(f"{field!r} is a whole number, and {value[:40]!r} is none")
    if kind is Type.LONG and value != "*":
        value = str(int(value))
    if kind is Type.BOOLEAN and value not in ("true", "false", "*"):
        raise Wrong(f"{field!r} is true or false")
    if kind is Type.IP and value != "*" and not _network(value):
        raise Wrong(f"{field!r} is an address, a network such as 10.0.0.0/8, or *, and {value[:40]!r} is none")
    if len(value) > _LONGEST_VALUE:
        raise Wrong(f"the value of {field!r} is longer than {_LONGEST_VALUE:,} characters")
    return Term(field, kind, value)


def _address(value: object) -> IPv6Network | None:
    """An address that an index keeps: without the zone of a link."""
    text = str(value).partition("%")[0]
    return None if "/" in text else _network(text)


def _network(text: str) -> IPv6Network | None:
    """The addresses that a text stands for, as an index has them: those of IPv4 are a part of IPv6's."""
    try:
        found = ip_interface(text) if _ADDRESSES.fullmatch(text) else None
    except ValueError:
        return None
    if isinstance(found, IPv4Interface):
        return IPv6Network(f"::ffff:{found.network.network_address}/{_IPV4 + found.network.prefixlen}")
    if found is None or ("/" in text and found.ip.ipv4_mapped):  # Of which of the two such a network is, is not clear.
        return None
    return found.network


def _root(field: str) -> str | None:
    """The field of the catalogue that a name is of: itself, or the object of any keys that it lies in."""
    if field in _TYPES:
        return field
    return next((n for n, kind in _TYPES.items() if kind is Type.FLATTENED and field.startswith(f"{n}.")), None)


def _text(value: object) -> str:
    """A value as a term of the index has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
