"""A run that hangs until somebody presses Ctrl-C: ``python -m tests.experiment.hanging FOLDER JOBS``."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from tests.experiment import fakes
from twin.core.errors import TwinError
from twin.experiment.plan import make_plan
from twin.experiment.run import Options, run_experiment


def main() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background would have it ignored
    out, jobs = Path(sys.argv[1]), int(sys.argv[2])
    scenario = fakes.tiny()
    plan = make_plan(scenario, base=out.parent)
    try:
        run_experiment(
            plan,
            fakes.with_simulate(fakes.hang_after_first),
            resolved=scenario.model_dump_json(),
            options=Options(out=out, jobs=jobs, results=out.parent / "results"),
        )
    except TwinError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
