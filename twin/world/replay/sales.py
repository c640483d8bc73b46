"""Lines of a log as till sales, and cancellations as returns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import DAY
from twin.world.estate import RealisedEstate
from twin.world.physical import table
from twin.world.replay.orders import OrderLines
from twin.world.tables import PHYSICAL, RETURN, Physical
from twin.world.tills import Tills


class ReplayedTills:
    """Till sales of a log; shrink goes on being drawn."""

    def __init__(self, estate: RealisedEstate, rows: NDArray[np.void], tills: Tills) -> None:
        """``rows`` are PHYSICAL rows in any order."""
        self._estate, self._tills = estate, tills
        self._rows = rows[np.argsort(rows["t"], kind="stable")]

    def day(self, day: int) -> NDArray[np.void]:
        """PHYSICAL rows of one day."""
        first, last = np.searchsorted(self._rows["t"], (day * DAY, (day + 1) * DAY))
        keys = np.sort(self._tills.event_keys(day))
        vanished = table(keys, day=day, by_node=self._estate.by_node, quantity=np.ones(keys.size, np.int16))
        rows = np.concatenate([self._rows[first:last], vanished])
        return rows[np.lexsort((rows["kind"], rows["pair"], self._estate.pair_node[rows["pair"]], rows["t"]))]


def sale_rows(t: NDArray[np.int64], pair: NDArray[np.int64], quantity: NDArray[np.int64]) -> NDArray[np.void]:
    """PHYSICAL rows of sales."""
    rows = np.zeros(t.size, PHYSICAL)
    rows["t"], rows["pair"], rows["quantity"], rows["kind"] = t, pair, quantity, Physical.SALE
    return rows


class ReplayedReturns:
    """Cancellations of a log as goods that come back."""

    def __init__(self, estate: RealisedEstate, lines: OrderLines, *, channel: int, node: NDArray[np.int64]) -> None:
        """``lines`` of units that come back, negative, to ``node``; ``channel`` is -1 for what was bought at a till.

        What was paid for them is taken to be today's price.
        """
        rows = np.zeros(lines.t.size, RETURN)
        rows["t"], rows["sku"], rows["quantity"] = lines.t, lines.sku, -lines.quantity
        rows["channel"], rows["node"] = channel, node
        rows["cents"] = estate.skus["price_cents"][lines.sku].astype(np.int64) * rows["quantity"]
        self._rows = rows[np.lexsort((rows["quantity"], rows["sku"], rows["t"]))]

    def returns(self, day: int) -> NDArray[np.void]:
        """RETURN rows of one day."""
        first, last = np.searchsorted(self._rows["t"], (day * DAY, (day + 1) * DAY))
        return self._rows[first:last]
