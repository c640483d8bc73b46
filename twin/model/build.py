"""Build the data plane of one run: the world's initial state under one arm's systems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from twin.core import laws
from twin.core.bins import BINS
from twin.core.clock import NEVER, SECOND
from twin.core.hashing import bits_of_many
from twin.core.shares import MILLION, parts
from twin.journal.totals import Flow, Latency
from twin.kernels import state, traffic
from twin.kernels.codes import (
    CRM,
    ERP,
    NOTES,
    RECORD,
    RELEASE,
    SERVICE,
    TAX,
    VIEW,
    Belief,
    Key,
    Law,
    Point,
    Reserving,
    Strategy,
)
from twin.kernels.control import CONTROL
from twin.kernels.memory import Memory, aligned
from twin.kernels.publication import avoid_outages
from twin.kernels.state import NIL
from twin.kernels.stock import free_of_pairs
from twin.model.buffers import lay_buffers, node_buffers
from twin.model.lanes import feed_of, is_eager, lay_lanes, system_row
from twin.model.offers import lay_offers
from twin.model.price_board import lay_prices
from twin.model.sourcing import lay_sourcing, set_limits
from twin.scenario.laws import Law as ScenarioLaw
from twin.scenario.scenario import Scenario
from twin.scenario.systems import Publication, Systems
from twin.world.tables import CENTRAL, OF_NODES, SYSTEMS
from twin.world.world import World

_RING: Final = 1 << 15
_STREAMS: Final = {
    Key.MOVEMENTS_SERVICE: "movements.service",
    Key.ORDERS_SERVICE: "orders.service",
    Key.POSTING_SERVICE: "posting.service",
    Key.PICK: "pick",
    Key.PACK: "pack",
    Key.TRANSIT: "transit",
    Key.RELEASE_STEP: "release.step",
    Key.SERVICE_CALL: "service.call",
    Key.ERP_CALL: "erp.call",
    Key.MESSAGE_LANE: "message.lane",
    Key.RESTOCK: "restock",
    Key.DAMAGED: "damaged",
    Key.TAX_CALL: "tax.call",
    Key.CRM_CALL: "crm.call",
}
_RINGS: Final = {
    "moves": traffic.MESSAGE,
    "notes": traffic.MESSAGE,
    "holds": state.HOLD,
    "applied": state.APPLIED,
}
_TICKETS: Final = {VIEW: "move_tickets", NOTES: "note_tickets", RECORD: "post_tickets"}


@dataclass(frozen=True)
class Built:
    """The data plane and what the control plane needs to know of it."""

    memory: Memory
    marketplaces: frozenset[int]
    publications: tuple[Publication, ...]  # by channel


def build(world: World, scenario: Scenario, systems: Systems) -> Built:
    """The data plane at time 0."""
    memory = Memory()
    kinds = [channel.kind for channel in scenario.demand.channels.values()]
    publications = tuple(
        systems.publications.marketplace if kind == "marketplace" else systems.publications.own for kind in kinds
    )
    _windows(memory, world)
    _slowdowns(memory, world)
    _stock(memory, world, systems)
    _stocktakes(memory, scenario, systems)
    _nodes(memory, world)
    _channels(memory, scenario, systems, publications)
    _today(memory, scenario, systems)
    lay_offers(memory, world, scenario)
    lay_buffers(memory, world, systems.buffers)
    lay_sourcing(memory, scenario.estate.carriage, systems.sourcing)
    lay_lanes(memory, world, systems)
    _stations(memory, systems)
    _laws(memory, systems)
    memory.put("keys", np.array([world.streams.key(_STREAMS[key]) for key in Key], np.uint64))
    memory.put("flows", np.zeros(max(Flow) + 1, np.int64))
    memory.put("histograms", np.zeros(len(Latency) * len(kinds) * BINS, np.int64))
    _control(memory, world, scenario, systems, publications)
    _copies(memory, world, publications)
    lay_prices(memory, world, systems.prices)
    for ring, dtype in _RINGS.items():
        memory.put(ring, np.zeros(_RING, dtype))
    for who, tickets in _TICKETS.items():
        if feed_of(systems, who).mode == "queue":
            memory.put(tickets, np.zeros(_RING, traffic.TICKET))
    marketplaces = frozenset(i for i, kind in enumerate(kinds) if kind == "marketplace")
    return Built(memory, marketplaces, publications)


def _node_rows(name: str, nodes: int) -> NDArray[np.int64]:
    """Rows of a system that every node has one of."""
    first: int = len(CENTRAL) + OF_NODES.index(name) * nodes
    return first + np.arange(nodes)


def _windows(memory: Memory, world: World) -> None:
    """Outages: of central systems, then of each node's systems."""
    windows, nodes = world.windows, world.estate.nodes.size
    places = [(SYSTEMS.index(name), -1) for name in CENTRAL]
    places += [(SYSTEMS.index(name), node) for name in OF_NODES for node in range(nodes)]
    ranges = np.zeros(len(places), state.RANGE)
    row_of = {place: row for row, place in enumerate(places)}
    for at, window in enumerate(windows):  # sorted by system and node
        span = ranges[row_of[int(window["system"]), int(window["node"])]]
        span["first"], span["last"] = (at if span["last"] == 0 else span["first"]), at + 1
    table = np.zeros(max(1, windows.size), state.WINDOW)
    table["start"][: windows.size], table["end"][: windows.size] = windows["start"], windows["end"]
    memory.put("windows", table)
    memory.put("outages", ranges)


