"""What a check of a whole scenario may ask besides the scenario itself."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from twin.scenario.base import Broken
from twin.scenario.scenario import Scenario

DATA_VARIABLE: Final = "TWIN_DATA"


@dataclass(frozen=True)
class Context:
    """Surroundings of a scenario: the folder of its file, the folder of logs, the names of KPIs if they are known."""

    base: Path
    data_dir: Path | None = None
    known_kpis: Collection[str] | None = None

    def log(self, name: str) -> Path | None:
        """Path of a replay's log: in the data folder (given, else that of ``TWIN_DATA``), else beside the scenario file."""
        named = os.environ.get(DATA_VARIABLE)
        folder = self.data_dir or (Path(named) if named else self.base)
        return next((path for path in (folder / name, self.base / name) if path.is_file()), None)


Check = Callable[[Scenario, Context], Iterator[Broken]]
"""A check yields every rule that does not hold, with its path from the scenario's root."""
