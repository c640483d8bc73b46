"""What an arm may choose: how systems are integrated, when stock is reserved, how orders are sourced, what happens when systems fail.

Only paths under ``systems`` may differ between arms; everything else belongs to the world.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from twin.scenario.access import Contracts, Credentials, Residency
from twin.scenario.base import Broken, Count, Duration, Model, Positive, par
from twin.scenario.books import Books
from twin.scenario.buffers import Buffers
from twin.scenario.clienteling import Clienteling
from twin.scenario.counting import Counting
from twin.scenario.degradation import Degradation
from twin.scenario.errands import CustomerCheck, TaxQuote
from twin.scenario.feeds import Feed
from twin.scenario.laws import DurationLaw, constant, lognormal
from twin.scenario.limits import Limits
from twin.scenario.messaging import Outbox
from twin.scenario.middleware import Middleware
from twin.scenario.notification import Notification
from twin.scenario.observability import Observability
from twin.scenario.order_release import Release
from twin.scenario.pickup import Pickup
from twin.scenario.prices import Prices
from twin.scenario.publications import Publication, Publications
from twin.scenario.reloads import Reload
from twin.scenario.resilience import Resilience
from twin.scenario.returns import Returns
from twin.scenario.saga import Saga
from twin.scenario.same_day import SameDay
from twin.scenario.shortages import Shortage
from twin.scenario.supplier_portal import SupplierPortal
from twin.scenario.transfers import Transfers
from twin.scenario.workforce import Workforce

PresetName = Literal["point_to_point", "hub", "event_driven", "hybrid"]


Point = Literal["none", "cart", "checkout", "payment", "order", "fulfilment"]

HOLDING_POINTS: Final[tuple[Point, ...]] = ("cart", "checkout", "payment")
"""Points at which units are held for a customer who may still leave."""

PROMISING_POINTS: Final[tuple[Point, ...]] = (*HOLDING_POINTS, "order")
"""Points at which the view is told of a customer's units before they are sourced."""

ReservingPreset = Literal[
    "none",
    "adobe_commerce",
    "b2c_commerce",
    "commercetools_cart",
    "commercetools_order",
    "ibm_sterling",
    "medusa",
    "salesforce_oci",
    "shopify",
    "shopify_checkout",
    "spree",
    "vendure",
]


class Reserving(Model):
    """When and where a customer's units are set aside."""

    preset: ReservingPreset = par("none", unit="name", meaning="product whose shipped values fill what is not set here")
    mode: Literal["own_copy", "synchronous", "events"] = par(
        "synchronous",
        unit="name",
        meaning="own_copy: checked and subtracted on the channel's copy, told to the view by the order feed; "
        "synchronous: checked and reserved at the reservation service; events: checked on the channel's copy, reserved in the view by an event",
    )
    point: Point = par(
        "order",
        unit="name",
        meaning="step at which stock is checked and set aside: when it goes into the cart, at the start of the checkout, before or "
        "after the payment, or not before the order is sourced (fulfilment); none never does. The last two only check, when the checkout starts",
    )
    level: Literal["group", "node"] = par(
        "group",
        unit="name",
        meaning="group: from the pooled stock, moved to a node when sourced; node: sourced at once (pickup always reserves at its node)",
        source="Salesforce OCI: reserve at the location group, then transfer to a location",
    )
    ttl: Duration = par(
        "15m",
        unit="duration",
        meaning="a hold not turned into an order lapses after this",
        source="B2C Commerce temporary basket 15 min; Spree 10 min",
    )
    expiry_lag: Duration = par(
        "60s",
        unit="duration",
        meaning="a lapsed hold is released this much later",
        source="commercetools: release may lag a few minutes",
    )
    extends: bool = par(
        False,
        unit="flag",
        meaning="a hold that has not lapsed begins anew when the customer goes on: at the start of the checkout, and of the payment",
        source="Spree: extended on checkout progress",
    )
    lapsed: Literal["accept", "recheck"] = par(
        "accept",
        unit="name",
        meaning="order placed after its hold lapsed: accept it all the same, or check and reserve again",
    )


class SyncService(Model):
    """The service that answers synchronous calls: a FIFO station with a caller's time-out."""

    system: Middleware = par(
        "service", unit="name", meaning="middleware that answers; no call succeeds while it is down"
    )
    servers: Positive = par(32, unit="servers", meaning="calls served at the same time")
    service: DurationLaw = par(lognormal("45ms", 0.8), unit="duration law", meaning="time of one call without queueing")
    timeout: Duration = par(
        "1s",
        unit="duration",
        meaning="a checkout's call fails after this; what then: resilience and degradation",
        source="resilience4j TimeLimiter 1 s",
    )
    limits: Limits = par(default_factory=Limits, unit="object", meaning="limits of the gateway in front of the service")


