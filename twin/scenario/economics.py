"""Money: every value low, base and high, with its source; never a point."""

from __future__ import annotations

from collections.abc import Iterator

from twin.scenario.base import Broken, Model, Share, par

_WEAK = "assumption [weak secondary sources]"


class Range(Model):
    """A value that is not known exactly."""

    low: float = par(unit="as the parent says", meaning="plausible low value", ge=0)
    base: float = par(unit="as the parent says", meaning="best single value", ge=0)
    high: float = par(unit="as the parent says", meaning="plausible high value", ge=0)

    def broken(self) -> Iterator[Broken]:
        if not self.low <= self.base <= self.high:
            yield Broken(
                (), f"low, base and high must be in this order, they are {self.low:g}, {self.base:g}, {self.high:g}"
            )


def _range(low: float, base: float, high: float) -> Range:
    return Range(low=low, base=base, high=high)


class PlatformCost(Model):
    """Yearly cost of running one integration style."""

    licence_usd_per_year: Range = par(
        unit="USD/year", meaning="licences and infrastructure", source="MuleSoft base $50-80k, enterprise $300-500k [S]"
    )
    usd_per_million_messages: Range = par(unit="USD/million", meaning="messages and calls", source=_WEAK)
    integrations: float = par(
        unit="integrations", meaning="interfaces to keep: n x m point to point, n + m through a centre", ge=0
    )
    usd_per_integration_year: Range = par(unit="USD/integration/year", meaning="running one interface", source=_WEAK)
    build_usd: Range = par(unit="USD", meaning="one-time build, spread over the amortisation time", source=_WEAK)


