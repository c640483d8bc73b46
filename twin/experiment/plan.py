"""The plan of an experiment: which tasks there are, and what each of them depends on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from twin.core.errors import UsageError
from twin.experiment.atomic import digest_file
from twin.experiment.versions import versions
from twin.scenario.incidents import LOGS
from twin.scenario.scenario import Scenario

NOT_OF_A_TASK = {"name", "description", "arms", "experiment", "thresholds"}
"""Parts of a scenario that change no replication of an arm; ``arms`` and ``experiment`` enter with what does."""


@dataclass(frozen=True, order=True)
class Task:
    """One replication of one arm; ``inputs`` is the digest of all it depends on."""

    replication: int
    arm: str
    inputs: str


@dataclass(frozen=True)
class Plan:
    """A resolved experiment. Tasks come replication by replication, so that an interrupted run holds whole worlds."""

    scenario: Scenario
    base: Path
    data_dir: Path | None
    tasks: tuple[Task, ...]

    @property
    def arms(self) -> tuple[str, ...]:
        """Names of the arms in the order of the scenario."""
        return tuple(self.scenario.arms)

    @property
    def replications(self) -> range:
        """Numbers of the replications."""
        return range(self.scenario.experiment.replications)


def make_plan(scenario: Scenario, *, base: Path, data_dir: Path | None = None) -> Plan:
    """Plan of every (arm, replication). ``base`` is the folder of the scenario file, ``data_dir`` that of logs."""
    files = _file_digests(scenario, base, data_dir)
    inputs = {arm: _inputs_digest(scenario, arm, files) for arm in scenario.arms}
    tasks = tuple(
        Task(replication, arm, inputs[arm])
        for replication in range(scenario.experiment.replications)
        for arm in scenario.arms
    )
    return Plan(scenario, base, data_dir, tasks)


def choose_arms(scenario: Scenario, names: Sequence[str]) -> Scenario:
    """The scenario with the named arms only, in its order; the first is the baseline if the declared one is out.

    ``UsageError`` names an arm that does not exist.
    """
    if not names:
        return scenario
    for name in names:
        if name not in scenario.arms:
            near = get_close_matches(name, scenario.arms, 1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise UsageError(f"no arm {name!r}{hint}; the scenario has {', '.join(scenario.arms)}")
    arms = {name: arm for name, arm in scenario.arms.items() if name in names}
    baseline = scenario.baseline if scenario.baseline in arms else next(iter(arms))
    experiment = scenario.experiment.model_copy(update={"baseline": baseline})
    return scenario.model_copy(update={"arms": arms, "experiment": experiment})


def summary(plan: Plan) -> dict[str, Any]:
    """What a reader of the results wants to know about the scenario, without reading it."""
    scenario = plan.scenario
    calendar = scenario.model_dump(mode="json", include={"calendar"})["calendar"]
    return {
        "schema": 1,
        "scenario": scenario.name,
        "description": scenario.description,
        "seed": scenario.seed,
        "replications": scenario.experiment.replications,
        "confidence": scenario.experiment.confidence,
        "arms": list(plan.arms),
        "baseline": scenario.baseline,
        "estate": {
            "stores": scenario.estate.stores.table or scenario.estate.stores.count,
            "dcs": len(scenario.estate.dcs),
            "skus": scenario.estate.skus.table or scenario.estate.skus.count,
            "channels": list(scenario.demand.channels),
        },
        "calendar": calendar,
        "versions": versions(),
    }


def _file_digests(scenario: Scenario, base: Path, data_dir: Path | None) -> dict[str, str]:
    """Digest by name of each file that the world is made from; of one that is missing the world complains."""
    estate, replay = scenario.estate, scenario.demand.replay
    files = {name: base / name for name in (estate.stores.table, estate.skus.table) if name is not None}
    if replay is not None:
        from twin.world.replay.log import find_log

        files[replay.log] = find_log(replay.log, base, data_dir)
    if any(fault.duration.incidents for fault in scenario.faults):
        from twin.world.faults.durations import incident_logs

        files |= {LOGS[name].file: path for name, path in incident_logs(scenario, base, data_dir).items()}
    return {name: digest_file(path) for name, path in files.items() if path.is_file()}


def _inputs_digest(scenario: Scenario, arm: str, files: Mapping[str, str]) -> str:
    """BLAKE2b-128 of what replications of ``arm`` depend on, so that a resumed run knows what it may keep."""
    depends = {
        "scenario": scenario.model_dump(mode="json", exclude=NOT_OF_A_TASK),
        "arm": scenario.arms[arm].model_dump(mode="json"),
        "scrape": scenario.experiment.scrape,
        "files": dict(files),
        "versions": versions(),
    }
    return hashlib.blake2b(json.dumps(depends, sort_keys=True).encode(), digest_size=16).hexdigest()
