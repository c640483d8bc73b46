"""What somebody who knows all shelves would find at the beginning of each day (docs/model.md, section 10)."""

from __future__ import annotations

import numpy as np

from twin.model.jobs import Works


class Census:
    """Looks at the stores' shelves and at their records once a day."""

    def __init__(self, works: Works, frozen_days: int) -> None:
        estate = works.world.estate
        self._works, self._frozen_days = works, frozen_days
        self._of_stores = np.flatnonzero(estate.nodes["is_dc"][estate.pair_node] == 0)
        self._sold = np.zeros(self._of_stores.size, np.int32)
        self._phantom_for = np.zeros(self._of_stores.size, np.int32)  # censuses in a row, without a sale in between

    def take(self, now: int, waiting: int) -> None:
        """Write the day's row."""
        memory = self._works.plane.memory
        pairs, side = memory["pairs"], memory["stocktakes"]
        record, on_hand, sold = (pairs[name][self._of_stores] for name in ("record", "on_hand", "sold"))
        phantom = (record > 0) & (on_hand == 0)
        self._phantom_for[(sold != self._sold) | ~phantom] = 0
        self._phantom_for[phantom] += 1
        self._sold = sold
        found = (
            np.count_nonzero(record != on_hand),
            np.count_nonzero(phantom),
            np.count_nonzero(self._phantom_for > self._frozen_days),
            np.count_nonzero((record <= 0) & (on_hand > 0)),
            side["misplaced"].sum(dtype=np.int64),
            side["unbooked"].sum(dtype=np.int64),
            waiting,
        )
        self._works.journal.censuses.append((now, self._of_stores.size, *map(int, found)))
