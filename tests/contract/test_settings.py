"""Settings are few, each says what it means, and the page has them all (its text is held by test_fields)."""

from __future__ import annotations

from ingest.config.settings import keys, tables

MOST = 27
"""A new setting needs an argument why a good default is impossible."""

REACHING = {
    "api_key", "bootstrap_servers", "ca_file", "certificate_file", "client_id", "fingerprint", "hosts", "key_file",
    "password", "request_timeout", "sasl_mechanism", "security_protocol", "url", "username",
}  # fmt: skip
"""How a server is reached has no default that fits everybody."""
SERVERS = {"kafka", "elasticsearch", "kibana"}


def test_settings_stay_few() -> None:
    own = [key.path for key in keys() if key.table not in SERVERS or key.name not in REACHING]
    assert own[MOST:] == []


def test_every_setting_and_table_says_what_it_is() -> None:
    assert [key.path for key in keys() if not str(key.meta.description).endswith(".")] == []
    assert [table for table, text in tables().items() if not text.endswith(".")] == []


def test_no_secret_has_a_flag() -> None:
    from ingest.cli.run import command  # noqa: PLC0415  beside what it is compared with

    secrets = {f"{key.table}__{key.name}" for key in keys() if key.is_secret}
    assert secrets
    assert not secrets & {parameter.name for parameter in command.params}