class Erp(Model):
    """How orders and channels depend on the ERP."""

    coupling: Literal["direct", "adapter", "consumer"] = par(
        "consumer",
        unit="name",
        meaning="direct: every checkout calls the ERP and an order is created there before release; adapter: only the order creation waits; "
        "consumer: the ERP is posted to behind the order's back",
    )
    servers: Positive = par(
        15, unit="calls", meaning="ERP calls served at the same time", source="NetSuite Premium account concurrency 15"
    )
    service: DurationLaw = par(lognormal("600ms", 0.7), unit="duration law", meaning="time of one ERP call")
    timeout: Duration = par(
        "10s", unit="duration", meaning="a checkout's call fails after this; what then: resilience and degradation"
    )
    limits: Limits = par(
        default_factory=Limits, unit="object", meaning="limits of the gateway in front of the ERP, for checkouts' calls"
    )


class Sourcing(Model):
    """Which node supplies an order."""

    strategy: Literal["dc_first", "nearest", "most_stock", "cheapest", "least_loaded"] = par(
        "dc_first",
        unit="name",
        meaning="preference among nodes that seem to have the units. dc_first: the nearest DC, else the nearest store; cheapest: least carriage, "
        "none where another line of the order comes from; least_loaded: whose pickers are free first; of equals the nearest",
    )
    split: Literal["allowed", "never"] = par(
        "allowed",
        unit="name",
        meaning="an order whose lines no single node seems to have comes in several parcels, or (never: ship complete) is given up whole",
        source="Salesforce Order Management: maximumNumberOfSplits 0 returns only locations that can fulfil the entire order [D]",
    )
    most_parcels: Count = par(
        0,
        unit="parcels",
        meaning="parcels that an order may be sent in; lines that fit into none of them are given up; 0: any number",
        source="Salesforce Order Management: maximumNumberOfSplits, one less than this [D]",
    )
    store_cap: Count = par(
        0,
        unit="parcels/day",
        meaning="parcels that a store is asked to ship in one of its local days; then others are asked; 0: any number",
        source="HotWax: maximum order capacity of a store, further orders go to other facilities [D]",
    )
    store_waves: Duration = par(
        "0s",
        unit="duration",
        meaning="a store prints its pick list when it opens, and every so often from then on; 0: its pickers learn of a parcel at once",
    )
    rebroker: Count = par(
        2, unit="attempts", meaning="further nodes tried after a short pick; then the line is cancelled", le=15
    )
    declines: Literal["block_only", "correct"] = par(
        "block_only",
        unit="name",
        meaning="what a pick that finds too little does to the view and the record. block_only: nothing, but the node is not asked for the "
        "item again before its next receipt; correct: they are told too, by a message: not in stock sets the node's count to 0, "
        "too few takes off what is missing, damaged takes off the damaged units",
        source="HotWax rejection reasons (not in stock, mismatch, damage) [C]",
    )
    cascade: bool = par(
        False,
        unit="flag",
        meaning="when an item is not in stock, all other orders that wait at the node for it are rejected at once; needs declines: correct",
        source="HotWax: not in stock rejects all other orders of the item at the store [C]",
    )
    shortage: Shortage = par(
        default_factory=Shortage, unit="object", meaning="what a customer is offered whose line cannot be supplied"
    )
    store_pick: DurationLaw = par(
        lognormal("9m", 0.6),
        unit="duration law",
        meaning="a store's pick of one parcel, by one of its pickers in opening hours",
    )
    dc_pick: DurationLaw = par(lognormal("4m", 0.5), unit="duration law", meaning="a DC's pick of one parcel")
    pack: DurationLaw = par(
        lognormal("40m", 0.5), unit="duration law", meaning="pick to handed over to the carrier, or ready in the store"
    )
    transit: DurationLaw = par(lognormal("40h", 0.35), unit="duration law", meaning="handed over to delivered")

    def broken(self) -> Iterator[Broken]:
        if self.cascade and self.declines != "correct":
            yield Broken(("cascade",), f"needs declines correct, it is {self.declines}")
        if self.split == "never" and self.most_parcels > 0:
            yield Broken(
                ("most_parcels",), f"must be 0 with split never, which is one parcel, it is {self.most_parcels}"
            )


class Operations(Model):
    """The people who notice that messages fail, without being told by an alert, and repair what fails on them."""

    detect: DurationLaw = par(
        lognormal("30m", 1.0),
        unit="duration law",
        meaning="from the beginning of a fault of messages to its being noticed, if no alert told of it before",
        source="New Relic 2023 survey: about half need 30 minutes or more [S]",
    )
    repair: DurationLaw = par(
        lognormal("60m", 1.0),
        unit="duration law",
        meaning="from noticed to repaired",
        source="New Relic 2023 survey: median of about 60 minutes [S]",
    )


