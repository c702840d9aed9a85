"""The secured broker, once for the run, and certificates."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.secured import Certificates, SecuredKafka, certificates, secured_kafka


@pytest.fixture(scope="session")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    """A broker with TLS, passwords and ACLs."""
    with secured_kafka(tmp_path_factory.mktemp("secured")) as broker:
        yield broker


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Certificates, for tests that need no broker."""
    return certificates(tmp_path_factory.mktemp("papers"))
