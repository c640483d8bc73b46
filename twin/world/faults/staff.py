"""Staff of stores who are missing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.core.shares import MILLION, parts
from twin.world.faults.occurrences import Drawn
from twin.world.faults.systems import places
from twin.world.tables import ABSENCE, EstateTables


def absences(drawn: Drawn, estate: EstateTables) -> NDArray[np.void]:
    """Absences of all stores; those of one store may overlap."""
    rows = []
    for absent in drawn.of("absent"):
        luck = drawn.streams.key(f"{absent.stream}.stores")
        share = parts(absent.fault.share or 0)
        for node in places(absent.fault, drawn.scenario, estate, luck):
            missing = -(-int(estate.nodes["pickers"][node]) * share // MILLION)
            rows += [(node, start, end, missing) for start, end in absent.spans]
    return np.array(sorted(rows, key=lambda row: (row[1], row[0])), ABSENCE)
