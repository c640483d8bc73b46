"""Rules that no tool on the shelf checks: who may print, who may draw, and what no tracked file may contain."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "twin").rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def prints(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield node.lineno


def randomness(tree: ast.AST) -> Iterator[int]:
    """Lines that reach for numpy.random, random or secrets; the type of a generator may be named."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in {"np.random", "numpy.random"}:
            if node.attr != "Generator":
                yield node.lineno
        elif isinstance(node, ast.Import):
            if any(
                alias.name.split(".")[0] in {"random", "secrets"} or alias.name == "numpy.random"
                for alias in node.names
            ):
                yield node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module in {"random", "secrets", "numpy.random"}:
            yield node.lineno


def offenders(check: object, allowed: tuple[str, ...]) -> list[str]:
    assert callable(check)
    return [
        f"{relative(path)}:{line}"
        for path in MODULES
        if not relative(path).startswith(allowed)
        for line in check(ast.parse(path.read_text(encoding="utf-8")))
    ]


def tracked() -> list[Path]:
    """Files of the project, by git where there is a checkout of it."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listing.returncode:
        pytest.skip("not a checkout")
    names = listing.stdout.decode().split("\0")
    return [path for name in names if name and (path := ROOT / name).is_file()]


def test_only_the_command_line_and_the_report_print() -> None:
    assert offenders(prints, ("twin/cli/", "twin/report/")) == []


def test_randomness_is_made_in_the_streams_only() -> None:
    assert offenders(randomness, ("twin/world/streams.py",)) == []


@pytest.mark.parametrize(
    "source", ["import random", "from random import choice", "import numpy as np\nnp.random.rand()"]
)
def test_the_search_for_randomness_finds_it(source: str) -> None:
    assert list(randomness(ast.parse(source)))


def test_no_tracked_file_names_a_registry_or_a_folder_of_a_machine() -> None:
    # Put together from parts, so that this file does not contain what it looks for.
    words = ["pypi" + ".org", "python" + "hosted", "--index" + "-url", "--find" + "-links"]
    folders = [f"/{name}/" for name in ("root", "home", "opt", "Users", "work")]
    pattern = re.compile("|".join([*map(re.escape, words), *(rf"(?<![\w.$}}*-]){re.escape(f)}\w" for f in folders)]))
    found = [
        f"{relative(path)}: {match.group()}"
        for path in tracked()
        if path.suffix not in {".parquet", ".png", ".pyc"}
        for match in pattern.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []


def test_every_locked_dependency_has_a_hash() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = re.findall(r"^\S+==.*(?:\n    .*)*", lock, flags=re.MULTILINE)
    assert len(pins) > 40
    assert all("--hash=sha256:" in pin for pin in pins)


def test_the_top_level_is_the_one_of_the_design() -> None:
    top = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert {name for name in top if not name.startswith(".")} <= {
        "twin", "scenarios", "notebooks", "results", "run_scenario.py", "tests", "benchmarks", "docs",
        "DESIGN.md", "README.md",
        "pyproject.toml", "requirements.lock", "Makefile", "LICENSE", "CHANGELOG.md",
    }  # fmt: skip
