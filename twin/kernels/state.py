"""Records of the data plane. Names follow docs/model.md; every number is an integer."""

from __future__ import annotations

from typing import Final

import numpy as np

from twin.core.clock import NEVER

NIL: Final = -1
"""No message, no row, no pair."""

PAIR = np.dtype(
    [
        ("oldest", "i8"),  # first and last movement of the pair not yet in the view
        ("newest", "i8"),
        ("on_hand", "i4"),
        ("viewed", "i4"),  # the view; numba keeps the name `view` for itself
        ("resv", "i4"),
        ("promised", "i4"),
        ("record", "i4"),
        ("error", "i4"),
        ("sold", "i4"),
        ("shrunk", "i4"),
        ("on_order", "i4"),
        ("sku", "i4"),
        ("node", "i4"),
        ("buffer", "i2"),
        ("pooled", "i1"),
        ("blocked", "i1"),
    ]
)
"""One cache line: a movement touches its pair three times, and almost every touch is a miss."""

STOCKTAKE = np.dtype(
    [
        ("corrected", "i4"),  # units by which counts changed what the source system counts, since the start
        ("misplaced", "i4"),  # units that are in the node, where nobody finds them
        ("unbooked", "i4"),  # units on the shelf whose receipt is not booked yet
        ("misbooked", "i4"),  # units booked beyond what was received, since the start
        ("short", "i4"),  # 1: a pick found too little since the node's last list of counts
    ]
)
"""Why the source system's own count of a pair is wrong, beside shrink; a side table, there only where it is asked."""

RULE = np.dtype([("reorder", "i4"), ("up_to", "i4"), ("pack", "i4")])
"""Replenishment rule of a pair, in the order of ``node_pairs``, in which reviews read them once a day."""

SKU = np.dtype(
    [
        ("first", "i8"),  # its pairs are first : last
        ("last", "i8"),
        ("offered", "i8"),  # sum over pooled pairs of free(p)
        ("backed", "i8"),  # sum over pooled pairs of max(0, on_hand - promised)
        ("reserved", "i8"),  # R
        ("unplaced", "i8"),  # U
        ("sold", "i8"),  # over pooled pairs, since the start
        ("shrunk", "i8"),
        ("oldest", "i8"),  # first and last movement of a pooled pair not yet in the view
        ("newest", "i8"),
        ("refresh", "i8"),  # next refresh of any of its copies; NEVER if they are not refreshed
    ]
)

NODE = np.dtype(
    [
        ("x", "i8"),
        ("y", "i8"),
        ("is_dc", "i1"),
        ("region", "i4"),
        ("supplied_by", "i4"),
        ("opens", "i8"),
        ("closes", "i8"),
        ("shift", "i8"),  # simulation time + shift = local time; set anew each day
        ("server", "i8"),  # its pickers are servers server : server + pickers
        ("pickers", "i8"),
        ("outage", "i8"),  # its range in outages: of a DC's wms, of a store's link
        ("link", "i8"),  # range of its link
        ("pos", "i8"),  # range of its till system
    ]
)

BY_HAND = np.dtype([("entity", "i8"), ("pair", "i8"), ("units", "i8")])
"""A sale that was written on paper because the till system was down, and is not keyed in yet."""

CHANNEL = np.dtype(
    [
        ("mode", "i8"),  # Belief
        ("interval", "i8"),
        ("delay", "i8"),
        ("outage", "i8"),  # system of its publication
        ("marketplace", "i8"),  # 1: sells by itself; nobody can close it
        ("takes_own", "i8"),  # subtracts its own sales from its copy
        ("reserving", "i8"),  # Reserving
        ("held_back", "i8"),  # buffers.pooled
        ("protected", "i8"),  # row of `protected` of SKU 0; NIL: nothing is kept for other channels
        ("quota", "i8"),  # row of `quotas` of SKU 0; NIL: it sells from the shared pool
        ("told_at", "i8"),  # file: when the listing that is live was extracted
        ("down", "i8"),  # its queried system is down: beliefs are those of the beginning
        ("listed", "i8"),  # cursor into `applied` for channel latency
        ("extracted", "i8"),  # end of `applied` at the last extract
    ]
)

