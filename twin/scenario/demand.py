"""Demand: till sales, online channels, promotions, or the replay of a real log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from twin.scenario.base import DATE, Broken, Duration, Model, Name, Positive, Seq, Share, format_duration, par
from twin.scenario.laws import CountLaw, DurationLaw, constant, lognormal
from twin.scenario.return_demand import ReturnDemand


class Tills(Model):
    """Till sales: a non-homogeneous Poisson process per store and SKU, over-dispersed from day to day."""

    preset: Literal["none", "completejourney"] = par(
        "none", unit="name", meaning="log whose fit fills what is not set here (twin presets)"
    )
    dispersion: float = par(
        0.15,
        unit="ratio",
        meaning="coefficient of variation of a store's daily traffic factor (gamma); 0 is Poisson",
        ge=0,
        le=3,
    )
    units: CountLaw = par(
        CountLaw(values=(1, 2, 3, 4, 6), shares=(0.82, 0.12, 0.03, 0.02, 0.01)),
        unit="law",
        meaning="units per till line",
    )
    scale: float = par(1.0, unit="ratio", meaning="multiplies all till traffic", ge=0)


class Channel(Model):
    """An online channel. Sessions become checkouts by the conversion; checkouts are followed one by one."""

    preset: Literal["none", "online_retail"] = par(
        "none", unit="name", meaning="log whose fit fills what is not set here (twin presets)"
    )
    kind: Literal["web", "app", "marketplace", "clienteling"] = par(unit="name", meaning="kind of channel")
    weekly_checkouts: float = par(
        unit="checkouts/week", meaning="mean number of customers who start a checkout in a week", ge=0
    )
    conversion: Share = par(
        0.03,
        unit="checkouts per session",
        meaning="sessions that start a checkout",
        source="assumption within 1.4 to 3 % order conversion [S: elogic, opensend]",
    )
    profile: str = par("online", unit="name", meaning="hour-of-week profile of the customer's local time")
    dispersion: float = par(
        0.10, unit="ratio", meaning="coefficient of variation of the channel's daily factor (gamma)", ge=0, le=3
    )
    lines: CountLaw = par(
        CountLaw(values=(1, 2, 3, 4), shares=(0.70, 0.18, 0.08, 0.04)), unit="law", meaning="order lines per checkout"
    )
    units: CountLaw = par(
        CountLaw(values=(1, 2, 3), shares=(0.90, 0.08, 0.02)), unit="law", meaning="units per order line"
    )
    pickup_share: Share = par(
        0.0,
        unit="share",
        meaning="customers who want to pick up in their store",
        source="assumption in 10 to 25 % [S: wide range of BOPIS shares]",
    )
    no_show: Share = par(
        0.0,
        unit="share",
        meaning="customers who never come for the order that is ready for them",
        source="29 % of users left at least one such purchase in 3 months [D: Forrester 2016], so some per cent of orders",
    )
    collects: DurationLaw = par(
        lognormal("14h", 1.0),
        unit="duration law",
        meaning="from the message that an order is ready to the customer's coming, if the store is open then; else at its next opening",
        source="assumption",
    )
    same_day_share: Share = par(
        0.0,
        unit="share",
        meaning="customers, of those who do not pick up, who want their order on the same day",
        source="assumption; surveys say up to a quarter would, far fewer pay for it [S]",
    )
    same_day_only: Share = par(
        0.0,
        unit="share",
        meaning="of these, who buy elsewhere if they cannot have it; the others take standard delivery",
    )
    cart: DurationLaw = par(
        constant("0s"), unit="duration law", meaning="cart opened to checkout started, by the customer"
    )
    cart_abandonment: Share = par(
        0.0,
        unit="share",
        meaning="carts that are left before the checkout starts; 0: such carts are not followed",
        source="Baymard: about 70 % of all carts are abandoned, most of them before the checkout [S]",
    )
    waits: Share = par(
        0.6,
        unit="share",
        meaning="customers who would rather wait for a line that cannot be supplied than have it cancelled, where the arm offers that",
        source="assumption",
    )
    takes_substitute: Share = par(
        0.5,
        unit="share",
        meaning="customers who take a similar item at the same price for a line that cannot be supplied, where the arm offers one",
        source="assumption",
    )
    confirm_within: Duration = par(
        "0s",
        unit="duration",
        meaning="a marketplace cancels an order that is not released so long after it was accepted; 0: it does not",
        source="assumption; batch exports of 2 h and more are common [D: Celigo]",
    )
    ship_within: Duration = par(
        "0s",
        unit="duration",
        meaning="a marketplace cancels what is not picked of an order so long after it was accepted, and calls what is handed over "
        "later late; 0: it does not",
        source="assumption; seller-fault cancellations are limited to 2.5 % (Amazon), 2 % (Walmart US) [D: sellercentral, marketplacelearn]",
    )
    abandonment: Share = par(
        0.2,
        unit="share",
        meaning="started checkouts that the customer leaves before paying (most of the 70 % of abandoned carts go earlier)",
    )
    decline: Share = par(0.03, unit="share", meaning="payments that are declined")
    walks_away: Share = par(
        0.3,
        unit="share",
        meaning="customers who leave when they are told at the payment that something costs more than they were shown",
        source="Baymard: extra costs at the checkout are the reason named most for leaving it, by half of those who give one [S]",
    )
    checkout: DurationLaw = par(
        lognormal("150s", 0.8), unit="duration law", meaning="start of checkout to payment, by the customer"
    )

    def broken(self) -> Iterator[Broken]:
        if self.cart_abandonment >= 1:
            yield Broken(("cart_abandonment",), f"must be below 1, it is {self.cart_abandonment:g}")
        elif self.conversion > 1 - self.cart_abandonment:
            yield Broken(
                ("conversion",),
                f"must be at most 1 - cart_abandonment = {1 - self.cart_abandonment:g}, it is {self.conversion:g}: "
                "every checkout is a cart that was not left, in a session of its own",
            )
        for name, within in (("confirm_within", self.confirm_within), ("ship_within", self.ship_within)):
            if within and self.kind != "marketplace":
                yield Broken((name,), f"must be 0: only a marketplace has deadlines, the kind is {self.kind}")
        if 0 < self.ship_within < self.confirm_within:
            yield Broken(
                ("confirm_within",),
                f"must be at most ship_within, {format_duration(self.ship_within)}, it is {format_duration(self.confirm_within)}",
            )


class Promotion(Model):
    """More demand for some SKUs for some time."""

    start: Duration = par(unit="duration since start", meaning="beginning, counted from the start of the simulation")
    duration: Duration = par(unit="duration", meaning="length; must be above 0")
    multiplier: float = par(unit="ratio", meaning="factor on the demand of the promoted SKUs", gt=0, le=100)
    top_skus: Positive = par(unit="SKUs", meaning="how many SKUs, the most popular first, starting at first_rank")
    first_rank: Positive = par(1, unit="rank", meaning="popularity rank of the first promoted SKU")
    tills: bool = par(True, unit="flag", meaning="whether the tills are promoted too")
    channels: Seq[str] = par((), unit="names", meaning="channels that are promoted; empty means all")
    discount: Share = par(
        0.0,
        unit="share of the price",
        meaning="cut of the list price while it lasts; of promotions that overlap on a SKU the deepest counts",
    )

    def broken(self) -> Iterator[Broken]:
        if self.duration <= 0:
            yield Broken(("duration",), "must be longer than 0")
        if self.discount >= 1:
            yield Broken(("discount",), f"must be below 1, it is {self.discount:g}: goods are not given away")
        if self.discount and (self.channels or not self.tills):
            yield Broken(("discount",), "is for promotions at the tills and in all channels: there is one list price")


class ReplayColumns(Model):
    """Names of the log's columns. A column that the log does not have is left out, except the required ones."""

    order: str = par(unit="column", meaning="order or invoice identity")
    sku: str = par(unit="column", meaning="article code")
    quantity: str = par(unit="column", meaning="units; whole numbers")
    timestamp: str = par(unit="column", meaning="time stamp")
    customer: str | None = par(None, unit="column", meaning="customer identity")
    unit_price: str | None = par(None, unit="column", meaning="price of one unit")
    line_value: str | None = par(None, unit="column", meaning="value of the line; used where there is no unit price")
    store: str | None = par(None, unit="column", meaning="store identity; lines with it are till sales")


