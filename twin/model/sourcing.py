"""What sourcing goes by: the carrier's prices, and how many parcels an order and a store may have."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.journal.parcels import PARCEL
from twin.kernels import state
from twin.kernels.memory import Memory
from twin.scenario.carriage import Carriage
from twin.scenario.systems import Sourcing


def zones_of(prices: Carriage) -> NDArray[np.void]:
    """The carrier's prices by squared distance, cents: base price and surcharge are rounded to whole cents each."""
    rows = [(0, 0.0), *((zone.from_km**2, zone.usd) for zone in prices.zones)]
    bases = [_cents(prices.dc_usd), _cents(prices.store_usd)]
    return np.array([(from2, *(base + _cents(usd) for base in bases)) for from2, usd in rows], state.ZONE)


def _cents(usd: float) -> int:
    return round(100 * usd)


def lay_sourcing(memory: Memory, prices: Carriage, sourcing: Sourcing) -> None:
    """Tables of carriage, of what left nodes, and of what stores were given today if there is a cap."""
    memory.put("carriage", zones_of(prices))
    memory.put("store_days", np.zeros(memory["nodes"].size if sourcing.store_cap else 1, state.STORE_DAY))
    memory.put("parcels", np.zeros(1 << 10, PARCEL))


def set_limits(control: Any, sourcing: Sourcing) -> None:
    """What an order may be split into, what a store is asked for in a day, and when it hears of it."""
    control["whole"] = sourcing.split == "never"
    control["most_parcels"] = 1 if sourcing.split == "never" else sourcing.most_parcels
    control["store_cap"], control["store_waves"] = sourcing.store_cap, sourcing.store_waves
