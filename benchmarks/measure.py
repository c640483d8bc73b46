"""One measurement in a process of its own, so that peak memory is that of the run. Prints one JSON object.

python -m benchmarks.measure twin|reference|loop|hollow [FILE [PATH=VALUE ...]]
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq
import simpy

from twin.journal.totals import Flow
from twin.scenario.loader import load
from twin.scenario.scenario import Scenario
from twin.world.tables import WorldDay
from twin.world.world import World

ARM: Final = "hybrid"
WARM_UP: Final = Path("scenarios/quickstart.yaml")
ONE_DAY: Final = ["estate.stores.count=30", "calendar.warm_up=0s", "calendar.window=1d", "calendar.follow_up=0s"]
LOOP_EVENTS: Final = 2_000_000
LOOP_PROCESSES: Final = 500
"""About as many as the reference keeps waiting on a tenth of the estate."""
HOLLOW_CUSTOMERS: Final = 200_000
HOLLOW_LANES: Final = 24
Numbers = dict[str, float]


class TimedWorld(World):
    """A world that counts the seconds its drawing takes."""

    def __init__(self, scenario: Scenario, base: Path) -> None:
        began = time.perf_counter()
        super().__init__(scenario, 0, base=base)
        self.seconds = time.perf_counter() - began

    def day(self, day: int) -> WorldDay:
        began = time.perf_counter()
        drawn = super().day(day)
        self.seconds += time.perf_counter() - began
        return drawn


def measure_twin(file: Path, sets: list[str]) -> Numbers:
    """The twin on one arm and world, world drawing included; kernels are compiled (or read from their cache) before."""
    _twin(*_loaded(WARM_UP, ONE_DAY))
    return _twin(*_loaded(file, sets))


def _twin(scenario: Scenario, base: Path) -> Numbers:
    from twin.model.run import run_in

    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        world = TimedWorld(scenario, base)
        run_in(world, scenario, scenario.arms[ARM], Path(folder))
        seconds = time.perf_counter() - began
        flows = dict(zip(*pq.read_table(Path(folder) / "flows.parquet").to_pydict().values(), strict=True))
    return {"seconds": seconds, "world_s": world.seconds, "movements": flows["movements"], "peak_mb": _peak_mb()}


def measure_reference(file: Path, sets: list[str]) -> Numbers:
    """The plain reference on the same arm and world, and how many SimPy events it handled a second."""
    _reference(*_loaded(WARM_UP, ONE_DAY))
    gc.collect()
    gc.freeze()  # the twin keeps the collector at rest too
    gc.disable()
    return _reference(*_loaded(file, sets))


def _reference(scenario: Scenario, base: Path) -> Numbers:
    from tests.reference.model import Reference

    began = time.perf_counter()
    world = TimedWorld(scenario, base)
    reference = Reference(world, scenario, scenario.arms[ARM])
    reference.run()
    seconds = time.perf_counter() - began
    events = next(reference.shop.env._eid)  # SimPy numbers every event that it schedules
    return {
        "seconds": seconds,
        "world_s": world.seconds,
        "movements": reference.shop.flows[Flow.MOVEMENTS],
        "events_per_s": events / (seconds - world.seconds),
        "peak_mb": _peak_mb(),
    }


def measure_loop() -> Numbers:
    """Events a second of the barest SimPy model: processes that do nothing but wait again and again."""
    env = simpy.Environment()
    for number in range(LOOP_PROCESSES):
        env.process(_ticks(env, LOOP_PROCESSES + number))
    return _events_per_s(env, until=LOOP_EVENTS)


def measure_hollow() -> Numbers:
    """Events a second of the reference's processes without what they do: customers whose messages queue for a lane."""
    env = simpy.Environment()
    lanes = [simpy.Resource(env) for _ in range(HOLLOW_LANES)]
    for number in range(LOOP_PROCESSES):
        env.process(_customers(env, LOOP_PROCESSES + number, lanes))
    return _events_per_s(env, until=HOLLOW_CUSTOMERS)


def _events_per_s(env: simpy.Environment, until: int) -> Numbers:
    gc.collect()
    gc.disable()
    began = time.perf_counter()
    env.run(until=until)
    return {"events_per_s": next(env._eid) / (time.perf_counter() - began)}


def _ticks(env: simpy.Environment, interval: int) -> Any:
    while True:
        yield env.timeout(interval)


def _customers(env: simpy.Environment, interval: int, lanes: list[simpy.Resource]) -> Any:
    for number in count():
        yield env.process(_customer(env, interval, lanes[number % len(lanes)]))


def _customer(env: simpy.Environment, interval: int, lane: simpy.Resource) -> Any:
    yield env.timeout(interval)
    for _ in range(2):  # one for the view, one for the record
        env.process(_message(env, lane))


def _message(env: simpy.Environment, lane: simpy.Resource) -> Any:
    with lane.request() as turn:
        yield turn
        yield env.timeout(1)


def _loaded(file: Path, sets: list[str]) -> tuple[Scenario, Path]:
    loaded = load(file, sets=sets)
    return loaded.scenario, loaded.base


def _peak_mb() -> float:
    """Peak resident memory of this process so far; Linux counts in KiB, macOS in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def main() -> None:
    """Measure what the command line asks for."""
    kind, *rest = sys.argv[1:]
    if kind in (alone := {"loop": measure_loop, "hollow": measure_hollow}):
        numbers = alone[kind]()
    else:
        measure = {"twin": measure_twin, "reference": measure_reference}[kind]
        numbers = measure(Path(rest[0]), rest[1:])
    print(json.dumps(numbers))


if __name__ == "__main__":
    main()
