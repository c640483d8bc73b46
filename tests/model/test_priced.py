"""Laws of prices: runs in which prices come late and out of step keep them, and each is seen to fire."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.reference.price_arms import PRICE_EVENTS, PRICE_FILES, REPRICED
from tests.reference.worlds import Tree, merged, scenario
from tests.reference.worlds import systems as arm
from twin.journal.orders import PROMISED
from twin.journal.prices import Settled
from twin.model import invariants, priced
from twin.model.days import Days
from twin.model.plane import Plane
from twin.model.prices import Outlet, Prices
from twin.model.run import run_in
from twin.world.world import World

FILES, EVENTS, LOWER, CORRECTED = "files", "events", "lower", "corrected"
VERSIONED: Tree = {"prices": {group: {"versioned": True} for group in ("tills", "own", "marketplace")}}
ARMS: dict[str, Tree] = {
    FILES: merged(PRICE_FILES, VERSIONED, {"prices": {"mismatch": "honour"}}),
    EVENTS: merged(PRICE_EVENTS, VERSIONED),
    LOWER: PRICE_EVENTS,
    CORRECTED: merged(PRICE_FILES, {"prices": {"mismatch": "correct"}}),
}


@dataclass
class StillPrices:
    """What outlets show at a run's end."""

    outlets: list[Outlet]
    latest: NDArray[np.int64]
    board: NDArray[np.int32]
    gaps: SimpleNamespace

    @classmethod
    def of(cls, prices: Prices) -> StillPrices:
        gaps = SimpleNamespace(apart=prices.gaps.apart, together=prices.gaps.together)
        return cls(copy.deepcopy(prices.outlets), prices.latest.copy(), prices.board.copy(), gaps)


@dataclass
class Still:
    """What the laws of prices read of a run."""

    memory: dict[str, NDArray[Any]]
    lines: int
    prices: StillPrices
    world: World

    @property
    def shop(self) -> SimpleNamespace:
        return SimpleNamespace(prices=self.prices)

    def broken(self) -> list[str]:
        return priced.prices(cast(Plane, self), cast(Days, self), self.world)


@cache
def _ended(name: str) -> Still:
    kept: list[Still] = []
    check = invariants.check

    def keep(plane: Plane, days: Days, world: World) -> list[str]:
        assert days.shop.prices is not None
        memory = {table: plane.memory[table].copy() for table in ("lines", "charges", "flows")}
        kept.append(Still(memory, days.lines, StillPrices.of(days.shop.prices), world))
        return check(plane, days, world)

    description = scenario(7, {"only": arm("hybrid", ARMS[name])}, REPRICED)
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        patch.setattr(invariants, "check", keep)
        run_in(World(description, 0), description, description.arms["only"], Path(folder))
    return kept[0]


def _of_accepted(still: Still, settled: Settled) -> int:
    """Row of an accepted line whose price came to be in a way."""
    lines, charges = still.memory["lines"], still.memory["charges"]
    return int(np.flatnonzero(np.isin(lines["status"], PROMISED) & (charges["settled"] == settled))[0])


def _list(still: Still) -> None:
    still.prices.board[0, 0] += 1


def _shown(still: Still) -> None:
    still.prices.board[0, 3] += 1


def _of_another_sku(still: Still) -> None:
    shown = still.prices.outlets[0].shown
    changed = np.flatnonzero(shown >= 0)
    shown[changed[0]] = shown[changed[1]]


def _too_early(still: Still) -> None:
    """An outlet shows a change that has not come yet; it is the first of its SKU."""
    outlet = still.prices.outlets[1]
    sku = int(np.argmax(still.prices.latest == outlet.shown))
    still.prices.latest[sku] -= 1


def _behind(still: Still, outlet: Outlet) -> None:
    """An outlet shows the first price of a SKU that has changed."""
    sku = int(np.argmax(still.prices.latest >= 0))
    cents = int(still.world.prices.start[sku])
    outlet.shown[sku], still.prices.board[sku, 1 + outlet.number] = -1, cents


