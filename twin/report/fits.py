"""A picture of each law that was fitted to a log: the law, the days of the fit, the days kept apart, and the
default.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from twin.calibration.baskets import Counted
from twin.calibration.fit import Calibrated
from twin.calibration.goods import curve, default_popularity
from twin.report.figures import COLOURS, FAINT, STYLE, keep
from twin.scenario.laws import CountLaw
from twin.stats.lognormal import Lognormal
from twin.stats.popularity import concentration, observed_concentration
from twin.world.profiles import weekly_rates

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Values = NDArray[np.float64]

_LAW, _FIT, _TEST, _DEFAULT = COLOURS[0], "#222222", COLOURS[1], FAINT
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def draw_fits(done: Calibrated, folder: Path) -> list[Path]:
    """Draw every fit of a log into ``folder``; returns the files."""
    import matplotlib as mpl

    with mpl.rc_context(STYLE):
        return [path for name, figure in _figures(done) for path in keep(folder, name, figure)]


def _figures(done: Calibrated) -> Iterator[tuple[str, Figure]]:
    yield "hours", _hours(done)
    yield "days", _days(done)
    for counted in (done.lines, done.units):
        if counted is not None:
            yield counted.what.replace(" ", "_"), _counts(counted)
    yield "popularity", _popularity(done)
    goods = done.goods
    laws = [("prices", "median price of an article, USD", goods.price, goods.price_tested, goods.price_law)]
    if (back := done.returns) is not None:
        laws.append(("delays", "days from sale to return", back.delay, back.delay_tested, back.law))
    if (shops := done.stores) is not None:
        laws.append(("stores", "visits of a store a day", shops.volumes, shops.volumes_tested, shops.law))
    for name, what, fitted, tested, law in laws:
        if law is not None:
            yield name, _lognormal(what, law, fitted, tested)


def _axes(x: str, y: str, width: float = 5.2) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, 3.2), layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    return figure, axes


def _hours(done: Calibrated) -> Figure:
    figure, axes = _axes("local time", "rate, 1 is the mean of the week", 8.0)
    hours = np.arange(169)
    tested = done.hours_tested.rates
    whole = done.declared.holds == "orders"
    name = "online" if whole else "high_street"
    default = weekly_rates(name, {})
    axes.stairs(default / default.mean(), hours, color=_DEFAULT, linewidth=0.8, label=f"built-in {name}")
    axes.stairs(tested, hours, color=_TEST, linewidth=1.0, label="days kept apart")
    axes.stairs(done.hours.rates, hours, color=_LAW, linewidth=1.3, label="fitted")
    axes.set_xticks(range(0, 168, 24), _DAYS)
    axes.set_xlim(0, 168)
    _legend(axes)
    return figure


def _days(done: Calibrated) -> Figure:
    """Counts of the days of the fit, of all stores together, and the band in which two of three are expected."""
    days, cv = done.days, done.days.dispersion.cv
    figure, axes = _axes("day", "orders" if done.declared.holds == "orders" else "visits of a sample", 8.0)
    day, place = np.unique(days.day, return_inverse=True)
    seen, expected, squares = (np.bincount(place, what) for what in (days.counts, days.expected, days.expected**2))
    for spread, colour, label in ((cv, _LAW, "fitted, one standard deviation"), (0.0, _DEFAULT, "Poisson")):
        sd = np.sqrt(expected + spread**2 * squares)
        axes.fill_between(day - day[0], expected - sd, expected + sd, color=colour, alpha=0.3, linewidth=0, label=label)
    axes.plot(day - day[0], seen, color=_FIT, linewidth=0, marker=".", markersize=3, label="days of the fit")
    _legend(axes)
    return figure


def _counts(counted: Counted) -> Figure:
    figure, axes = _axes(counted.what, "share with at most so many")
    axes.set_xscale("log")
    _law(axes, counted.default, _DEFAULT, "default")
    _law(axes, counted.law, _LAW, "fitted")
    _sample(axes, counted.fitted.astype(np.float64), _FIT, "days of the fit")
    _sample(axes, counted.tested.astype(np.float64), _TEST, "days kept apart")
    _legend(axes)
    return figure


def _popularity(done: Calibrated) -> Figure:
    figure, axes = _axes("best sellers, share of the catalogue", "share of lines")
    law, goods = done.goods.popularity, done.goods
    lines, most = int(goods.fitted.sum()), int(goods.fitted.max())
    axes.set_xscale("log")
    axes.plot(*curve(default_popularity()), color=_DEFAULT, linewidth=1, label="default")
    axes.plot(*curve(law), color=_LAW, linewidth=1.3, label="fitted law")
    expected = concentration(law, lines, most)
    axes.plot(
        expected[0] / law.size, expected[1], color=_LAW, linewidth=1, linestyle=":", label="in a sample of this size"
    )
    for counts, colour, label in ((goods.fitted, _FIT, "days of the fit"), (goods.tested, _TEST, "days kept apart")):
        seen = observed_concentration(counts, law.size)
        axes.plot(seen[0] / law.size, seen[1], color=colour, linewidth=0.9, linestyle="--", label=label)
    axes.set_xlim(1 / law.size, 1)
    _legend(axes)
    return figure


def _lognormal(what: str, law: Lognormal, fitted: Values, tested: Values) -> Figure:
    figure, axes = _axes(what, "share at most so high")
    axes.set_xscale("log")
    known = fitted[np.isfinite(fitted) & (fitted > 0)]
    at = np.geomspace(known.min(), known.max(), 200)
    axes.plot(at, law.below(at), color=_LAW, linewidth=1.3, label="fitted, lognormal")
    _sample(axes, known, _FIT, "days of the fit")
    _sample(axes, tested[np.isfinite(tested) & (tested > 0)], _TEST, "days kept apart")
    _legend(axes)
    return figure


def _law(axes: Axes, law: CountLaw, colour: str, label: str) -> None:
    axes.step(law.values, np.cumsum(law.shares), where="post", color=colour, linewidth=1.3, label=label)


def _sample(axes: Axes, values: Values, colour: str, label: str) -> None:
    at, counts = np.unique(values, return_counts=True)
    axes.step(
        at, np.cumsum(counts) / values.size, where="post", color=colour, linewidth=0.9, linestyle="--", label=label
    )


def _legend(axes: Axes) -> None:
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, fontsize=7.5)
