"""Index templates and mappings in Elasticsearch, for ``oom-ingest setup`` and for who needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.adapters.elastic_client import address, is_forbidden, plain_failures
from ingest.ports import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from elasticsearch import Elasticsearch


class ElasticTemplates:
    """Reads and writes index templates and mappings. Raises ``Unavailable`` or ``Refused``.

    Args:
        client: From ``elastic_client.connect``.
    """

    def __init__(self, client: Elasticsearch) -> None:
        self._client = client

    def installed(self, names: list[str]) -> dict[str, Mapping[str, Any]]:
        """The bodies of those templates that are there, by name."""
        with plain_failures(self._client):
            answer = self._client.indices.get_index_template()
        found = {each["name"]: each["index_template"] for each in answer["index_templates"]}
        return {name: found[name] for name in names if name in found}

    def demand(self, names: list[str]) -> bool:
        """Raise ``Refused`` where any of these templates is missing; ``False`` where this user may not see them."""
        try:
            there = self.installed(names)
        except Refused as error:
            if is_forbidden(error):
                return False
            raise
        if missing := [name for name in names if name not in there]:
            raise Refused(
                f"Elasticsearch at {address(self._client)} has no index template {', '.join(missing)}: "
                "run `oom-ingest setup` first"
            )
        return True

    def install(self, name: str, body: Mapping[str, Any]) -> None:
        """Write a template."""
        with plain_failures(self._client):
            self._client.indices.put_index_template(name=name, body=dict(body))

    def mappings(self, patterns: list[str]) -> dict[str, Mapping[str, Any]]:
        """The mappings of those indices that are there, by name."""
        with plain_failures(self._client):
            answer = self._client.indices.get_mapping(
                index=patterns, allow_no_indices=True, ignore_unavailable=True, expand_wildcards="open"
            )
        return {name: found["mappings"] for name, found in answer.items()}

    def extend(self, index: str, properties: Mapping[str, Any]) -> None:
        """Add fields to the mapping of an index."""
        with plain_failures(self._client):
            self._client.indices.put_mapping(index=index, properties=dict(properties))
