"""What makes a node a secured one: TLS, users and their roles. Elastic's own module decides what they may do.

Users and roles stand in the node's files. Those that are made by a request, and API keys, are kept in an index that
needs a module which Maven Central does not have.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

ADMINISTRATOR = "administrator"
"""The user who may do everything."""

_ROUNDS = 10_000
_CHAIN_BEGINS = "-----BEGIN CERTIFICATE-----"


class ElasticsearchSecurity(Struct, frozen=True, kw_only=True):
    """A node that is spoken to over TLS, with one user for each role and one who may do everything.

    Args:
        certificate: The node's key (PKCS #8) and then its chain, in one PEM file.
        authority: Who signed it, PEM.
        password: Everybody's password.
        roles: Roles as ``PUT _security/role`` takes them, by name. Each has one user, of the same name.
    """

    certificate: Path
    authority: Path
    password: str
    roles: Mapping[str, Mapping[str, object]] = {}

    @property
    def authorization(self) -> str:
        """The header that proves the administrator."""
        return "Basic " + base64.b64encode(f"{ADMINISTRATOR}:{self.password}".encode()).decode()

    def settings(self) -> Mapping[str, str]:
        """The rest of the node's configuration."""
        return {
            "xpack.security.enabled": "true",
            "xpack.security.http.ssl.enabled": "true",
            "xpack.security.http.ssl.key": "http.key",
            "xpack.security.http.ssl.certificate": "http.pem",
            # One node on the loopback address: there is nobody to speak to.
            "xpack.security.transport.ssl.enabled": "false",
        }

    def lay_out(self, config: Path) -> None:
        """Write what those settings name, users and roles into the node's folder of settings."""
        key, _, chain = self.certificate.read_text(encoding="ascii").partition(_CHAIN_BEGINS)
        files = {
            "http.key": [key],
            "http.pem": [f"{_CHAIN_BEGINS}{chain}"],
            "users": [f"{user}:{_hashed(self.password)}\n" for user in (ADMINISTRATOR, *self.roles)],
            "users_roles": self._users_roles(),
            "roles.yml": [f"{name}: {json.dumps(role)}\n" for name, role in self.roles.items()],
        }
        for name, lines in files.items():
            (config / name).write_text("".join(lines), encoding="utf-8")

    def _users_roles(self) -> Iterator[str]:
        yield f"superuser:{ADMINISTRATOR}\n"
        yield from (f"{name}:{name}\n" for name in self.roles)


def _hashed(password: str) -> str:
    """A password as Elasticsearch's file of users has it."""
    salt = secrets.token_bytes(32)
    hashed = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ROUNDS, dklen=32)
    encoded = [base64.b64encode(part).decode() for part in (salt, hashed)]
    return f"{{PBKDF2}}{_ROUNDS}${'$'.join(encoded)}"