class Systems(Model):
    """One arm's systems and policies, after preset and changes are applied."""

    preset: PresetName = par("hybrid", unit="name", meaning="integration style whose values fill what is not set here")
    movements: Feed = par(default_factory=Feed, unit="object", meaning="stock movements to the central view")
    orders: Feed = par(
        default_factory=Feed,
        unit="object",
        meaning="reservation messages to the view where they do not travel synchronously",
    )
    posting: Feed = par(default_factory=Feed, unit="object", meaning="stock movements to the ERP's record")
    reload: Reload = par(default_factory=Reload, unit="object", meaning="snapshots of stock that the view is set to")
    outbox: Outbox = par(default_factory=Outbox, unit="object", meaning="how messages are kept until they are sent")
    operations: Operations = par(
        default_factory=Operations, unit="object", meaning="how soon faults of messages are noticed and repaired"
    )
    observability: Observability = par(
        default_factory=Observability, unit="object", meaning="what the arm sees of its own troubles, and how soon"
    )
    publications: Publications = par(default_factory=Publications, unit="object", meaning="view to channels")
    reserving: Reserving = par(default_factory=Reserving, unit="object", meaning="reservations")
    service: SyncService = par(
        default_factory=SyncService, unit="object", meaning="availability and reservation service"
    )
    erp: Erp = par(default_factory=Erp, unit="object", meaning="ERP coupling")
    resilience: Resilience = par(
        default_factory=Resilience, unit="object", meaning="what checkouts do about calls that fail"
    )
    credentials: Credentials = par(
        default_factory=Credentials, unit="object", meaning="tokens that checkouts' calls need"
    )
    contracts: Contracts = par(
        default_factory=Contracts, unit="object", meaning="who must follow a new version of a called API"
    )
    residency: Residency = par(
        default_factory=Residency, unit="object", meaning="calls with customers' data into another jurisdiction"
    )
    payment: DurationLaw = par(
        lognormal("1200ms", 0.5),
        unit="duration law",
        meaning="payment authorisation",
        source="150 ms to 2 s for a card authorisation [S: vendors disagree]",
    )
    tax: TaxQuote = par(default_factory=TaxQuote, unit="object", meaning="tax that is asked for before the payment")
    customer_check: CustomerCheck = par(
        default_factory=CustomerCheck, unit="object", meaning="customers who are looked up before the payment"
    )
    saga: Saga = par(
        default_factory=Saga,
        unit="object",
        meaning="what happens in other systems before an accepted order is released",
    )
    release: Release = par(default_factory=Release, unit="object", meaning="order release")
    buffers: Buffers = par(default_factory=Buffers, unit="object", meaning="buffers")
    sourcing: Sourcing = par(default_factory=Sourcing, unit="object", meaning="sourcing and fulfilment")
    returns: Returns = par(default_factory=Returns, unit="object", meaning="goods that come back, and refunds")
    counting: Counting = par(default_factory=Counting, unit="object", meaning="cycle counts of stock")
    transfers: Transfers = par(default_factory=Transfers, unit="object", meaning="stock that stores send each other")
    pickup: Pickup = par(default_factory=Pickup, unit="object", meaning="orders that customers collect in a store")
    same_day: SameDay = par(
        default_factory=SameDay, unit="object", meaning="delivery on the day of the order, by courier"
    )
    clienteling: Clienteling = par(
        default_factory=Clienteling, unit="object", meaning="associates who serve customers in stores"
    )
    supplier_portal: SupplierPortal = par(
        default_factory=SupplierPortal, unit="object", meaning="how DCs' orders reach their suppliers"
    )
    workforce: Workforce = par(
        default_factory=Workforce, unit="object", meaning="who stands in for pickers who are missing"
    )
    notification: Notification = par(
        default_factory=Notification, unit="object", meaning="messages to customers about their orders"
    )
    prices: Prices = par(default_factory=Prices, unit="object", meaning="how prices come to tills and channels")
    books: Books = par(default_factory=Books, unit="object", meaning="closing of the books, and who clears them up")
    degradation: Degradation = par(default_factory=Degradation, unit="object", meaning="degradation")
    tills_respect_reservations: bool = par(
        False,
        unit="flag",
        meaning="tills refuse units promised to orders; only for experiments: in a real store the customer holds the item",
    )


__all__ = [
    "Buffers",
    "Degradation",
    "Erp",
    "Feed",
    "Operations",
    "Pickup",
    "PresetName",
    "Publication",
    "Publications",
    "Release",
    "Reserving",
    "Sourcing",
    "SyncService",
    "Systems",
    "constant",
]
