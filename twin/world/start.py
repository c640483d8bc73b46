"""The initial state of a replication: stock near the steady state of (s, S), deliveries on their way, record errors."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import DAY, HOUR
from twin.core.hashing import bits_of_many
from twin.core.laws import sample_many, table
from twin.scenario.estate import RecordError
from twin.scenario.scenario import Scenario
from twin.world.estate import RealisedEstate
from twin.world.streams import Streams
from twin.world.tables import PAIR, RECEIPT, WorldStart

STORE_REVIEW_AGE_DAYS: Final = 22 / 24
"""The last store review before the start was at 02:00 of the day before."""

DC_REVIEW: Final = 4 * HOUR
"""Local time of day of the DC review."""

_MOST_ORDERS = 64  # of one pair on their way at the start


def draw_start(scenario: Scenario, estate: RealisedEstate, streams: Streams) -> WorldStart:
    """Draw the initial state of one replication."""
    pairs = np.zeros(estate.pair_sku.size, PAIR)
    pairs["sku"], pairs["node"] = estate.pair_sku, estate.pair_node
    ending = estate.skus["ending"][estate.pair_sku] == 1
    pairs["reorder"] = np.where(ending, -1, estate.levels.reorder)
    pairs["up_to"], pairs["pack"] = estate.levels.up_to, estate.levels.pack
    is_dc = estate.nodes["is_dc"][estate.pair_node] == 1
    phase = streams.generator("start.phase", 0).random(pairs.size)
    pairs["on_hand"] = _store_stock(estate, phase, streams)
    receipts = _dc_stock(scenario, estate, pairs, np.flatnonzero(is_dc & ~ending), phase, streams)
    pairs["on_hand"][ending] = _season_left(estate, pairs[ending], streams)
    pairs["error"] = _errors(scenario.estate.record_error, pairs["on_hand"], is_dc, streams)
    return WorldStart(pairs, receipts)


def _season_left(estate: RealisedEstate, pairs: NDArray[np.void], streams: Streams) -> NDArray[np.int64]:
    """Stock of SKUs that are sold off: a uniform part of the season is left, at every node the same but for chance.

    A SKU that nears its end nears it everywhere; drawn node by node, the pooled stock would never run out.
    """
    part = streams.generator("start.season", 0).random(estate.skus.size)
    left: NDArray[np.int64] = streams.generator("start.remainder", 0).poisson(part[pairs["sku"]] * pairs["up_to"])
    return left


def _store_stock(estate: RealisedEstate, phase: NDArray[np.float64], streams: Streams) -> NDArray[np.int64]:
    """Stock if the position after the last review was uniform on s + 1 ... S, the steady state of unit demand.

    Sales since then are taken off. Trucks on their way count as arrived: the store pipeline is a day long and heals
    within the warm-up.
    """
    reorder, up_to = estate.levels.reorder, estate.levels.up_to
    position = reorder + 1 + np.floor(phase * (up_to - reorder)).astype(np.int64)
    since = streams.generator("start.sales", 0).poisson(estate.mean_daily * STORE_REVIEW_AGE_DAYS)
    left: NDArray[np.int64] = np.maximum(position - since, 0)
    return left


def _dc_stock(
    scenario: Scenario,
    estate: RealisedEstate,
    pairs: NDArray[np.void],
    own: NDArray[np.int64],
    phase: NDArray[np.float64],
    streams: Streams,
) -> NDArray[np.void]:
    """Set the stock of the DC pairs ``own`` and return what is on its way to them.

    The last order brought the position to S, a uniform part of the cycle ago; orders whose lead time has not passed are
    on their way, so they are missing on the rack.
    """
    daily, up_to = estate.mean_daily[own], estate.levels.up_to[own]
    review_days = scenario.estate.stock.dc_review / DAY
    with np.errstate(divide="ignore"):
        cycle_days = np.maximum((up_to - estate.levels.reorder[own]) / daily, review_days)
    cycle_days = np.minimum(cycle_days, 3650.0)
    age_days = phase[own] * cycle_days
    quantity = np.maximum(1, np.rint(daily * cycle_days)).astype(np.int64)
    position = up_to - streams.generator("start.orders", 0).poisson(daily * age_days)
    receipts = []
    for back in range(_MOST_ORDERS):
        arrival = _arrivals(scenario, estate, own, age_days + back * cycle_days, streams)
        late = np.flatnonzero((arrival > 0) & (daily > 0))
        if late.size == 0:
            break
        receipts.append(_receipts(arrival[late], own[late], quantity[late]))
        position[late] -= quantity[late]
    pairs["on_hand"][own] = np.maximum(position, 0)
    rows = np.concatenate(receipts) if receipts else np.zeros(0, RECEIPT)
    return rows[np.lexsort((rows["pair"], rows["t"]))]


def _arrivals(
    scenario: Scenario, estate: RealisedEstate, own: NDArray[np.int64], age_days: NDArray[np.float64], streams: Streams
) -> NDArray[np.int64]:
    """When an order made ``age_days`` before the start arrives, us; one delivery per supplier and review."""
    stock = scenario.estate.stock
    reviews = np.floor(age_days * DAY / stock.dc_review).astype(np.int64) + 1
    entity = (
        estate.pair_node[own].astype(np.int64) << 48
        | estate.skus["supplier"][estate.pair_sku[own]].astype(np.int64) << 24
        | reviews
    )
    law = table(stock.dc_lead.law, stock.dc_lead.mean, stock.dc_lead.cv)
    lead = sample_many(law, bits_of_many(streams.key("start.supplier"), entity, 0))
    return DC_REVIEW - reviews * stock.dc_review + lead


def _receipts(arrival: NDArray[np.int64], pair: NDArray[np.int64], quantity: NDArray[np.int64]) -> NDArray[np.void]:
    rows = np.zeros(pair.size, RECEIPT)
    rows["t"], rows["pair"], rows["quantity"] = -(-arrival // HOUR) * HOUR, pair, quantity
    return rows


def _errors(
    law: RecordError, on_hand: NDArray[np.int32], is_dc: NDArray[np.bool_], streams: Streams
) -> NDArray[np.int64]:
    """Record minus physical. Geometric in size, up and down equally common (ECR Retail Loss).

    A record is never below 0, so an error downwards is at most what is there; where nothing is, the error goes up,
    which keeps the share of wrong records as configured.
    """
    generator = streams.generator("start.errors", 0)
    wrong = generator.random(on_hand.size) < np.where(is_dc, law.dc_wrong_share, law.wrong_share)
    down = (generator.random(on_hand.size) < 0.5) & (on_hand > 0)
    size = generator.geometric(1 / law.mean_units, on_hand.size)
    return np.where(wrong, np.where(down, -np.minimum(size, on_hand), size), 0)
