"""Every KPI of one small hand-made journal, worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.measure.make import (
    END,
    PAIRS,
    START,
    Row,
    absence,
    alert,
    census,
    close,
    collection,
    count,
    errand,
    exception,
    false_oos,
    goods,
    incident,
    journal,
    latencies,
    line,
    mispriced,
    notice,
    order,
    parcel,
    priced,
    refund,
    saga,
    scenario,
    scrape,
    shown,
    spell,
    supply,
    till_gap,
    transfer,
)
from twin.core.clock import DAY, HOUR, MINUTE, SECOND
from twin.journal.books import ExceptionEnd
from twin.journal.checkout import Answer, Errand
from twin.journal.notices import Notice
from twin.journal.observability import By
from twin.journal.orders import Cause, CollectionEnd, Mode, Refusal, SagaEnd, Status
from twin.journal.prices import Settled
from twin.journal.returns import Claim, Condition, RefundEnd, ReturnEnd
from twin.journal.same_day import Offer
from twin.journal.tables import NONE
from twin.journal.totals import Fate, FeedName, Latency
from twin.measure.kpis import KPIS, kpi_names, measure
from twin.measure.marketplaces import MARKETPLACES
from twin.measure.shortages import SHORTAGES

LINES: list[Row] = [
    # web: 5 accepted (2 oversold, 1 of them in an order with the other; 1 open), 1 refused wrongly
    line(Status.SUPPLIED, quantity=3, short_picks=1),
    line(Status.SUPPLIED, order=2, sku=1, staleness=10 * SECOND),
    line(Status.OVERSOLD, order=3, quantity=2, cause=Cause.RACE, short_picks=2, staleness=20 * SECOND),
    line(Status.OVERSOLD, order=3, line=1, sku=1, cause=Cause.WALK_IN, degraded=3, staleness=30 * SECOND),
    line(Status.ACCEPTED, order=4, degraded=1, staleness=40 * SECOND),
    false_oos(Refusal.BUFFER, order=5, sku=1, staleness=50 * SECOND),
    # market: 1 accepted, 1 refused wrongly without any decision, 2 refused rightly, 1 abandoned
    line(Status.SUPPLIED, order=6, channel=1, sku=1, quantity=2, staleness=60 * SECOND),
    false_oos(Refusal.CLOSED, order=7, channel=1, t_decision=START, staleness=0),
    line(Status.REFUSED, order=8, channel=1, staleness=70 * SECOND),
    line(Status.REFUSED, order=8, line=1, channel=1, refusal=Refusal.TIME_OUT, staleness=95 * SECOND),
    line(Status.ABANDONED, order=9, channel=1, degraded=1, staleness=90 * SECOND),
]

_HANDLED = {"t_accept": START + SECOND, "t_release": START + 3 * SECOND, "t_pick": START + HOUR + SECOND}

ORDERS: list[Row] = [
    order(order=1, call=0, **_HANDLED, t_ready=START + 2 * HOUR, t_done=START + 5 * HOUR + SECOND),
    order(
        order=2,
        call=2 * SECOND,
        mode=Mode.PICKUP,
        **_HANDLED,
        t_ready=START + 2 * HOUR + SECOND,
        t_done=START + 2 * HOUR,
    ),
    order(order=3, call=4 * SECOND, t_accept=START, t_release=START + MINUTE),  # cancelled whole, never picked
    order(order=5, call=6 * SECOND),  # refused
]

SCRAPES: list[Row] = [
    scrape(
        t=START, view_wrong=1, view_gap=5, record_wrong=2, record_gap=10, books_gap=4, unseen=3, unposted=7, set_aside=2
    ),
    scrape(
        t=END - 1,
        view_wrong=3,
        view_gap=15,
        record_wrong=4,
        record_gap=20,
        books_gap=8,
        unseen=9,
        unposted=1,
        set_aside=4,
    ),
]

COLLECTIONS: list[Row] = [
    collection(CollectionEnd.COLLECTED, order=2, t_collected=START + HOUR),
    collection(CollectionEnd.TOO_LATE, order=10, units=3, t_given_up=START + DAY, t_back=START + 2 * DAY),
    collection(CollectionEnd.WAITING, order=11),
    collection(CollectionEnd.NEVER_CAME, order=12, t_ready=START - 1, t_given_up=START),  # before the window
]

ERRANDS: list[Row] = [
    errand(),
    errand(order=2, t_end=START + 5 * SECOND, answer=Answer.WITHOUT, failure=Refusal.TIME_OUT),
    errand(order=9, t_end=START + SECOND, answer=Answer.WITHOUT, failure=Refusal.ERROR),  # not paid after all
    errand(order=5, t_end=START + 4 * SECOND, answer=Answer.LOST, failure=Refusal.CLOSED),
    errand(errand=Errand.CUSTOMER, order=3, t_end=START + SECOND, answer=Answer.WITHOUT, failure=Refusal.CLOSED),
    errand(errand=Errand.CUSTOMER, order=6, t_end=START + SECOND, answer=Answer.LOST, failure=Refusal.CLOSED),
    errand(order=1, t_asked=END, t_end=END + DAY, answer=Answer.LOST, failure=Refusal.CLOSED),  # after the window
]

NOTICES: list[Row] = [
    notice(),
    notice(order=2, notice=Notice.READY, t_told=START + HOUR, t_asked=START + MINUTE),
    notice(order=3, t_told=NONE, t_asked=START + MINUTE, lost=1),
    notice(order=4),
    notice(order=5, t=END, t_told=NONE, t_asked=END + 1),  # after the window
]

SUPPLIES: list[Row] = [
    supply(),
    supply(supplier=1, t_placed=START + HOUR, t_arrived=START + 3 * DAY, short=2),
    supply(t_ordered=START - 1, t_placed=END, short=10),  # before the window
]

ABSENCES: list[Row] = [
    absence(),
    absence(pickers=2, t_told=START, t_back=START + HOUR),
    absence(t=START - 1),  # before the window
]
MISPRICED: list[Row] = [
    mispriced(900, 900, 1000, 950, order=1, quantity=3),
    mispriced(1000, 1000, 1000, 900, order=2),
    mispriced(2200, 2200, 2000, 2000, order=6, channel=1, sku=1, quantity=2),
    mispriced(900, 1000, 1000, 1000, order=9, channel=1, settled=Settled.WALKED_AWAY, status=Status.ABANDONED),
]

TILL_GAPS: list[Row] = [till_gap(1000, 800, 5), till_gap(2000, 2100, 7, sku=1)]

LIST_PRICES: list[Row] = [
    priced(-1, 0, 0, 1000),
    priced(-1, 0, 1, 2000),
    priced(0, START, 0, 900),
    priced(1, START + HOUR, 1, 1800),
]

SHOWN_PRICES: list[Row] = [
    row
    for outlet, first, second in ((0, 100, 200), (1, 300, 400), (2, 500, 600))
    for row in (
        shown(outlet, 0, START + first * SECOND, 0, 900),
        shown(outlet, 1, START + HOUR + second * SECOND, 1, 1800),
    )
]

PRICE_EVENTS: list[Row] = [{"outlet": 1, "sent": 5, "lost": 2, "overtaken": 1, "under_way": 0}]

LATENCY: list[Row] = [
    *latencies(Latency.VIEW, NONE, 10, 20, 30),
    *latencies(Latency.CHANNEL, 0, 40, 50),
    *latencies(Latency.CHANNEL, 1, 60, 70),
    *latencies(Latency.RECORD, NONE, 80),
]

FLOWS = {
    "pairs": PAIRS,
    "sourcings": 8,
    "capped_sourcings": 2,
    "till_units": 90,
    "till_units_lost": 10,
    "till_units_by_hand": 19,
    "movements": 100,
    "seen": 97,
    "reserve_messages": 20,
    "service_calls": 10,
    "service_time_outs": 1,
    "erp_calls": 4,
    "erp_time_outs": 3,
    "lapsed_holds": 8,
    "calls_again": 7,
    "calls_rejected": 6,
    "breaker_openings": 5,
    "call_errors": 2,
    "dead_lettered": 21,
    "redriven": 10,
    "handed_again": 12,
    "applied_again": 9,
    "corrections": 14,
    "corrected_units": 15,
    "pick_corrections": 16,
    "pick_corrected_units": 17,
    "damaged_units": 18,
    "calls_throttled": 6,
    "calls_queued": 8,
    "token_fetches": 9,
    "token_failures": 3,
    "calls_unauthorised": 4,
    "calls_gone": 1,
    "rework_us": 90 * MINUTE,
    "broken_us": 150 * MINUTE,
    "calls_crossing": 12,
    "calls_redacted": 11,
    "calls_kept_back": 10,
    "lines_confirmed": 14,
    "confirmations_cancelled": 13,
}

FALLBACKS: list[Row] = [
    spell(channel=0, start=START - HOUR, end=START + HOUR),  # half of it in the window
    spell(channel=0, fallback=1, start=START + 30 * MINUTE, end=START + 2 * HOUR),  # overlaps the first
    spell(channel=1, start=END - HOUR, end=NONE),  # goes on
    spell(channel=1, fallback=1, start=0, end=START),  # before the window
]

ALERTS: list[Row] = [
    alert(start=START - MINUTE, raised=START - 1),  # before the window
    alert(start=START + 5 * MINUTE, raised=START + 10 * MINUTE),
    alert(start=START + 2 * HOUR, raised=START + 3 * HOUR),  # all that is to be repaired is
]

INCIDENTS: list[Row] = [
    incident(start=START - HOUR, noticed=START, by=By.PEOPLE),  # before the window
    incident(noticed=START + 10 * MINUTE, by=By.ALERT, repaired=START + 70 * MINUTE, repairable=1),
    incident(start=START + 2 * HOUR, noticed=START + 150 * MINUTE, by=By.PEOPLE),
    incident(start=END - HOUR, repairable=1),  # nobody has noticed it by the end, a day later
]

FATES = {
    (FeedName.MOVEMENTS, Fate.APPLIED): 90,
    (FeedName.MOVEMENTS, Fate.IN_FLIGHT): 3,
    (FeedName.MOVEMENTS, Fate.SUPERSEDED): 1,
    (FeedName.MOVEMENTS, Fate.LOST): 1,
    (FeedName.MOVEMENTS, Fate.EXPIRED): 2,
    (FeedName.MOVEMENTS, Fate.DEAD_LETTER): 3,
    (FeedName.ORDERS, Fate.APPLIED): 16,
    (FeedName.ORDERS, Fate.LOST): 4,
    (FeedName.POSTING, Fate.APPLIED): 80,
    (FeedName.POSTING, Fate.SUPERSEDED): 5,
    (FeedName.POSTING, Fate.EXPIRED): 7,
    (FeedName.POSTING, Fate.DEAD_LETTER): 8,
}

PER_WEEK = 7 / 4  # the run lasts four days

NOTHING_FAILED = {name: None for name in kpi_names(scenario()) if name.startswith(("fault_", "continuity"))}
"""KPIs of faults are worked out in test_faults.py."""

SAGAS = [
    saga(t_end=START + MINUTE, duplicates=3, cases=2, human=30 * MINUTE, waited=HOUR),
    saga(
        order=3,
        outcome=SagaEnd.COMPENSATED,
        failed=1,
        t_failed=START,
        t_given_up=START,
        t_end=START + 30 * SECOND,
        orphans=1,
    ),
    saga(order=4, outcome=SagaEnd.OPEN, failed=1, t_failed=START, t_given_up=START + 1, t_end=NONE),
]

RETURNS = [
    goods(quantity=2, t_end=START + HOUR, labour=6 * MINUTE),
    goods(entity=2, sku=1, t_end=START + 2 * HOUR, outcome=ReturnEnd.WRITTEN_OFF, labour=6 * MINUTE),
    goods(entity=3, t_received=END - 12 * HOUR, t_graded=NONE, t_end=NONE, outcome=ReturnEnd.LIMBO),
    goods(entity=4, condition=Condition.FRAUD, outcome=ReturnEnd.REJECTED),
]

REFUNDS = [
    refund(t_end=START + HOUR),
    refund(refund=2, kind=Claim.SECOND),
    refund(refund=3, entity=4, t_end=START + 2 * HOUR),
    refund(refund=4, entity=3, line=0, kind=Claim.CANCELLED, t_end=START + 30 * SECOND, human=30 * MINUTE),
    refund(refund=5, entity=3, t_due=END - 12 * HOUR, t_end=NONE, outcome=RefundEnd.OPEN, paid=0),
]

COUNTS: list[Row] = [
    count(),
    count(t_listed=START - HOUR, t_end=START + 3 * MINUTE, expected=5),
    count(expected=1, on_hand=4),
    count(t_end=END, expected=9),  # after the window
]

CENSUSES: list[Row] = [
    census(record_wrong=1, phantom=1, waiting=6, misplaced=3, unbooked=1),
    census(t=START + DAY, record_wrong=3, phantom=2, frozen=1, hidden=1, unbooked=8),
]

TRANSFERS: list[Row] = [
    transfer(),
    transfer(t_arrived=START + 2 * HOUR, units=3),
    transfer(t_sent=END, units=100),  # after the window
]

CLOSES: list[Row] = [
    close(
        finance_gap_units=3,
        finance_gap_cents=1800,
        standing_cents=900,
        commerce_gap_units=5,
        accepted_cents=50000,
        let_down_cents=2000,
        booked_cents=30000,
        refunds_due_cents=5000,
        refunds_booked_cents=1000,
        waiting=4,
    ),
    close(
        close=1,
        t=START + DAY,
        finance_gap_units=1,
        finance_gap_cents=600,
        accepted_cents=10000,
        booked_cents=12000,
    ),
    close(close=2, t=END, finance_gap_units=90, finance_gap_cents=90000),  # after the window
]

PARCELS: list[Row] = [
    parcel(order=1),
    parcel(order=1, parcel=1, node=5, from_store=1, cents=750),
    parcel(order=2, mode=Mode.PICKUP, node=6, from_store=1, cents=0),
    parcel(order=7, node=5, from_store=1, cents=850, t_pick=START + HOUR),
    parcel(order=8, t_demand=END, t_pick=END),  # after the window
]

EXCEPTIONS: list[Row] = [
    exception(),
    exception(number=1, t_begin=NONE, t_end=START + 2 * HOUR, outcome=ExceptionEnd.MATCHED, corrected=0),
    exception(number=2, close=1, t_listed=START + DAY, t_begin=NONE, t_end=NONE, outcome=ExceptionEnd.OPEN),
    exception(number=3, close=2, t_listed=END, t_begin=END, t_end=END + 9 * HOUR),  # after the window
]

EXPECTED: dict[str, float | None] = dict.fromkeys(kpi_names(scenario()), 0.0) | {
    **NOTHING_FAILED,
    "oversell_rate": 2 / 6,
    "oversell_rate_per_line_demanded": 2 / 11,
    "oversell_rate_units": 3 / 10,
    "oversell_rate_value": 40 / 140,
    "oversell_rate.race": 1 / 6,
    "oversell_rate.walk_in": 1 / 6,
    "oversell_rate.channel.web": 2 / 5,
    "oversell_rate.channel.market": 0.0,
    "oversold_lines": 2,
    "oversold_orders": 1,
    "oversold_cancelled_lines": 2,
    "oversold_cancelled_orders": 1,
    "backorder_filled_share": None,
    "backorder_wait_p50_s": None,
    "backorder_wait_p95_s": None,
    "backorder_on_promise_share": None,
    "substitutes_taken_share": None,
    "marketplace_cancelled_share": None,
    "late_shipment_rate": None,
    "open_share": 1 / 6,
    "degraded_share": 2 / 6,
    "degraded_share.serve_stale": 1 / 6,
    "degraded_share.fail_open": 1 / 6,
    "degraded_oversell_rate": 1 / 2,
    "degraded_channel_hours": 3,
    "degraded_hours.channel.web": 2,
    "degraded_hours.channel.market": 1,
    "fallback_spells": 3,
    "lines_confirmed": 14,
    "confirmations_cancelled": 13,
    "shipping_usd": 22.0,
    "shipping_usd_per_order": 11.0,
    "parcels_per_order": 3 / 2,
    "split_order_share": 1 / 2,
    "store_shipped_share": 2 / 3,
    "store_parcels_p50_per_day": 1,
    "store_parcels_p95_per_day": 2,
    "capped_sourcing_share": 1 / 4,
    "short_picks": 3,
    "short_pick_rate": 3 / 6,
    "refused_rate": 4 / 11,
    "true_oos_rate": 2 / 11,
    "false_oos_rate": 2 / 11,
    "false_oos_rate.buffer": 1 / 11,
    "false_oos_rate.closed": 1 / 11,
    "false_oos_rate.channel.web": 1 / 6,
    "false_oos_rate.channel.market": 1 / 5,
    "lines_demanded": 11,
    "lines_accepted": 6,
    "units_supplied": 6,
    "sync_latency_p50_s": 50e-6,
    "sync_latency_p95_s": 70e-6,
    "sync_latency_p99_s": 70e-6,
    "sync_latency_max_s": 70e-6,
    "sync_latency_own_p50_s": 40e-6,
    "sync_latency_own_p95_s": 50e-6,
    "sync_latency_own_p99_s": 50e-6,
    "sync_latency_own_max_s": 50e-6,
    "sync_latency_p95_s.channel.web": 50e-6,
    "sync_latency_p95_s.channel.market": 70e-6,
    "view_latency_p50_s": 20e-6,
    "view_latency_p95_s": 30e-6,
    "view_latency_p99_s": 30e-6,
    "posting_lag_p50_s": 80e-6,
    "posting_lag_p95_s": 80e-6,
    "posting_lag_p99_s": 80e-6,
    "staleness_p50_s": 40,
    "staleness_p95_s": 90,
    "staleness_p99_s": 90,
    "staleness_max_s": 90,
    "checkout_call_p50_s": 4,
    "checkout_call_p95_s": 6,
    "checkout_call_p99_s": 6,
    "orders_accepted": 3,
    "order_release_p50_s": 2,
    "order_release_p95_s": 60,
    "order_release_p99_s": 60,
    "released_on_time": 1.0,
    "release_backlog_peak": 3,
    "order_release_pickup_p95_s": 2,
    "order_release_ship_p95_s": 60,
    "released_on_time.pickup": 1.0,
    "released_on_time.ship": 1.0,
    "order_release_p50_s.channel.web": 2,
    "order_release_p95_s.channel.web": 60,
    "released_on_time.channel.web": 1.0,
    "order_release_p50_s.channel.market": None,
    "order_release_p95_s.channel.market": None,
    "released_on_time.channel.market": None,
    "fulfilment_p50_s": 3600,
    "fulfilment_p95_s": 3600,
    "fulfilment_p99_s": 3600,
    "ready_for_pickup_p50_s": 7200,
    "ready_for_pickup_p95_s": 7200,
    "declined_supplied_share": None,
    "pick_corrections_per_week": 16 * PER_WEEK,
    "pick_corrected_units_per_week": 17 * PER_WEEK,
    "damaged_units_per_week": 18 * PER_WEEK,
    **dict.fromkeys(  # customers for today, and in stores: test_same_day, test_clienteling
        (
            "order_release_same_day_p95_s",
            "released_on_time.same_day",
            "same_day_offered_share",
            *(f"same_day_refused_share.{answer.name.lower()}" for answer in Offer if answer != Offer.OFFERED),
            "same_day_false_no_stock_share",
            "same_day_on_time",
            "same_day_late_p95_s",
            "courier_wait_p50_s",
            "courier_wait_p95_s",
            "clienteling_from_shelf_share",
        )
    ),
    "notification_delay_p50_s": 2,
    "notification_delay_p95_s": 3600,
    "notification_lost_rate": 0.25,
    "customer_contacts": 2,
    "pickup_unaware_orders": 1,
    "supplier_lead_p95_s": 3 * 86400,
    "supplier_held_up_orders": 1,
    "supplier_short_share": 0.1,
    "picker_hours_missing": 4 + 2 * 1,
    "picker_hours_substituted": 2 * 3,
    "tax_call_p95_s": 5,
    "tax_lost_orders": 1,
    "tax_estimated_orders": 1,
    "customer_check_call_p95_s": 1,
    "customer_check_lost_orders": 1,
    "customer_unchecked_orders": 1,
    "pickup_ready_on_time": 1.0,
    "pickup_collected_share": 0.5,
    "pickup_not_collected_orders": 1,
    "pickup_too_late_orders": 1,
    "pickup_waiting_orders": 1,
    "pickup_collection_p50_s": 3600,
    "pickup_collection_p95_s": 3600,
    "pickup_waiting_units": 3,
    "pickup_restocked_units": 3,
    "pickup_out_of_sale_unit_days": 6,
    "delivery_p95_s": 5 * 3600,
    "stock_accuracy": 0.8,
    "record_accuracy": 0.7,
    "view_gap_units": 1.0,
    "record_gap_units": 1.5,
    "reconciliation_gap_units": 6.0,
    "closes": 2,
    "close_gap_units": 2.0,
    "close_gap_usd": 12.0,
    "close_gap_max_usd": 18.0,
    "close_gap_share": 24 / 120,
    "close_standing_share": 9 / 24,
    "close_commerce_gap_units": 2.5,
    "close_orders_gap_usd": (180 + 20) / 2,
    "close_refunds_gap_usd": 40 / 2,
    "close_exceptions_per_week": 3 * 7 / 2,
    "close_healed_share": 1 / 3,
    "close_open_share": 1 / 3,
    "close_hours": 0.1,
    "close_backlog_exceptions": 2.0,
    "close_clearing_p50_s": 2 * 3600,
    "close_clearing_p95_s": None,
    "close_done_p50_s": 2 * 3600,
    "close_done_p95_s": None,
    "backlog_peak_messages": 9,
    "posting_backlog_peak_messages": 7,
    "messages_per_week": 134 * PER_WEEK,
    "movements_in_flight_messages": 3,
    "movements_missing_share": 6 / 100,
    "lost_messages": 5,
    "expired_messages": 9,
    "superseded_messages": 6,
    "dead_letter_messages": 11,
    "dead_lettered_messages": 21,
    "redriven_messages": 10,
    "handed_again_messages": 12,
    "duplicate_messages": 9,
    "reload_corrections": 14,
    "reload_corrected_units": 15,
    "service_time_out_rate": 0.1,
    "erp_time_out_rate": 0.75,
    "calls_again_rate": 7 / 14,
    "calls_rejected_rate": 6 / 20,
    "call_error_rate": 2 / 14,
    "breaker_openings": 5,
    "detect_mean_s": (600 + 1800 + 25 * 3600) / 3,
    "repair_mean_s": (4200 + 25 * 3600) / 2,
    "noticed_by_alert_share": 1 / 3,
    "alerts_raised": 2,
    "false_alerts": 1,
    "till_fill_rate": 0.9,
    "stock_counts": 3,
    "count_hours": 5 / 60,
    "counts_changed_rate": 2 / 3,
    "miscounted_rate": 1 / 3,
    "count_found_units": 2,
    "count_lost_units": 2,
    "count_wait_p95_s": 63 * 60,
    "counts_waiting": 3,
    "shelf_record_accuracy": 0.8,
    "shelf_record_accuracy_change": -0.2 * 7,
    "phantom_share": 0.15,
    "frozen_share": 0.05,
    "hidden_share": 0.05,
    "misplaced_stock_units": 1.5,
    "unbooked_stock_units": 4.5,
    "transferred_units": 5,
    "transfer_p95_s": 7200,
    "till_units_lost_per_week": 10 * PER_WEEK,
    "till_units_by_hand_per_week": 19 * PER_WEEK,
    "lapsed_holds_per_week": 8 * PER_WEEK,
    "calls_throttled_rate": 6 / 20,
    "calls_queued_rate": 8 / 20,
    "api_error_rate": (6 + 4 + 1 + 2 + 1 + 3) / (6 + 4 + 1 + 14),
    "token_fetches": 9,
    "token_failures": 3,
    "rework_hours": 1.5,
    "broken_channel_hours": 2.5,
    "calls_crossing": 12,
    "calls_redacted": 11,
    "calls_kept_back": 10,
    "saga_completion_p50_s": 60.0,
    "saga_completion_p95_s": 60.0,
    "saga_compensated_rate": 1 / 3,
    "saga_undoing_p95_s": None,
    "saga_duplicates": 3,
    "saga_duplicates_per_10k_orders": 10_000.0,
    "saga_orphans": 1,
    "saga_cases_per_10k_orders": 20_000 / 3,
    "saga_human_hours": 0.5,
    "saga_case_mean_s": 1800.0,
    "saga_open_orders": 1,
    "return_count": 4,
    "return_recovered_units": 2,
    "return_recovered_share": 2 / 5,
    "return_to_shelf_p50_s": 3600.0,
    "return_to_shelf_p95_s": None,
    "return_limbo_units": 16 / 48,
    "return_limbo_end_units": 1,
    "return_limbo_usd": 94 / 48,
    "return_limbo_end_usd": 6.0,
    "return_inspection_hours": 0.2,
    "return_written_off_usd": 5.0,
    "refund_completion_p50_s": 7200.0,
    "refund_completion_p95_s": None,
    "refund_cancelled_p95_s": 30.0,
    "refund_on_time_share": 3 / 4,
    "refunds_open": 1,
    "refunded_usd": 40.0,
    "refunds_paid_twice": 1,
    "refunds_paid_twice_usd": 10.0,
    "refunds_for_nothing_usd": 10.0,
    "refund_human_hours": 0.5,
    "price_mismatch_rate": 2 / 6,
    "price_mismatch_till_rate": 3 / 6,
    "price_shown_wrong_rate": 2 / 6,
    "price_mismatch_rate.channel.web": 1 / 5,
    "price_mismatch_rate.channel.market": 1.0,
    "margin_given_away_usd": 3.0,
    "overcharged_usd": 4.0,
    "overcharged_lines": 1,
    "customers_lost_to_prices": 1,
    "margin_lost_to_prices_usd": 4.0,
    "till_given_away_usd": 10.0,
    "till_overcharged_usd": 7.0,
    "till_mispriced_units": 12,
    "till_overcharged_units": 7,
    "price_latency_tills_p50_s": 100.0,
    "price_latency_tills_p95_s": 200.0,
    "price_latency_own_p50_s": 300.0,
    "price_latency_own_p95_s": 400.0,
    "price_latency_marketplace_p50_s": 500.0,
    "price_latency_marketplace_p95_s": 600.0,
    "price_apart_share.tills": 300 / (2 * 48 * 3600),
    "price_apart_share.own": 700 / (2 * 48 * 3600),
    "price_apart_share.marketplace": 1100 / (2 * 48 * 3600),
    "price_events_lost": 2,
    "revenue_kept_usd": 90.0,
    "margin_kept_usd": 57.0,
    "margin_lost_refused_usd": 19.0,
    "margin_lost_oversold_usd": 23.0,
    "unit_margin_usd": 115 / 15,
}


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float | None]:
    folder = journal(
        tmp_path_factory.mktemp("run"),
        lines=LINES,
        orders=ORDERS,
        scrapes=SCRAPES,
        latency=LATENCY,
        flows=FLOWS,
        fates=FATES,
        fallbacks=FALLBACKS,
        alerts=ALERTS,
        incidents=INCIDENTS,
        sagas=SAGAS,
        returns=RETURNS,
        refunds=REFUNDS,
        counts=COUNTS,
        censuses=CENSUSES,
        transfers=TRANSFERS,
        collections=COLLECTIONS,
        closes=CLOSES,
        exceptions=EXCEPTIONS,
        errands=ERRANDS,
        notices=NOTICES,
        supplies=SUPPLIES,
        absences=ABSENCES,
        parcels=PARCELS,
        list_prices=LIST_PRICES,
        shown_prices=SHOWN_PRICES,
        price_events=PRICE_EVENTS,
        mispriced=MISPRICED,
        till_gaps=TILL_GAPS,
    )
    return measure(folder, scenario(), "files")


@pytest.mark.parametrize("name", EXPECTED)
def test_each_kpi_has_the_value_worked_out_by_hand(measured: dict[str, float | None], name: str) -> None:
    expected = EXPECTED[name]
    assert measured[name] == (None if expected is None else pytest.approx(expected, rel=1e-12))


def test_the_names_are_those_announced_and_in_that_order(measured: dict[str, float | None]) -> None:
    assert tuple(measured) == kpi_names(scenario())


def test_what_is_0_here_is_a_cause_a_reason_or_a_strategy_that_does_not_occur() -> None:
    zero = {name for name, value in EXPECTED.items() if value == 0.0}
    zero -= {"refunded_not_collected_usd", "margin_lost_not_collected_usd"}  # in test_pickup, with lines of their own
    elsewhere = ("same_day_", "courier_", "clienteling_", "saved_sales")  # in files of their own
    zero = {name for name in zero if not name.startswith(elsewhere)}
    zero -= {kpi.name for kpi in (*SHORTAGES, *MARKETPLACES)}  # likewise in test_shortages
    assert all(
        name.startswith(("oversell_rate.", "false_oos_rate.", "degraded_share.", "decline_rate.")) for name in zero
    )


def test_an_empty_journal_measures_nothing_but_counts_and_sums_of_0(tmp_path: Path) -> None:
    counted = {name for name, kpi in KPIS.items() if kpi.unit in {"lines", "orders", "picks", "units", "USD"}}
    counted -= {name for name in counted if "gap" in name or name in NOTHING_FAILED}
    counted |= {"movements_in_flight_messages", "lost_messages", "expired_messages", "superseded_messages"}
    counted |= {"dead_letter_messages", "fallback_spells", "degraded_channel_hours", "alerts_raised", "false_alerts"}
    counted |= {"return_count", "return_inspection_hours", "refunds_open", "refunds_paid_twice", "refund_human_hours"}
    counted |= {"stock_counts", "count_hours", "saga_duplicates", "saga_human_hours", "saga_orphans"}
    counted |= {"pickup_out_of_sale_unit_days", "courier_drops", "price_events_lost"}
    counted |= {"pickup_out_of_sale_unit_days", "customer_contacts", "picker_hours_missing", "picker_hours_substituted"}
    counted |= {"price_events_lost"}
    counted -= {"pickup_waiting_units"}  # a mean
    counted |= {"closes", "close_exceptions_per_week", "close_hours"}
    counted |= {"degraded_hours.channel.web", "degraded_hours.channel.market"}
    counted -= {"reload_corrected_units"}  # a total of the run, of which an empty journal knows nothing
    counted -= {"misplaced_stock_units", "unbooked_stock_units"}  # means over censuses
    empty = measure(journal(tmp_path), scenario(), "files")
    assert {name for name, value in empty.items() if value is not None} == counted
    assert all(empty[name] == 0 for name in counted)
