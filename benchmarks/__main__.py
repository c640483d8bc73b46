"""`make bench`: prints a table and writes results/bench.json. Everything runs in child processes, one at a time.

The twin runs at full size; the plain reference at a tenth of it (a tenth of the stores and of the orders), and the
twin on that work too: ``ratio`` is reference over twin on the same work. ``ratio_full`` holds the reference's seconds
per movement against those of the twin at full size, where its fixed costs weigh less.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

OUT: Final = Path("results/bench.json")
FULL: Final = "scenarios/integration_styles.yaml"
SMALL: Final = "scenarios/quickstart.yaml"
Sets = tuple[str, ...]

RARELY: Final[Sets] = ("experiment.scrape=1d",)
"""The reference looks at every pair at each scrape, the twin keeps totals: frequent ones would favour the twin."""

TENTH: Final[Sets] = (
    "estate.stores.count=30",
    "demand.channels.web.weekly_checkouts=14000.0",
    "demand.channels.app.weekly_checkouts=10500.0",
    "demand.channels.market_a.weekly_checkouts=5500.0",
    "demand.channels.market_b.weekly_checkouts=3000.0",
    "demand.channels.clienteling.weekly_checkouts=500.0",
)


@dataclass(frozen=True)
class Case:
    """What is measured: the twin on ``file`` with ``sets``; the reference with ``scale`` on top, if it runs at all."""

    name: str
    file: str
    sets: Sets
    scale: Sets | None = None


@dataclass(frozen=True)
class Result:
    """Seconds include drawing the world, which ``world_s`` shows apart; of the twin at full size unless said."""

    name: str
    reference_s: float | None  # on the scaled work
    twin_s: float
    world_s: float
    ratio: float | None  # seconds per movement, reference over twin, on the scaled work
    movements_per_s: float
    peak_mb: float
    ratio_full: float | None = None
    twin_scaled_s: float | None = None
    scaled_share: float | None = None  # movements of the scaled work over those of the full work
    reference_events_per_s: float | None = None


def _days(warm_up: int, window: int, follow_up: int) -> Sets:
    return (f"calendar.warm_up={warm_up}d", f"calendar.window={window}d", f"calendar.follow_up={follow_up}d")


CASES: Final = (
    Case("hybrid_day", FULL, (*_days(0, 1, 0), *RARELY), TENTH),
    Case("hybrid_week", FULL, (*_days(1, 5, 1), *RARELY), TENTH),
    Case("hybrid_28_days", FULL, _days(1, 26, 1)),
    Case("every_workflow", "scenarios/every_workflow.yaml", (*_days(1, 5, 1), *RARELY), TENTH),
)
QUICK: Final = (
    Case("hybrid_week", SMALL, (*_days(0, 1, 0), *RARELY), ("estate.stores.count=30",)),
    Case("hybrid_28_days", SMALL, _days(0, 4, 0)),
)


def measured(kind: str, *arguments: str) -> dict[str, float]:
    """Run one measurement in a child process."""
    command = [sys.executable, "-m", "benchmarks.measure", kind, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{ended.stderr}")
    numbers: dict[str, float] = json.loads(ended.stdout)
    return numbers


def run(case: Case) -> Result:
    """Measure one case."""
    twin = measured("twin", case.file, *case.sets)
    result = Result(
        name=case.name,
        reference_s=None,
        twin_s=twin["seconds"],
        world_s=twin["world_s"],
        ratio=None,
        movements_per_s=twin["movements"] / twin["seconds"],
        peak_mb=twin["peak_mb"],
    )
    return result if case.scale is None else _against_reference(result, case, twin["movements"])


def _against_reference(result: Result, case: Case, movements: float) -> Result:
    work = (case.file, *case.sets, *(case.scale or ()))
    reference, twin = measured("reference", *work), measured("twin", *work)
    if reference["movements"] != twin["movements"]:
        raise SystemExit(
            f"{case.name}: the reference made {reference['movements']} movements, the twin {twin['movements']}"
        )
    return Result(
        **{
            **asdict(result),
            "reference_s": reference["seconds"],
            "ratio": reference["seconds"] / twin["seconds"],
            "ratio_full": reference["seconds"] / reference["movements"] * result.movements_per_s,
            "twin_scaled_s": twin["seconds"],
            "scaled_share": twin["movements"] / movements,
            "reference_events_per_s": reference["events_per_s"],
        }
    )


COLUMNS: Final = (
    "name",
    "reference_s",
    "twin_scaled_s",
    "ratio",
    "ratio_full",
    "twin_s",
    "world_s",
    "movements_per_s",
    "peak_mb",
)


def _row(values: list[object]) -> str:
    return "  ".join(f"{_text(value):>15}" for value in values)


def _text(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:,.1f}" if isinstance(value, float) else str(value)


def main() -> None:
    """Measure all cases, print them and write them down."""
    cases = QUICK if "--quick" in sys.argv[1:] else CASES
    loop, hollow = (measured(kind)["events_per_s"] for kind in ("loop", "hollow"))
    print(_row(list(COLUMNS)))
    results = []
    for case in cases:
        results.append(run(case))
        print(_row([asdict(results[-1])[column] for column in COLUMNS]), flush=True)
    for result in results:
        if result.reference_events_per_s is not None:
            rate = result.reference_events_per_s
            print(f"{result.name}: the reference handles {rate:,.0f} SimPy events a second,")
            print(f"  {rate / loop:.0%} of the {loop:,.0f} of a bare time-out loop with as many processes waiting,")
            print(f"  {rate / hollow:.0%} of the {hollow:,.0f} of its own kinds of events without the model's work")
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps([asdict(result) for result in results], indent=2) + "\n")


if __name__ == "__main__":
    main()
