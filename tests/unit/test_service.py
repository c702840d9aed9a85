"""What the service says of itself at the start."""

from __future__ import annotations

import sys

import pytest
import structlog

from ingest.config import ElasticsearchSettings, Secret
from ingest.service import warn_if_slow, warn_in_the_clear


@pytest.mark.parametrize(("module", "said"), [(None, ["hyperscan_missing"]), (sys, [])])
def test_a_missing_hyperscan_is_said_once(monkeypatch: pytest.MonkeyPatch, module: object, said: list[str]) -> None:
    monkeypatch.setitem(sys.modules, "hyperscan", module)
    with structlog.testing.capture_logs() as logs:
        warn_if_slow()
    assert [each["event"] for each in logs] == said


@pytest.mark.parametrize(
    ("url", "said"),
    [
        *(
            (f"http://{host}:9200", True)
            for host in ("es.example.org", "192.0.2.7", "[2001:db8::7]", "127.example.org")
        ),
        *(
            (f"http://{host}:9200", False)
            for host in ("localhost", "127.0.0.2", "[::1]", "elasticsearch", "es.logs.svc")
        ),
        ("https://es.example.org:9200", False),
    ],
)
def test_a_key_that_goes_over_plain_http_to_another_machine_is_said(url: str, said: bool) -> None:
    with structlog.testing.capture_logs() as logs:
        warn_in_the_clear(ElasticsearchSettings(hosts=(url,)))
        assert logs == []
        warn_in_the_clear(ElasticsearchSettings(hosts=(url,), api_key=Secret("s3cret")))
    assert [(each["event"], each["to"]) for each in logs] == [("credentials_in_the_clear", url)] * said
    assert "s3cret" not in str(logs)
