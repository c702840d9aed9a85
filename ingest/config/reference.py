"""``docs/settings.md``: every setting as a table, from the one definition."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal, get_args, get_origin

from ingest.config.secret import Secret
from ingest.config.settings import Key, keys, tables

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES: dict[type, str] = {str: "text", int: "integer", float: "number", bool: "true or false", Secret: "secret"}

_HEAD = """\
# Settings

Generated from `ingest/config/settings.py` by `make generate`.

A setting comes from a flag of the command, else from an environment variable, else from one TOML file (`--config FILE`
or `OOM_INGEST_CONFIG`), else it is the default. `oom-ingest config` shows what is in force and where it came from. A
key that does not exist is refused.

The variable of `kafka.topics` is `OOM_INGEST_KAFKA__TOPICS`: two underscores between table and key. Lists are separated
by commas there.

## Secrets

A secret has no flag: flags can be read in the list of processes. It stands in the environment or in the TOML file, or,
best, in a file of its own that only the service may read. For a secret `password` the setting `password_file` names
that file:

```toml
[elasticsearch]
api_key_file = "/run/secrets/elasticsearch-api-key"
```

or `OOM_INGEST_ELASTICSEARCH__API_KEY_FILE=/run/secrets/elasticsearch-api-key`. Such a path in a TOML file begins at the
folder of that file; every other (`ca_file`, lookup tables) begins where the command is started. The API key and the
password of Elasticsearch are read again for each request, so that they can be renewed while the service runs; the
password and the certificates of Kafka are read at the start.

No secret is printed: not by `oom-ingest config`, not in the log, not in an error."""


def reference() -> str:
    """The page."""
    return "\n".join([_HEAD, *_section("", "Outside of tables"), *_tables()]) + "\n"


def shown(value: object) -> str:
    """A value as TOML writes it: of texts, numbers and lists of texts that is what JSON writes."""
    return json.dumps(value, ensure_ascii=False)


def _tables() -> Iterator[str]:
    for table, text in tables().items():
        yield from _section(table, f"`[{table}]`: {text[:1].lower()}{text[1:].rstrip('.')}")


def _section(table: str, title: str) -> Iterator[str]:
    yield from ("", f"## {title}", "", "| key | kind | default | meaning |", "| --- | --- | --- | --- |")
    for key in keys():
        if key.table == table:
            default = f"`{shown(key.default)}`" if key.default is not None else "unset"
            yield f"| `{key.name}` | {_kind(key)} | {default} | {key.meta.description} |"


def _kind(key: Key) -> str:
    return "list" if key.is_list else _named(key.type)


def _named(kind: object) -> str:
    """A type in words: what is in a union with ``None``, or beneath bounds, counts."""
    if isinstance(kind, type) and kind in _NAMES:
        return _NAMES[kind]
    if get_origin(kind) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(kind))
    return _named(get_args(kind)[0])
