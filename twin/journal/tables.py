"""Journal tables: one row per thing that happened. Times are microseconds since the start; :data:`NONE` where nothing
happened.

The same tables come from the twin and from the plain reference; equality of the two is the main proof of the kernels.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from twin.journal.books import CLOSE, EXCEPTION
from twin.journal.checkout import ERRAND
from twin.journal.clienteling import ASSISTED
from twin.journal.notices import NOTICE
from twin.journal.observability import ALERT, INCIDENT, SPAN
from twin.journal.orders import COLLECTION, FALLBACK, LINE, ORDER, SAGA
from twin.journal.parcels import PARCEL
from twin.journal.prices import PRICE_TABLES
from twin.journal.returns import REFUND, RETURN
from twin.journal.same_day import DROP, SAME_DAY
from twin.journal.staff import ABSENCE
from twin.journal.supply import CENSUS, COUNT, SUPPLY, TRANSFER
from twin.journal.totals import FATE, FLOW, JOB, LATENCY, SCRAPE

NONE: Final = -1


FAULT = np.dtype([("kind", "U16"), ("what", "U64"), ("start", "i8"), ("end", "i8")])
"""What failed in this world while ``[start, end)``, whether the arm used it or not; written beside the journal as
``faults.parquet``, sorted by start. ``kind`` says how: ``outage``, ``errors``; ``what`` is the system, and the node's
name after it where only one node's failed.
"""

PRICE = np.dtype([("sku", "i4"), ("price_cents", "i4"), ("cost_cents", "i4")])
"""What a unit of each SKU sells for and costs; written beside the journal as ``skus.parquet``."""


ACCOUNT = np.dtype(
    [("group", "U24"), ("reason", "U64"), ("lines", "i8"), ("units", "i8"), ("skus", "i8"), ("example", "U32")]
)
"""What became of the lines of a replayed log; written beside the journal as ``replay.parquet``, first row: all read."""

TABLES = {
    "lines": LINE,
    "orders": ORDER,
    "jobs": JOB,
    "scrapes": SCRAPE,
    "latency": LATENCY,
    "flows": FLOW,
    "fates": FATE,
    "fallbacks": FALLBACK,
    "alerts": ALERT,
    "incidents": INCIDENT,
    "spans": SPAN,
    "sagas": SAGA,
    "returns": RETURN,
    "refunds": REFUND,
    "counts": COUNT,
    "censuses": CENSUS,
    "transfers": TRANSFER,
    "collections": COLLECTION,
    "closes": CLOSE,
    "exceptions": EXCEPTION,
    "same_day": SAME_DAY,
    "drops": DROP,
    "assisted": ASSISTED,
    "errands": ERRAND,
    "notices": NOTICE,
    "supplies": SUPPLY,
    "absences": ABSENCE,
    "parcels": PARCEL,
    **PRICE_TABLES,
}
"""Files of a run's journal: ``<name>.parquet``."""
