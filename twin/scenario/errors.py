"""What is wrong with a scenario or with the files it names: all of it at once, each with its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from twin.core.errors import ExitCode, TwinError


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong, where it is, and the rule it breaks. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.path}: {self.message}"


class ScenarioError(TwinError):
    """The scenario, or a file it names, is not valid; nothing was simulated."""

    exit_code: ClassVar[ExitCode] = ExitCode.SCENARIO

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)  # the arguments travel between processes, so they must rebuild the exception

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))
