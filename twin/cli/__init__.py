"""The command line. Everything heavy is imported inside the commands, so that ``--help`` answers at once."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twin.experiment.instruments import Instruments


def main(arguments: Sequence[str] | None = None, instruments: Instruments | None = None) -> None:
    """The command ``twin``; ends the process with an exit code of :class:`twin.core.errors.ExitCode`."""
    from twin.cli.app import app
    from twin.cli.exits import invoke

    sys.exit(invoke(app, sys.argv[1:] if arguments is None else arguments, name="twin", instruments=instruments))


def main_run(arguments: Sequence[str] | None = None) -> None:
    """The command ``run_scenario.py``, which is ``twin run``."""
    from twin.cli.app import run_app
    from twin.cli.exits import invoke

    sys.exit(invoke(run_app, sys.argv[1:] if arguments is None else arguments, name="run_scenario.py"))
