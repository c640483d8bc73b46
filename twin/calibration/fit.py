"""Everything that is fitted to a log, and the findings in the order in which they are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.calibration.baskets import Counted, count_law, judge_counts, lines_per_order
from twin.calibration.days import Days, channel_days, judge_days, store_days
from twin.calibration.declared import Calibration
from twin.calibration.finding import Finding
from twin.calibration.goods import Goods, fit_goods, judge_popularity, judge_price
from twin.calibration.hours import HourProfile, judge_hours, profile_of
from twin.calibration.returns import Returns, fit_returns, judge_returns
from twin.calibration.sales import Logged, read_sales
from twin.calibration.stores import Stores, fit_stores, judge_stores
from twin.scenario.base import Model
from twin.scenario.demand import Channel, Tills
from twin.scenario.fields import parameters


@dataclass(frozen=True)
class Calibrated:
    """A log and the laws that were fitted to it, each to the days before ``fit_until``."""

    logged: Logged
    hours: HourProfile
    hours_tested: HourProfile
    days: Days
    days_tested: Days
    lines: Counted | None  # None where orders are broken
    units: Counted
    goods: Goods
    returns: Returns | None
    stores: Stores | None

    @property
    def declared(self) -> Calibration:
        """What was declared of the log."""
        return self.logged.declared

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every law in a line."""
        return tuple(_findings(self))


def calibrate(declared: Calibration, base: Path, data_dir: Path | None) -> Calibrated:
    """Read a log and fit it. Raises :class:`ScenarioError` for a log that cannot be read."""
    logged = read_sales(declared, base, data_dir)
    whole = declared.holds == "orders"
    fit, test, model = logged.fit, logged.test, Channel if whole else Tills
    goods = fit_goods(logged)
    hours, hours_tested = (profile_of(part, declared.time_zone, whole_orders=whole) for part in (fit, test))
    by_day = channel_days if whole else store_days
    units = Counted("units per line", count_law(fit.quantity), fit.quantity, test.quantity, _default(model, "units"))
    lines = None
    if whole and declared.sampled == 1:
        seen, later = lines_per_order(fit), lines_per_order(test)
        lines = Counted("lines per order", count_law(seen), seen, later, _default(Channel, "lines"))
    return Calibrated(
        logged,
        hours,
        hours_tested,
        by_day(fit, declared),
        by_day(test, declared),
        lines,
        units,
        goods,
        fit_returns(logged),
        None if whole else fit_stores(fit, test),
    )


def _default(model: type[Model], name: str) -> Any:
    return parameters(model)[name].default


def _findings(done: Calibrated) -> Iterator[Finding]:
    whole = done.declared.holds == "orders"
    yield judge_hours(done.logged, done.hours, done.hours_tested)
    what, model = ("dispersion of days", Channel) if whole else ("dispersion of a store's days", Tills)
    yield judge_days(what, done.days, done.days_tested, float(_default(model, "dispersion")))
    if done.lines is not None:
        yield judge_counts(done.lines)
    yield judge_counts(done.units)
    yield judge_popularity(done.goods)
    if done.goods.price_law is not None:
        yield judge_price(done.goods, done.goods.price_law)
    if done.returns is not None:
        yield from judge_returns(done.returns)
    if done.stores is not None:
        yield from judge_stores(done.stores)
