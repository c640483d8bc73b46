"""Workflows of prices: how a new one comes to tills and channels, and what a customer pays until it has."""

from __future__ import annotations

from typing import Final

from twin.kernels import pricing
from twin.model import orders
from twin.model.prices import Prices
from twin.model.till_gaps import TillGaps
from twin.model.workflows.workflow import CARRIERS, ONLINE, OWN, Workflow

PRICING: Final = (
    Workflow(
        title="Promotion and price change",
        paragraph=(
            "A list price changes, in the night or because a promotion begins or ends. Tills and channels learn of it "
            "with the next file, by an event that takes its time or is lost, or were told ahead from when it holds; "
            "until then each shows what it knows."
        ),
        stories=(Prices._changes, Prices._files, Prices._event, TillGaps._cuts),
        outlets=("till", *ONLINE),
        systems=("service", *CARRIERS),
        milestones=("price.changed",),
        faults=("outage",),
        settings=("systems.prices", "estate.prices", "demand.promotions"),
        kpis=(
            "price_latency_tills_p95_s",
            "price_latency_own_p95_s",
            "price_apart_share.marketplace",
            "till_given_away_usd",
            "till_overcharged_usd",
            "price_events_lost",
        ),
    ),
    Workflow(
        title="Order at another price than the list price",
        paragraph=(
            "An order is placed while its channel shows another price than the list. The shown price is honoured, or "
            "the lower of the two charged, or the customer is told the list price when paying, and some leave. What is "
            "settled then is what is booked, and what is paid back."
        ),
        stories=(orders._pay, orders._leaves_over_price, pricing.charge_line),
        outlets=OWN,
        systems=("service",),
        milestones=("order.placed",),
        faults=(),
        settings=("systems.prices.mismatch", "demand.channels"),
        kpis=(
            "price_mismatch_rate",
            "price_mismatch_till_rate",
            "margin_given_away_usd",
            "overcharged_usd",
            "customers_lost_to_prices",
        ),
    ),
)
