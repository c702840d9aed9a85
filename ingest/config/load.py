"""The effective settings, and where each came from."""

from __future__ import annotations

import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import msgspec
from msgspec import Struct

from ingest.config import rules
from ingest.config.secret import Secret
from ingest.config.settings import PREFIX, Key, Settings, keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_NOT_SETTINGS = ("OOM_INGEST_CONFIG", "OOM_INGEST_CACHE", "OOM_INGEST_TEST_", "OOM_INGEST_UPDATE_")
_SERVICE_LINK = re.compile(
    rf"{PREFIX}(?:[A-Z0-9]+_)*?"
    r"(?:SERVICE_HOST=[0-9a-f.:]+|SERVICE_PORT(?:_[A-Z0-9_]+)?=\d+"
    r"|PORT(?:_\d+_(?:TCP|UDP|SCTP))?=(?:tcp|udp|sctp)://[][0-9a-f.:]+"
    r"|PORT_\d+_(?:TCP|UDP|SCTP)_(?:PROTO=(?:tcp|udp|sctp)|PORT=\d+|ADDR=[0-9a-f.:]+))"
)
"""What Kubernetes puts into the pods of a namespace about a Service called ``oom-ingest`` or ``oom-ingest-*``.

The names and values are those of ``FromServices`` and ``makeLinkVariables`` in its ``pkg/kubelet/envvars/envvars.go``.
"""
_FILE = "_file"
"""``password_file`` names the file that holds ``password``; so for every secret."""

_KEYS = {(key.table, key.name): key for key in keys()}
_TABLES = {table: [name for each, name in _KEYS if each == table] for table, _ in _KEYS}
_SECRET_FILES = {(key.table, key.name + _FILE): key for key in _KEYS.values() if key.is_secret}

_Place = tuple[str, str]


class ConfigError(Exception):
    """A setting is wrong. The text is one sentence that names the setting and where it came from."""


class Effective(Struct, frozen=True):
    """The settings, and for each that is not a default where it came from, by its path."""

    settings: Settings
    origins: Mapping[str, str]

    def value(self, key: Key) -> object:
        """What a key is set to."""
        table = getattr(self.settings, key.table) if key.table else self.settings
        return getattr(table, key.name)

    def origin(self, key: Key) -> str:
        """Where the value of a key came from."""
        return self.origins.get(key.path, "default")


def load(
    file: Path | None, environ: Mapping[str, str], overrides: Mapping[_Place, object | None] | None = None
) -> Settings:
    """The effective settings; see ``effective``."""
    return effective(file, environ, overrides).settings


def effective(
    file: Path | None, environ: Mapping[str, str], overrides: Mapping[_Place, object | None] | None = None
) -> Effective:
    """The effective settings with their origins.

    Args:
        file: A TOML file, or ``None``.
        environ: The environment; only names that begin with ``OOM_INGEST_`` are looked at.
        overrides: What flags say, by table and key; ``None`` is a flag that was not given.

    Raises:
        ConfigError: A file that cannot be read, an unknown key, a value of the wrong kind, settings at odds.
    """
    found: dict[_Place, tuple[object, str]] = {}
    if file:
        found |= _from_file(file)
    found |= _from_environment(environ)
    found |= {place: (value, "flag") for place, value in (overrides or {}).items() if value is not None}
    values: dict[str, Any] = {}
    for (table, name), (value, _) in found.items():
        (values.setdefault(table, {}) if table else values)[name] = value
    origins = {_KEYS[place].path: origin for place, (_, origin) in found.items()}
    try:
        settings = msgspec.convert(values, Settings, strict=False, dec_hook=_secret)
    except msgspec.ValidationError as error:
        raise ConfigError(_plain(error, origins)) from None
    if wrong := rules.broken(settings):
        raise ConfigError(wrong)
    return Effective(settings, origins)