def _slowdowns(memory: Memory, world: World) -> None:
    """When central systems are slow, in the rows of their outages."""
    given = world.slowdowns
    ranges = np.zeros(memory["outages"].size, state.RANGE)
    for row, name in enumerate(CENTRAL):
        ranges[row] = tuple(np.searchsorted(given["system"], SYSTEMS.index(name), side) for side in ("left", "right"))
    table = np.zeros(max(1, given.size), state.SLOWDOWN)
    for field in ("start", "end", "parts"):
        table[field][: given.size] = given[field]
    memory.put("slowdowns", table)
    memory.put("slowed", ranges)


def _stock(memory: Memory, world: World, systems: Systems) -> None:
    estate, start = world.estate, world.start.pairs
    pairs = aligned(start.size, state.PAIR)
    for name in ("sku", "node", "on_hand", "error"):
        pairs[name] = start[name]
    rules = np.zeros(start.size, state.RULE)
    for name in ("reorder", "up_to", "pack"):
        rules[name] = start[name][estate.by_node]
    memory.put("rules", rules)
    pairs["viewed"] = pairs["record"] = start["on_hand"] + start["error"]
    is_dc = estate.nodes["is_dc"][start["node"]] != 0
    pairs["pooled"] = is_dc | (estate.nodes["ships"][start["node"]] != 0)
    pairs["buffer"] = node_buffers(estate, systems.buffers)
    pairs["oldest"] = pairs["newest"] = NIL
    np.add.at(pairs["on_order"], world.start.receipts["pair"], world.start.receipts["quantity"])
    memory.put("pairs", pairs)
    skus = np.zeros(estate.skus.size, state.SKU)
    skus["first"], skus["last"] = estate.sku_first[:-1], estate.sku_first[1:]
    skus["oldest"] = skus["newest"] = NIL
    pooled = pairs["pooled"] != 0
    free = free_of_pairs(pairs) * pooled
    skus["offered"] = np.bincount(pairs["sku"], free, skus.size)
    skus["backed"] = np.bincount(pairs["sku"], pairs["on_hand"] * pooled, skus.size)
    memory.put("skus", skus)
    drifts = np.zeros(start.size, traffic.DRIFT)
    if systems.reload.mode != "off":  # else nobody reads them, and memory that is not written costs nothing
        drifts["heard"], drifts["heard_at"] = NIL, -NEVER
    memory.put("drifts", drifts)
    memory.put("set_aside", np.zeros(start.size if systems.pickup.kept_for > 0 else 1, np.int32))
    memory.put("corrected", np.zeros(start.size if systems.sourcing.declines == "correct" else 1, np.int32))
    memory.put("sku_drifts", np.zeros(estate.skus.size, traffic.SKU_DRIFT))
    memory.put("node_pairs", estate.by_node.astype(np.int64))
    memory.put("node_first", estate.node_first.astype(np.int64))


def _stocktakes(memory: Memory, scenario: Scenario, systems: Systems) -> None:
    """The side table is there only if something is written into it."""
    errors, receiving = scenario.estate.record_error, scenario.estate.receiving
    wrong = max(errors.misplaced_per_sale, receiving.late_share, receiving.error_share)
    asked = systems.counting.on or wrong > 0
    memory.put("stocktakes", np.zeros(memory["pairs"].size if asked else 1, state.STOCKTAKE))