def _forgotten_by_a_file(still: Still) -> None:
    outlet = still.prices.outlets[1]
    outlet.loaded = still.world.horizon_us
    _behind(still, outlet)


def _forgotten_event(still: Still) -> None:
    """The event of a change is neither lost nor under way, and has not come."""
    outlet = still.prices.outlets[0]
    _behind(still, outlet)
    outlet.under_way.clear()
    outlet.lost.clear()


def _not_at_once(still: Still) -> None:
    outlet = still.prices.outlets[1]
    outlet.route = outlet.route.model_copy(update={"mode": "at_once"})
    _behind(still, outlet)


def _not_ahead(still: Still) -> None:
    """A promotion that was told ahead is not shown."""
    outlet, changes = still.prices.outlets[0], still.world.prices.changes
    sku = next(s for s, change in enumerate(still.prices.latest) if change >= 0 and changes["promotion"][change])
    outlet.shown[sku], still.prices.board[sku, 1] = -1, still.world.prices.start[sku]
    outlet.loaded = -1


def _event_without_end(still: Still) -> None:
    still.prices.outlets[2].taken -= 1


def _sold_at_no_price(still: Still) -> None:
    still.prices.gaps.together -= 1


def _charged(settled: Settled, cents: int) -> Callable[[Still], None]:
    def tamper(still: Still) -> None:
        still.memory["lines"]["price_cents"][_of_accepted(still, settled)] += cents

    return tamper


def _settled_by_nobody(still: Still) -> None:
    still.memory["charges"]["settled"][_of_accepted(still, Settled.HONOURED)] = Settled.NONE


BROKEN: dict[str, tuple[str, Callable[[Still], None], str]] = {
    "a list price that is not the last": (FILES, _list, "prices: 1 list prices"),
    "a price that never was": (FILES, _shown, "prices: 1 prices that are shown were never"),
    "a price of another SKU": (FILES, _of_another_sku, r"prices: \d+ prices that are shown were never"),
    "a price of tomorrow": (FILES, _too_early, r"prices: \d+ prices that are shown were never"),
    "a price that the last file had": (FILES, _forgotten_by_a_file, r"prices: \d+ prices are not shown"),
    "a promotion that was told ahead": (FILES, _not_ahead, r"prices: \d+ prices are not shown"),
    "an event that came nowhere": (EVENTS, _forgotten_event, r"prices: \d+ prices are not shown"),
    "a price that is not there at once": (FILES, _not_at_once, r"prices: \d+ prices are not shown"),
    "an event that nobody knows": (EVENTS, _event_without_end, "prices: 1 events have no end"),
    "a unit sold at no price": (FILES, _sold_at_no_price, "prices: 1 units were sold"),
    "a line dearer than shown": (FILES, _charged(Settled.HONOURED, 1), "prices: 1 lines cost"),
    "a line cheaper than the lower price": (LOWER, _charged(Settled.LOWERED, -1), "prices: 1 lines cost"),
    "a line without a settled price": (CORRECTED, _settled_by_nobody, "prices: 1 lines cost"),
}


@pytest.mark.parametrize("name", ARMS)
def test_honest_runs_keep_every_law(name: str) -> None:
    assert _ended(name).broken() == []


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_law_of_prices_is_named(what: str) -> None:
    name, tamper, says = BROKEN[what]
    still = copy.copy(_ended(name))
    still.memory = {table: rows.copy() for table, rows in still.memory.items()}
    still.prices = copy.deepcopy(still.prices)
    tamper(still)
    broken = still.broken()
    assert any(re.match(says, law) for law in broken), broken


def test_the_runs_end_with_outlets_that_do_not_show_the_list_and_events_under_way() -> None:
    files, events = _ended(FILES), _ended(EVENTS)
    for still in (files, events):
        assert any((outlet.shown != still.prices.latest).any() for outlet in still.prices.outlets)
    assert sum(len(outlet.under_way) for outlet in events.prices.outlets) > 0
    assert sum(len(outlet.lost) for outlet in events.prices.outlets) > 5
    assert min(still.prices.gaps.apart for still in (files, events)) > 5
