"""Known answers of degradation: worlds in which one can say to the line what each strategy must do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.model.journals import APP, NO_MARKET, PROMISED, WEB, Journal, brief, by_status, flows, journal, order_column
from tests.model.runs import INSTANT, PERFECT, systems
from tests.world.make import channel
from twin.core.clock import HOUR, MINUTE
from twin.journal.orders import Cause, Degraded, Refusal, Status
from twin.journal.tables import NONE
from twin.scenario.scenario import Scenario
from twin.scenario.systems import Systems
from twin.world.world import World

START, END = 12 * HOUR, 20 * HOUR
DOWN = [{"system": "service", "at": "12h", "duration": {"law": "constant", "mean": "8h"}}]
ALWAYS_DOWN = [{"system": "service", "at": "0s", "duration": {"law": "constant", "mean": "60d"}}]
RESOLUTE = channel(
    weekly_checkouts=12000.0, abandonment=0, decline=0, pickup_share=0, units={"values": [1], "shares": [1.0]}
)
"""A channel whose customers buy single units and never change their minds."""

CLEAN: dict[str, Any] = {
    "movements": INSTANT,
    "orders": INSTANT,
    "posting": INSTANT,
    "service": {"service": "0"},
    "publications": {"own": {"mode": "query"}},
    "reserving": {"mode": "synchronous", "point": "order"},
    "sourcing": {"rebroker": 0},
    "buffers": {"store": 0},
}


def world_of(faults: list[dict[str, Any]], **changes: Any) -> Scenario:
    """Right records, nobody at the tills, two channels of resolute customers."""
    channels = {"demand__channels": {"web": RESOLUTE, "app": RESOLUTE | {"kind": "app"}}}
    return brief(**PERFECT, demand__tills__scale=0.0, **channels, **{"faults": faults} | changes)


def arm(*fallbacks: dict[str, Any], **changes: Any) -> Systems:
    """A clean arm whose fallbacks answer the service's outages from the next full minute on."""
    at_once = {"of": "service", "enter_after": "0s", "dwell": "0s", "calm": "0s"}
    degradation = {"watch": "1m", "fallbacks": [at_once | fallback for fallback in fallbacks]}
    degradation |= changes.pop("degradation", {})
    return systems(**CLEAN | changes, degradation=degradation)


def degraded(run: Journal, strategy: Degraded) -> np.ndarray[Any, Any]:
    """Lines that a strategy decided."""
    return np.asarray(run["lines"]["degraded"] == strategy)


def accepted_at(run: Journal) -> np.ndarray[Any, Any]:
    """When the order of each line was accepted."""
    return order_column(run, "t_accept")


def test_who_sells_without_asking_and_has_nothing_oversells_every_line() -> None:
    description = world_of(ALWAYS_DOWN)
    world = World(description, 0)
    for held in (world.start.pairs["on_hand"], world.start.receipts["quantity"]):
        held[:] = 0
    rows = journal(description, arm({"strategy": "fail_open"}), world)["lines"]
    told = (rows["t_demand"] > MINUTE) & (rows["t_end"] != NONE)
    assert np.count_nonzero(told) > 500
    assert set(rows["status"][told]) == {Status.OVERSOLD}
    assert set(rows["cause"][told]) == {Cause.DEGRADED}


@pytest.mark.parametrize("units", [1, 3])
def test_an_allotment_sells_itself_or_what_is_wanted_of_each_sku(units: int) -> None:
    rows = journal(world_of(ALWAYS_DOWN), arm({"strategy": "allotment", "units": units}))["lines"]
    for number in (WEB, APP):
        ruled = (rows["channel"] == number) & (rows["degraded"] == Degraded.ALLOTMENT)
        done = ruled & (rows["status"] != Status.OPEN)
        taken = done & np.isin(rows["status"], PROMISED)
        wanted, sold = (np.bincount(rows["sku"][chosen], minlength=60) for chosen in (done, taken))
        assert (sold == np.minimum(wanted, units)).all()
        assert (wanted > units).sum() > 20
    reasons = set(rows["refusal"][(rows["t_demand"] > MINUTE) & by_status(rows, Status.REFUSED)])
    assert reasons <= {Refusal.LIMITED, Refusal.NO_STOCK}
    assert Refusal.LIMITED in reasons