def _nodes(memory: Memory, world: World) -> None:
    given = world.estate.nodes
    nodes = np.zeros(given.size, state.NODE)
    nodes["x"], nodes["y"] = given["x_km"], given["y_km"]
    for name in ("is_dc", "region", "supplied_by", "opens", "closes", "pickers"):
        nodes[name] = given[name]
    nodes["server"] = np.concatenate(([0], np.cumsum(given["pickers"])[:-1]))
    links = _node_rows("link", given.size)
    nodes["outage"] = np.where(given["is_dc"] != 0, _node_rows("wms", given.size), links)
    nodes["link"], nodes["pos"] = links, _node_rows("pos", given.size)
    memory.put("by_hand", np.zeros(1, state.BY_HAND))
    memory.put("nodes", nodes)
    memory.put("outboxes", np.zeros(given.size, traffic.OUTBOX))
    memory.put("scratch", np.zeros(given.size + 2, np.int64))


def _channels(memory: Memory, scenario: Scenario, systems: Systems, publications: tuple[Publication, ...]) -> None:
    channels = np.zeros(len(publications), state.CHANNEL)
    for i, (name, channel) in enumerate(scenario.demand.channels.items()):
        own = channel.kind != "marketplace"
        reserving = Reserving[systems.reserving.mode.upper()] if own else Reserving.OWN_COPY
        publication = publications[i]
        channels[i] = (
            Belief[publication.mode.upper()],
            publication.interval,
            publication.delay,
            system_row(publication.system),
            not own,
            reserving == Reserving.OWN_COPY,
            reserving,
            systems.buffers.pooled.get(name, 0),
            NIL,
            NIL,
            0,
            0,
            0,
            0,
        )
    memory.put("channels", channels)


def _stations(memory: Memory, systems: Systems) -> None:
    """Pickers of the nodes come first in the table of servers, then the stations'."""
    service, erp, release = systems.service, systems.erp, systems.release
    rows = {
        SERVICE: (service.servers, service.system, Law.SERVICE_CALL, Key.SERVICE_CALL, 0),
        ERP: (erp.servers, "erp", Law.ERP_CALL, Key.ERP_CALL, 0),
        RELEASE: (release.workers, release.system, Law.RELEASE_STEP, Key.RELEASE_STEP, gap_of(release.rate)),
        TAX: (systems.tax.servers, "tax", Law.TAX_CALL, Key.TAX_CALL, 0),
        CRM: (systems.customer_check.servers, "crm", Law.CRM_CALL, Key.CRM_CALL, 0),
    }
    stations = np.zeros(len(rows), state.STATION)
    first = int(memory["nodes"]["pickers"].sum())
    for number, (servers, system, law, key, gap) in rows.items():
        stations[number] = (first, servers, system_row(system), law, key, gap, 0)
        first += servers
    memory.put("stations", stations)
    memory.put("servers", np.zeros(first, np.int64))


def gap_of(rate: float) -> int:
    """Least time between two starts at a rate per second, us; 0 without one."""
    return SECOND * MILLION // parts(rate) if rate else 0


def knots_of(law: ScenarioLaw) -> NDArray[np.int64]:
    """The table of a scenario's law."""
    return laws.table(law.law, law.mean, law.cv)


def _today(memory: Memory, scenario: Scenario, systems: Systems) -> None:
    """How the arm delivers on the day of the order; shifts of the regions are set each day."""
    rules = systems.same_day
    row = (rules.on, rules.cut_off, rules.by, rules.radius_km**2, rules.dcs, rules.quote, system_row("courier"))
    memory.put("today", np.array([row], state.TODAY))
    memory.put("region_shifts", np.zeros(len(scenario.estate.regions), np.int64))


def _laws(memory: Memory, systems: Systems) -> None:
    chosen = {
        Law.MOVEMENTS_SERVICE: systems.movements.service,
        Law.ORDERS_SERVICE: systems.orders.service,
        Law.POSTING_SERVICE: systems.posting.service,
        Law.STORE_PICK: systems.sourcing.store_pick,
        Law.DC_PICK: systems.sourcing.dc_pick,
        Law.PACK: systems.sourcing.pack,
        Law.TRANSIT: systems.sourcing.transit,
        Law.RELEASE_STEP: systems.release.step,
        Law.SERVICE_CALL: systems.service.service,
        Law.ERP_CALL: systems.erp.service,
        Law.RESTOCK: systems.pickup.restock,
        Law.TAX_CALL: systems.tax.service,
        Law.CRM_CALL: systems.customer_check.service,
    }
    memory.put("knots", np.concatenate([knots_of(chosen[law]) for law in Law]))