def _from_file(file: Path) -> dict[_Place, tuple[object, str]]:
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"the configuration file {file} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"the configuration file {file} is not TOML: {error}") from None
    found: dict[_Place, tuple[object, str]] = {}
    for table, content in values.items():
        _known(table, _names(""), f"in {file}")
        if table not in _TABLES:
            found["", table] = (content, f"{file}")
            continue
        if not isinstance(content, dict):
            raise ConfigError(f"{table!r} in {file} is a table of settings: write it as [{table}]")
        for name, value in content.items():
            _known(name, _names(table), f"in table [{table}] of {file}")
            found |= _entry((table, name), value, f"{file}", file.parent)
    return found


def _from_environment(environ: Mapping[str, str]) -> dict[_Place, tuple[object, str]]:
    found: dict[_Place, tuple[object, str]] = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable.startswith(_NOT_SETTINGS):
            continue
        if _SERVICE_LINK.fullmatch(f"{variable}={text}"):
            continue
        first, _, second = variable.removeprefix(PREFIX).lower().partition("__")
        table, name = (first, second) if second else ("", first)
        _known(first, _names(""), f"in the environment variable {variable}")
        if first in _TABLES and not second:
            one = f"{PREFIX}{first.upper()}__{_TABLES[first][0].upper()}"
            raise ConfigError(f"the environment variable {variable} names a table of settings; one of them is {one}")
        if first not in _TABLES and second:
            raise ConfigError(f"unknown setting in the environment variable {variable}; did you mean {first!r}?")
        _known(name, _names(table), f"in the environment variable {variable}")
        value: object = text
        if (key := _KEYS.get((table, name))) and key.is_list:
            value = [item for each in text.split(",") if (item := each.strip())]
        found |= _entry((table, name), value, f"environment {variable}", Path())
    return found


def _entry(place: _Place, value: object, origin: str, folder: Path) -> dict[_Place, tuple[object, str]]:
    """A key with its value. A secret may stand in a file of its own, named from the folder of the one that names it."""
    key = _SECRET_FILES.get(place)
    if key is None:
        return {place: (value, origin)}
    file = folder / str(value)
    try:
        secret = Secret.from_file(file)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ConfigError(f"{key.path}{_FILE} {file} cannot be read: {why}") from None
    if not secret.reveal():
        raise ConfigError(f"{key.path}{_FILE} {file} is empty")
    return {(key.table, key.name): (secret, f"{origin}, {file}")}


def _known(name: str, known: Iterable[str], where: str) -> None:
    names = list(known)
    if name in names:
        return
    near = get_close_matches(name, names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(sorted(names))}"
    raise ConfigError(f"unknown setting {name!r} {where}{hint}")


def _names(table: str) -> list[str]:
    """What may be set in a table, and what may stand outside of all."""
    secrets = [name for each, name in _SECRET_FILES if each == table]
    return [*_TABLES.get(table, []), *secrets, *(filter(None, _TABLES) if not table else [])]


def _secret(kind: type, value: object) -> object:
    if kind is Secret and isinstance(value, Secret):
        return value
    if kind is Secret and value == "":
        raise ValueError("It is empty")
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    raise ValueError("Expected text")


def _plain(error: msgspec.ValidationError, origins: Mapping[str, str]) -> str:
    """Msgspec's message with the place written as the settings name it, and no value that may be a secret."""
    what, _, where = str(error).partition(" - at `$.")
    path = where.rstrip("`").split("[")[0]
    origin = f" ({origins[path]})" if path in origins else ""
    return f"the setting {path}{origin} is wrong: {what[:1].lower()}{what[1:]}{_right(path, what)}"


def _right(path: str, what: str) -> str:
    """How a setting would be right, where msgspec does not say it."""
    key = next((key for key in _KEYS.values() if key.path == path), None)
    if key and what.startswith("Invalid enum value"):
        return f"; known are {', '.join(_choices(key.type))}"
    if key and key.is_list and what.startswith("Expected `array`, got"):
        return f'; write it as a list: {key.name} = ["..."]'
    return ""


def _choices(kind: object) -> Iterator[str]:
    """The texts that a type allows, wherever in it they stand."""
    if get_origin(kind) is Literal:
        yield from get_args(kind)
    else:
        for inner in get_args(kind):
            yield from _choices(inner)
