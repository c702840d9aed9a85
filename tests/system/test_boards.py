"""A board's page in a real browser: ``make test-system``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from ingest.adapters import browser
from ingest.preview import page, write
from tests.conftest import Endpoints
from tests.kibana import seed
from tests.kibana.site import Site, over
from tests.system.test_page import _colours

pytestmark = pytest.mark.system


@pytest.fixture
def site(stack: Endpoints) -> Iterator[Site]:
    with Elasticsearch(stack.elasticsearch, request_timeout=60) as client:
        yield from over(client, seed.hostile_documents)


def test_a_board_of_hostile_names_is_drawn(site: Site, tmp_path: Path) -> None:
    (board,) = write.named(site.shipped, ["fleet"])
    written = write.write(tmp_path, site.shipped, board, seed.WEEK, (), site.search)
    picture = browser.picture(written, page.WIDTH, page.height_of(board))
    assert _colours(picture) > 20
