"""``oom-ingest prune`` on the real Elasticsearch."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime

import pytest
from elasticsearch import Elasticsearch

from tests.conftest import Endpoints
from tests.integration.service import COMMAND, Site

pytestmark = pytest.mark.stack


def test_old_months_go_and_everything_else_stays(stack: Endpoints, name: str, elastic: Elasticsearch) -> None:
    site = Site(stack, name, elastic)
    site.setup()
    this_month = f"{datetime.now(UTC):%Y.%m}"
    old, new = [f"{name}-kill-2010.04", f"{name}-report-2010.04"], [f"{name}-kill-{this_month}", f"{name}-signature"]
    foreign = f"{name}-notes-2010.04"
    for index in (*old, *new, foreign):
        elastic.indices.create(index=index)
    elastic.index(index=old[0], document={"@timestamp": "2010-04-20T20:03:27.000Z"}, refresh=True)

    def prune(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [*COMMAND, "prune", "--keep", "13months", *arguments]
        return subprocess.run(command, env=site.environment(), capture_output=True, text=True, check=False)

    told = prune("--dry-run")
    assert [line.split(", ")[0] for line in told.stdout.splitlines()] == [f"{each}: would be deleted" for each in old]
    assert all(elastic.indices.exists(index=each) for each in old)
    done = prune()
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{old[0]}: deleted, 1 documents, ")
    left = set(elastic.indices.get(index=f"{name}-*"))
    assert left == {*new, foreign}
    assert prune().stdout == "Nothing is older than 13 months.\n"


def test_a_month_that_cannot_be_deleted_keeps_no_other_and_a_closed_one_goes(
    stack: Endpoints, name: str, elastic: Elasticsearch
) -> None:
    site = Site(stack, name, elastic)
    blocked, closed, younger = (f"{name}-kill-2010.{month:02}" for month in (3, 4, 5))
    for index in (blocked, closed, younger):
        elastic.indices.create(index=index)
    elastic.indices.put_settings(index=blocked, settings={"index.blocks.read_only": True})
    elastic.indices.close(index=closed)
    command = [*COMMAND, "prune", "--keep", "13months"]
    done = subprocess.run(command, env=site.environment(), capture_output=True, text=True, check=False)
    told = [line.split(", ")[0] for line in done.stdout.splitlines()]
    assert told == [f"{closed}: deleted", f"{younger}: deleted"]
    assert f"oom-ingest: {blocked} was not deleted: Elasticsearch at " in done.stderr
    assert f"index [{blocked}] blocked by: [FORBIDDEN/5/index read-only (api)]" in done.stderr
    assert "least-privilege" not in done.stderr
    assert done.stderr.endswith("oom-ingest: 1 of 3 indices could not be deleted\n")
    assert done.returncode == 1
    elastic.indices.put_settings(index=blocked, settings={"index.blocks.read_only": False})
