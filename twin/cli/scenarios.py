"""``twin validate``, ``twin schema`` and ``twin init``: scenario files, without running them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from twin.core.errors import ExitCode, UsageError
from twin.measure.kpis import CHANNEL_KPIS, DERIVED, KPIS
from twin.scenario.loader import load
from twin.scenario.schema import schema
from twin.scenario.starter import starter

KNOWN_KPIS: Final = frozenset({*KPIS, *CHANNEL_KPIS, *DERIVED})
"""Names that a threshold may use; ``<channel>`` in a name stands for each channel."""


def validate_scenario(file: Path, *, sets: Sequence[str], seed: int | None, data_dir: Path | None) -> int:
    """Load the scenario; problems are raised, and a valid one is summed up in a line."""
    scenario = load(file, sets=sets, seed=seed, known_kpis=KNOWN_KPIS, data_dir=data_dir).scenario
    arms = ", ".join(scenario.arms)
    print(f"{file}: valid: {scenario.name}, arms {arms}, {scenario.experiment.replications} replications")
    return ExitCode.OK


def print_schema() -> int:
    """Print the JSON Schema."""
    print(json.dumps(schema(), indent=2))
    return ExitCode.OK


def write_starter(file: Path | None) -> int:
    """Write the starter scenario to a new file, or print it; a file that exists is left alone."""
    if file is None:
        print(starter(), end="")
        return ExitCode.OK
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(starter())
    except FileExistsError:
        raise UsageError(f"{file} exists and is left alone") from None
    print(f"{file} written; check it with: twin validate {file}")
    return ExitCode.OK
