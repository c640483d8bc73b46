"""A replay as a whole: what is prepared once for all replications, and what one replication makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.scenario.errors import Problem, ScenarioError
from twin.scenario.scenario import Scenario
from twin.world.demand import ChannelSource, PhysicalSource, ReturnSource
from twin.world.estate import RealisedEstate
from twin.world.fit import Fit
from twin.world.promotions import Promotions
from twin.world.replay import account as fates
from twin.world.replay.account import ReplayAccount, account
from twin.world.replay.fitting import Mapping, fit
from twin.world.replay.log import Log, read_log
from twin.world.replay.mapping import Period, code, fates_of, period_of
from twin.world.replay.orders import OrderLines, ReplayedChannel
from twin.world.replay.sales import ReplayedReturns, ReplayedTills, sale_rows
from twin.world.replay.scaling import Selection, copied, identities, jittered, select
from twin.world.sites import realise_sites
from twin.world.streams import EVERY_REPLICATION, Streams
from twin.world.tills import Tills


@dataclass(frozen=True)
class Prepared:
    """A log, validated, mapped and fitted: the same in every replication."""

    log: Log
    period: Period
    fate: NDArray[np.int8]  # per line, position in FATES
    fit: Fit
    mapping: Mapping


@dataclass(frozen=True)
class Replayed:
    """One replication's replay: what takes the place of drawn demand, and the account of the log."""

    account: ReplayAccount
    returns: ReturnSource
    tills: PhysicalSource | None = None
    channels: dict[str, ChannelSource] | None = None


def prepare(scenario: Scenario, base: Path, data_dir: Path | None) -> Prepared:
    """Read, validate, map and fit the scenario's log. Raises :class:`ScenarioError`."""
    replay = scenario.demand.replay
    assert replay is not None, "asked to prepare a scenario without replay"
    log = read_log(scenario, base, data_dir)
    period = period_of(scenario, replay, log)
    fate = fates_of(replay, log, period)
    sites = realise_sites(scenario.estate, Streams(scenario.seed, EVERY_REPLICATION), base)
    stores = int((sites.nodes["is_dc"] == 0).sum())
    if replay.target == "tills" and stores == 0:
        raise ScenarioError(
            [Problem(scenario.name, 1, 1, "estate.stores.count", "must be at least 1 to replay till sales")]
        )
    fitted, mapping = fit(scenario, log, fate, stores)
    mapped = np.isin(fate, (code(fates.SALE), code(fates.RETURN)))
    fate[mapped & (mapping.sku[log.sku] < 0)] = code(fates.NOT_IN_CATALOGUE)
    if replay.target == "channel":
        fate[_repeated(log, fate)] = code(fates.MERGED)
    return Prepared(log, period, fate, fitted, mapping)


def _repeated(log: Log, fate: NDArray[np.int8]) -> NDArray[np.int64]:
    """Sale lines whose article an earlier line of the same order has too: they become one line."""
    sales = np.flatnonzero(fate == code(fates.SALE))
    _, first = np.unique(log.order[sales] * log.skus.size + log.sku[sales], return_index=True)
    return np.delete(sales, first)


def replayed(scenario: Scenario, estate: RealisedEstate, prepared: Prepared, streams: Streams) -> Replayed:
    """What one replication replays: scaling by customers, then orders or till sales, and returns."""
    replay, log = scenario.demand.replay, prepared.log
    assert replay is not None, "asked to replay a scenario without replay"
    sold = np.flatnonzero(np.isin(prepared.fate, (code(fates.SALE), code(fates.MERGED))))
    back = np.flatnonzero(prepared.fate == code(fates.RETURN))
    sales, returns = select(replay, log, sold, streams), select(replay, log, back, streams)
    counted = _account(prepared, np.concatenate([sold, back]), (sales, returns))
    lines, returned = (_lines(scenario, prepared, chosen, streams) for chosen in (sales, returns))
    if replay.target == "channel":
        assert replay.channel is not None, "reading the log checks the channel"
        channel = ReplayedChannel(replay.channel, scenario, estate, lines, streams)
        number, by_post = estate.channels.index(replay.channel), np.zeros(returned.t.size, np.int64)
        coming = ReplayedReturns(estate, returned, channel=number, node=by_post)
        return Replayed(counted, coming, channels={replay.channel: channel})
    tills = Tills(scenario, estate, Promotions(scenario.demand.promotions, estate.popularity), streams)
    pair = _pairs(estate, prepared.mapping.store[log.store[sales.line]], lines.sku)
    rows = sale_rows(lines.t, pair, lines.quantity)
    store = prepared.mapping.store[log.store[returns.line]] + int(estate.nodes["is_dc"].sum())
    coming = ReplayedReturns(estate, returned, channel=-1, node=store)
    return Replayed(counted, coming, tills=ReplayedTills(estate, rows, tills))


def _account(prepared: Prepared, mapped: NDArray[np.int64], selections: tuple[Selection, Selection]) -> ReplayAccount:
    """The account after scaling: mapped lines whose customer was thinned out are set aside, copies are added."""
    fate = prepared.fate.copy()
    kept = np.concatenate([item.line[item.copy == 0] for item in selections])
    fate[np.setdiff1d(mapped, kept)] = code(fates.THINNED)
    copies = np.concatenate([item.line[item.copy > 0] for item in selections])
    return account(prepared.log, fate, copies)


def _lines(scenario: Scenario, prepared: Prepared, chosen: Selection, streams: Streams) -> OrderLines:
    """Selected lines in simulation time, with the identities of their copies."""
    replay, log = scenario.demand.replay, prepared.log
    assert replay is not None, "asked for lines of a scenario without replay"
    order = copied(identities(log.orders)[log.order[chosen.line]], chosen.copy, streams)
    customer = copied(identities(log.customers)[log.customer[chosen.line]], chosen.copy, streams)
    t = log.t[chosen.line] - prepared.period.start
    t = jittered(t, order, chosen, replay, scenario.calendar.horizon_us, streams)
    return OrderLines(t, order, customer, prepared.mapping.sku[log.sku[chosen.line]], log.quantity[chosen.line])


def _pairs(estate: RealisedEstate, store: NDArray[np.int64], sku: NDArray[np.int64]) -> NDArray[np.int64]:
    """Pairs of (store, SKU); the estate of a replay stocks all that it sells."""
    node = store + int(estate.nodes["is_dc"].sum())
    cells = estate.pair_sku.astype(np.int64) * estate.nodes.size + estate.pair_node
    pair = np.searchsorted(cells, sku * estate.nodes.size + node)
    assert np.array_equal(cells[pair], sku * estate.nodes.size + node), "a store sells what it does not stock"
    return pair
