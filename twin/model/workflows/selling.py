"""Workflows of selling: at the till, in a cart, through a marketplace."""

from __future__ import annotations

from typing import Final

from twin.kernels import advance
from twin.kernels.clienteling import sell_from_elsewhere, sell_here
from twin.kernels.holding import lapse
from twin.kernels.tills import sold_by_hand
from twin.model import disruptions, orders
from twin.model.allotments import allotments
from twin.model.calling import call_out, run_errands
from twin.model.clienteling import Associates
from twin.model.entry import Entry
from twin.model.fallbacks import Fallbacks
from twin.model.workflows.workflow import CARRIERS, ONLINE, OWN, Workflow

SELLING: Final = (
    Workflow(
        title="Till sale",
        paragraph=(
            "A walk-in brings units to a till. The shelf decides: what is there is sold, whoever it was promised "
            "to, and the sale is told to the view and the ERP. What the walk-in wanted and did not find is lost. While "
            "the till system is down sales go on by hand, and are keyed in, and told, when it is back."
        ),
        stories=(advance._sell, sold_by_hand, disruptions._keyed_in),
        outlets=("till",),
        systems=("pos", "link", *CARRIERS),
        messages=("sale",),
        faults=("outage",),
        settings=("demand.tills", "demand.promotions", "systems.tills_respect_reservations"),
        kpis=(
            "till_fill_rate",
            "till_units_lost_per_week",
            "till_units_by_hand_per_week",
            "oversell_rate.walk_in",
            "sync_latency_p95_s",
        ),
    ),
    Workflow(
        title="Clienteling",
        paragraph=(
            "A customer who stands in a store asks an associate, who looks at the own shelf first: what is there is "
            "sold at the till at once. The rest is ordered for the customer from another node, and sent home."
        ),
        stories=(Associates.serve, sell_here, sell_from_elsewhere),
        outlets=("clienteling",),
        systems=("link", *CARRIERS),
        messages=("sale",),
        faults=("outage",),
        settings=("systems.clienteling",),
        kpis=(
            "clienteling_from_shelf_share",
            "saved_sales",
            "saved_sales_margin_usd",
            "clienteling_missed_sales",
        ),
    ),
    Workflow(
        title="Cart, checkout and order",
        paragraph=(
            "A customer opens a cart, leaves it or starts the checkout, is told what can be had, pays or leaves, "
            "and the order is placed. Units are set aside at the step that the arm chooses, for a time, or not at "
            "all; what is promised is kept from there on."
        ),
        stories=(orders.checkout, orders._held_in_cart, orders._ask, orders._reserve, orders._pay),
        outlets=OWN,
        systems=("service", "erp", *CARRIERS),
        messages=("reserve", "release"),
        milestones=("order.placed",),
        faults=("outage", "errors", "slow"),
        settings=(
            "demand.channels.CHANNEL.abandonment",
            "demand.channels.CHANNEL.decline",
            "systems.reserving",
            "systems.publications.own",
            "systems.payment",
            "systems.buffers",
        ),
        kpis=(
            "oversell_rate",
            "false_oos_rate",
            "refused_rate",
            "lines_accepted",
            "orders_accepted",
            "staleness_p95_s",
            "margin_kept_usd",
            "oversell_rate.channel.<channel>",
            "false_oos_rate.channel.<channel>",
        ),
    ),
    Workflow(
        title="Hold that lapses",
        paragraph=(
            "Units were set aside for a customer who does not come back in time: they are given back, somewhat "
            "later than the hold ends. Meanwhile others were told that there is nothing."
        ),
        stories=(lapse,),
        outlets=OWN,
        systems=CARRIERS,
        messages=("release",),
        faults=("outage",),
        settings=("systems.reserving.ttl", "systems.reserving.expiry_lag", "systems.reserving.lapsed"),
        kpis=("lapsed_holds_per_week", "false_oos_rate.hold", "oversell_rate.expired_hold"),
    ),
    Workflow(
        title="Call of a checkout",
        paragraph=(
            "A checkout asks the reservation service or the ERP: through its breaker, past the border of a "
            "jurisdiction, with a token, by a contract that holds, within the limits of the gateway, and again if "
            "that fails. Without an answer the sale is refused, or made without one."
        ),
        stories=(call_out, Entry.enter),
        outlets=OWN,
        systems=("service", "erp", "identity", *CARRIERS),
        faults=("outage", "errors", "slow"),
        settings=(
            "systems.service",
            "systems.erp",
            "systems.resilience",
            "systems.credentials",
            "systems.residency",
            "systems.contracts",
            "releases",
        ),
        kpis=(
            "checkout_call_p95_s",
            "service_time_out_rate",
            "erp_time_out_rate",
            "calls_again_rate",
            "breaker_openings",
            "api_error_rate",
            "calls_throttled_rate",
            "token_failures",
            "rework_hours",
        ),
    ),
    Workflow(
        title="Errands before the payment",
        paragraph=(
            "Before the customer pays, the checkout looks the customer up at the CRM and asks the tax engine what is "
            "due. It calls again if that fails; in the end it goes on without, on trust and on an estimate, or the "
            "order is lost."
        ),
        stories=(run_errands,),
        outlets=OWN,
        systems=("crm", "tax"),
        faults=("outage", "errors", "slow"),
        settings=("systems.tax", "systems.customer_check", "systems.resilience"),
        kpis=(
            "tax_call_p95_s",
            "tax_lost_orders",
            "tax_estimated_orders",
            "customer_check_call_p95_s",
            "customer_check_lost_orders",
            "customer_unchecked_orders",
        ),
    ),
    Workflow(
        title="Marketplace order",
        paragraph=(
            "A marketplace hands over an order that is paid already, taken on the stock of the last listing that "
            "went live. It is accepted if that, less what was sold since, still has the units."
        ),
        stories=(orders._listed,),
        outlets=("marketplace",),
        systems=CARRIERS,
        messages=("reserve", "release"),
        milestones=("order.placed",),
        faults=("outage",),
        settings=("systems.publications.marketplace", "systems.buffers.pooled"),
        kpis=("oversell_rate.channel_cache", "oversell_rate.channel.<channel>", "sync_latency_p95_s.channel.<channel>"),
    ),
    Workflow(
        title="Fallback while systems fail",
        paragraph=(
            "A watch looks at what can be observed of a system. While it is ill, orders of some channels are "
            "decided otherwise: refused, sold on the last belief, without asking, from DCs or a quota. When it is "
            "well again for long enough, things are as before."
        ),
        stories=(Fallbacks.watch, Fallbacks.turns_away),
        outlets=ONLINE,
        systems=("service", "erp", *CARRIERS),
        faults=("outage", "errors", "slow"),
        settings=("systems.degradation",),
        kpis=(
            "degraded_channel_hours",
            "fallback_spells",
            "degraded_share",
            "degraded_oversell_rate",
            "false_oos_rate.closed",
        ),
    ),
    Workflow(
        title="Allotment of stock to channels",
        paragraph=(
            "Again and again each channel with a share of the pool is given a quota of every SKU, and sells from "
            "that alone until the next one."
        ),
        stories=(allotments,),
        outlets=ONLINE,
        systems=(),
        faults=(),
        settings=("systems.buffers.allotment",),
        kpis=("false_oos_rate.limited", "refused_rate"),
    ),
)
