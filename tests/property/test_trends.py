"""Every number of a trend report is the one that the documents give."""

from __future__ import annotations

from hypothesis import given

from ingest.trends.compute import report
from ingest.trends.documents import Documents
from ingest.trends.gather import gather
from ingest.trends.selection import Selection
from tests.trends.compare import check
from tests.trends.fleets import Fleet, fleets


@given(fleets())
def test_a_report_of_documents_has_the_plain_numbers(fleet: Fleet) -> None:
    facts = gather(Documents("a file", fleet.documents, Selection()), fleet.period, "", lambda _: None)
    check(report(facts, fleet.inventory), fleet, estimated=False)


@given(fleets())
def test_a_document_that_comes_twice_counts_once(fleet: Fleet) -> None:
    once, twice = (
        gather(Documents("a file", documents, Selection()), fleet.period, "", lambda _: None)
        for documents in (fleet.documents, [*fleet.documents, *fleet.documents])
    )
    assert once == twice
