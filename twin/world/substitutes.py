"""What may be sent in place of a SKU: the next dearer one, so that nobody is charged more than the item is worth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.world.luck import exact_share
from twin.world.streams import Streams

NONE = -1


def substitutes(price_cents: NDArray[np.int32], share: float, streams: Streams) -> NDArray[np.int32]:
    """By SKU, the number of its substitute, or NONE; ``share`` of the SKUs have one, but never the dearest.

    Of equal prices the lower number counts as cheaper.
    """
    count = price_cents.size
    by_price = np.lexsort((np.arange(count), price_cents))
    dearer = np.full(count, NONE, np.int32)
    dearer[by_price[:-1]] = by_price[1:]
    has = exact_share(streams.key("estate.substitutes"), count, share)
    return np.where(has, dearer, np.int32(NONE))
