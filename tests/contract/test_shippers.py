"""Every shipper's configuration ships what the grammar reads, keyed by host, and the page lists them all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from ingest import formats

ROOT = Path(__file__).parent.parent.parent
FILES = sorted((ROOT / "deploy" / "shippers").iterdir())
KEYS = {
    "filebeat.yml": 'key: "%{[host.name]}"',
    "fluent-bit.yaml": "message_key_field: _HOSTNAME",
    "logstash.conf": 'message_key => "%{[host][hostname]}"',
    "rsyslog.conf": 'key="oom-ingest-key"',
    "syslog-ng.conf": 'key("${HOST}")',
    "vector.yaml": "key_field: host",
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_ships_every_program_that_the_grammar_reads_and_no_other(path: Path) -> None:
    text = "\n".join(line for line in path.read_text().splitlines() if not line.lstrip().startswith("#"))
    text = text.replace("\\\\.", ".")
    assert not [tag for tag in formats.tags() if not re.search(rf"(?<![\w.-]){re.escape(tag)}(?![\w.-])", text)]
    assert "sshd" not in text


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_names_broker_topic_and_the_host_as_key(path: Path) -> None:
    text = path.read_text()
    assert text.count("localhost:9092") == 1
    assert len(re.findall(r"\bsyslog\b(?=[\"\n])", text)) >= 1
    assert KEYS[path.name] in text


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.suffix in (".yml", ".yaml")], ids=lambda path: path.name
)
def test_yaml_is_yaml(path: Path) -> None:
    assert isinstance(yaml.safe_load(path.read_text()), dict)


def test_the_page_lists_them_all() -> None:
    page = (ROOT / "docs" / "how-to" / "shippers.md").read_text()
    assert set(re.findall(r"^\| [^|]* \| `([^`]+)` \|", page, re.MULTILINE)) == {path.name for path in FILES}
