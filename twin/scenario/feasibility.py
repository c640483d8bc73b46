"""Whether the parts of a scenario can work together: modes that fit, numbers that the model can hold, loads that can be served."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from twin.core.clock import DAY, SECOND, WEEK
from twin.core.shares import parts
from twin.scenario.base import Broken
from twin.scenario.context import Check, Context
from twin.scenario.demand import Channel
from twin.scenario.nodes import Location
from twin.scenario.scenario import Scenario
from twin.scenario.systems import HOLDING_POINTS, PROMISING_POINTS, Feed

LINES_MAX: Final = 1_000
"""Lines of a drawn order: more than a wholesaler's invoice has (the log of one reaches some six hundred)."""

UNITS_MAX: Final = 32_767
"""Units of a line: the world's tables hold 16 bits."""


_PAID: Final = "a marketplace hands over paid orders"


def reserving_modes(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """How stock is reserved fits how channels learn of it."""
    for arm, systems in scenario.arms.items():
        path = ("arms", arm, "reserving")
        reserving, own = systems.reserving, systems.publications.own
        if reserving.level == "node" and reserving.mode != "synchronous":
            yield Broken(
                (*path, "level"),
                f"node needs mode synchronous, the mode is {reserving.mode}: a copy or an event knows no node",
            )
        if reserving.mode == "own_copy" and own.mode != "file":
            yield Broken(
                (*path, "mode"),
                f"own_copy needs publications.own.mode file, it is {own.mode}: only a new listing clears what was sold on the copy",
            )
        listing = systems.publications.marketplace.mode
        if listing != "file":
            yield Broken(
                ("arms", arm, "publications", "marketplace", "mode"),
                f"must be file, it is {listing}: a marketplace sells from a listing, and only a new one clears what it sold",
            )


def parcel_limits(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """Nodes that are chosen line by line, long before the order is sourced, do not add up to few parcels."""
    for arm, systems in scenario.arms.items():
        sourcing = systems.sourcing
        if systems.reserving.level == "node" and (sourcing.split == "never" or sourcing.most_parcels > 0):
            name = "split" if sourcing.split == "never" else "most_parcels"
            yield Broken(
                ("arms", arm, "sourcing", name),
                f"{getattr(sourcing, name)} needs reserving.level group, it is node: each line has its node before the order is sourced",
            )


def marketplace_checkouts(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """A marketplace hands over orders that its customers have paid for: the retailer sees no checkout of theirs."""
    for name, channel in scenario.demand.channels.items():
        if channel.kind != "marketplace":
            continue
        steps = {
            "cart": channel.cart.mean,
            "cart_abandonment": channel.cart_abandonment,
            "abandonment": channel.abandonment,
            "decline": channel.decline,
            "checkout": channel.checkout.mean,
        }
        for step, value in steps.items():
            if value != 0:
                shown = f"a mean of {value / SECOND:g} s" if step in ("cart", "checkout") else f"{value:g}"
                yield Broken(("demand", "channels", name, step), f"must be 0, it is {shown}: {_PAID}")


def marketplace_same_day(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """What a marketplace's customers may have today is the marketplace's affair."""
    for name, channel in scenario.demand.channels.items():
        if channel.kind == "marketplace" and channel.same_day_share > 0:
            yield Broken(
                ("demand", "channels", name, "same_day_share"), f"must be 0, it is {channel.same_day_share:g}: {_PAID}"
            )


def replayed_carts(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """A log of orders knows nothing of carts."""
    replay = scenario.demand.replay
    name = replay.channel if replay is not None and replay.target == "channel" else None
    if name is None or name not in scenario.demand.channels:
        return
    channel = scenario.demand.channels[name]
    for step, value in (("cart", channel.cart.mean), ("cart_abandonment", channel.cart_abandonment)):
        if value != 0:
            yield Broken(
                ("demand", "channels", name, step), "must be 0: the channel is replayed, and its log has no carts"
            )


def holds(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """A hold lasts for some time."""
    for arm, systems in scenario.arms.items():
        if systems.reserving.ttl <= 0 and systems.reserving.point in HOLDING_POINTS:
            yield Broken(
                ("arms", arm, "reserving", "ttl"), f"must be longer than 0 for point {systems.reserving.point}"
            )


def spans_above_zero(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """Intervals and time-outs that must not be 0."""
    if scenario.estate.stock.dc_review <= 0:
        yield Broken(("estate", "stock", "dc_review"), "must be longer than 0")
    if scenario.experiment.scrape <= 0:
        yield Broken(("experiment", "scrape"), "must be longer than 0")
    for arm, systems in scenario.arms.items():
        for name, timeout in (("service", systems.service.timeout), ("erp", systems.erp.timeout)):
            if timeout <= 0:
                yield Broken(("arms", arm, name, "timeout"), "must be longer than 0: no call would ever succeed")


def assortments(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """A store stocks SKUs of the catalogue."""
    skus = scenario.estate.skus
    for place, cluster in enumerate(scenario.estate.stores.clusters):
        if skus.table is None and cluster.assortment > skus.count:
            path = ("estate", "stores", "clusters", place, "assortment")
            yield Broken(path, f"must be at most the {skus.count} SKUs of the catalogue, it is {cluster.assortment}")


def promoted_skus(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """Promoted SKUs are in the catalogue."""
    skus = scenario.estate.skus
    for place, promotion in enumerate(scenario.demand.promotions):
        last = promotion.first_rank + promotion.top_skus - 1
        if skus.table is None and last > skus.count:
            path = ("demand", "promotions", place, "top_skus")
            yield Broken(
                path,
                f"must lie within the {skus.count} SKUs of the catalogue, ranks {promotion.first_rank} to {last} do not",
            )


def order_sizes(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """Orders and lines are of a size that the model can number."""
    yield from _at_most(("demand", "tills", "units", "values"), scenario.demand.tills.units.values, UNITS_MAX)
    for name, channel in scenario.demand.channels.items():
        path = ("demand", "channels", name)
        yield from _at_most((*path, "lines", "values"), channel.lines.values, LINES_MAX)
        yield from _at_most((*path, "units", "values"), channel.units.values, UNITS_MAX)


def _at_most(path: Location, values: tuple[int, ...], most: int) -> Iterator[Broken]:
    for place, value in enumerate(values):
        if value > most:
            yield Broken((*path, place), f"must be at most {most}, it is {value}")


def pickups(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """Who picks up in a store needs a store."""
    for name, channel in scenario.demand.channels.items():
        if channel.pickup_share > 0 and scenario.estate.stores.count == 0 and scenario.estate.stores.table is None:
            yield Broken(
                ("demand", "channels", name, "pickup_share"),
                f"needs stores and there are none, it is {channel.pickup_share:g}",
            )


def assisted_in_stores(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """Who is served by an associate stands in a store."""
    if scenario.estate.stores.count > 0 or scenario.estate.stores.table is not None:
        return
    for arm, systems in scenario.arms.items():
        if systems.clienteling.on:
            yield Broken(("arms", arm, "clienteling", "on"), "needs stores and there are none")


def returns_to_stores(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """Who brings something back to a store needs a store."""
    returns, stores = scenario.demand.returns, scenario.estate.stores
    if not returns.are_drawn or stores.count > 0 or stores.table is not None:
        return
    for name in ("to_store", "till_share"):
        share = getattr(returns, name)
        if share > 0:
            yield Broken(("demand", "returns", name), f"needs stores and there are none, it is {share:g}")


def inspection_capacity(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """Returns are inspected faster than they come on average; stores as a whole, DCs as a whole."""
    stores = scenario.estate.stores
    if stores.table is not None or not scenario.demand.returns.are_drawn:
        return
    posted, brought = _returns(scenario)
    for arm, systems in scenario.arms.items():
        path, work = ("arms", arm, "returns", "inspection"), systems.returns.inspection
        if systems.returns.mode == "at_once" or work.dc_closes <= work.dc_opens:
            continue
        staff = work.dc_staff * len(scenario.estate.dcs) * (work.dc_closes - work.dc_opens) / DAY
        yield from _served((*path, "dc_staff"), posted * work.dc.mean / WEEK, staff, "inspections of DCs")
        if stores.count:
            hours = sum(cluster.share * (cluster.closes - cluster.opens) for cluster in stores.clusters)
            staff = work.store_staff * stores.count * hours / DAY
            yield from _served((*path, "store_staff"), brought * work.store.mean / WEEK, staff, "inspections of stores")


def _returns(scenario: Scenario) -> tuple[float, float]:
    """Returns a week: to DCs, to stores."""
    law = scenario.demand.returns
    online = sum(
        channel.weekly_checkouts * (1 - channel.abandonment) * (1 - channel.decline) * channel.lines.mean * law.of(name)
        for name, channel in scenario.demand.channels.items()
    )
    return online * (1 - law.to_store), online * law.to_store + _till_lines(scenario) * law.till_share


def collections(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """Where some customers never come, an arm says how long it waits for them."""
    for arm, systems in scenario.arms.items():
        for name, channel in scenario.demand.channels.items():
            if channel.no_show > 0 and systems.pickup.kept_for <= 0:
                told = f"demand.channels.{name}.no_show is {channel.no_show:g}"
                yield Broken(("arms", arm, "pickup", "kept_for"), f"must be longer than 0: {told}")
                break


def erp_capacity(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """The ERP serves more calls than are made on average; else its queue grows for ever."""
    for arm, systems in scenario.arms.items():
        erp = systems.erp
        if erp.coupling != "consumer":
            calls = _orders(scenario) + (_own_checkouts(scenario) if erp.coupling == "direct" else 0)
            yield from _served(
                ("arms", arm, "erp", "servers"), calls * erp.service.mean / WEEK, erp.servers, "ERP calls"
            )


def service_capacity(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """The reservation service serves more calls than are made on average."""
    for arm, systems in scenario.arms.items():
        if systems.reserving.mode == "synchronous" and systems.reserving.point in PROMISING_POINTS:
            asking = _own_carts if systems.reserving.point == "cart" else _own_paying
            busy = asking(scenario) * systems.service.service.mean / WEEK
            yield from _served(("arms", arm, "service", "servers"), busy, systems.service.servers, "service calls")


def errand_capacity(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """Systems that are asked before each payment answer faster than customers come to pay on average."""
    for arm, systems in scenario.arms.items():
        for name, errand in (("tax", systems.tax), ("customer_check", systems.customer_check)):
            if errand.on:
                busy = _own_paying(scenario) * errand.service.mean / WEEK
                yield from _served(("arms", arm, name, "servers"), busy, errand.servers, f"calls of {name}")


def release_capacity(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """Orders are released faster than they are placed on average."""
    orders = _orders(scenario)
    for arm, systems in scenario.arms.items():
        release, path = systems.release, ("arms", arm, "release")
        if release.workers:
            yield from _served((*path, "workers"), orders * release.step.mean / WEEK, release.workers, "releases")
        if parts(release.rate) and orders * SECOND / WEEK >= release.rate:
            placed = f"{orders * SECOND / WEEK:.4g} orders are placed in a second on average"
            yield Broken((*path, "rate"), f"{placed}, {release.rate:g} are released: the queue would grow for ever")


def saga_capacity(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """The systems of a saga serve its steps faster than orders are placed on average."""
    orders = _orders(scenario)
    for arm, systems in scenario.arms.items():
        for place, step in enumerate(systems.saga.steps if systems.saga.mode != "off" else ()):
            if step.servers:
                path = ("arms", arm, "saga", "steps", place, "servers")
                yield from _served(path, orders * step.service.mean / WEEK, step.servers, "calls of the step")


def feed_capacity(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """Feeds carry more movements than are made on average."""
    if scenario.estate.stores.table is not None or scenario.demand.replay is not None:
        return
    for arm, systems in scenario.arms.items():
        for name, feed in (("movements", systems.movements), ("posting", systems.posting)):
            yield from _carried(("arms", arm, name), feed, _till_lines(scenario))


def pick_capacity(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """All pickers of all nodes, working day and night, pick more parcels than are ordered on average."""
    if scenario.estate.stores.table is not None or scenario.demand.replay is not None:
        return
    stores = scenario.estate.stores
    shipping = sum(cluster.share * cluster.ships for cluster in stores.clusters) * stores.count
    pickers = sum(dc.pickers for dc in scenario.estate.dcs) + shipping * stores.pickers
    for systems in scenario.arms.values():
        quickest = min(systems.sourcing.dc_pick.mean, systems.sourcing.store_pick.mean)
        yield from _served(("estate", "dcs"), _shipped(scenario) * quickest / WEEK, pickers, "picks")


def _served(path: Location, busy: float, servers: float, what: str) -> Iterator[Broken]:
    if busy >= servers:
        yield Broken(
            path,
            f"{busy:.4g} {what} are under way at the same time on average, {servers:g} can be: the queue would grow for ever",
        )


def _carried(path: Location, feed: Feed, weekly_rows: float) -> Iterator[Broken]:
    if feed.mode == "stream":
        yield from _served((*path, "partitions"), weekly_rows * feed.service.mean / WEEK, feed.partitions, "messages")
        return
    if feed.mode == "queue":
        members = feed.consumers.members
        busy = weekly_rows * feed.service.mean / WEEK
        yield from _served((*path, "consumers", "members"), busy, members, "messages")
        return
    busy = weekly_rows * feed.per_row / WEEK
    if busy >= 1:
        yield Broken(
            (*path, "per_row"),
            f"rows would take {busy:.4g} times as long to load as to arise: the feed would fall back for ever",
        )


def _drawn(scenario: Scenario) -> list[Channel]:
    """Channels whose demand is drawn; that of a replayed one is not known here."""
    replay = scenario.demand.replay
    return [channel for name, channel in scenario.demand.channels.items() if replay is None or name != replay.channel]


def _own_checkouts(scenario: Scenario) -> float:
    return sum(channel.weekly_checkouts for channel in _drawn(scenario) if channel.kind != "marketplace")


def _own_carts(scenario: Scenario) -> float:
    return sum(c.weekly_checkouts / (1 - c.cart_abandonment) for c in _drawn(scenario) if c.kind != "marketplace")


def _own_paying(scenario: Scenario) -> float:
    return sum(c.weekly_checkouts * (1 - c.abandonment) for c in _drawn(scenario) if c.kind != "marketplace")


def _orders(scenario: Scenario) -> float:
    return sum(c.weekly_checkouts * (1 - c.abandonment) * (1 - c.decline) for c in _drawn(scenario))


def _shipped(scenario: Scenario) -> float:
    return sum(
        c.weekly_checkouts * (1 - c.abandonment) * (1 - c.decline) * (1 - c.pickup_share) for c in _drawn(scenario)
    )


def _till_lines(scenario: Scenario) -> float:
    stores = scenario.estate.stores
    return stores.count * sum(c.share * c.weekly_lines for c in stores.clusters) * scenario.demand.tills.scale


FEASIBILITY: Final[tuple[Check, ...]] = (
    reserving_modes,
    parcel_limits,
    marketplace_checkouts,
    marketplace_same_day,
    replayed_carts,
    holds,
    spans_above_zero,
    assortments,
    promoted_skus,
    order_sizes,
    pickups,
    assisted_in_stores,
    returns_to_stores,
    inspection_capacity,
    collections,
    erp_capacity,
    service_capacity,
    errand_capacity,
    release_capacity,
    saga_capacity,
    feed_capacity,
    pick_capacity,
)
