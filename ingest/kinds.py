"""The kinds of documents and the types of their fields."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Kind(StrEnum):
    """The kinds of documents, as in the index names ``<prefix>-<kind>-...``."""

    KILL = "kill"
    REPORT = "report"
    EPISODE = "episode"
    TASK = "task"
    SIGNATURE = "signature"
    DEADLETTER = "deadletter"
    PIPELINE = "pipeline"


class Type(StrEnum):
    """Elasticsearch field types in use.

    ``PATH`` is a longer keyword, ``RAW`` one that is stored and not indexed, ``SHOWN`` an object for display only,
    ``FLATTENED`` an object of any keys that is searched as keywords. What is no address stays in a document beside the
    index of an ``IP``.
    """

    KEYWORD = "keyword"
    PATH = "path"
    TEXT = "text"
    LONG = "long"
    DOUBLE = "double"
    BOOLEAN = "boolean"
    DATE = "date"
    IP = "ip"
    RAW = "raw"
    SHOWN = "shown"
    FLATTENED = "flattened"


LONGEST = {Type.KEYWORD: 1_024, Type.PATH: 4_096, Type.FLATTENED: 1_024}
"""Characters of a text that an index still searches and counts; a longer one is only kept."""


class Field(Struct, frozen=True):
    """One field of a document."""

    name: str
    type: Type
    kinds: tuple[Kind, ...]
    text: str
    unit: str = ""


DESCRIPTIONS = {
    Kind.KILL: "one for each victim",
    Kind.REPORT: "one for each invocation of a killer",
    Kind.EPISODE: "reports of one host and scope with no gap above the limit",
    Kind.TASK: "the largest rows of a process table",
    Kind.SIGNATURE: "one for each signature: first and last seen, hosts",
    Kind.DEADLETTER: "what looked like OOM and could not be read or stored",
    Kind.PIPELINE: "one for each worker and minute",
}
