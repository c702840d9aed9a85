"""The catalogue of fields to index templates and to the field reference. ``python -m ingest.mapping`` writes both."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ingest import metrics
from ingest.config.reference import reference as settings_reference
from ingest.fields import DESCRIPTIONS, FIELDS, SCHEMA_VERSION, Field, Kind, Type
from ingest.kinds import LONGEST
from ingest.reference import formats, glossary, rights, verdicts

_CHECKOUT = Path(__file__).parent.parent
_PRIORITY = 500
"""Above Elastic's built-in templates, whose patterns ours never meet."""

_TYPES: dict[Type, dict[str, object]] = {
    Type.KEYWORD: {"type": "keyword", "ignore_above": LONGEST[Type.KEYWORD]},
    Type.PATH: {"type": "keyword", "ignore_above": LONGEST[Type.PATH]},
    Type.TEXT: {"type": "text"},
    Type.LONG: {"type": "long"},
    Type.DOUBLE: {"type": "double"},
    Type.BOOLEAN: {"type": "boolean"},
    Type.DATE: {"type": "date"},
    Type.IP: {"type": "ip", "ignore_malformed": True},
    Type.RAW: {"type": "keyword", "index": False, "doc_values": False},
    Type.SHOWN: {"type": "object", "enabled": False},
    Type.FLATTENED: {"type": "flattened", "ignore_above": LONGEST[Type.FLATTENED]},
}


def template(kind: Kind, prefix: str = "oom") -> dict[str, object]:
    """The index template of a kind, as Elasticsearch takes it.

    A component template ``<its name>@custom`` is for people: what it sets and this one does not holds for new indices.
    It need not be there.
    """
    name = f"{prefix}-{kind}"
    custom = [f"{name}@custom"]
    return {
        "index_patterns": [name if kind is Kind.SIGNATURE else f"{name}-*"],
        "composed_of": custom,
        "ignore_missing_component_templates": custom,
        "priority": _PRIORITY,
        "version": SCHEMA_VERSION,
        "_meta": {"managed_by": "oom-ingest", "description": f"OOM {kind}: {DESCRIPTIONS[kind]}"},
        "template": {
            "settings": {"index": {"number_of_shards": "1", "auto_expand_replicas": "0-1"}},
            "mappings": {"dynamic": "strict", "properties": _properties(kind)},
        },
    }


def paths(kind: Kind) -> dict[str, Type]:
    """Every leaf that documents of a kind may have."""
    return {field.name: field.type for field in FIELDS if kind in field.kinds}


def reference() -> str:
    """``docs/fields.md``."""
    rows = [
        f"| `{field.name}` | {field.type} | {field.unit} | {', '.join(field.kinds)} | {field.text} |"
        for field in sorted(FIELDS, key=lambda field: field.name)
    ]
    kinds = [f"- `oom-{kind}`: {text}" for kind, text in DESCRIPTIONS.items()]
    head = [
        "# Fields",
        "",
        "Generated from `ingest/fields.py` by `make generate`. Kinds of documents:",
        "",
        *kinds,
        "",
        "`path` is a keyword of up to 4,096 characters, `raw` is stored, not searchable, `shown` is for display,",
        "`flattened` holds any keys, `ip` is searched by address or network, such as `10.0.0.0/8`.",
        "",
        "| field | type | unit | kinds | meaning |",
        "| --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *rows]) + "\n"


def generated() -> dict[Path, str]:
    """Every generated file of the checkout with its text."""
    files = {_CHECKOUT / "mappings" / f"oom-{kind}.json": json.dumps(template(kind), indent=2) + "\n" for kind in Kind}
    docs = _CHECKOUT / "docs"
    return files | {
        docs / "fields.md": reference(),
        docs / "formats.md": formats.reference(_CHECKOUT / "tests" / "corpus"),
        docs / "glossary.md": glossary.text(),
        docs / "metrics.md": metrics.reference(),
        docs / "least-privilege.md": rights.reference(),
        docs / "settings.md": settings_reference(),
        docs / "verdicts.md": verdicts.reference(),
    }


def main() -> None:
    """Write the generated files."""
    for path, text in generated().items():
        path.write_text(text, encoding="utf-8")
        sys.stderr.write(f"wrote {path.relative_to(_CHECKOUT)}\n")


def _properties(kind: Kind) -> dict[str, object]:
    root: dict[str, object] = {}
    for field in FIELDS:
        if kind in field.kinds:
            _place(root, field)
    return root


def _place(root: dict[str, object], field: Field) -> None:
    """Put a field at its place in the tree of objects."""
    *branches, leaf = field.name.split(".")
    node = root
    for branch in branches:
        inner = node.setdefault(branch, {"properties": {}})
        assert isinstance(inner, dict)  # noqa: S101  a leaf that is also a branch is a mistake in the catalogue
        node = inner["properties"]
    node[leaf] = _TYPES[field.type]


if __name__ == "__main__":
    main()
