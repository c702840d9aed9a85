"""The formats of ``tests/corpus/wordings.toml``: one line of each, with the values that it was written from."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from tests.generator.printf import printf, shape
from tests.generator.values import value

FILE = Path(__file__).parent.parent / "corpus" / "wordings.toml"
UNITS = {"kB": 1024, "MiB": 1 << 20, "": 1}


@dataclass(frozen=True)
class Printed:
    """One format string, where it is known from, and which wording reads it."""

    id: str
    reader: str
    format: str
    args: tuple[str, ...]
    versions: str
    proven: bool
    real: str | None

    @property
    def family(self) -> str:
        return self.id.split(".")[0]


@cache
def printed() -> dict[str, Printed]:
    """Every format by id, ``<reader>.<version>``."""
    found = {}
    for reader, formats in tomllib.loads(FILE.read_text(encoding="utf-8")).items():
        for name, entry in formats.items():
            identity = f"{reader}.{name}"
            found[identity] = Printed(
                id=identity,
                reader=reader,
                format=entry["format"],
                args=tuple(entry.get("args", "").split()),
                versions=entry["versions"],
                proven=entry.get("proven", True),
                real=entry.get("real"),
            )
    return found


@cache
def shapes() -> dict[str, re.Pattern[str]]:
    """What a line of each format looks like where it ends a line of a log."""
    return {
        each.id: re.compile(rf"(?:^|[:>\])] +){shape(each.format.strip()).pattern}$") for each in printed().values()
    }


def line(random: Random, identity: str, given: Mapping[str, object] | None = None) -> str:
    """One line of a format; values that are not given are drawn."""
    return draw(random, identity, given)[0]


def draw(random: Random, identity: str, given: Mapping[str, object] | None = None) -> tuple[str, dict[str, object]]:
    """One line of a format and the values in it by argument, as printed; arguments that nobody keeps are left out."""
    known = printed()[identity]
    names = [arg.partition(":")[0] for arg in known.args]
    values = [(given or {}).get(name, value(random, name)) for name in names]
    kept = {arg: each for arg, each in zip(known.args, values, strict=True) if not arg.startswith("_")}
    return printf(known.format, *values), kept