def test_a_share_of_the_last_belief_is_what_a_channel_may_sell() -> None:
    run = journal(world_of(DOWN), arm({"strategy": "allotment", "share": 0.1}))
    rows = run["lines"]
    ruled = degraded(run, Degraded.ALLOTMENT) & (rows["channel"] == WEB)
    sold = np.bincount(rows["sku"][ruled & np.isin(rows["status"], PROMISED)], minlength=60)
    first = {sku: int(rows["belief"][ruled & (rows["sku"] == sku)].max()) for sku in set(rows["sku"][ruled].tolist())}
    assert all(sold[sku] <= first[sku] for sku in first)
    assert np.count_nonzero(rows["refusal"][ruled] == Refusal.LIMITED) > 20


def test_a_growing_buffer_closes_a_sku_at_the_age_at_which_it_exceeds_the_belief() -> None:
    per_hour = 3
    growing = {"strategy": "growing_buffer", "buffer_rate": float(per_hour), "max_age": "1d"}
    unreserved = {"reserving": {"mode": "synchronous", "point": "none"}}
    run = journal(world_of(DOWN), arm(growing, **unreserved))
    rows = run["lines"]
    ruled = degraded(run, Degraded.GROWING_BUFFER)
    sku, belief = rows["sku"][ruled], rows["belief"][ruled]
    age = rows["t_decision"][ruled] - START
    buffer = age * per_hour // HOUR
    last_belief = np.full(60, np.iinfo(np.int64).min)
    last_belief[sku] = belief + buffer
    assert (belief + buffer == last_belief[sku]).all()
    closes = (last_belief[sku]) * HOUR // per_hour  # then the buffer is as much as the belief
    assert ((rows["status"][ruled] == Status.REFUSED) == (age >= closes)).all()
    assert 20 < np.count_nonzero(age >= closes) < age.size - 20
    assert Refusal.BUFFER in rows["refusal"][ruled]


def test_channels_of_low_priority_are_shed_and_the_others_sell_on() -> None:
    shedding = {"strategy": "shed", "below": 1}
    run = journal(world_of(DOWN), arm(shedding, {"strategy": "serve_stale"}, degradation={"priorities": {"web": 1}}))
    rows = run["lines"]
    during = (rows["t_demand"] > START + MINUTE) & (rows["t_demand"] < END)
    web, app = (during & (rows["channel"] == number) for number in (WEB, APP))
    assert set(rows["refusal"][app]) == {Refusal.SHED}
    assert Refusal.SHED not in rows["refusal"][~app]
    assert set(rows["degraded"][web]) == {Degraded.SERVE_STALE}
    assert np.count_nonzero(np.isin(rows["status"][web], PROMISED)) > 100


def test_what_is_sold_from_dcs_only_never_comes_from_a_store() -> None:
    description = world_of(DOWN)
    run = journal(description, arm({"strategy": "dc_only"}, sourcing={"strategy": "nearest", "rebroker": 2}))
    rows, is_dc = run["lines"], World(description, 0).estate.nodes["is_dc"] != 0
    ruled = degraded(run, Degraded.DC_ONLY) & by_status(rows, Status.SUPPLIED)
    assert np.count_nonzero(ruled) > 100
    assert is_dc[rows["node"][ruled]].all()
    assert not is_dc[rows["node"][by_status(rows, Status.SUPPLIED) & ~ruled]].all()


def test_what_is_confirmed_later_is_cancelled_exactly_where_the_view_cannot_back_it() -> None:
    description = world_of(DOWN)
    world = World(description, 0)
    stock = np.bincount(world.start.pairs["sku"], world.start.pairs["on_hand"], 60).astype(int)
    run = journal(description, arm({"strategy": "confirm_later", "confirm_within": "1d"}), world)
    rows = run["lines"]
    ruled = degraded(run, Degraded.CONFIRM_LATER)
    cancelled = ruled & by_status(rows, Status.OVERSOLD)
    assert np.count_nonzero(cancelled) == flows(run)["confirmations_cancelled"] > 50
    assert (rows["t_end"][cancelled] == np.maximum(accepted_at(run)[cancelled], END)).all()
    assert set(rows["cause"][cancelled]) == {Cause.DEGRADED}
    assert not by_status(rows, Status.OVERSOLD)[~ruled].any()
    kept = np.bincount(rows["sku"][np.isin(rows["status"], (Status.ACCEPTED, Status.SUPPLIED))], minlength=60)
    sold_out = np.unique(rows["sku"][cancelled])
    assert (kept[sold_out] == stock[sold_out]).all()


