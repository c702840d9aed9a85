"""Elasticsearch's part of ``oom-ingest check``: reachable, version, templates, rights, blocks, clocks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from elasticsearch import ApiError

from ingest import rights
from ingest.adapters.elastic_client import connect, plain_failures
from ingest.findings import Finding, doubtful, fine, skipped, unreachable, wrong
from ingest.ports import Refused, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from elasticsearch import Elasticsearch

    from ingest.config import Settings

_WHAT = "Elasticsearch"
_SUPPORTED = ("8", "9")
_SKEW = 30.0
_NAMED = 5
_NO_HANDLER = "no handler found"
"""What a cluster without security answers to a question of it."""


def look(settings: Settings) -> Iterator[Finding]:
    """Everything about Elasticsearch. Nothing is written."""
    client = connect(settings.elasticsearch)
    prefix = settings.elasticsearch.index_prefix
    try:
        yield from _looks(client, prefix)
    except (Unavailable, Refused) as error:
        yield unreachable(_WHAT, error)
    finally:
        client.close()


def _looks(client: Elasticsearch, prefix: str) -> Iterator[Finding]:
    yield from _rights(client, prefix)
    with plain_failures(client):
        health = client.cluster.health(timeout="5s")
    if health["status"] == "red":
        yield doubtful(_WHAT, "is red: some shards are missing", "look at GET _cluster/allocation/explain")
    with plain_failures(client):
        nodes = client.nodes.info(filter_path="nodes.*.version")["nodes"]
        times = client.nodes.stats(metric="os", filter_path="nodes.*.timestamp")["nodes"]
    yield from _versions({str(node["version"]) for node in nodes.values()})
    yield _clock([node["timestamp"] / 1000 for node in times.values()])
    yield from _blocks(client, prefix)


def _versions(versions: set[str]) -> Iterator[Finding]:
    for version in sorted(versions):
        if version.split(".")[0] in _SUPPORTED:
            yield fine(_WHAT, f"is {version}")
        else:
            yield wrong(_WHAT, f"is {version}", f"use {' or '.join(f'{each}.x' for each in _SUPPORTED)}")


def _clock(times: list[float]) -> Finding:
    skew = max((abs(each - time.time()) for each in times), default=0.0)
    if skew > _SKEW:
        return doubtful(_WHAT, f"its clock and ours are {skew:.0f} s apart", "set both by NTP")
    return fine(_WHAT, "its clock agrees with ours")


def _rights(client: Elasticsearch, prefix: str) -> Iterator[Finding]:
    what, role = "rights", rights.ROLES["oom-ingest-run"]
    wanted: Any = {"names": [f"{prefix}-*"], "privileges": list(role.indices)}
    try:
        with plain_failures(client):
            answer = client.security.has_privileges(cluster=list(role.cluster), index=[wanted])
    except Refused as error:
        if _NO_HANDLER not in str(error):
            raise
        yield skipped(what, "this cluster has no security, so everybody may do everything")
        return
    found = {**answer["cluster"], **answer["index"].get(f"{prefix}-*", {})}
    if lacking := sorted(name for name, given in found.items() if not given):
        yield wrong(what, f"this user lacks {', '.join(lacking)}", "docs/least-privilege.md has the role")
    else:
        yield fine(what, "this user may do what `run` needs")


def _blocks(client: Elasticsearch, prefix: str) -> Iterator[Finding]:
    try:
        found = client.indices.get_settings(
            index=f"{prefix}-*",
            name="index.blocks.*",
            flat_settings=True,
            ignore_unavailable=True,
            allow_no_indices=True,
        )
    except ApiError:
        yield skipped("indices", "this user may not see whether some are blocked")
        return
    blocked = sorted(
        index
        for index, answer in found.items()
        for name, value in answer["settings"].items()
        if value == "true"
        and name in ("index.blocks.write", "index.blocks.read_only", "index.blocks.read_only_allow_delete")
    )
    if blocked:
        yield wrong(
            "indices",
            f"blocked for writing: {', '.join(blocked[:_NAMED])}{' and others' if len(blocked) > _NAMED else ''}",
            "make room on the disks of the cluster, then lift the block",
        )
    else:
        yield fine("indices", "none is blocked for writing")
