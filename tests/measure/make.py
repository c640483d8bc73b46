"""Tiny hand-made journals: rows given as keyword changes to a plain default, written as a run writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from twin.core.bins import bin_of
from twin.core.clock import DAY, HOUR, MINUTE, SECOND
from twin.journal.books import ExceptionEnd
from twin.journal.checkout import Errand
from twin.journal.notices import Notice
from twin.journal.observability import By, Signal
from twin.journal.orders import Cause, CollectionEnd, Degraded, Mode, Refusal, SagaEnd, Status
from twin.journal.prices import Settled
from twin.journal.returns import Claim, RefundEnd, ReturnEnd
from twin.journal.same_day import Offer
from twin.journal.tables import FAULT, NONE, PRICE, TABLES
from twin.journal.totals import Fate, FeedName, Latency
from twin.measure.cohort import Cohort, cohort_of
from twin.policies.counting import Why
from twin.scenario.scenario import Scenario
from twin.world.tables import TroubleKind

Row = dict[str, Any]

START, END = DAY, 3 * DAY
"""The window of :func:`scenario`: ``[START, END)``."""

HORIZON = 4 * DAY
PAIRS = 10
SKU_CENTS = ((1000, 600), (2000, 500))
"""Price and cost of the two SKUs."""

_LEDGERS = ("shelf", "operations", "commerce", "finance")


def scenario(**changes: Any) -> Scenario:
    """Two channels (web, market), two arms, warm-up 1 d, window 2 d, follow-up 1 d."""
    spec = {
        "twin": 1,
        "name": "tiny",
        "seed": 1,
        "calendar": {"start": "2026-03-02", "warm_up": "1d", "window": "2d", "follow_up": "1d"},
        "estate": {
            "regions": [{"name": "east", "time_zone": "America/New_York", "share": 1.0}],
            "dcs": [{"name": "dc", "region": "east"}],
            "skus": {"count": 2},
            "stores": {
                "count": 1,
                "clusters": [{"name": "all", "share": 1.0, "weekly_lines": 10, "assortment": 1, "ships": 1.0}],
            },
        },
        "demand": {
            "channels": {
                "web": {"kind": "web", "weekly_checkouts": 7.0},
                "market": {"kind": "marketplace", "weekly_checkouts": 7.0},
            }
        },
        "arms": {"files": {"preset": "point_to_point"}, "mixed": {"preset": "hybrid"}},
    }
    return Scenario.model_validate(spec | changes)


def line(status: Status, **changes: Any) -> Row:
    """One unit of SKU 0 in order 1, wanted by web at the start of the window; a cause or reason where one is needed."""
    row = dict.fromkeys(TABLES["lines"].names or (), 0)
    row |= {"order": 1, "quantity": 1, "t_demand": START, "t_decision": START, "status": status, "substitute": NONE}
    short = status in (Status.OVERSOLD, Status.BACKORDERED)
    row["cause"], row["t_short"] = (Cause.RACE, changes.get("t_end", START)) if short else (Cause.NONE, NONE)
    row["price_cents"] = SKU_CENTS[changes.get("sku", 0)][0]
    row["refusal"] = Refusal.NO_STOCK if status == Status.REFUSED else Refusal.NONE
    return _changed(row, changes)


def false_oos(reason: Refusal, **changes: Any) -> Row:
    """A line refused although the truth could back it."""
    return line(Status.REFUSED, refusal=reason, false_oos=1, **changes)


def order(**changes: Any) -> Row:
    """A shipped order demanded at the start of the window, of which nothing has happened yet."""
    row = dict.fromkeys(TABLES["orders"].names or (), NONE)
    row |= {"order": 1, "channel": 0, "region": 0, "mode": Mode.SHIP, "lines": 1, "parcels": 0, "t_demand": START}
    return _changed(row, {"call": 0} | changes)


def scrape(**changes: Any) -> Row:
    """An observation at the start of the window that finds nothing wrong."""
    return _changed(dict.fromkeys(TABLES["scrapes"].names or (), 0) | {"t": START}, changes)


def spell(**changes: Any) -> Row:
    """A time in which the first fallback, which serves stale, was on for web."""
    row = dict.fromkeys(TABLES["fallbacks"].names or (), 0) | {"strategy": Degraded.SERVE_STALE}
    return _changed(row, changes)


def alert(**changes: Any) -> Row:
    """The first alert, of the age of the movements, that still stood at the end."""
    row = dict.fromkeys(TABLES["alerts"].names or (), 0) | {"signal": Signal.AGE, "ended": NONE}
    return _changed(row, changes)


def incident(**changes: Any) -> Row:
    """A loss of movements from the start of the window on, that ends by itself and nobody noticed."""
    row = dict.fromkeys(TABLES["incidents"].names or (), NONE)
    row |= {"trouble": 0, "kind": TroubleKind.LOST, "start": START, "by": By.NOBODY, "repairable": 0}
    return _changed(row, changes)


def saga(**changes: Any) -> Row:
    """A saga that began with the window and completed at once."""
    row = dict.fromkeys(TABLES["sagas"].names or (), 0)
    row |= {"order": 1, "t_begin": START, "t_end": START, "t_failed": NONE, "t_given_up": NONE, "failed": NONE}
    return _changed(row | {"outcome": SagaEnd.COMPLETED}, changes)


def goods(**changes: Any) -> Row:
    """One unit of SKU 0 that came back at the start of the window, as new, and was on a shelf at once."""
    row = dict.fromkeys(TABLES["returns"].names or (), 0)
    row |= {"entity": 1, "quantity": 1, "t_received": START, "t_graded": START, "t_end": START}
    return _changed(row | {"outcome": ReturnEnd.RESTOCKED}, changes)


def refund(**changes: Any) -> Row:
    """A claim of 10 USD for a return, due at the start of the window and settled at once."""
    row = dict.fromkeys(TABLES["refunds"].names or (), 0)
    row |= {"refund": 1, "kind": Claim.RETURN, "entity": 1, "line": NONE, "cents": 1000, "t_due": START, "paid": 1}
    row |= {"t_start": START, "t_paid": START, "t_end": START, "outcome": RefundEnd.POSTED}
    return _changed(row, changes)


def count(**changes: Any) -> Row:
    """A count, by the calendar, that took a minute at the start of the window and found the three units it should."""
    row = dict.fromkeys(TABLES["counts"].names or (), 0)
    row |= {"why": Why.CALENDAR, "t_listed": START, "t_begin": START, "t_end": START + MINUTE}
    return _changed(row | {"expected": 3, "on_hand": 3, "counted": 3}, changes)


def census(**changes: Any) -> Row:
    """A census of ten shelves at the start of the window that finds nothing wrong."""
    row = dict.fromkeys(TABLES["censuses"].names or (), 0) | {"t": START, "shelves": 10}
    return _changed(row, changes)


def transfer(**changes: Any) -> Row:
    """Two units that one store sent another at the start of the window, and that arrived an hour later."""
    row = dict.fromkeys(TABLES["transfers"].names or (), 0)
    return _changed(row | {"target": 1, "units": 2, "t_sent": START, "t_arrived": START + HOUR}, changes)


def collection(outcome: CollectionEnd, **changes: Any) -> Row:
    """An order of one unit that was picked and ready when the window began."""
    row = dict.fromkeys(TABLES["collections"].names or (), NONE)
    row |= {"order": 1, "node": 1, "lines": 1, "units": 1, "t_pick": START, "t_ready": START, "outcome": outcome}
    return _changed(row, changes)


def wish(answer: Offer, **changes: Any) -> Row:
    """A customer of the window who wants the order within twelve hours of its start."""
    row = dict.fromkeys(TABLES["same_day"].names or (), 0)
    row |= {"order": 1, "answer": answer, "node": NONE, "t_asked": START, "t_due": NONE}
    if answer == Offer.OFFERED:
        row |= {"node": 1, "t_due": START + 12 * HOUR}
    return _changed(row, changes)


def drop(**changes: Any) -> Row:
    """A parcel of one unit that was ready when the window began, left at once and was there in an hour."""
    row = dict.fromkeys(TABLES["drops"].names or (), START) | {"order": 1, "parcel": 0, "node": 1, "units": 1}
    return _changed(row | {"t_delivered": START + HOUR}, changes)


def looked_for(**changes: Any) -> Row:
    """A line that an associate looked for and did not find."""
    return _changed(dict.fromkeys(TABLES["assisted"].names or (), 0) | {"order": 1, "node": 1}, changes)


def parcel(**changes: Any) -> Row:
    """A parcel of one unit from the DC, for 6 USD, ordered and picked at the start of the window."""
    row = dict.fromkeys(TABLES["parcels"].names or (), 0)
    row |= {"order": 1, "lines": 1, "units": 1, "cents": 600, "t_demand": START, "t_pick": START, "t_ready": START}
    return _changed(row, changes)


def close(**changes: Any) -> Row:
    """The first close, at the start of the window, at which ten units of stock match and nothing else happened."""
    row = dict.fromkeys(TABLES["closes"].names or (), 0) | {"t_due": START, "t": START}
    row |= {f"{name}_units": 10 for name in _LEDGERS} | {f"{name}_cents": 6000 for name in _LEDGERS}
    return _changed(row, changes)


def exception(**changes: Any) -> Row:
    """A unit of SKU 0 that the first close missed, cleared in six minutes an hour later."""
    row = dict.fromkeys(TABLES["exceptions"].names or (), 0)
    row |= {"order": NONE, "line": NONE, "units": 1, "cents": 600, "t_listed": START, "t_begin": START + HOUR}
    row |= {"t_end": START + HOUR + 6 * MINUTE, "outcome": ExceptionEnd.CLEARED, "corrected": 1}
    return _changed(row, changes)


def errand(**changes: Any) -> Row:
    """A tax quote for the first order, asked for when the window began and there two seconds later."""
    row = dict.fromkeys(TABLES["errands"].names or (), 0)
    row |= {"order": 1, "errand": Errand.TAX, "t_asked": START, "t_end": START + 2 * SECOND}
    return _changed(row, changes)


def notice(**changes: Any) -> Row:
    """The first order was accepted when the window began, and its customer told two seconds later."""
    row = dict.fromkeys(TABLES["notices"].names or (), 0)
    row |= {"order": 1, "notice": Notice.ACCEPTED, "t": START, "t_told": START + 2 * SECOND, "t_asked": NONE}
    return _changed(row, changes)


def supply(**changes: Any) -> Row:
    """Ten units ordered of a supplier when the window began, taken at once and there a day later."""
    row = dict.fromkeys(TABLES["supplies"].names or (), 0) | {"lines": 1, "units": 10}
    row |= {"t_ordered": START, "t_placed": START, "t_acknowledged": START + HOUR, "t_arrived": START + DAY}
    return _changed(row, changes)


def absence(**changes: Any) -> Row:
    """A picker of the store who is away for four hours from when the window began, and nobody stands in."""
    row = {"node": 1, "pickers": 1, "t": START, "t_end": START + 4 * HOUR, "t_told": NONE, "t_back": START + 4 * HOUR}
    return _changed(row, changes)


def priced(change: int, t: int, sku: int, price_cents: int) -> Row:
    """A list price, of no promotion."""
    return {"change": change, "t": t, "sku": sku, "price_cents": price_cents, "promotion": 0}


def shown(outlet: int, change: int, t: int, sku: int, price_cents: int) -> Row:
    """An outlet shows the price of a change."""
    return {"outlet": outlet, "change": change, "t": t, "sku": sku, "price_cents": price_cents}


def mispriced(shown: int, charged: int, listed: int, till: int, **changes: Any) -> Row:
    """One unit of SKU 0 in order 1, bought in the web at the start of the window and supplied; prices in cents."""
    row = dict.fromkeys(TABLES["mispriced"].names or (), 0) | {"order": 1, "quantity": 1, "status": Status.SUPPLIED}
    row |= {"settled": Settled.HONOURED, "t_demand": START, "t": START, "shown_cents": shown, "charged_cents": charged}
    return _changed(row | {"list_cents": listed, "till_cents": till}, changes)


def till_gap(listed: int, till: int, units: int, **changes: Any) -> Row:
    """An hour from the start of the window on in which the tills had another price for SKU 0 than the list."""
    row = {"sku": 0, "t_from": START, "t_to": START + HOUR, "list_cents": listed, "till_cents": till, "units": units}
    return _changed(row, changes)


def latencies(measure: Latency, channel: int, *values_us: int) -> list[Row]:
    """One histogram row per latency."""
    return [{"measure": measure, "channel": channel, "bin": bin_of(value), "count": 1} for value in values_us]


def _changed(row: Row, changes: Mapping[str, Any]) -> Row:
    assert set(changes) <= set(row), f"no such column: {sorted(set(changes) - set(row))}"
    return row | dict(changes)


def journal(
    folder: Path,
    *,
    lines: Iterable[Row] = (),
    orders: Iterable[Row] = (),
    scrapes: Iterable[Row] = (),
    latency: Iterable[Row] = (),
    fallbacks: Iterable[Row] = (),
    alerts: Iterable[Row] = (),
    incidents: Iterable[Row] = (),
    sagas: Iterable[Row] = (),
    returns: Iterable[Row] = (),
    refunds: Iterable[Row] = (),
    counts: Iterable[Row] = (),
    censuses: Iterable[Row] = (),
    transfers: Iterable[Row] = (),
    collections: Iterable[Row] = (),
    closes: Iterable[Row] = (),
    exceptions: Iterable[Row] = (),
    same_day: Iterable[Row] = (),
    drops: Iterable[Row] = (),
    assisted: Iterable[Row] = (),
    errands: Iterable[Row] = (),
    notices: Iterable[Row] = (),
    supplies: Iterable[Row] = (),
    absences: Iterable[Row] = (),
    parcels: Iterable[Row] = (),
    list_prices: Iterable[Row] = (),
    shown_prices: Iterable[Row] = (),
    price_events: Iterable[Row] = (),
    mispriced: Iterable[Row] = (),
    till_gaps: Iterable[Row] = (),
    flows: Mapping[str, int] | None = None,
    fates: Mapping[tuple[FeedName, Fate], int] | None = None,
    faults: Iterable[tuple[str, str, int, int]] = (),
    skus: Iterable[tuple[int, int]] = SKU_CENTS,
) -> Path:
    """Write a run's folder and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    rows: dict[str, Iterable[Row]] = {
        "lines": lines,
        "orders": orders,
        "jobs": (),
        "scrapes": scrapes,
        "latency": latency,
        "fallbacks": fallbacks,
        "alerts": alerts,
        "incidents": incidents,
        "spans": (),
        "sagas": sagas,
        "returns": returns,
        "refunds": refunds,
        "counts": counts,
        "censuses": censuses,
        "transfers": transfers,
        "collections": collections,
        "closes": closes,
        "exceptions": exceptions,
        "same_day": same_day,
        "drops": drops,
        "assisted": assisted,
        "errands": errands,
        "notices": notices,
        "supplies": supplies,
        "absences": absences,
        "parcels": parcels,
        "list_prices": list_prices,
        "shown_prices": shown_prices,
        "price_jobs": (),
        "price_events": price_events,
        "mispriced": mispriced,
        "till_gaps": till_gaps,
        "flows": [{"name": name, "value": value} for name, value in (flows or {}).items()],
        "fates": [
            {"feed": feed, "fate": fate, "messages": (fates or {}).get((feed, fate), 0)}
            for feed in (FeedName.MOVEMENTS, FeedName.ORDERS, FeedName.POSTING)
            for fate in Fate
        ],
    }
    for table, dtype in TABLES.items():
        write(folder, table, _array(rows[table], dtype))
    priced = [{"sku": n, "price_cents": price, "cost_cents": cost} for n, (price, cost) in enumerate(skus)]
    write(folder, "skus", _array(priced, PRICE))
    write(folder, "faults", np.array(list(faults), FAULT))
    return folder


def write(folder: Path, table: str, array: NDArray[np.void]) -> None:
    """Write one structured array as ``<table>.parquet``."""
    names = array.dtype.names or ()
    pq.write_table(
        pa.table({name: pa.array(array[name].tolist(), _arrow(array.dtype[name])) for name in names}),
        folder / f"{table}.parquet",
    )


def _arrow(dtype: np.dtype[Any]) -> pa.DataType:
    return pa.string() if dtype.kind == "U" else pa.from_numpy_dtype(dtype)


def _array(rows: Iterable[Row], dtype: np.dtype[Any]) -> NDArray[np.void]:
    return np.array([tuple(row[name] for name in dtype.names or ()) for row in rows], dtype)


def cohort(folder: Path, **tables: Any) -> Cohort:
    """The cohort of a journal made of these tables."""
    return cohort_with(scenario(), folder, **tables)


def cohort_with(made: Scenario, folder: Path, **tables: Any) -> Cohort:
    """The same, of the arm ``files`` of another scenario."""
    return cohort_of(journal(folder, **tables), made, "files")
