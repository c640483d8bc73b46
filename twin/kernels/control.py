"""The one record of what holds for the whole run: where the data plane is, what is on, and running totals."""

from __future__ import annotations

import numpy as np

CONTROL = np.dtype(
    [
        ("now", "i8"),
        ("went_back", "i8"),  # times that it was asked to advance to the past
        ("day", "i8"),
        ("physical", "i8"),  # next physical event
        ("moves_low", "i8"),  # oldest message still kept, next free one, capacity - 1
        ("moves_high", "i8"),
        ("moves_mask", "i8"),
        ("notes_low", "i8"),
        ("notes_high", "i8"),
        ("notes_mask", "i8"),
        ("holds_low", "i8"),
        ("holds_high", "i8"),
        ("holds_mask", "i8"),
        ("applied_high", "i8"),
        ("applied_mask", "i8"),
        ("applied_room", "i8"),
        ("due_lane", "i8"),  # lane and instant of the next delivery to the view
        ("due", "i8"),
        ("post_due_lane", "i8"),
        ("post_due", "i8"),
        ("eager", "i8"),  # 1: postings are carried out in step with everything else
        ("late", "i8"),  # messages that leave later
        ("letters", "i8"),  # dead letters so far
        ("dead", "i8"),  # dead letters now
        ("trouble_from", "i8"),  # no message made before, or from `trouble_until` on, is in trouble
        ("trouble_until", "i8"),
        ("horizon", "i8"),
        ("reloads", "i8"),  # 1: the view is set to snapshots now and then; 2: to such as may be wrong
        ("supersedes", "i8"),  # 1: movements that a snapshot covers are not applied
        ("extracted", "i8"),  # number of the next movement at the last extract of a snapshot
        ("outbox_capacity", "i8"),
        ("confirmed", "i8"),
        ("resend", "i8"),
        ("unreleased", "i8"),  # no order before this one waits for its release, or will
        ("watched", "i8"),  # picks of traced orders so far
        ("order_base", "i8"),
        ("line_base", "i8"),
        ("channels", "i8"),
        ("listings", "i8"),  # channels with mode file
        ("window_from", "i8"),
        ("window_to", "i8"),
        ("view_wrong", "i8"),
        ("view_gap", "i8"),
        ("record_wrong", "i8"),
        ("record_gap", "i8"),
        ("books_gap", "i8"),
        ("promised", "i8"),
        ("unseen", "i8"),
        ("unposted", "i8"),
        ("unheard", "i8"),
        ("first_unseen", "i8"),  # no movement before this one is on its way to the view
        ("first_unposted", "i8"),
        ("tills_respect", "i8"),
        ("point", "i8"),
        ("level_node", "i8"),
        ("ttl", "i8"),
        ("expiry_lag", "i8"),
        ("recheck", "i8"),
        ("strategy", "i8"),
        ("rebroker", "i8"),
        ("serve_stale", "i8"),
        ("max_age", "i8"),
        ("movements_outage", "i8"),
        ("movements_batch", "i8"),
        ("viewed_at", "i8"),  # batch: when the last file of movements that is live was extracted
        ("at_risk", "i8"),  # 1: what a belief has probably missed is held back
        ("service_outage", "i8"),
        ("release_batch", "i8"),
        ("release_interval", "i8"),
        ("release_phase", "i8"),
        ("release_outage", "i8"),
        ("sagas", "i8"),  # 1: an accepted order has a saga before it is released
        ("release_queued", "i8"),  # 1: the control plane decides who is released next
        ("let_down", "i8"),  # lines that were promised and ended without being supplied
        ("paper", "i8"),  # 1: till systems may be down, and sales are written on paper then
        ("by_hand", "i8"),  # sales on paper that are not keyed in yet
        ("stocktakes", "i8"),  # 1: the side table of that name is there
        ("damaged", "i8"),  # millionths of picks of last units that find them damaged
        ("corrects", "i8"),  # 1: picks that find too little correct view and record
        ("cascade", "i8"),  # 1: what is not in stock is rejected for all orders at the node
        ("rejected", "i8"),  # rows of `rejected` that nobody has dealt with
        ("collects", "i8"),  # 1: what is picked for a pickup waits for its customer
        ("set_aside", "i8"),  # units that do
        ("backorders", "i8"),  # 1: short lines may wait for stock; 2: also of SKUs that are not bought any more
        ("substitutes", "i8"),  # 1: customers of short lines are offered another SKU
        ("most_parcels", "i8"),  # that an order may be sent in; 0: any number
        ("whole", "i8"),  # 1: lines that no one node seems to have are given up together
        ("store_cap", "i8"),  # parcels a store is asked for in a local day; 0: any number
        ("capped", "i8"),  # 1: the sourcing under way was kept from a store by that
        ("store_waves", "i8"),  # between a store's pick lists; 0: pickers know of a parcel at once
        ("parcels", "i8"),  # rows of `parcels` that are not sealed yet
        ("priced", "i8"),  # 1: list prices change, so what a line costs is looked up
        ("price_columns", "i8"),  # of a SKU in `prices`: list, tills, channels
        ("mismatch", "i8"),  # Mismatch
    ]
)
