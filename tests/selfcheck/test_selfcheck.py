"""Known answers: the whole table (slow), and that a case can fail."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from twin.cli import selfcheck
from twin.core.errors import ExitCode
from twin.selfcheck.table import CASES, Case, check

EXACT = [case for case in CASES if case.exact is not None]
MEASURED = [case for case in CASES if case.measure is not None]


@pytest.mark.slow
@pytest.mark.parametrize("case", MEASURED, ids=lambda case: case.name)
def test_a_known_answer_is_measured(case: Case) -> None:
    verdict = check(case)
    assert verdict.passed, f"{verdict.value} ± {verdict.half_width}, known {case.known}"


@pytest.mark.parametrize("case", EXACT, ids=lambda case: case.name)
def test_an_exact_answer_comes_out_to_its_last_digit(case: Case) -> None:
    assert check(case).passed
    assert not check(replace(case, known=case.known * 1.01)).passed


def coin(seed: int) -> NDArray[np.bool_]:
    return np.random.default_rng(seed).random(600_000) < 0.5


def test_a_case_passes_on_the_truth_and_fails_beside_it_or_without_power() -> None:
    case = Case("coin", 0.5, "symmetry", coin)
    assert check(case).passed
    assert not check(replace(case, known=0.51)).passed
    assert not check(replace(case, measure=lambda seed: coin(seed)[:1_000])).passed


def test_a_missed_answer_is_named_and_ends_the_command_with_4(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fair = Case("coin", 0.5, "symmetry", coin)
    monkeypatch.setattr(selfcheck, "CASES", (fair,))
    assert selfcheck.print_checks() == ExitCode.OK
    assert "All 1 agree" in capsys.readouterr().out
    monkeypatch.setattr(selfcheck, "CASES", (fair, replace(fair, known=0.6)))
    assert selfcheck.print_checks() == ExitCode.INVARIANT
    out, err = capsys.readouterr()
    assert out.count("ok") == out.count("MISSED") == 1
    assert "1 of 2 known answers are missed" in err


def test_seeds_are_hashes_of_names_and_names_are_distinct() -> None:
    assert len({case.seed for case in CASES}) == len({case.name for case in CASES}) == len(CASES)
    assert Case("coin", 0.5, "symmetry", coin).seed == 326_259_536
