"""Quotas of channels, set anew by the clock (docs/model.md, section 5, "What is held back")."""

from __future__ import annotations

from itertools import count
from typing import Final

import numpy as np

from twin.core.shares import MILLION, parts
from twin.model.jobs import Process, Works
from twin.scenario.buffers import Allotment

ALLOT_KIND: Final = 15 << 40


def allotments(works: Works, allotment: Allotment) -> Process:
    """Every so often, channels are given parts of what the view offers then; what they did not sell goes back to the
    pool.
    """
    memory, names = works.plane.memory, works.world.estate.channels
    shares = [(place, parts(allotment.shares[name])) for place, name in enumerate(names) if name in allotment.shares]
    for k in count():
        now = k * allotment.interval
        yield works.at(now, ALLOT_KIND)
        works.plane.advance(now)
        skus = memory["skus"]
        offered = np.maximum(0, skus["offered"] - skus["reserved"])
        for place, share in shares:
            first = int(memory["channels"]["quota"][place])
            memory["quotas"][first : first + skus.size] = offered * share // MILLION
