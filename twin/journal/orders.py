"""What became of demand lines and orders, and why."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np


class Status(IntEnum):
    """What became of a demand line (and of an order, which has the furthest status of its lines)."""

    OPEN = 0  # in checkout, not promised yet
    REFUSED = 1  # the customer was told no (or the call failed); see Refusal
    ABANDONED = 2  # the customer left the checkout
    DECLINED = 3  # the payment was declined
    ACCEPTED = 4  # promised, not yet supplied
    SUPPLIED = 5  # picked: shipped, or ready for pickup as promised; collected, where the arm waits for that
    OVERSOLD = 6  # cancelled after acceptance for lack of stock
    CANCELLED = 7  # cancelled after acceptance because the saga of its order was undone
    LEFT = 8  # the customer left the cart before the checkout; whatever it was told, it asked for nothing
    READY = 9  # picked, and set aside in the store until the customer collects it; then it is SUPPLIED
    NOT_COLLECTED = 10  # the customer did not come in time: refunded, and back on the shelf
    BACKORDERED = 11  # short after acceptance, and the customer waits for it
    NOT_CONFIRMED = 12  # cancelled by the marketplace: not released in time
    NOT_SHIPPED = 13  # cancelled by the marketplace: not picked in time


LET_DOWN: Final = (
    Status.OVERSOLD,
    Status.CANCELLED,
    Status.NOT_COLLECTED,
    Status.NOT_CONFIRMED,
    Status.NOT_SHIPPED,
)
"""What a line ends as that was paid and is not handed over: it is paid back."""


PROMISED: Final = (Status.ACCEPTED, Status.SUPPLIED, Status.READY, Status.BACKORDERED, *LET_DOWN)
"""What a line is that was accepted once; it never goes back from there."""


class Refusal(IntEnum):
    """Why a line was refused; for its stock: the first correction that alone would have let it pass, in this order."""

    NONE = 0
    CLOSED = 1  # the channel was closed: a system it needs was down or its belief too old
    TIME_OUT = 2  # a call was not answered in time
    ERROR = 3  # a call was answered with an error
    REJECTED = 4  # an open breaker kept the call back
    NO_STOCK = 5  # the truth could not back it either: a true out-of-stock
    BUFFER = 6
    HOLD = 7  # units set aside for checkouts that were not orders
    STALE = 8  # movements that had not reached the belief, or a belief older than the view
    RECORD = 9  # the record is below the shelf
    LOSS = 10  # messages that were lost, expired or became dead letters
    DUPLICATE = 11  # messages applied more than once, or in the wrong order
    JOINT = 12  # none of them alone
    # Calls that no system got to see
    THROTTLED = 13  # refused by the gateway's limits
    UNAUTHORISED = 14  # no token
    GONE = 15  # the channel speaks a version that is no more
    RESIDENCY = 16  # the customer's data must not leave
    # While a fallback was on
    SHED = 17  # the channel's priority was too low
    LIMITED = 18  # beyond the allotment, or beyond what the DCs had
    NOT_TODAY = 19  # the customer wanted it on the same day or not at all


class Cause(IntEnum):
    """Why a line was oversold; the first that alone would have prevented it, in this order (design, section 5,
    "Blame").
    """

    NONE = 0
    DEGRADED = 1  # accepted without the answer of a system
    EXPIRED_HOLD = 2
    RECORD_ERROR = 3
    OUTAGE = 4  # movements held up by an outage
    BATCH_AGE = 5  # movements or listings waiting for the next file
    QUEUE_BACKLOG = 6  # movements on their way through the stream
    LOSS = 7  # messages that were lost, expired or became dead letters
    DUPLICATE = 8  # messages applied more than once, or in the wrong order
    CHANNEL_CACHE = 9  # the channel's copy was older than the view
    RACE = 10  # promises made elsewhere that the belief had not been told of
    JOINT = 11  # none alone sufficient
    WALK_IN = 12  # after acceptance: a till sold the unit
    DAMAGE = 13  # after acceptance: the unit vanished
    OTHER_LATER = 14  # after acceptance: another order or transfer took it
    FRAGMENTED = 15  # enough units, but no node had them all, or none from which the order may come


class Degraded(IntEnum):
    """How a line was decided: in the ordinary way, or by a strategy of degradation."""

    NO = 0
    SERVE_STALE = 1  # on the last belief, also where no fallback was on but a call failed
    GROWING_BUFFER = 2
    FAIL_OPEN = 3
    CONFIRM_LATER = 4
    DC_ONLY = 5
    ALLOTMENT = 6
    SHED = 7
    FAIL_CLOSED = 8


class Decline(IntEnum):
    """Why a node did not supply a line that it was to pick."""

    NONE = 0
    NOT_IN_STOCK = 1  # nothing was there
    MISMATCH = 2  # too few were there
    DAMAGED = 3  # the last ones were there, but nobody can have them
    REJECTED = 4  # another order had found that nothing was there


class Mode(IntEnum):
    """How the customer wants the order."""

    SHIP = 0
    PICKUP = 1
    SAME_DAY = 2
    TILL = 3  # a line only: an associate sold it from the shelf before the customer


LINE = np.dtype(
    [
        ("order", "i8"),
        ("line", "i2"),
        ("channel", "i2"),
        ("mode", "i1"),
        ("status", "i1"),
        ("refusal", "i1"),
        ("false_oos", "i1"),  # refused although the truth could back it
        ("degraded", "i1"),  # Degraded
        ("cause", "i1"),  # why it was short, whatever became of it then
        ("also", "i2"),  # bit c set: cause c was sufficient too
        ("short_picks", "i2"),  # and rejections
        ("rejections", "i2"),  # of them: another order had found that nothing was there
        ("decline", "i1"),  # Decline, of the last of them
        ("sku", "i4"),  # that was ordered, and is paid
        ("substitute", "i4"),  # SKU that the customer takes in its place; NONE: none
        ("quantity", "i4"),
        ("price_cents", "i4"),  # of a unit: what its customer pays; before that is settled the list price at t_demand
        ("t_demand", "i8"),
        ("t_decision", "i8"),  # last time the line was checked against a belief
        ("belief", "i4"),  # what the channel believed it could sell then, before this line
        ("truth", "i4"),  # what the nodes really had to promise at acceptance or refusal
        ("staleness", "i8"),  # us, of the belief at t_decision
        ("node", "i4"),  # node that supplied it, or tried last
        ("t_short", "i8"),  # first time that nobody could supply it although it was accepted
        ("t_end", "i8"),  # instant of its last status
    ]
)


ORDER = np.dtype(
    [
        ("order", "i8"),
        ("channel", "i2"),
        ("region", "i2"),
        ("mode", "i1"),
        ("lines", "i2"),
        ("parcels", "i2"),
        ("t_demand", "i8"),
        ("call", "i8"),  # us spent waiting for synchronous calls in the checkout
        ("t_accept", "i8"),
        ("t_release", "i8"),  # first hand-over to a node
        ("t_pick", "i8"),  # last parcel picked
        ("t_ready", "i8"),  # last parcel handed to the carrier or ready in the store
        ("t_done", "i8"),  # delivered, or ready for pickup (collected, where the arm waits for that)
    ]
)


FALLBACK = np.dtype(
    [
        ("fallback", "i2"),  # its place in the arm's list
        ("channel", "i2"),
        ("strategy", "i1"),  # Degraded
        ("start", "i8"),
        ("end", "i8"),  # NONE if it was still on
    ]
)
"""A time in which a fallback was on for a channel."""


class SagaEnd(IntEnum):
    """What became of the saga of an order."""

    OPEN = 0  # still under way, or hanging
    COMPLETED = 1  # every step was done
    COMPENSATED = 2  # what had been done was undone, and the order cancelled


SAGA = np.dtype(
    [
        ("order", "i8"),
        ("t_begin", "i8"),
        ("t_failed", "i8"),  # when the calls of the step that `failed` names had all failed
        ("t_given_up", "i8"),  # when it was given up, and undoing began
        ("t_end", "i8"),
        ("outcome", "i1"),  # SagaEnd
        ("failed", "i2"),  # last step whose calls had all failed, or that was too late
        ("calls", "i4"),  # of steps, and to undo them; in choreography: handlings of events by participants
        ("failures", "i4"),  # calls that failed: at once, in time, or too late
        ("hops", "i4"),  # events on their way between participants
        ("duplicates", "i4"),  # effects on top of the first of each step and of each undoing
        ("orphans", "i4"),  # 1: the step that the saga was given up over has been done after all, and nobody undid it
        ("cases", "i4"),  # that came to people
        ("human", "i8"),  # us that people worked on cases
        ("waited", "i8"),  # us from a case to its end
        ("undone", "i4"),  # steps
    ]
)
"""The saga of an accepted order. What happens at or after the horizon does not count."""


class CollectionEnd(IntEnum):
    """What became of an order that was ready in a store."""

    WAITING = 0  # for its customer, when the run ended
    COLLECTED = 1
    NEVER_CAME = 2  # and never would have
    TOO_LATE = 3  # the customer would have come, but later than it was kept


COLLECTION = np.dtype(
    [
        ("order", "i8"),
        ("node", "i4"),  # the store
        ("lines", "i2"),  # picked
        ("units", "i4"),
        ("t_pick", "i8"),  # the units left the shelf
        ("t_ready", "i8"),  # the customer was told
        ("t_collected", "i8"),
        ("t_given_up", "i8"),  # it was not kept any longer, and the sale refunded
        ("t_back", "i8"),  # on the shelf again
        ("outcome", "i1"),  # CollectionEnd
    ]
)
"""An order that was picked to be collected, in an arm that waits for customers. What happens at or after the horizon
does not count, but for ``t_ready``, which is known at the pick.
"""
