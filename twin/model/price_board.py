"""What list and outlets say of each SKU, as kernels read it, and how it came about what lines cost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.journal.orders import PROMISED
from twin.journal.prices import MISPRICED, Settled
from twin.kernels import state
from twin.kernels.codes import Mismatch
from twin.kernels.memory import Memory
from twin.scenario.prices import Prices
from twin.world.world import World

COLUMNS_BEFORE = 2
"""List price and tills, before the channels."""


def lay_prices(memory: Memory, world: World, settings: Prices) -> None:
    """At time 0 everybody shows the list price; in a world in which it never changes nobody asks."""
    control = memory["control"][0]
    if not world.prices.changes.size:
        return
    columns = COLUMNS_BEFORE + len(world.estate.channels)
    control["priced"], control["price_columns"] = 1, columns
    control["mismatch"] = Mismatch[settings.mismatch.upper()]
    memory.put("prices", np.repeat(world.prices.start.astype(np.int32), columns))


def of_rows(memory: Memory, kept: int, added: int) -> None:
    """Nothing is settled yet of lines that are added behind the ``kept`` ones."""
    if memory["control"]["priced"][0]:
        memory.put("charges", np.concatenate([memory["charges"][:kept], np.zeros(added, state.CHARGE)]))


def cut_rows(memory: Memory, first: int, last: int) -> None:
    """Only rows ``first : last`` are still in use."""
    if memory["control"]["priced"][0]:
        memory.put("charges", memory["charges"][first:last].copy() if first < last else np.zeros(1, state.CHARGE))


def mispriced(lines: NDArray[np.void], charges: NDArray[np.void]) -> NDArray[np.void]:
    """Rows of the journal for those of the lines that were accepted while prices differed, or lost over that."""
    charged, listed = lines["price_cents"], charges["listed"]
    differ = (charges["shown"] != charged) | (charged != listed) | (listed != charges["till"])
    taken = np.isin(lines["status"], PROMISED) & differ & (charges["settled"] != Settled.NONE)
    chosen = taken | (charges["settled"] == Settled.WALKED_AWAY)
    rows = np.empty(int(np.count_nonzero(chosen)), MISPRICED)
    for name in ("order", "line", "channel", "quantity", "status", "t_demand"):
        rows[name] = lines[name][chosen]
    rows["sku"] = lines["wanted"][chosen]
    rows["charged_cents"] = charged[chosen]
    for name, source in (("shown_cents", "shown"), ("list_cents", "listed"), ("till_cents", "till")):
        rows[name] = charges[source][chosen]
    rows["settled"], rows["t"] = charges["settled"][chosen], charges["t"][chosen]
    return rows