PUBLICATION = np.dtype(
    [
        ("next", "i8"),  # cache, read model: next refresh
        ("last", "i8"),  # last refresh; file: when what is staged is live, NEVER until that is planned
        ("staged_oldest", "i8"),  # instant of the oldest movement not in the staged value; NEVER if none
        ("live_oldest", "i8"),
        ("staged", "i4"),
        ("live", "i4"),
        ("staged_own", "i4"),
        ("live_own", "i4"),
    ]
)

ORDER = np.dtype(
    [
        ("order", "i8"),
        ("t_demand", "i8"),
        ("call", "i8"),
        ("asked", "i8"),  # when the call was made that it waits for; NIL if it waits for none
        ("t_accept", "i8"),
        ("t_release", "i8"),
        ("t_pick", "i8"),
        ("t_ready", "i8"),
        ("t_done", "i8"),
        ("first", "i8"),  # row of its first line
        ("checkout", "i8"),
        ("lines", "i2"),
        ("open", "i2"),  # lines without an end
        ("channel", "i2"),
        ("region", "i2"),
        ("parcels", "i2"),
        ("waves", "i2"),
        ("mode", "i1"),
        ("abandons", "i1"),
        ("declined", "i1"),
        ("degraded", "i1"),  # Degraded
        ("ruled", "i1"),  # a fallback decides: it has looked at ages already
        ("unanswered", "i1"),  # it goes on without the answer of a system
        ("asks", "i1"),  # Asks
        ("dc_only", "i1"),
        ("aside", "i1"),  # 1: some of it is set aside in a store
        ("barred", "i4"),  # node that does not supply it, as its customer stands before an empty shelf there; or NIL
        ("wants", "i1"),  # on the same day: 1 if possible, 2 or not at all
        ("answer", "i1"),  # twin.journal.same_day.Offer
        ("backed", "i1"),  # it was refused for today although a node had it
        ("picking", "i2"),  # parcels whose pick has not ended, lines of theirs that were rejected or not
        ("carried", "i2"),  # parcels that wait for a courier
        ("told", "i8"),  # when it was answered
        ("due", "i8"),  # when it is promised for; its node can be changed until
        ("until", "i8"),
        ("handed", "i8"),  # when the parcel that was picked last is ready for a courier; NIL if it goes another way
        ("withheld", "i4"),  # what a growing buffer holds back
        ("quota", "i4"),  # row of `quotas` of SKU 0
        ("traced", "i4"),  # 1: its picks are watched
        ("pickup", "i4"),
        ("x", "i4"),
        ("y", "i4"),
    ]
)

