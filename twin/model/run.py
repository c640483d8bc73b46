"""One run: one arm of a scenario meets one world, and leaves a journal."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import simpy
from numpy.typing import NDArray

from twin.core.bins import BINS
from twin.core.clock import Tie
from twin.journal.tables import ACCOUNT, PRICE
from twin.journal.totals import FATE, FLOW, LATENCY, Fate, Flow, Latency
from twin.journal.writer import Journal
from twin.kernels.codes import NOTES, RECORD, VIEW
from twin.model import invariants
from twin.model.alerts import checks
from twin.model.allotments import allotments
from twin.model.backorders import reviews
from twin.model.books import Books
from twin.model.build import Built, build
from twin.model.census import Census
from twin.model.counting import Counters
from twin.model.days import Days
from twin.model.disruptions import start_disruptions
from twin.model.documents import Documents
from twin.model.incidents import Incidents
from twin.model.jobs import Process, Works, feed_jobs, query_outages
from twin.model.lanes import feed_of
from twin.model.listings import listing_jobs
from twin.model.ordering import Portal
from twin.model.orders import recheck
from twin.model.plane import Plane
from twin.model.process import Instant
from twin.model.receiving import Dock
from twin.model.reloads import reload_jobs
from twin.model.returns import Returns
from twin.model.shop import Shop
from twin.model.staff import start_absences
from twin.model.supply import start_supply
from twin.model.traces import TracedPlane
from twin.model.transfers import Rebalancing
from twin.scenario.scenario import Scenario
from twin.scenario.systems import Systems
from twin.world.told import faults_told
from twin.world.world import World


def simulate(
    scenario: Scenario, arm: str, replication: int, *, folder: Path, base: Path = Path(), data_dir: Path | None = None
) -> None:
    """Run ``arm`` in the world of ``replication`` and write its journal into ``folder``.

    Raises:
        InvariantError: a conservation law is broken; the journal is written all the same.
    """
    run_in(World(scenario, replication, base=base, data_dir=data_dir), scenario, scenario.arms[arm], folder)


def run_in(world: World, scenario: Scenario, systems: Systems, folder: Path) -> None:
    """Like :func:`simulate`, in a world that is already there."""
    built = build(world, scenario, systems)
    env = simpy.Environment()
    journal = Journal(folder)
    traced = systems.observability.traces > 0
    plane = TracedPlane(built.memory, world, systems, journal) if traced else Plane(built.memory)
    works = Works(env, world, plane, journal)
    incidents = Incidents.of(works, systems.operations)
    shop = Shop.of(works, scenario, systems, built.marketplaces)
    days = Days(
        works,
        shop,
        Census(works, scenario.experiment.frozen_days),
        _counters(works, scenario, systems),
        Returns.of(works, systems.returns, scenario.demand.returns, shop.refunds),
        Documents(world, systems.books.orders) if systems.books.on else None,
    )
    books = Books.of(works, systems.books, days)
    _start(works, scenario, systems, built, days)
    for started in (books, shop.prices):
        if started is not None:
            started.start()
    start_disruptions(works, systems, incidents)
    if systems.observability.alerts:
        env.process(checks(works, systems, incidents, shop.refunds))
    with _collector_at_rest():
        env.run(until=world.horizon_us)
    plane.advance(world.horizon_us - 1)
    plane.count_waiting(world.horizon_us)
    if shop.prices is not None:
        shop.prices.close()
    broken = [*invariants.check(plane, days, world), *(books.broken if books is not None else ())]
    days.seal(final=True)
    plane.close_traces()
    incidents.write()
    desk = None if books is None else books.desk
    for told in (shop.sagas, shop.refunds, days.returns, shop.counter, shop.couriers, desk):
        if told is not None:
            told.write_open()
    works.journal.close(
        latency=_latencies(built),
        flows=_flows(plane, world),
        fates=_fates(plane),
        skus=_skus(world),
        replay=_account(world),
        faults=faults_told(world),
    )
    if broken:
        raise invariants.InvariantError(broken)


def _counters(works: Works, scenario: Scenario, systems: Systems) -> Counters | None:
    """The people who count, if anything is counted."""
    return Counters(works, systems.counting, scenario.estate.record_error) if systems.counting.on else None


def _start(works: Works, scenario: Scenario, systems: Systems, built: Built, days: Days) -> None:
    """Put everything that runs by itself on the clock."""
    env, shop = works.env, days.shop
    env.process(days.run())
    for who in (VIEW, NOTES, RECORD):
        feed = feed_of(systems, who)
        if feed.mode == "batch":
            env.process(feed_jobs(works, feed, who))
    asked: dict[str, list[int]] = {}
    for channel, publication in enumerate(built.publications):
        if publication.mode == "file":
            env.process(listing_jobs(works, publication, channel))
        elif publication.mode == "query":
            asked.setdefault(publication.system, []).append(channel)
    for channels in asked.values():
        env.process(query_outages(works, built.publications[channels[0]], channels))
    if systems.buffers.allotment.shares:
        env.process(allotments(works, systems.buffers.allotment))
    if systems.reload.mode != "off":
        env.process(reload_jobs(works, systems.reload, level=systems.movements.content == "level"))
    _start_stockrooms(works, scenario, systems, days.counters)
    _start_reviews(works, systems, shop)
    if shop.fallbacks is not None:
        env.process(shop.fallbacks.watch(partial(recheck, shop)))
    env.process(scrapes(works, scenario.experiment.scrape))


def _start_reviews(works: Works, systems: Systems, shop: Shop) -> None:
    """Put what looks at waiting lines on the clock."""
    if systems.sourcing.shortage.backorders:
        works.env.process(reviews(works, shop, systems.sourcing.shortage))


def _start_stockrooms(works: Works, scenario: Scenario, systems: Systems, counters: Counters | None) -> None:
    """Put what fills and counts shelves on the clock."""
    dock = Dock(works, scenario.estate.receiving)
    start_supply(works, scenario.estate.stock, dock, Portal.of(works, systems.supplier_portal))
    start_absences(works, systems.workforce)
    if systems.transfers.interval:
        Rebalancing(works, systems.transfers, dock).start()
    if counters is not None:
        counters.start()


def scrapes(works: Works, interval: int) -> Process:
    """Observe stock accuracy at a random instant of every interval, so that no schedule of the arm can hide from it."""
    k = 0
    while True:
        now = k * interval + int(works.luck("scrape", k)) % interval
        yield Instant(works.env, now, Tie.SCRAPE, 0)
        works.journal.observe((now, *works.plane.observe(now)))
        k += 1


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Keep the garbage collector from walking a million live objects again and again; as it was, afterwards."""
    threshold = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*threshold)
        gc.unfreeze()


