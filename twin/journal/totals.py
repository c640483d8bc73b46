"""Totals, histograms and observations: what is counted rather than told row by row."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

JOB = np.dtype(
    [
        ("feed", "i2"),  # Feed
        ("channel", "i2"),  # of a publication, else NONE
        ("due", "i8"),
        ("extract", "i8"),
        ("live", "i8"),
        ("rows", "i8"),
        ("failed", "i1"),
    ]
)
"""A batch job that ended: a feed's file, a channel's listing, or a snapshot of stock for the view."""


class FeedName(IntEnum):
    """What a batch job carries."""

    MOVEMENTS = 0
    ORDERS = 1
    POSTING = 2
    PUBLICATION = 3
    RELOAD = 4


SCRAPE = np.dtype(
    [
        ("t", "i8"),
        ("view_wrong", "i8"),  # pairs whose view differs from the shelf
        ("view_gap", "i8"),  # sum of absolute differences, units
        ("record_wrong", "i8"),
        ("record_gap", "i8"),
        ("books_gap", "i8"),  # sum over pairs of |view - record|, units
        ("unseen", "i8"),  # movements not yet in the view
        ("unposted", "i8"),  # movements not yet in the record
        ("unheard", "i8"),  # reservation messages on their way to the view
        ("oldest_unseen", "i8"),  # us, age of the oldest movement not yet in the view; 0 if there is none
        ("oldest_unposted", "i8"),  # us, the same of the record
        ("dead", "i8"),  # dead letters of all feeds
        ("promised", "i8"),  # units promised to open orders
        ("set_aside", "i8"),  # units picked and waiting for their customers, or to be put back on the shelf
    ]
)
"""Observation at a random instant of each scrape interval."""


FLOW = np.dtype([("name", "U24"), ("value", "i8")])
"""Totals over the whole run; names are those of :class:`Flow` in lower case, and ``pairs``, the number of node-SKU
pairs.
"""


LATENCY = np.dtype([("measure", "i2"), ("channel", "i2"), ("bin", "i4"), ("count", "i8")])
"""Histograms of movements made inside the window; bins of :mod:`twin.core.bins`."""


class Latency(IntEnum):
    """What a latency histogram counts."""

    VIEW = 0  # movement to visible in the central view
    CHANNEL = 1  # movement to visible in what the channel sells from
    RECORD = 2  # movement to posted in the ERP


class Flow(IntEnum):
    """Names of the totals."""

    TILL_LINES = 0  # walk-ins who wanted something
    TILL_UNITS = 1  # units sold at tills
    TILL_UNITS_LOST = 2  # units wanted that were not there
    SHRINK_UNITS = 3
    PICKS = 4
    SHORT_PICKS = 5
    PICKED_UNITS = 6
    RECEIVED_UNITS = 7
    DISPATCHED_UNITS = 8  # DC to store
    RETURNED_UNITS = 9
    MOVEMENTS = 10  # messages produced
    SEEN = 11  # applied to the view
    POSTED = 12  # applied to the record
    RESERVE_MESSAGES = 13
    RESERVE_APPLIED = 14
    SERVICE_CALLS = 15
    SERVICE_TIME_OUTS = 16
    ERP_CALLS = 17  # of checkouts
    ERP_TIME_OUTS = 18
    LAPSED_HOLDS = 19
    SESSIONS = 20
    ERP_CREATIONS = 21  # orders created in the ERP before their release
    CALLS_AGAIN = 22  # of checkouts, after a failed one, that reached a system
    CALLS_REJECTED = 23  # kept back by an open breaker
    CALL_ERRORS = 24  # answered in time, but with an error
    BREAKER_OPENINGS = 25
    HANDED_AGAIN = 26  # messages handed out again: a consumer was lost, or (queues) failed or took too long
    APPLIED_AGAIN = 27  # messages applied once more by a consumer that does not recognise them
    DEAD_LETTERED = 28
    REDRIVEN = 29  # dead letters applied after all
    CALLS_THROTTLED = 30  # that the gateway's limits did not let pass
    CALLS_QUEUED = 31  # that waited for a gateway's limits
    TOKEN_FETCHES = 32  # that reached the identity provider
    TOKEN_FAILURES = 33  # fetches that brought no token, counted when they begin
    CALLS_UNAUTHORISED = 34  # without a token
    CALLS_GONE = 35  # in a version that is no more
    REWORK_US = 36  # working time on couplings that a release breaks
    BROKEN_US = 37  # time in which a channel's coupling to a called system was broken, over channels and systems
    CALLS_CROSSING = 38  # into another jurisdiction, with the customer's data
    CALLS_REDACTED = 39  # without the customer's data
    CALLS_KEPT_BACK = 40  # not made, because the customer's data would have left
    CORRECTIONS = 41  # pairs whose view a snapshot changed
    CORRECTED_UNITS = 42  # by how much, added up
    LINES_CONFIRMED = 43  # accepted degraded and found backed by the view afterwards
    CONFIRMATIONS_CANCELLED = 44  # accepted degraded and cancelled when the view was asked
    MISPLACED_UNITS = 45
    FOUND_UNITS = 46  # misplaced ones that are back on the shelf
    COLLECTED_UNITS = 47  # handed to customers in stores
    RESTOCKED_UNITS = 48  # that nobody collected, back on the shelf
    DAMAGED_UNITS = 49  # that a pick found
    REJECTED_LINES = 50  # because another order had found that nothing was there
    PICK_CORRECTIONS = 51  # of view and record, by picks that found too little
    PICK_CORRECTED_UNITS = 52  # by how much, added up
    SOURCINGS = 60  # of lines to be shipped
    CAPPED_SOURCINGS = 61  # of these: a store would have been chosen that had its parcels of the day
    SAME_DAY_UNITS = 80  # picked for couriers
    COURIER_UNITS = 81  # that left with them
    ASSISTED_UNITS = 82  # sold at tills by associates, to customers of theirs
    TAX_CALLS = 100  # of checkouts, that reached the tax engine
    TAX_TIME_OUTS = 101
    CRM_CALLS = 102  # of checkouts, that reached the CRM
    CRM_TIME_OUTS = 103
    TILL_UNITS_BY_HAND = 104  # sold while the till system was down
    TILL_UNITS_KEYED_IN = 105  # of them: the system knows
    BACKORDERED = 70  # short lines that began to wait
    BACKORDERS_PLACED = 71  # given to the release once more, as a node seemed to have what they wait for
    BACKORDERED_AGAIN = 72  # placed ones that were short again
    BACKORDERS_GIVEN_UP = 73  # cancelled because they had waited too long
    BACKORDERS_WITHDRAWN = 74  # cancelled by marketplaces while they waited
    SUBSTITUTES_OFFERED = 75  # to customers of short lines
    SUBSTITUTES_TAKEN = 76


class Fate(IntEnum):
    """What has become of a message, to one feed."""

    IN_FLIGHT = 0
    APPLIED = 1
    SUPERSEDED = 2  # a later level of the pair, or a snapshot that covers it, came before it
    DEAD_LETTER = 3
    EXPIRED = 4  # older than the topic's retention when its turn came
    LOST = 5


FATE = np.dtype([("feed", "i2"), ("fate", "i2"), ("messages", "i8")])
"""How many messages of a feed's topic had each fate at the end: one row per feed (:class:`FeedName`) and fate."""
