"""``validate`` must answer in a second, so the language may not pull in what is heavy."""

import subprocess
import sys
from pathlib import Path

HEAVY = ("numpy", "scipy", "numba", "pandas", "pyarrow", "dask", "simpy", "matplotlib", "duckdb")
PROGRAM = """
import sys
from pathlib import Path
from twin.scenario import dump, loader, schema, starter
loader.load(Path(sys.argv[1]))
print([name for name in sys.argv[2].split(",") if name in sys.modules])
"""


def test_loading_a_scenario_imports_nothing_heavy(minimal: Path) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", PROGRAM, str(minimal), ",".join(HEAVY)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[]"
