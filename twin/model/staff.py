"""Pickers of stores who are missing, and who stands in for them (docs/model.md, section 16)."""

from __future__ import annotations

from typing import Final

import numpy as np

from twin.core.clock import Tie
from twin.journal.tables import NONE
from twin.model.build import knots_of
from twin.model.jobs import Process, Works
from twin.model.process import Instant
from twin.model.windows import Spans
from twin.scenario.workforce import Workforce

_ABSENCE: Final = 7 << 40


def start_absences(works: Works, workforce: Workforce) -> None:
    """Put the absences of the world on the clock."""
    for number in range(works.world.absences.size):
        works.env.process(absence(works, workforce, number))


def absence(works: Works, workforce: Workforce, number: int) -> Process:
    """Pickers of a store are missing: each place in the row of pickers that becomes free is empty, until they are back
    or substitutes are there.
    """
    node, start, end, pickers = works.world.absences[number].tolist()
    yield Instant(works.env, start, Tie.FAULT, _ABSENCE | number)
    told, back = _back(works, workforce, number, start, end)
    first = int(works.plane.memory["nodes"]["server"][node])
    free = works.plane.memory["servers"][first : first + int(works.plane.memory["nodes"]["pickers"][node])]
    for _ in range(pickers):
        place = int(np.argmin(free))
        free[place] = max(int(free[place]), back)
    horizon = works.world.horizon_us
    known = (t if t < horizon else NONE for t in (told, back))
    works.journal.absences.append((node, pickers, start, end, *known))


def _back(works: Works, workforce: Workforce, number: int, start: int, end: int) -> tuple[int, int]:
    """When the workforce system knows (NONE: never), and when as many pickers as ever are there."""
    if not workforce.on:
        return NONE, end
    told = Spans.of_outages(works.world, "workforce").up(start)
    found = told + works.duration(knots_of(workforce.substitute), "workforce.substitute", number)
    return told, min(end, found)
