"""Workflows of an order that was accepted: until its customer has it, or does not get it."""

from __future__ import annotations

from typing import Final

from twin.model import orders, staff
from twin.model.collecting import Counter
from twin.model.notices import Notices
from twin.model.release import Desk
from twin.model.saga import Sagas
from twin.model.same_day import Couriers
from twin.model.workflows.workflow import CARRIERS, ONLINE, OWN, Workflow

FULFILLING: Final = (
    Workflow(
        title="Confirmation after a fallback",
        paragraph=(
            "An order was taken without asking, or on an old belief. When that is over, or cannot be waited for any "
            "longer, its lines are held against the view: those that it cannot back are cancelled, the others go "
            "on."
        ),
        stories=(orders._promised, orders._await_confirmation, orders._recheck),
        outlets=ONLINE,
        systems=("service", "erp", *CARRIERS),
        messages=("release",),
        milestones=("order.cancelled",),
        faults=("outage", "errors", "slow"),
        settings=("systems.degradation.fallbacks",),
        kpis=("lines_confirmed", "confirmations_cancelled", "oversell_rate.degraded"),
    ),
    Workflow(
        title="Saga of an order",
        paragraph=(
            "Before an accepted order is released, other systems do their part in turn: payment, fraud screening, "
            "customer, ERP. If one fails for good, people see to it, or what was done before is undone, the last "
            "first, and the order is cancelled."
        ),
        stories=(orders._saga, orders._clear_saga, Sagas.run, Sagas._carry_out, Sagas._compensate, Sagas._try),
        outlets=ONLINE,
        systems=("orchestrator", "payment", "fraud", "crm", "erp", "broker", "hub"),
        messages=("release",),
        milestones=("order.cancelled",),
        faults=("outage", "errors", "slow"),
        settings=("systems.saga",),
        kpis=("saga_completion_p95_s", "saga_compensated_rate", "saga_duplicates", "saga_orphans", "saga_human_hours"),
    ),
    Workflow(
        title="Order release",
        paragraph=(
            "Accepted orders come to the order management system one by one, or with the next file. They are "
            "released in the order that the arm chooses, by so many workers and at most at such a rate, and created "
            "in the ERP if somebody waits for that."
        ),
        stories=(orders.fulfil, Desk.pass_through),
        outlets=ONLINE,
        systems=("erp", "oms", *CARRIERS),
        milestones=("order.released",),
        faults=("outage", "slow"),
        settings=("systems.release", "systems.erp.coupling"),
        kpis=(
            "order_release_p95_s",
            "released_on_time",
            "release_backlog_peak",
            "order_release_p95_s.channel.<channel>",
            "continuity",
        ),
    ),
    Workflow(
        title="Order to doorstep, from a DC",
        paragraph=(
            "A released order is sourced from a DC that seems to have all of it. A picker takes the units off the "
            "rack; the parcel is packed, handed to the carrier, who is paid by where it comes from and how far it "
            "goes, and delivered."
        ),
        stories=(orders.fulfil, orders.parcel_story),
        outlets=ONLINE,
        systems=("wms", "link", *CARRIERS),
        messages=("pick",),
        milestones=("order.released", "order.picked", "order.delivered"),
        faults=("outage",),
        settings=(
            "estate.dcs",
            "estate.carriage",
            "systems.sourcing.strategy",
            "systems.sourcing.dc_pick",
            "systems.sourcing.pack",
            "systems.sourcing.transit",
        ),
        kpis=(
            "fulfilment_p95_s",
            "delivery_p95_s",
            "order_release_ship_p95_s",
            "units_supplied",
            "margin_kept_usd",
            "shipping_usd_per_order",
        ),
    ),
    Workflow(
        title="Order to doorstep, from a store",
        paragraph=(
            "The same from a shelf that walk-ins take from too: the store is told of the order when its link is up, "
            "at once or with its next pick list, one of its pickers looks for the units in opening hours, and a "
            "parcel goes from there to the customer. A store may be asked for so many parcels a day only."
        ),
        stories=(orders.fulfil, orders.parcel_story),
        outlets=ONLINE,
        systems=("link", *CARRIERS),
        messages=("pick",),
        milestones=("order.released", "order.picked", "order.delivered"),
        faults=("outage",),
        settings=(
            "estate.stores",
            "estate.carriage",
            "systems.sourcing.strategy",
            "systems.sourcing.store_pick",
            "systems.sourcing.store_cap",
            "systems.sourcing.store_waves",
            "systems.buffers.store",
        ),
        kpis=(
            "short_pick_rate",
            "oversell_rate.walk_in",
            "oversell_rate.record_error",
            "fulfilment_p95_s",
            "store_shipped_share",
            "store_parcels_p95_per_day",
            "capped_sourcing_share",
        ),
    ),
    Workflow(
        title="Split order",
        paragraph=(
            "No node seems to have all of an order. Each line goes to the best node for it; parcels of several "
            "nodes are picked, packed, paid for and delivered apart, and the order is done with the last of them. An "
            "arm may allow few parcels, or none but one: lines that fit into none are given up."
        ),
        stories=(orders.fulfil, orders.parcel_story),
        outlets=ONLINE,
        systems=("wms", "link", *CARRIERS),
        messages=("pick",),
        milestones=("order.released", "order.picked", "order.delivered"),
        faults=("outage",),
        settings=(
            "demand.channels.CHANNEL.lines",
            "estate.carriage",
            "systems.sourcing.strategy",
            "systems.sourcing.split",
            "systems.sourcing.most_parcels",
        ),
        kpis=(
            "oversell_rate.fragmented",
            "fulfilment_p99_s",
            "delivery_p95_s",
            "parcels_per_order",
            "split_order_share",
            "shipping_usd",
        ),
    ),
    Workflow(
        title="Pick that finds too little",
        paragraph=(
            "A picker finds nothing, too little or damaged units. The node is not asked again before its next "
            "receipt; view and record are corrected, and others' orders for the item rejected, if the arm does so. "
            "The line goes to another node, so many times; then it is short."
        ),
        stories=(orders.parcel_story, orders.begin_again, orders._again),
        outlets=ONLINE,
        systems=("wms", "link", *CARRIERS),
        messages=("correction",),
        milestones=("order.short", "order.cancelled"),
        faults=("outage",),
        settings=(
            "estate.record_error.damaged",
            "systems.sourcing.declines",
            "systems.sourcing.cascade",
            "systems.sourcing.rebroker",
        ),
        kpis=(
            "short_picks",
            "decline_rate.not_in_stock",
            "decline_rate.mismatch",
            "decline_rate.damaged",
            "decline_rate.rejected",
            "declined_supplied_share",
            "pick_corrections_per_week",
        ),
    ),
    Workflow(
        title="Pickers who are missing",
        paragraph=(
            "Some of a store's pickers do not come to work. Picks wait for the others, until they are back or the "
            "roster, if it is told in time, has found somebody to stand in for them."
        ),
        stories=(staff.absence,),
        outlets=ONLINE,
        systems=("workforce",),
        faults=("outage", "absent"),
        settings=("systems.workforce", "estate.stores.pickers"),
        kpis=("picker_hours_missing", "picker_hours_substituted", "fulfilment_p95_s", "pickup_ready_on_time"),
    ),
    Workflow(
        title="Telling the customer",
        paragraph=(
            "Customers are told that their order was accepted, is ready in the store, was shipped or is paid back. "
            "Messages wait while nothing sends them, and some never come; who has not been told asks the service "
            "desk, and comes to the store only then."
        ),
        stories=(Notices.of_orders, Notices.knows, Notices.of_claim),
        outlets=OWN,
        systems=("notification",),
        faults=("outage", "slow"),
        settings=("systems.notification",),
        kpis=(
            "notification_delay_p95_s",
            "notification_lost_rate",
            "customer_contacts",
            "pickup_unaware_orders",
            "pickup_too_late_orders",
        ),
    ),
    Workflow(
        title="Buy online, pick up in store",
        paragraph=(
            "The customer chose a store, which picks the order and tells that it is ready. The units wait behind "
            "the counter until the customer comes in opening hours; if nobody comes in time they are put back on "
            "the shelf, and the sale is paid back."
        ),
        stories=(Counter.await_customer, orders.parcel_story),
        outlets=ONLINE,
        systems=("link", *CARRIERS),
        messages=("pick", "restock"),
        milestones=("order.released", "order.picked", "order.delivered", "order.cancelled"),
        faults=("outage",),
        settings=(
            "demand.channels.CHANNEL.pickup_share",
            "demand.channels.CHANNEL.no_show",
            "demand.channels.CHANNEL.collects",
            "systems.pickup",
        ),
        kpis=(
            "ready_for_pickup_p95_s",
            "pickup_ready_on_time",
            "pickup_collected_share",
            "pickup_not_collected_orders",
            "pickup_waiting_units",
            "pickup_restocked_units",
            "refunded_not_collected_usd",
        ),
    ),
    Workflow(
        title="Same-day courier",
        paragraph=(
            "A customer who wants the order today is told at the checkout whether that can be: before the cut-off, if "
            "a node near enough seems to have all of it, and if the courier gives a quote. The node picks and packs "
            "it, a run is booked, and a courier who is free brings it. What is not found is looked for at other nodes "
            "near enough until the cut-off, and goes the ordinary way after that. Who cannot have it today takes "
            "standard delivery, or leaves."
        ),
        stories=(Couriers._bring, Couriers.told, Couriers.take, orders.parcel_story),
        outlets=OWN,
        systems=("courier", "wms", "link", *CARRIERS),
        messages=("pick",),
        milestones=("order.released", "order.picked", "order.delivered", "order.cancelled"),
        faults=("outage",),
        settings=(
            "demand.channels.CHANNEL.same_day_share",
            "demand.channels.CHANNEL.same_day_only",
            "systems.same_day",
        ),
        kpis=(
            "same_day_wanted",
            "same_day_offered_share",
            "same_day_false_no_stock_share",
            "same_day_on_time",
            "same_day_late_orders",
            "same_day_late_p95_s",
            "courier_wait_p95_s",
            "courier_drops",
            "same_day_lost_margin_usd",
        ),
    ),
)