class Economics(Model):
    """What an oversell, an exception and a platform cost, and what a sale earns."""

    oversell_cost_usd: Range = par(
        _range(10, 18, 40),
        unit="USD/line",
        meaning="direct cost of a line that cannot be supplied: service, refund fees, goodwill",
        source="$10-25 direct: 12-18 min at $22/h + 2.9 % + $0.30 [S weak: getordersyncpro]",
    )
    late_backorder_usd: Range = par(
        _range(1, 4, 12),
        unit="USD/line",
        meaning="message, service and goodwill for a line that waits for stock, in place of all costs of one that is cancelled",
        source="assumption: a third of a case of service, or free delivery; what the sale earns is kept",
    )
    marketplace_cancel_usd: Range = par(
        _range(2, 6, 15),
        unit="USD/order",
        meaning="fees, service and lost rank for an order that a marketplace cancels because a deadline has passed",
        source="assumption; 100 to 150 % of the referral fee at Amazon [S weak: megaficus.com]",
    )
    oversell_future_margin_share: Range = par(
        _range(0.0, 0.15, 0.30),
        unit="share of yearly customer margin",
        meaning="future margin lost with the customer; contrary evidence exists, hence 0 as low",
        source="15 % LTV impact [S weak: gnizdo.space]; contrary: minethatdata 2021",
    )
    customer_margin_usd_per_year: Range = par(
        _range(20, 45, 90), unit="USD/year", meaning="gross margin of an online customer in a year", source="assumption"
    )
    lost_sale_share: Range = par(
        _range(0.4, 0.7, 1.0),
        unit="share",
        meaning="refused lines whose margin is really lost, not bought elsewhere with us",
        source="assumption",
    )
    short_pick_usd: Range = par(
        _range(1.0, 2.5, 5.0),
        unit="USD/pick",
        meaning="labour of a pick that finds too little and is brokered again",
        source="assumption",
    )
    shipping_factor: Range = par(
        _range(0.85, 1.0, 1.25),
        unit="factor",
        meaning="what carriers are paid in the end, as a multiple of estate.carriage: rebates, fuel and address surcharges",
        source="assumption",
    )
    not_collected_usd: Range = par(
        _range(2, 5, 12),
        unit="USD/order",
        meaning="pick, message, refund fees and putting back of an order that nobody collected; its margin is not in it",
        source="assumption: 15 minutes of a store's staff at $18 to $25/h, and 2.9 % + $0.30 in fees [S weak: getordersyncpro]",
    )
    courier_usd_per_drop: Range = par(
        _range(5, 8, 12),
        unit="USD/parcel",
        meaning="what a courier is paid for a parcel that is brought on the day of the order",
        source="assumption around the flat fees of courier platforms, about $7 to $10 for a short way [S weak]",
    )
    late_same_day_usd: Range = par(
        _range(3, 7, 15),
        unit="USD/order",
        meaning="fee paid back, voucher and service for an order that was promised for today and was late",
        source="assumption",
    )
    estimated_tax_usd: Range = par(
        _range(0.3, 1, 4),
        unit="USD/order",
        meaning="setting right an order that was taken on an estimated tax: the return, and the difference that is borne",
        source="assumption: 1 to 3 minutes of a clerk, most corrections in one run",
    )
    contact_usd: Range = par(
        _range(3, 6, 12),
        unit="USD/contact",
        meaning="a customer who asks the service desk where an order is",
        source="$8 support per oversold order [S weak: gnizdo.space]; 5 to 15 minutes at $22/h",
    )
    reconciliation_usd_per_unit_gap: Range = par(
        _range(0.02, 0.05, 0.15),
        unit="USD/unit/week",
        meaning="labour to reconcile a unit by which view and record differ; of arms that close their books, the hours count instead",
        source="assumption",
    )
    exception_usd_per_hour: Range = par(
        _range(18, 25, 45),
        unit="USD/h",
        meaning="labour of people who handle the exceptions of sagas, of refunds and of closing the books",
        source="assumption: $22/h [S weak: getordersyncpro], with overhead",
    )
    counting_usd_per_hour: Range = par(
        _range(16, 22, 32),
        unit="USD/h",
        meaning="labour of people who count stock",
        source="assumption: store staff, with overhead",
    )
    transfer_usd_per_unit: Range = par(
        _range(0.3, 0.7, 1.5),
        unit="USD/unit",
        meaning="picking, carrying and shelving of a unit that one store sends another",
        source="assumption",
    )
    wrong_effect_usd: Range = par(
        _range(2, 8, 25),
        unit="USD/effect",
        meaning="refund fees, service and goodwill for what a saga's step did twice, or did for an order that was cancelled",
        source="assumption: half a case of service and 2.9 % + $0.30 in fees [S weak: getordersyncpro]",
    )
    return_handling_usd: Range = par(
        _range(3, 6, 12),
        unit="USD/return",
        meaning="postage, packing and freight of a return, its inspection aside",
        source="assumption",
    )
    return_labour_usd_per_hour: Range = par(
        _range(16, 20, 28), unit="USD/h", meaning="labour of people who inspect returns", source="assumption"
    )
    written_off_share: Range = par(
        _range(0.5, 0.8, 1.0),
        unit="share of cost",
        meaning="what is lost of the cost of goods that are written off; the rest is what a liquidator pays",
        source="assumption",
    )
    refund_loss_share: Range = par(
        _range(0.3, 0.7, 1.0),
        unit="share",
        meaning="of money refunded twice, or for nothing, what is never got back",
        source="assumption",
    )
    overcharge_noticed_share: Range = par(
        _range(0.05, 0.2, 0.5),
        unit="share",
        meaning="customers who notice that they paid more than the list price, and get the difference back",
        source="assumption",
    )
    till_list_price_share: Range = par(
        _range(0.5, 0.8, 1.0),
        unit="share",
        meaning="of units that tills sold below the list price, those that would have been bought at the list price too",
        source="assumption",
    )
    price_complaint_usd: Range = par(
        _range(3, 7, 15),
        unit="USD/case",
        meaning="service, fees and goodwill of a customer who paid more than the list price, the difference aside",
        source="assumption: 12-18 min at $22/h [S weak: getordersyncpro], at a till less",
    )
    holding_rate_per_year: Range = par(
        _range(0.12, 0.2, 0.3),
        unit="1/year",
        meaning="yearly cost of holding stock, as a share of its cost: capital, space, ageing",
        source="assumption: 20 to 30 % is a textbook rule",
    )
    amortisation_years: float = par(3.0, unit="years", meaning="years over which a build is spread", gt=0)
    platforms: dict[str, PlatformCost] = par(
        default_factory=dict,
        unit="object by preset",
        meaning="platform costs; presets not named here keep the built-in ones",
    )
    discount_rate: Share = par(0.1, unit="1/year", meaning="discount rate")
