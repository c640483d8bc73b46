"""The lines of a log that are fitted, and the account of all others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.calibration.declared import Calibration, LeftOut
from twin.core.clock import DAY, HOUR
from twin.scenario.errors import Problem, ScenarioError
from twin.world.replay import account as fates
from twin.world.replay.account import ReplayAccount, account
from twin.world.replay.log import Log, find_log, is_cancellation, is_named, read_lines
from twin.world.replay.mapping import TILL_UNITS_MAX, by_rule, code, rules_of
from twin.world.replay.stamps import wall
from twin.world.tabular import Columns, read_table

Numbers = NDArray[np.int64]

_EPOCH: Final = date(1970, 1, 1)  # a Thursday
_THURSDAY: Final = 3


@dataclass(frozen=True)
class Sales:
    """Lines that were sold, in the order of time; codes are positions in the lists of the log."""

    order: Numbers
    sku: Numbers
    customer: Numbers
    store: Numbers
    day: Numbers  # local, since 1970
    hour: Numbers  # of the week, local; 0 is Monday 00:00
    quantity: Numbers
    price: NDArray[np.float64]  # USD of one unit, NaN where the log does not say
    first_day: int
    end_day: int

    def between(self, first: int, end: int) -> Sales:
        """Those of the days ``first`` to ``end``, the latter not included."""
        at = np.flatnonzero((self.day >= first) & (self.day < end))
        return Sales(
            self.order[at], self.sku[at], self.customer[at], self.store[at], self.day[at], self.hour[at],
            self.quantity[at], self.price[at], first, end,
        )  # fmt: skip

    @property
    def days(self) -> Numbers:
        """Days of the period."""
        return np.arange(self.first_day, self.end_day)


@dataclass(frozen=True)
class Back:
    """A log's lines of returns; units are positive."""

    sku: Numbers
    customer: Numbers
    t: Numbers
    quantity: Numbers


@dataclass(frozen=True)
class Logged:
    """A log, read: sales before and after the day from which on they are kept apart, returns, and the account."""

    declared: Calibration
    path: Path
    fit: Sales
    test: Sales
    sold: Back  # every sale of the log, as returns are matched to them
    named: NDArray[np.bool_]  # per line of ``sold``: whether the log knows the customer
    back: Back
    account: ReplayAccount


def weekday(day: Numbers) -> Numbers:
    """Monday 0 to Sunday 6 of days since 1970."""
    return (day + _THURSDAY) % 7


def shown_day(day: int) -> str:
    """A day since 1970 as a date."""
    return date.fromordinal(_EPOCH.toordinal() + day).isoformat()


def read_sales(declared: Calibration, base: Path, data_dir: Path | None) -> Logged:
    """Read a log. Raises :class:`ScenarioError` for one that cannot be read, or has no sale on one side of
    ``fit_until``.
    """
    path = find_log(declared.log, base, data_dir)
    log = read_lines(declared, path)
    fate = _fates(declared, log, _left_out(declared, log, base, data_dir))
    local = wall(log.t, declared.time_zone)
    sales = _merged(declared, log, fate, local)
    cut = date.fromisoformat(declared.fit_until).toordinal() - _EPOCH.toordinal()
    fit, test = sales.between(sales.first_day, cut), sales.between(cut, sales.end_day)
    for part, side in ((fit, "before"), (test, "from")):
        if part.day.size == 0:
            message = f"no sale {side} {declared.fit_until}; the log's sales run from {shown_day(sales.first_day)} to "
            raise ScenarioError([Problem(declared.log, 1, 1, "fit_until", message + shown_day(sales.end_day - 1))])
    nothing = np.zeros(0, np.int64)
    sold = np.flatnonzero((fate == code(fates.SALE)) | (fate == code(fates.MERGED)))
    back = _back(log, np.flatnonzero(fate == code(fates.RETURN)))
    named = is_named(declared, log)[sold]
    return Logged(declared, path, fit, test, _back(log, sold), named, back, account(log, fate, nothing))


def _back(log: Log, at: Numbers) -> Back:
    return Back(log.sku[at], log.customer[at], log.t[at], np.abs(log.quantity[at]))


def _left_out(declared: Calibration, log: Log, base: Path, data_dir: Path | None) -> NDArray[np.bool_]:
    """Lines of articles that are left out."""
    table = declared.left_out
    if table is None:
        return np.zeros(log.t.size, np.bool_)
    unwanted = _codes(table, base, data_dir)
    return np.array([name in unwanted for name in log.skus], np.bool_)[log.sku]


def _codes(left_out: LeftOut, base: Path, data_dir: Path | None) -> set[str]:
    path = find_log(left_out.table, base, data_dir)
    columns = Columns((left_out.key,), nullable=(left_out.column,), text=(left_out.key, left_out.column))
    table = read_table(path, left_out.table, columns)
    kinds = np.isin(table.text(left_out.column).astype(str), left_out.kinds)
    return set(table.text(left_out.key)[kinds])


def _fates(declared: Calibration, log: Log, left_out: NDArray[np.bool_]) -> NDArray[np.int8]:
    """What becomes of each line."""
    tills = declared.holds == "till_lines"
    fate = by_rule([
        (log.quantity == 0, fates.ZERO),
        (left_out, fates.LEFT_OUT),
        *rules_of(declared, log, min(declared.max_line_units, TILL_UNITS_MAX)),
        ((log.store < 0) & tills, fates.NO_STORE),
        (is_cancellation(declared, log) | (log.quantity < 0), fates.RETURN),
    ])  # fmt: skip
    if declared.max_order_units is not None:
        sold = fate == code(fates.SALE)
        units = np.bincount(log.order[sold], log.quantity[sold], log.orders.size)
        fate[sold & (units[log.order] > declared.max_order_units)] = code(fates.OVERSIZED)
    return fate


def _merged(declared: Calibration, log: Log, fate: NDArray[np.int8], local: Numbers) -> Sales:
    """Sales; lines of the same order and article become one where a log holds whole orders. Notes them in ``fate``."""
    at = np.flatnonzero(fate == code(fates.SALE))
    if at.size == 0:
        raise ScenarioError([Problem(declared.log, 1, 1, declared.columns.quantity, "no line of the log is a sale")])
    quantity = log.quantity[at]
    if declared.holds == "orders":
        key = log.order[at] * log.skus.size + log.sku[at]
        _, first, place = np.unique(key, return_index=True, return_inverse=True)
        units = np.bincount(place, quantity).astype(np.int64)
        fate[np.delete(at, first)] = code(fates.MERGED)
        order = np.argsort(first, kind="stable")
        at, quantity = at[first[order]], units[order]
    day = local[at] // DAY
    hour = weekday(day) * 24 + local[at] % DAY // HOUR
    return Sales(
        log.order[at], log.sku[at], log.customer[at], log.store[at], day, hour, quantity,
        log.price_cents[at] * declared.usd / 100, int(day.min()), int(day.max()) + 1,
    )  # fmt: skip
