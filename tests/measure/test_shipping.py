"""What parcels cost, how many an order comes in, and how many a store sends."""

from __future__ import annotations

from pathlib import Path

from tests.measure.make import END, START, Row, cohort, parcel
from twin.core.clock import DAY
from twin.journal.orders import Mode
from twin.measure.kpis import measure_cohort
from twin.measure.shipping import SHIPPING

PARCELS: list[Row] = [
    parcel(order=1),
    parcel(order=1, parcel=1, cents=750, from_store=1, node=1),
    parcel(order=1, parcel=3, cents=850, from_store=1, node=2, t_pick=START + DAY),
    parcel(order=2, cents=650, t_pick=END),  # picked behind the window
    parcel(order=3, mode=Mode.PICKUP, cents=0, from_store=1, node=1),
    parcel(order=4, cents=9900, from_store=1, node=1, t_demand=START - 1),  # demanded before it
]


def test_parcels_are_paid_for_and_counted_by_their_orders(tmp_path: Path) -> None:
    kpis = measure_cohort(cohort(tmp_path, parcels=PARCELS))
    assert kpis["shipping_usd"] == 28.5
    assert kpis["shipping_usd_per_order"] == 14.25
    assert kpis["parcels_per_order"] == 2
    assert kpis["split_order_share"] == 0.5
    assert kpis["store_shipped_share"] == 0.5


def test_a_stores_work_is_counted_by_day_whatever_becomes_of_its_parcels(tmp_path: Path) -> None:
    kpis = measure_cohort(cohort(tmp_path, parcels=PARCELS))
    assert kpis["store_parcels_p50_per_day"] == 1
    assert kpis["store_parcels_p95_per_day"] == 3  # node 1: one shipped, one picked up, one from before


def test_caps_are_counted_over_sourcings(tmp_path: Path) -> None:
    kpis = measure_cohort(cohort(tmp_path, flows={"sourcings": 8, "capped_sourcings": 2}))
    assert kpis["capped_sourcing_share"] == 0.25


def test_without_a_parcel_there_is_nothing_to_pay_and_nothing_to_divide(tmp_path: Path) -> None:
    kpis = measure_cohort(cohort(tmp_path))
    assert {kpi.name: kpis[kpi.name] for kpi in SHIPPING} == dict.fromkeys(k.name for k in SHIPPING) | {
        "shipping_usd": 0
    }
