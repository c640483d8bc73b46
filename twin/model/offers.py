"""What customers agree to whose lines are short, as kernels know it (docs/model.md, section 7, "Shortages")."""

from __future__ import annotations

import numpy as np

from twin.core.shares import parts
from twin.kernels import state
from twin.kernels.memory import Memory
from twin.scenario.scenario import Scenario
from twin.world.world import World


def lay_offers(memory: Memory, world: World, scenario: Scenario) -> None:
    """Shares and streams, by channel."""
    rows = np.zeros(len(scenario.demand.channels), state.OFFER)
    rows["waits"] = [parts(channel.waits) for channel in scenario.demand.channels.values()]
    rows["waits_key"] = world.streams.key("waits")
    rows["takes"] = [parts(channel.takes_substitute) for channel in scenario.demand.channels.values()]
    rows["takes_key"] = world.streams.key("takes_substitute")
    memory.put("offers", rows)
    memory.put("substitutes", world.estate.substitutes)
    memory.put("ending", np.ascontiguousarray(world.estate.skus["ending"]))
