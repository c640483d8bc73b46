"""Failures at random come as often, and last as long, as configured: over many replications, with a stated error."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from tests.world.make import scenario
from twin.core.clock import HOUR
from twin.world.estate import realise
from twin.world.faults.durations import duration_tables
from twin.world.faults.realised import realise_faults
from twin.world.streams import Streams

REPLICATIONS: Final = 400
FIRST: Final = 10
"""Failures looked at in each replication: a fixed number, because the gaps that fit into a span are the short ones."""

ALPHA: Final = 0.01
"""Chance that a statement is refused although it holds; the seed is fixed, so it is or it is not."""

MTBF_H: Final = 20.0
MEAN_H: Final = 3.0

EXPONENTIAL: Final = {"law": "exponential", "mean": "3h"}
LOGNORMAL: Final = {"law": "lognormal", "mean": "3h", "cv": 0.8}
_SIGMA2: Final = np.log1p(0.8**2)


def failures(duration: dict[str, Any], days: int) -> list[NDArray[np.float64]]:
    """[failure, (start, end)] in hours of each replication."""
    fault = {"system": "broker", "mtbf": f"{MTBF_H:g}h", "duration": duration}
    calendar = {"calendar__window": f"{days}d", "calendar__warm_up": "0s", "calendar__follow_up": "0s"}
    description = scenario(faults=[fault], estate__stores__count=1, **calendar)
    estate, tables = realise(description), duration_tables(description)
    worlds = (realise_faults(description, Streams(11, number), estate, tables) for number in range(REPLICATIONS))
    return [np.array(world.windows[["start", "end"]].tolist()) / HOUR for world in worlds]


def agrees(sample: NDArray[np.float64], mean: float) -> bool:
    """Whether the two-sided t-interval of the sample's mean holds the mean."""
    half = stats.t.ppf(1 - ALPHA / 2, sample.size - 1) * sample.std(ddof=1) / np.sqrt(sample.size)
    return bool(abs(sample.mean() - mean) <= half)


@pytest.mark.parametrize(
    ("duration", "lasts"),
    [
        (EXPONENTIAL, stats.expon(scale=MEAN_H)),
        (LOGNORMAL, stats.lognorm(np.sqrt(_SIGMA2), scale=MEAN_H * np.exp(-_SIGMA2 / 2))),
    ],
    ids=["exponential", "lognormal"],
)
def test_failures_come_and_last_as_configured(duration: dict[str, Any], lasts: Any) -> None:
    found = [windows[:FIRST] for windows in failures(duration, days=60)]
    assert {len(windows) for windows in found} == {FIRST}
    up = np.concatenate([windows[:, 0] - np.concatenate([[0.0], windows[:-1, 1]]) for windows in found])
    down = np.concatenate([windows[:, 1] - windows[:, 0] for windows in found])
    assert agrees(up, MTBF_H)
    assert agrees(down, MEAN_H)
    assert stats.kstest(up, stats.expon(scale=MTBF_H).cdf).pvalue > ALPHA
    assert stats.kstest(down, lasts.cdf).pvalue > ALPHA


def test_the_share_of_time_down_is_that_of_an_alternating_renewal_process() -> None:
    days = 30
    share = np.array([(windows[:, 1] - windows[:, 0]).sum() / (24 * days) for windows in failures(EXPONENTIAL, days)])
    fails, mends = 1 / MTBF_H, 1 / MEAN_H
    # Up at 0, it is down at t with probability f / (f + m) (1 - exp(-(f + m) t)): two states, Kolmogorov's forward
    # equation (Ross 2014, "Introduction to Probability Models", example 6.11); averaged over t.
    span = (fails + mends) * 24 * days
    expected = fails / (fails + mends) * (1 - (1 - np.exp(-span)) / span)
    assert agrees(share, expected)


def test_how_often_and_how_long_are_independent() -> None:
    found = [windows[: FIRST + 1] for windows in failures(EXPONENTIAL, days=60)]
    down = np.concatenate([windows[:-1, 1] - windows[:-1, 0] for windows in found])
    then = np.concatenate([windows[1:, 0] - windows[:-1, 1] for windows in found])
    assert stats.spearmanr(down, then).pvalue > ALPHA
