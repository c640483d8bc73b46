"""Workflows of stock: how it comes to shelves, moves between them, vanishes, and is counted."""

from __future__ import annotations

from typing import Final

from twin.kernels import advance
from twin.kernels.counting import count_pair, find, misplace
from twin.model import supply
from twin.model.counting import Counters
from twin.model.ordering import Portal
from twin.model.receiving import Dock
from twin.model.transfers import Rebalancing
from twin.model.workflows.workflow import CARRIERS, Workflow

KEEPING: Final = (
    Workflow(
        title="Replenishment of stores",
        paragraph=(
            "Every night, when the ERP is up, each store orders what its record says is missing, in packs. The DC "
            "sends what it has and has not promised; a truck takes it to the store."
        ),
        stories=(supply.store_reviews, supply.delivery),
        systems=("erp", "link", *CARRIERS),
        messages=("dispatch",),
        faults=("outage",),
        settings=("estate.stock.store_cover", "estate.stock.store_service_z", "estate.stock.store_lead"),
        kpis=("till_fill_rate", "true_oos_rate", "record_accuracy", "frozen_share"),
    ),
    Workflow(
        title="Replenishment of DCs",
        paragraph=(
            "At every review, when the ERP is up, a DC orders from its suppliers what its record says is missing. "
            "Each sends one delivery after its lead time, some lines of it short. Where orders go through a portal "
            "they wait until it is up, and the lead time counts from the supplier's acknowledgement."
        ),
        stories=(supply.dc_reviews, Portal.order, Portal._acknowledged, supply.delivery, supply.initial_deliveries),
        systems=("erp", "supplier_portal"),
        faults=("outage", "slow"),
        settings=(
            "estate.stock.dc_cover",
            "estate.stock.dc_review",
            "estate.stock.dc_lead",
            "estate.stock.short_shipment",
            "systems.supplier_portal",
        ),
        kpis=(
            "true_oos_rate",
            "record_accuracy",
            "supplier_lead_p95_s",
            "supplier_held_up_orders",
            "supplier_short_share",
        ),
    ),
    Workflow(
        title="Receiving",
        paragraph=(
            "A delivery arrives and is on the shelf at once. It is booked then, or when somebody gets to it, as "
            "what somebody thinks it is: until then it is there and nobody knows of it."
        ),
        stories=(Dock.receive, Dock._book),
        systems=("link", *CARRIERS),
        messages=("receipt",),
        faults=("outage",),
        settings=("estate.receiving",),
        kpis=("unbooked_stock_units", "hidden_share", "shelf_record_accuracy"),
    ),
    Workflow(
        title="Transfer between stores",
        paragraph=(
            "At a review of a region, when the ERP is up, stores with more than they will sell soon send to those "
            "with too little: what is there and not promised, on the way until it arrives and is received."
        ),
        stories=(Rebalancing._reviews, Rebalancing._send, Rebalancing._way),
        systems=("erp", "link", *CARRIERS),
        messages=("dispatch", "receipt"),
        faults=("outage",),
        settings=("systems.transfers",),
        kpis=("transferred_units", "transfer_p95_s"),
    ),
    Workflow(
        title="Cycle count",
        paragraph=(
            "Every morning, when the ERP is up, each node lists what to count: what was short, ran out, sells "
            "suspiciously little, or is due. Its people count, sometimes wrongly and sometimes finding what was "
            "misplaced, and the record is set to what they say."
        ),
        stories=(Counters._mornings, Counters._end, count_pair),
        systems=("erp", "link", *CARRIERS),
        messages=("count",),
        faults=("outage",),
        settings=("estate.record_error.miscount_share", "estate.record_error.found_by_count", "systems.counting"),
        kpis=("stock_counts", "count_hours", "counts_changed_rate", "miscounted_rate", "shelf_record_accuracy_change"),
    ),
    Workflow(
        title="Shrink and misplacement",
        paragraph=(
            "Units are stolen, broken, or put where nobody finds them until somebody comes across them. No system "
            "is told: the record goes on counting them."
        ),
        stories=(advance._vanish, misplace, find),
        systems=(),
        faults=(),
        settings=(
            "estate.record_error.shrink_per_sale",
            "estate.record_error.misplaced_per_sale",
            "estate.record_error.tidied_every",
        ),
        kpis=("phantom_share", "misplaced_stock_units", "record_gap_units", "oversell_rate.record_error"),
    ),
)
