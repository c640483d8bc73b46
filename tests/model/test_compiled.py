"""The list of kernels that are compiled beforehand names the types that a run really hands over."""

from __future__ import annotations

from pathlib import Path

from tests.model.runs import scarce
from twin.model.compiled import HANDED_INTEGERS, compile_kernels
from twin.model.run import simulate


def test_a_run_compiles_none_of_them_again(tmp_path: Path) -> None:
    compile_kernels()
    before = {entry: len(entry.signatures) for entry in HANDED_INTEGERS}  # other tests may have handed over other types
    for arm in scarce().arms:
        folder = tmp_path / arm
        folder.mkdir()
        simulate(scarce(), arm, 0, folder=folder)
    again = {
        entry.py_func.__name__: entry.signatures for entry, known in before.items() if len(entry.signatures) > known
    }
    assert again == {}
