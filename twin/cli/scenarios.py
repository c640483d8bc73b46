"""``twin validate``, ``twin schema`` and ``twin init``: scenario files, without running them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from twin.core.errors import ExitCode, UsageError
from twin.scenario import loader


def validate_scenario(file: Path, *, sets: Sequence[str], seed: int | None) -> int:
    """Load the scenario; problems are raised, and a valid one is summed up in a line."""
    scenario = loader.load(file, sets=sets, seed=seed).scenario
    arms = ", ".join(scenario.arms)
    print(f"{file}: valid: {scenario.name}, arms {arms}, {scenario.experiment.replications} replications")
    return ExitCode.OK


def print_schema() -> int:
    """Print the JSON Schema."""
    print(json.dumps(loader.schema(), indent=2))
    return ExitCode.OK


def write_starter(file: Path | None) -> int:
    """Write the starter scenario to a new file, or print it; a file that exists is left alone."""
    if file is None:
        print(loader.starter(), end="")
        return ExitCode.OK
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(loader.starter())
    except FileExistsError:
        raise UsageError(f"{file} exists and is left alone") from None
    print(f"{file} written; check it with: twin validate {file}")
    return ExitCode.OK
