"""Holds the twin on the path against the reference, world by world, until they differ; run as a program by the planted
defects, each in a process and a copy of the sources of its own.

Ends with DIFFERS and says where on standard output, or with 0 if all worlds agree. A run of the twin that breaks a
conservation law differs too.
"""

from __future__ import annotations

import sys

from tests.reference.cases import CASES
from tests.reference.equality import compare
from twin.model.invariants import InvariantError
from twin.scenario.scenario import Scenario
from twin.scenario.systems import Systems
from twin.world.world import World

DIFFERS = 3


def _difference(world: World, scenario: Scenario, systems: Systems) -> str | None:
    try:
        return compare(world, scenario, systems)[1]
    except InvariantError as broken:
        return str(broken)


def main() -> int:
    for case in CASES:
        scenario, world = case.scenario(), case.world()
        for arm, systems in scenario.arms.items():
            told = _difference(world, scenario, systems)
            if told:
                sys.stdout.write(f"{case.name}, arm {arm}: {told}\n")
                return DIFFERS
    return 0


if __name__ == "__main__":
    sys.exit(main())
