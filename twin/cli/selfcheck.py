"""``twin selfcheck``: known answers from outside, measured here and now."""

from __future__ import annotations

import sys

from twin.core.errors import ExitCode
from twin.selfcheck.table import CASES, FAMILY, Verdict, check

_NAME = max(len(case.name) for case in CASES)


def print_checks() -> ExitCode:
    """Measure every case and print it as it ends."""
    print(f"{len(CASES)} known answers through the twin's own components; intervals hold together at {1 - FAMILY:.0%}.")
    print(f"\n{'case':{_NAME}} {'measured':>10} {'±':>8} {'known':>10}  verdict")
    failed = 0
    for case in CASES:
        verdict = check(case)
        failed += not verdict.passed
        print(_line(verdict), flush=True)
    if failed:
        sys.stderr.write(f"{failed} of {len(CASES)} known answers are missed: do not trust this installation\n")
        return ExitCode.INVARIANT
    print(f"\nAll {len(CASES)} agree. `make verify` in the sources holds the model against its plain reference too.")
    return ExitCode.OK


def _line(verdict: Verdict) -> str:
    case = verdict.case
    numbers = f"{verdict.value:>10.5g} {verdict.half_width:>8.2g} {case.known:>10.5g}"
    return f"{case.name:{_NAME}} {numbers}  {'ok' if verdict.passed else 'MISSED'}"
