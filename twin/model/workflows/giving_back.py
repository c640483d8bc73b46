"""Workflows of goods that come back, and of the money."""

from __future__ import annotations

from typing import Final

from twin.model import supply
from twin.model.refunds import Payments, Postings, Refunds
from twin.model.returns import Inspectors, Returns
from twin.model.workflows.workflow import CARRIERS, ONLINE, Workflow

GIVING_BACK: Final = (
    Workflow(
        title="Return by post",
        paragraph=(
            "A parcel comes back to a DC. Somebody inspects and grades it, in working hours: what can be sold again "
            "is put on the rack, the rest is written off or sent back. Until then it is stock that nobody can buy. "
            "(An arm that does not inspect has it on the rack at once.)"
        ),
        stories=(Returns._handle, Returns.day, supply.returns),
        outlets=ONLINE,
        systems=("link", *CARRIERS),
        messages=("return",),
        milestones=("return.received",),
        faults=("outage",),
        settings=(
            "demand.returns.share",
            "systems.returns.mode",
            "systems.returns.inspection",
            "systems.returns.open_box",
        ),
        kpis=(
            "return_count",
            "return_to_shelf_p95_s",
            "return_recovered_share",
            "return_limbo_units",
            "return_limbo_usd",
            "return_written_off_usd",
            "return_inspection_hours",
        ),
    ),
    Workflow(
        title="Return to a store",
        paragraph=(
            "A customer brings something to a store, bought there or online. A store that cannot see the order "
            "sends it to its DC; else its people inspect it, and it is sold again there or at the DC, as the arm "
            "chooses."
        ),
        stories=(Returns._handle, Returns.day, Inspectors.done),
        outlets=("till", *ONLINE),
        systems=("link", *CARRIERS),
        messages=("return",),
        milestones=("return.received",),
        faults=("outage",),
        settings=(
            "demand.returns.to_store",
            "demand.returns.till_share",
            "systems.returns.restock",
            "systems.returns.refunds.across",
        ),
        kpis=("return_recovered_units", "return_to_shelf_p95_s", "return_limbo_end_units"),
    ),
    Workflow(
        title="Refund",
        paragraph=(
            "Something came back, or what was paid will not be supplied. Who pays hears of it by an event or the "
            "next file, the payment provider is called until it pays, people pay what it does not, and the ERP "
            "books the credit. Without a common key one return may be paid twice."
        ),
        stories=(Refunds._refund, Payments.pay, Postings.done, Refunds._second),
        outlets=("till", *ONLINE),
        systems=("payment", "erp", "broker", "files"),
        faults=("outage", "errors", "slow"),
        settings=("demand.returns.registered_twice", "systems.returns.refunds"),
        kpis=(
            "refund_completion_p95_s",
            "refund_cancelled_p95_s",
            "refund_on_time_share",
            "refunds_open",
            "refunded_usd",
            "refunds_paid_twice",
            "refund_human_hours",
        ),
    ),
)
