"""A real node with Elastic's own security, and the roles that docs/least-privilege.md shows, as it shows them."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elasticsearch import Elasticsearch

from ingest.stack.elasticsearch_security import ADMINISTRATOR, ElasticsearchSecurity
from ingest.stack.elasticsearch_server import ElasticsearchServer
from tests.integration.secured import PASSWORD, Certificates
from tests.integration.service import COMMAND

PAGE = Path(__file__).parent.parent.parent / "docs" / "least-privilege.md"
_ROLE = re.compile(r"^PUT /_security/role/(\S+)\n(\{.*?^\})", re.DOTALL | re.MULTILINE)
ROLES: dict[str, dict[str, Any]] = {name: json.loads(body) for name, body in _ROLE.findall(PAGE.read_text())}


def without(role: str) -> dict[str, dict[str, Any]]:
    """The role less one of its privileges, for each of them; the name says which."""
    body, lesser = ROLES[role], {}
    for privilege in body["cluster"]:
        kept = [each for each in body["cluster"] if each != privilege]
        lesser[f"{role}-without-{privilege}"] = {**body, "cluster": kept}
    (indices,) = body["indices"]
    for privilege in indices["privileges"]:
        kept = [each for each in indices["privileges"] if each != privilege]
        lesser[f"{role}-without-{privilege}"] = {**body, "indices": [{**indices, "privileges": kept}] if kept else []}
    return lesser


LESSER = {name: body for role in ROLES for name, body in without(role).items()}


@dataclass(frozen=True)
class SecuredElasticsearch:
    """The node; each role has one user, of the same name."""

    url: str
    authority: Path
    administrator: Elasticsearch

    def client(self, role: str) -> Elasticsearch:
        return Elasticsearch(self.url, ca_certs=str(self.authority), basic_auth=(role, PASSWORD), request_timeout=60)

    def environment(self, role: str) -> dict[str, str]:
        return {
            "OOM_INGEST_ELASTICSEARCH__HOSTS": self.url,
            "OOM_INGEST_ELASTICSEARCH__CA_FILE": str(self.authority),
            "OOM_INGEST_ELASTICSEARCH__USERNAME": role,
            "OOM_INGEST_ELASTICSEARCH__PASSWORD": PASSWORD,
        }

    def command(self, role: str, *words: str, **extra: str) -> subprocess.CompletedProcess[str]:
        """A command of ours as the user of a role; it has ended."""
        given = {**os.environ, **self.environment(role), **extra}
        return subprocess.run([*COMMAND, *words], env=given, capture_output=True, text=True, check=False, timeout=120)

    def clean(self) -> None:
        """Throw away all that our commands have written."""
        indices = list(self.administrator.indices.get(index="oom-*", expand_wildcards="all"))
        if indices:
            self.administrator.indices.delete(index=indices)
        self.administrator.indices.delete_index_template(name="oom-*")


@contextmanager
def secured_elasticsearch(folder: Path, papers: Certificates) -> Iterator[SecuredElasticsearch]:
    """A node that is stopped at the end."""
    roles: Mapping[str, Mapping[str, object]] = {**ROLES, **LESSER}
    security = ElasticsearchSecurity(
        certificate=papers.server, authority=papers.authority, password=PASSWORD, roles=roles
    )
    server = ElasticsearchServer(folder, security=security)
    server.start()
    try:
        with Elasticsearch(
            server.url, ca_certs=str(papers.authority), basic_auth=(ADMINISTRATOR, PASSWORD), request_timeout=60
        ) as administrator:
            yield SecuredElasticsearch(server.url, papers.authority, administrator)
    finally:
        server.stop()
