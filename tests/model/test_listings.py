"""Listings in feeds: how many there are, how they wait for one another, and what a listing of changes leaves out."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.model.runs import PERFECT, scarce, systems, table
from tests.world.make import channel
from twin.core.clock import MINUTE
from twin.journal.totals import FeedName
from twin.model.listings import in_feeds

SKUS = 60
LISTING: dict[str, Any] = {"mode": "file", "system": "files", "interval": "1h", "delay": "2m"}
QUIET: dict[str, Any] = {
    **PERFECT,
    "calendar__window": "1d",
    "demand__tills": {"scale": 0.0},
    "estate__stock": {"store_cover": "90d", "dc_cover": "90d"},
}
"""Nothing moves but what customers of the channels order."""


def listings(**changes: Any) -> dict[int, NDArray[np.void]]:
    """Feeds of each listing of the marketplace, by its extract."""
    arm = systems(publications={"own": {"mode": "query"}, "marketplace": LISTING | changes})
    jobs = table(scarce(**QUIET), arm, "jobs")
    rows = np.rec.fromarrays(list(jobs.values()), names=list(jobs))
    rows = rows[rows["feed"] == FeedName.PUBLICATION]
    return {int(extract): rows[rows["extract"] == extract] for extract in np.unique(rows["extract"])}


def told_of_changes(weekly_checkouts: float, name: str) -> dict[str, Any]:
    """A table of a run whose only channel is a marketplace that is told of changes, while streams carry all else."""
    market = channel(kind="marketplace", weekly_checkouts=weekly_checkouts, abandonment=0.0, decline=0.0, checkout="0s")
    arm = systems(publications={"marketplace": LISTING | {"content": "delta"}})
    return table(scarce(**QUIET, demand__channels={"market": market}), arm, name)


def after(extract: int, feeds: NDArray[np.void]) -> list[int]:
    return [(int(live) - extract) // MINUTE for live in feeds["live"]]


def test_a_listing_is_one_feed_of_all_skus_unless_feeds_are_limited() -> None:
    for extract, feeds in listings().items():
        assert (feeds["rows"].tolist(), after(extract, feeds)) == ([SKUS], [2])


def test_feeds_of_a_listing_are_processed_one_after_the_other() -> None:
    for extract, feeds in listings(items=25).items():
        assert (feeds["rows"].tolist(), after(extract, feeds)) == ([25, 25, 10], [2, 4, 6])


def test_no_more_feeds_are_submitted_than_a_window_allows() -> None:
    for extract, feeds in listings(items=15, feeds=2, window="10m").items():
        assert (feeds["rows"].tolist(), after(extract, feeds)) == ([15] * 4, [2, 4, 12, 14])


def test_the_limit_holds_over_listings_and_the_next_one_waits_for_the_last_feed() -> None:
    first, second, *_ = listings(items=20, feeds=1, window="40m").items()
    assert after(*first) == [2, 42, 82]
    assert second[0] >= first[1]["live"][-1]
    assert after(first[0], second[1]) == [122, 162, 202]


def test_a_listing_of_changes_holds_what_was_sold_and_nothing_else() -> None:
    lines = told_of_changes(3000.0, "lines")
    jobs = told_of_changes(3000.0, "jobs")
    first = jobs["extract"][0]
    sold = np.unique(lines["sku"][lines["t_decision"] <= first])
    assert 0 < sold.size < SKUS
    assert jobs["rows"][0] == sold.size


def test_nothing_is_submitted_when_nothing_has_changed() -> None:
    assert told_of_changes(0.0, "jobs")["feed"].size == 0


@pytest.mark.parametrize(("items", "sizes"), [(0, [7]), (3, [3, 3, 1]), (7, [7]), (100, [7])])
def test_a_listing_is_cut_into_feeds(items: int, sizes: list[int]) -> None:
    feeds = in_feeds(np.arange(7), items)
    assert [feed.size for feed in feeds] == sizes
    assert np.concatenate(feeds).tolist() == list(range(7))
    assert in_feeds(np.arange(0), items) == []
