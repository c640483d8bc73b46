"""Is the twin's journal the reference's, to the last field? And where not, which row differs first."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tests.reference.model import Journal, simulate
from twin.journal.tables import TABLES
from twin.model.run import run_in
from twin.scenario.scenario import Scenario
from twin.scenario.systems import Systems
from twin.world.world import World

KEYS: Final = {
    "lines": ("line", "order"),
    "orders": ("order",),
    "sagas": ("order",),
    "returns": ("entity",),
    "refunds": ("refund",),
    "collections": ("order",),
    "exceptions": ("number",),
    "same_day": ("order",),
    "drops": ("parcel", "order"),
    "assisted": ("line", "order"),
    "errands": ("errand", "order"),
    "notices": ("number", "order"),
    "mispriced": ("line", "order"),
    "till_gaps": ("sku", "t_from"),
}
"""Tables that the twin writes as orders end, and what their rows are sorted by (the last counts first)."""


def twin_journal(world: World, scenario: Scenario, systems: Systems) -> Journal:
    """The twin's journal, read back from its folder."""
    with TemporaryDirectory() as folder:
        run_in(world, scenario, systems, Path(folder))
        return {name: _read(Path(folder), name) for name in TABLES}


def _read(folder: Path, name: str) -> NDArray[np.void]:
    stored, dtype = pq.read_table(folder / f"{name}.parquet"), TABLES[name]
    rows = np.empty(stored.num_rows, dtype)
    for field in dtype.names or ():
        rows[field] = stored[field].to_numpy()
    if name in KEYS:
        rows = rows[np.lexsort([rows[key] for key in KEYS[name]])]
    return rows


def difference(reference: Journal, twin: Journal) -> str | None:
    """The first row and field in which two journals differ; ``None`` if they are the same."""
    assert reference.keys() == twin.keys() == TABLES.keys()
    found = [_difference(name, reference[name], twin[name]) for name in TABLES]
    return "\n".join(filter(None, found)) or None


def _difference(name: str, reference: NDArray[np.void], twin: NDArray[np.void]) -> str | None:
    assert reference.dtype == twin.dtype
    rows = min(reference.size, twin.size)
    differs = reference[:rows] != twin[:rows]
    if not differs.any():
        return None if reference.size == twin.size else f"{name}: {reference.size} rows, the twin has {twin.size}"
    first = int(np.argmax(differs))
    a, b = reference[first], twin[first]
    fields = [field for field in reference.dtype.names or () if a[field] != b[field]]
    told = ", ".join(f"{field} = {a[field]}, the twin has {b[field]}" for field in fields)
    row = dict(zip(reference.dtype.names or (), a.tolist(), strict=True))
    return f"{name}, row {first} of {rows} ({int(differs.sum())} differ): {told}; the reference's row is {row}"


def compare(world: World, scenario: Scenario, systems: Systems) -> tuple[Journal, str | None]:
    """The reference's journal, and how the twin's differs from it."""
    journal = simulate(world, scenario, systems)
    return journal, difference(journal, twin_journal(world, scenario, systems))