def _control(
    memory: Memory, world: World, scenario: Scenario, systems: Systems, publications: tuple[Publication, ...]
) -> None:
    control = np.zeros(1, CONTROL)
    c = control[0]
    c["now"] = -1
    for ring in ("moves", "notes", "holds", "applied"):
        c[f"{ring}_mask"] = _RING - 1
    c["applied_room"] = _RING
    c["due"] = c["post_due"] = NEVER
    c["due_lane"] = c["post_due_lane"] = NIL
    c["horizon"] = scenario.calendar.horizon_us
    c["outbox_capacity"], c["confirmed"] = systems.outbox.capacity, systems.outbox.confirmed
    c["resend"] = systems.outbox.resend
    troubles = memory["troubles"]
    c["trouble_from"], c["trouble_until"] = troubles["start"].min(), troubles["end"].max()
    c["stocktakes"] = memory["stocktakes"].size == memory["pairs"].size
    c["paper"] = bool((world.windows["system"] == SYSTEMS.index("pos")).any())
    c["eager"] = is_eager(systems.posting)
    c["channels"] = len(publications)
    c["listings"] = sum(p.mode == "file" for p in publications)
    c["window_from"] = scenario.calendar.warm_up
    c["window_to"] = scenario.calendar.warm_up + scenario.calendar.window
    pairs = memory["pairs"]
    gap = np.abs(pairs["error"].astype(np.int64))
    c["view_wrong"] = c["record_wrong"] = np.count_nonzero(gap)
    c["view_gap"] = c["record_gap"] = gap.sum()
    c["damaged"] = parts(scenario.estate.record_error.damaged)
    _policies(c, systems)
    set_limits(c, systems.sourcing)
    memory.put("control", control)


def _policies(c: Any, systems: Systems) -> None:
    c["tills_respect"] = systems.tills_respect_reservations
    c["point"] = Point[systems.reserving.point.upper()]
    c["level_node"] = systems.reserving.level == "node"
    c["ttl"], c["expiry_lag"] = systems.reserving.ttl, systems.reserving.expiry_lag
    c["recheck"] = systems.reserving.lapsed == "recheck"
    c["strategy"] = Strategy[systems.sourcing.strategy.upper()]
    c["rebroker"] = systems.sourcing.rebroker
    c["serve_stale"] = systems.degradation.strategy == "serve_stale"
    c["max_age"] = systems.degradation.max_age
    c["movements_outage"] = system_row(systems.movements.system)
    c["movements_batch"] = systems.movements.mode == "batch"
    c["at_risk"] = systems.buffers.staleness > 0
    c["reloads"] = 0 if systems.reload.mode == "off" else 1 + blurs(systems)
    c["supersedes"] = systems.reload.rule != "overwrite"
    c["service_outage"] = system_row(systems.service.system)
    c["release_batch"] = systems.release.mode == "batch"
    c["release_interval"], c["release_phase"] = systems.release.interval, systems.release.phase
    c["release_outage"] = system_row(systems.release.system)
    c["sagas"] = systems.saga.mode != "off"
    c["corrects"], c["cascade"] = systems.sourcing.declines == "correct", systems.sourcing.cascade
    c["backorders"] = systems.sourcing.shortage.backorders * (1 + systems.sourcing.shortage.ending)
    c["substitutes"] = systems.sourcing.shortage.substitutes
    c["collects"] = systems.pickup.kept_for > 0
    c["release_queued"] = systems.release.order != "oldest"


def blurs(systems: Systems) -> bool:
    """Whether a reload may leave a belief wrong although no message was lost or repeated."""
    reload = systems.reload
    return reload.source != "stores" or reload.nets != "none" or reload.rule == "overwrite"


def _copies(memory: Memory, world: World, publications: tuple[Publication, ...]) -> None:
    """Channel copies hold the offer of time 0; each cached listing is refreshed at a phase of its own."""
    skus, n = memory["skus"], len(publications)
    copies = np.zeros((skus.size, n), state.PUBLICATION)
    copies["staged"] = copies["live"] = (skus["offered"])[:, None]
    copies["staged_oldest"] = copies["live_oldest"] = NEVER
    copies["last"] = -NEVER
    copies["next"] = NEVER
    key = world.streams.key("publication.phase")
    for c, publication in enumerate(publications):
        if publication.mode in ("cache", "read_model"):
            entities = (np.int64(c) << 32) | np.arange(skus.size, dtype=np.int64)
            copies["next"][:, c] = (bits_of_many(key, entities, 0) % np.uint64(publication.interval)).astype(np.int64)
    memory.put("publications", copies.reshape(-1))
    avoid_outages(memory.handle)
    skus["refresh"] = copies["next"].min(axis=1)