class DemandLog(Model):
    """A real log of sales: where it lies, what its columns mean, and what its lines are."""

    log: str = par(
        unit="file",
        meaning="Parquet or CSV; relative paths resolve against --data-dir or TWIN_DATA, then the scenario file",
    )
    columns: ReplayColumns = par(unit="object", meaning="declared mapping of the columns")
    time_zone: str = par(unit="IANA zone", meaning="zone of naive time stamps")
    quantity_unit: Literal["units"] = par("units", unit="name", meaning="what the quantity column counts")
    negatives: Literal["error", "returns", "adjustments"] = par(
        "error",
        unit="name",
        meaning="what a negative quantity is, outside orders with return_order_prefix: not allowed, a return, or a stock adjustment (set aside)",
    )
    return_order_prefix: str | None = par(
        None, unit="text", meaning="orders whose identity starts with it are cancellations and become returns"
    )
    sort: bool = par(
        False, unit="flag", meaning="restores the order of time stamps; without it an unsorted log is an error"
    )
    merchandise: str | None = par(
        None,
        unit="regular expression",
        meaning="article codes that are goods; all others are set aside as service lines",
    )
    max_line_units: Positive = par(
        10_000, unit="units", meaning="lines above are set aside as wholesale or typing errors"
    )


class Replay(DemandLog):
    """A real log in place of drawn demand.

    A log shows sales, not demand, and no stock: the stock rule is fitted on an earlier period (``fit_days``) and can be swept.
    """

    from_date: str = par(
        unit="local date",
        meaning="first day of the log that is replayed; becomes the first day of the simulation",
        pattern=DATE,
    )
    fit_days: Positive = par(
        28, unit="days", meaning="days of the log before from_date on which popularity and stock are fitted"
    )
    target: Literal["tills", "channel"] = par(
        "channel", unit="name", meaning="what the log's sales are: till sales or an online channel's orders"
    )
    channel: str | None = par(
        None, unit="name", meaning="channel that receives the orders when target is channel; the others stay drawn"
    )
    scale: float = par(
        1.0,
        unit="ratio",
        meaning="below 1 customers are thinned, above 1 repeated with fresh identities",
        gt=0,
        le=1000,
    )
    jitter: Duration = par(
        "30m",
        unit="duration",
        meaning="copies made by scale above 1 are moved by up to this much either way, never the original",
    )
    stock_cover: Duration = par(
        "7d", unit="duration", meaning="stock rule: days of fitted mean sales that the order-up-to level covers"
    )


class Demand(Model):
    """Who wants what, when. Belongs to the world: the same in every arm."""

    tills: Tills = par(default_factory=Tills, unit="object", meaning="till sales")
    channels: dict[Name, Channel] = par(unit="object", meaning="online channels by name", min_length=1)
    promotions: Seq[Promotion] = par((), unit="list", meaning="promotions and flash sales")
    returns: ReturnDemand = par(default_factory=ReturnDemand, unit="object", meaning="goods that come back")
    profiles: dict[str, Seq[float]] = par(
        default_factory=dict,
        unit="relative rates",
        meaning="own hour-of-week profiles: 168 numbers from Monday 00:00 local time, or 24 for every day",
    )
    replay: Replay | None = par(None, unit="object", meaning="a real log to replay")

    def broken(self) -> Iterator[Broken]:
        for name, rates in self.profiles.items():
            if len(rates) not in (24, 168):
                yield Broken(("profiles", name), f"must have 24 or 168 numbers, it has {len(rates)}")
            if any(rate < 0 for rate in rates) or sum(rates) <= 0:
                yield Broken(("profiles", name), "must have no negative number and a positive sum")
