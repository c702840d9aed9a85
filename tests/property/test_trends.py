"""Every number of a trend report is the one that the documents give."""

from __future__ import annotations

from hypothesis import given
from hypothesis.strategies import sampled_from

from ingest.kinds import Kind
from ingest.trends.compute import report
from ingest.trends.documents import Documents
from ingest.trends.gather import gather
from ingest.trends.selection import Selection, pair, selection
from tests.trends.compare import check
from tests.trends.fleets import SELECTIONS, Fleet, fleets
from tests.trends.naive import Numbers, get


@given(fleets())
def test_a_report_of_documents_has_the_plain_numbers(fleet: Fleet) -> None:
    facts = gather(Documents("a file", fleet.documents, Selection()), fleet.period, "", lambda _: None)
    check(report(facts, fleet.inventory), fleet, estimated=False)


@given(fleets(), sampled_from(SELECTIONS))
def test_episodes_of_a_selection_are_those_that_have_such_a_kill(fleet: Fleet, texts: list[str]) -> None:
    asked = selection(pair(text) for text in texts)
    documents = [each for each in fleet.documents if get(each["_source"], "oom.episode.kill_count") != 0]
    source = Documents("a file", documents, asked)
    if source.tells_episodes:
        plain = Numbers(fleet).episodes_with(asked.fits)
        assert sum(slot.count for slot in source.slots(Kind.EPISODE, fleet.period.now)) == len(plain)


@given(fleets())
def test_a_document_that_comes_twice_counts_once(fleet: Fleet) -> None:
    once, twice = (
        gather(Documents("a file", documents, Selection()), fleet.period, "", lambda _: None)
        for documents in (fleet.documents, [*fleet.documents, *fleet.documents])
    )
    assert once == twice