LINE = np.dtype(
    [
        ("order", "i8"),
        ("t_demand", "i8"),
        ("t_decision", "i8"),
        ("staleness", "i8"),
        ("t_end", "i8"),
        ("t_short", "i8"),  # when it was short for the first time
        ("hold", "i8"),  # its hold, NIL if none is alive
        ("sku_sold", "i8"),  # marks at acceptance
        ("sku_shrunk", "i8"),
        ("sku", "i4"),  # to be supplied
        ("wanted", "i4"),  # that was ordered; another if the customer takes a substitute
        ("quantity", "i4"),
        ("price_cents", "i4"),  # of a unit: the list price when it was demanded, then what its customer pays
        ("belief", "i4"),
        ("truth", "i4"),
        ("node", "i4"),
        ("pair", "i4"),
        ("pair_sold", "i4"),  # marks at sourcing
        ("pair_shrunk", "i4"),
        ("line", "i2"),
        ("channel", "i2"),
        ("short_picks", "i2"),
        ("also", "i2"),
        ("parcel", "i2"),
        ("wave", "i2"),
        ("mode", "i1"),
        ("status", "i1"),
        ("refusal", "i1"),
        ("false_oos", "i1"),
        ("degraded", "i1"),  # Degraded
        ("unanswered", "i1"),  # as its order at its last check or reservation
        ("asks", "i1"),
        ("withheld", "i4"),
        ("cause", "i1"),
        ("suspect", "i1"),  # cause at acceptance or sourcing, should it end oversold
        ("suspect_node", "i1"),  # 1: the suspect stems from sourcing
        ("reserved", "i1"),  # Reserved
        ("told", "i1"),  # the view has its reservation
        ("set_at_once", "i1"),  # its reservation was made in the view at its confirmation, whatever its channel does
        ("owned", "i1"),  # its units are in the channel's own count
        ("lapsed", "i1"),
        ("decline", "i1"),  # Decline, of its last short pick or rejection
        ("rejections", "i1"),
        ("hurries", "i1"),  # its pick was short, and it may still be there today
        ("asked_view", "i1"),  # its last check asked the view, not the channel's copy
    ]
)

CHARGE = np.dtype(
    [
        ("t", "i8"),  # acceptance, or when the customer was told of corrections and left
        ("shown", "i4"),  # by its channel
        ("listed", "i4"),
        ("till", "i4"),
        ("settled", "i1"),  # Settled
    ]
)
"""How it came about what a line costs; in the rows of `lines`, there only where list prices change."""

HOLD = np.dtype([("due", "i8"), ("line", "i8"), ("order", "i8"), ("part", "i8"), ("alive", "i1")])

TODAY = np.dtype(
    [
        ("on", "i8"),
        ("cut_off", "i8"),  # local times of day
        ("by", "i8"),
        ("radius2", "i8"),  # km^2
        ("dcs", "i8"),
        ("quote", "i8"),  # 1: nothing is promised while the courier is down
        ("outage", "i8"),  # range of the courier in outages
    ]
)
"""How an arm delivers on the day of the order; one row."""

OFFER = np.dtype(
    [
        ("waits", "i8"),  # millionths of customers who would wait for a short line
        ("takes", "i8"),  # millionths who would take a substitute
        ("waits_key", "u8"),  # keys of the streams that say which
        ("takes_key", "u8"),
    ]
)
"""What customers of a channel agree to whose lines are short."""

REJECTED = np.dtype([("number", "i8"), ("wave", "i8")])
"""An order of which lines were rejected, and the wave in which they are brokered again; 0: all are given up."""

ZONE = np.dtype([("from2", "i8"), ("dc_cents", "i8"), ("store_cents", "i8")])
"""What a parcel costs whose customer is so far away, km^2, or farther; the first begins at 0."""

STORE_DAY = np.dtype([("day", "i8"), ("parcels", "i8")])
"""The last local day on which a node was given parcels to ship, and how many; there only where an arm has a cap."""

APPLIED = np.dtype([("t", "i8"), ("sku", "i8")])

PHYSICAL = np.dtype([("t", "i8"), ("pair", "i4"), ("quantity", "i2"), ("kind", "i2")])

STATION = np.dtype(
    [
        ("server", "i8"),  # its servers are server : server + servers; 0 of them: nobody waits for another
        ("servers", "i8"),
        ("outage", "i8"),  # range of its system, in outages and in slowed
        ("law", "i8"),
        ("key", "i8"),
        ("gap", "i8"),  # between two starts
        ("next", "i8"),  # no service starts before
    ]
)

WINDOW = np.dtype([("start", "i8"), ("end", "i8")])

SLOWDOWN = np.dtype([("start", "i8"), ("end", "i8"), ("parts", "i8")])
"""What begins in it takes so many millionths of its time."""

RANGE = np.dtype([("first", "i8"), ("last", "i8")])


__all__ = ["NEVER", "NIL"]
