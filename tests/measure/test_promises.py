"""Parts sum to their total, whatever the journal."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.measure.make import Row, cohort, false_oos, line
from twin.journal.orders import Cause, Status
from twin.measure.blame import blame_cohort, pooled
from twin.measure.kpis import measure_cohort
from twin.measure.promises import CAUSES, REASONS

_CHANNEL = st.integers(0, 1)
_ROW = st.one_of(
    st.builds(lambda s, c: line(s, channel=c), st.sampled_from(Status), _CHANNEL),
    st.builds(
        lambda c, a, n: line(Status.OVERSOLD, cause=c, also=a << 1, channel=n),
        st.sampled_from(CAUSES),
        st.integers(0, 4095),
        _CHANNEL,
    ),
    st.builds(lambda r, c: false_oos(r, channel=c), st.sampled_from(REASONS), _CHANNEL),
)


def _exact(rate: float | None, whole: int) -> Fraction:
    """The fraction that a rate over ``whole`` lines stands for, without its rounding."""
    return Fraction(0) if rate is None else Fraction(round(rate * whole), whole)


@settings(max_examples=60, deadline=None)
@given(st.lists(_ROW, max_size=40))
def test_causes_sum_to_the_oversell_rate_and_reasons_to_the_false_out_of_stock_rate(rows: list[Row]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        kpis = measure_cohort(cohort(Path(folder), lines=rows))
    accepted, demanded = int(kpis["lines_accepted"] or 0), int(kpis["lines_demanded"] or 0)
    by_cause = [_exact(kpis[f"oversell_rate.{cause.name.lower()}"], accepted) for cause in CAUSES]
    by_reason = [_exact(kpis[f"false_oos_rate.{reason.name.lower()}"], demanded) for reason in REASONS]
    assert sum(by_cause) == _exact(kpis["oversell_rate"], accepted)
    assert sum(by_reason) == _exact(kpis["false_oos_rate"], demanded)
    assert sum(_exact(kpis[name], demanded) for name in ("true_oos_rate", "false_oos_rate")) == _exact(
        kpis["refused_rate"], demanded
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(_ROW, max_size=40))
def test_blame_sums_to_the_oversold_lines(rows: list[Row]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = blame_cohort(cohort(Path(folder), lines=rows))
    oversold = sum(row["cause"] != Cause.NONE for row in rows)
    assert found.total == oversold
    assert (found.shares() is None) == (oversold == 0)
    assert all(count <= found.lines[cause] for (cause, _), count in found.also.items())


def test_what_would_have_sufficed_too_is_counted_beside_the_cause_but_never_the_cause_itself(tmp_path: Path) -> None:
    both = 1 << Cause.RECORD_ERROR | 1 << Cause.RACE
    rows = [
        line(Status.OVERSOLD, cause=Cause.RECORD_ERROR, also=both),
        line(Status.OVERSOLD, cause=Cause.RECORD_ERROR, also=both),
        line(Status.OVERSOLD, cause=Cause.RACE, also=1 << Cause.RACE),
        line(Status.OVERSOLD, cause=Cause.OTHER_LATER),
    ]
    found = blame_cohort(cohort(tmp_path, lines=rows))
    assert found.also == {(Cause.RECORD_ERROR, Cause.RACE): 2}
    assert found.shares() == dict.fromkeys(CAUSES, 0.0) | {
        Cause.RECORD_ERROR: 0.5,
        Cause.RACE: 0.25,
        Cause.OTHER_LATER: 0.25,
    }


def test_blame_over_replications_adds_up(tmp_path: Path) -> None:
    row = line(Status.OVERSOLD, cause=Cause.OUTAGE, also=1 << Cause.JOINT)
    one = blame_cohort(cohort(tmp_path / "0", lines=[row]))
    two = blame_cohort(cohort(tmp_path / "1", lines=[row, row, line(Status.OVERSOLD, cause=Cause.DAMAGE)]))
    both = pooled([one, two])
    assert (both.total, both.lines[Cause.OUTAGE], both.lines[Cause.DAMAGE]) == (4, 3, 1)
    assert both.also == {(Cause.OUTAGE, Cause.JOINT): 3}


def test_lines_demanded_are_the_same_denominator_however_many_an_arm_accepts(tmp_path: Path) -> None:
    bold = [line(Status.OVERSOLD), *(line(Status.SUPPLIED) for _ in range(3))]
    shy = [line(Status.OVERSOLD), *(line(Status.REFUSED) for _ in range(3))]
    one, other = (measure_cohort(cohort(tmp_path / str(n), lines=rows)) for n, rows in enumerate((bold, shy)))
    assert (one["oversell_rate"], other["oversell_rate"]) == (0.25, 1.0)
    assert one["oversell_rate_per_line_demanded"] == other["oversell_rate_per_line_demanded"] == 0.25


@pytest.mark.parametrize("status", [Status.OPEN, Status.REFUSED, Status.ABANDONED, Status.DECLINED])
def test_a_line_that_was_never_promised_is_not_accepted(tmp_path: Path, status: Status) -> None:
    kpis = measure_cohort(cohort(tmp_path, lines=[line(status)]))
    assert (kpis["lines_accepted"], kpis["oversell_rate"], kpis["open_share"]) == (0, None, None)
