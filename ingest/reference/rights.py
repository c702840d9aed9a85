"""``docs/least-privilege.md``: roles and ACLs as commands, from the one definition."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ingest import rights
from ingest.config import DeadLetterSettings, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_HEAD = """\
# Least privilege

Generated from `ingest/rights.py` by `make generate`. Each command needs what stands here and nothing else. The names of
topics, groups and indices are the defaults; `oom-ingest config` shows yours.

## Elasticsearch

`run` writes and reads documents and makes the index of a new month. It installs nothing: `setup` is run by somebody
else, once for each version, with a role of its own.

The tests take the roles from this page and give them to users of a node with Elastic's own security. Each role suffices
for its command. With one privilege less, `run`, `setup`, `trends` and `prune` end or wait, and name what they lack. The
user of `run` reads no other index, deletes nothing and installs nothing. `read` is among its privileges because a late
line is joined to what is stored. Whoever may `index` may also add fields to a mapping: that is Elasticsearch's way."""

_KEY = """\
An API key with one of these roles; the answer's `encoded` goes into the file that `elasticsearch.api_key_file` names:
"""

_KAFKA = """\
## Kafka

`Read` and `Write` bring `Describe` with them. Idempotent writing needs nothing more with brokers of 3.0 or later;
before, `route` and dead letters also need `--operation IdempotentWrite --cluster`.

With client certificates the principal is the certificate's subject, such as `User:CN=oom-ingest,OU=logs,O=example`."""

_PRINCIPAL = "User:oom-ingest"


def reference() -> str:
    """The page."""
    settings = Settings(dead_letters=DeadLetterSettings(topic="oom-dead-letters"))
    acls = {
        "`oom-ingest run`; the topic of dead letters only where there is one": rights.run_acls(settings),
        "`oom-ingest route`": rights.route_acls(settings),
        "`oom-ingest deadletters`; `Write` only for `replay`": rights.replay_acls(settings),
    }
    lines = [_HEAD, *_roles(), "", _KEY, *_key(), "", _KAFKA]
    for title, needed in acls.items():
        lines += ["", f"{title}:", "", "```", *_commands(needed), "```"]
    return "\n".join(lines) + "\n"


def _roles() -> Iterator[str]:
    for name, role in rights.ROLES.items():
        yield from ("", f"{role.about}:", "", "```", f"PUT /_security/role/{name}", _json(role.body("oom")), "```")


def _key() -> Iterator[str]:
    body = {"name": "oom-ingest", "role_descriptors": {"oom-ingest-run": rights.ROLES["oom-ingest-run"].body("oom")}}
    yield from ("```", "POST /_security/api_key", _json(body), "```")


def _commands(acls: Sequence[rights.Acl]) -> Iterator[str]:
    for acl in acls:
        yield (
            f"kafka-acls.sh --bootstrap-server localhost:9092 --add --allow-principal {_PRINCIPAL} "
            f"--operation {acl.operation} --{acl.resource} {acl.name}"
        )


def _json(body: Mapping[str, object]) -> str:
    return json.dumps(body, indent=2)
