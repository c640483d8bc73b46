"""Workflows of an order that cannot be kept as promised: no stock, or no time."""

from __future__ import annotations

from typing import Final

from twin.model import backorders, orders
from twin.model.deadlines import Deadlines
from twin.model.workflows.workflow import CARRIERS, ONLINE, Workflow

FALLING_SHORT: Final = (
    Workflow(
        title="Line that nobody can supply",
        paragraph=(
            "No node seems to have the line, or it was picked short for the last time. The customer is told that it "
            "is cancelled, or takes a similar item at the same price, or waits until a date: now and then somebody "
            "looks whether there is what backorders wait for, the oldest first, and releases it once more. Who has "
            "waited too long is paid back."
        ),
        stories=(backorders.reviews, orders._again, orders.fulfil, orders.parcel_story),
        outlets=ONLINE,
        systems=("wms", "link", "erp", *CARRIERS),
        messages=("pick",),
        milestones=("order.short", "order.released", "order.cancelled"),
        faults=("outage",),
        settings=(
            "estate.skus.substitutes",
            "demand.channels.CHANNEL.waits",
            "demand.channels.CHANNEL.takes_substitute",
            "systems.sourcing.shortage",
        ),
        kpis=(
            "oversold_cancelled_lines",
            "oversold_late_lines",
            "oversold_substituted_lines",
            "backordered_lines",
            "backorder_filled_share",
            "backorder_wait_p95_s",
            "backorder_on_promise_share",
            "substitutes_taken_share",
            "substitution_margin_change_usd",
        ),
    ),
    Workflow(
        title="Marketplace that does not wait",
        paragraph=(
            "A marketplace hands over a paid order and wants it confirmed, which its release does, and shipped, each "
            "within a time. What is late it cancels: units are free again, parcels are picked without them, and the "
            "customer is paid back."
        ),
        stories=(Deadlines._watch,),
        outlets=("marketplace",),
        systems=("wms", "link", *CARRIERS),
        messages=("release",),
        milestones=("order.cancelled",),
        faults=("outage", "slow"),
        settings=(
            "demand.channels.CHANNEL.confirm_within",
            "demand.channels.CHANNEL.ship_within",
            "systems.release",
        ),
        kpis=(
            "marketplace_late_confirmations",
            "marketplace_deadline_orders",
            "marketplace_cancelled_share",
            "late_shipment_rate",
        ),
    ),
)
