"""What can end a run, and the exit code that says so to a script (design, section 7).

    Exception
    +-- TwinError                  a condition that has a name; shown as one line, never as a traceback
        +-- UsageError         2   the command contradicts itself or the scenario
        +-- InvariantError     4   the model broke a law of its own: its results must not be believed
        +-- LimitError         5   a declared limit of size or memory was hit
        +-- ResultsError       6   the results folder cannot be used
        +-- WorkersError       7   workers were lost, cannot be reached, or run another version

A scenario that is not valid has its own exception beside its parser (exit 3), and so has a version of a contract that
breaks its consumers (exit 99). Everything else is a bug (exit 1).
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """How a command ended."""

    OK = 0
    BUG = 1
    USAGE = 2
    SCENARIO = 3
    INVARIANT = 4
    LIMIT = 5
    RESULTS = 6
    WORKERS = 7
    INCONCLUSIVE = 8
    THRESHOLD = 99
    INTERRUPTED = 130


class TwinError(Exception):
    """Base of the conditions with a name; built from one message only, so that it travels between processes."""

    exit_code: ClassVar[ExitCode] = ExitCode.BUG


class UsageError(TwinError):
    """The command contradicts itself or the scenario."""

    exit_code = ExitCode.USAGE


class InvariantError(TwinError):
    """A law of the model was broken; the message gives the law, the instant and the numbers."""

    exit_code = ExitCode.INVARIANT


class LimitError(TwinError):
    """A declared limit was hit; the message gives the limit and how to move it."""

    exit_code = ExitCode.LIMIT


class ResultsError(TwinError):
    """A results folder exists already, is torn, belongs to another run, or cannot be written."""

    exit_code = ExitCode.RESULTS


class WorkersError(TwinError):
    """Workers died, cannot be reached, or run another version."""

    exit_code = ExitCode.WORKERS
