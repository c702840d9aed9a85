"""The configuration files that the documentation shows are ones that the program takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ingest.config import load

DOCS = Path(__file__).parent.parent.parent / "docs"
SHOWN = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in sorted(DOCS.rglob("*.md"))
    for number, block in enumerate(re.findall(r"```toml\n(.*?)```", page.read_text(), re.DOTALL))
    if re.search(r"^\[(kafka|elasticsearch|report|episode|envelope|lookup|kibana|dead_letters)\]", block, re.MULTILINE)
]


@pytest.mark.parametrize("text", SHOWN)
def test_a_configuration_file_of_a_page_is_taken(text: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    secret = tmp_path / "secret"
    secret.write_text("x")
    file.write_text(re.sub(r'^(\w+_file) = "/run/secrets/[^"]*"$', rf'\1 = "{secret}"', text, flags=re.MULTILINE))
    load(file, {})


def test_pages_show_some() -> None:
    assert len(SHOWN) >= 4