def _flows(plane: Plane, world: World) -> NDArray[np.void]:
    plane.count_applied()
    values = {flow.name.lower(): int(plane.memory["flows"][flow]) for flow in Flow}
    values["pairs"] = int(world.start.pairs.size)
    return np.array(list(values.items()), FLOW)


def _fates(plane: Plane) -> NDArray[np.void]:
    """What became of every message, to each feed."""
    counts, control = plane.memory["fates"].reshape(3, len(Fate)).copy(), plane.control
    counts[:, Fate.IN_FLIGHT] = [int(control[name]) for name in ("unseen", "unheard", "unposted")]
    return np.array([(feed, fate, counts[feed, fate]) for feed in range(3) for fate in Fate], FATE)


def _skus(world: World) -> NDArray[np.void]:
    skus = world.estate.skus
    rows = np.empty(skus.size, PRICE)
    rows["sku"], rows["price_cents"], rows["cost_cents"] = np.arange(skus.size), skus["price_cents"], skus["cost_cents"]
    return rows


def _account(world: World) -> NDArray[np.void]:
    rows = world.account.rows if world.account else ()
    return np.array([tuple(getattr(row, name) for name in ACCOUNT.names or ()) for row in rows], ACCOUNT)


def _latencies(built: Built) -> NDArray[np.void]:
    counts = built.memory["histograms"].reshape(len(Latency), -1, BINS)
    measure, channel, at = np.nonzero(counts)
    rows = np.empty(at.size, LATENCY)
    rows["measure"], rows["channel"], rows["bin"], rows["count"] = measure, channel, at, counts[measure, channel, at]
    return rows