def test_an_order_that_nobody_confirms_is_asked_for_after_its_time() -> None:
    run = journal(world_of(DOWN), arm({"strategy": "confirm_later", "confirm_within": "2h"}))
    cancelled = degraded(run, Degraded.CONFIRM_LATER) & by_status(run["lines"], Status.OVERSOLD)
    since = accepted_at(run)[cancelled]
    assert np.count_nonzero(since + 2 * HOUR < END) > 20
    assert (run["lines"]["t_end"][cancelled] == np.maximum(since, np.minimum(since + 2 * HOUR, END))).all()


def test_reconfirming_cancels_at_the_end_of_the_fallback_what_would_be_cancelled_later() -> None:
    late = {"release": {"mode": "batch", "interval": "1d", "phase": "22h"}}
    keep, again = (
        journal(world_of(DOWN), arm({"strategy": "fail_open", "recovery": recovery}, **late))
        for recovery in ("keep", "reconfirm")
    )
    gone = degraded(again, Degraded.FAIL_OPEN) & by_status(again["lines"], Status.OVERSOLD)
    assert np.count_nonzero(gone) == flows(again)["confirmations_cancelled"] > 50
    assert (again["lines"]["t_end"][gone] == np.maximum(accepted_at(again)[gone], END)).all()
    assert flows(keep)["confirmations_cancelled"] == 0
    oversold = [np.count_nonzero(by_status(run["lines"], Status.OVERSOLD)) for run in (keep, again)]
    assert oversold[0] >= oversold[1]
    assert by_status(keep["lines"], Status.OVERSOLD)[gone].mean() > 0.5


def test_an_outage_is_one_spell_that_ends_with_it_and_short_ones_are_bridged_by_calm() -> None:
    flickering = [
        {"system": "service", "at": f"{12 * 60 + start}m", "duration": {"law": "constant", "mean": "10m"}}
        for start in (0, 15, 30)
    ]
    for calm, spells in (("0s", 3), ("10m", 1)):
        found = journal(world_of(flickering), arm({"strategy": "fail_open", "calm": calm, "channels": ["web"]}))
        assert found["fallbacks"]["start"].size == spells
        assert found["fallbacks"]["start"][0] == START + MINUTE
    assert found["fallbacks"]["end"].tolist() == [START + 50 * MINUTE]


def test_while_a_fallback_of_a_called_system_is_on_nobody_calls_it() -> None:
    breaker = {"window": "count", "calls": 10, "minimum": 10, "threshold": 0.5, "open": "10m", "probes": 1}
    resilience = {"resilience": {"breaker": breaker}}
    stale = {"strategy": "fail_open", "when": "breaker", "dwell": "1h"}
    plain, ruled = (journal(world_of(DOWN), arm(*chosen, **resilience)) for chosen in ((), (stale,)))
    assert ruled["fallbacks"]["start"].size >= 2 * 7  # two channels, an hour each time
    assert flows(plain)["calls_rejected"] > 500
    assert flows(ruled)["calls_rejected"] < flows(plain)["calls_rejected"] / 10


def test_a_share_of_errors_turns_it_on_and_too_few_calls_turn_it_off_again() -> None:
    failing = [{"kind": "errors", "system": "service", "share": 1.0, "at": "12h", "duration": "4h"}]
    fallback = {"strategy": "confirm_later", "when": "errors", "minimum": 5, "span": "10m", "dwell": "30m"}
    run = journal(world_of(failing), arm(fallback))
    spells = run["fallbacks"]
    assert spells["start"].min() > START
    assert spells["start"].max() < START + 4 * HOUR + 10 * MINUTE
    assert ((spells["end"] - spells["start"]) == 30 * MINUTE).all()
    assert np.count_nonzero(degraded(run, Degraded.CONFIRM_LATER) & by_status(run["lines"], Status.SUPPLIED)) > 50


def test_a_fallback_that_never_comes_on_changes_nothing() -> None:
    description = brief(**NO_MARKET, faults=DOWN)
    without = journal(description, arm())
    idle = journal(description, arm({"strategy": "fail_open", "enter_after": "9h"}))
    for name, columns in without.items():
        for column, values in columns.items():
            assert np.array_equal(values, idle[name][column]), f"{name}.{column}"
