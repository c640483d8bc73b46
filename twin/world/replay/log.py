"""A demand log: found, read by its declared columns, and validated before anything is simulated."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from twin.scenario.demand import DemandLog, Replay
from twin.scenario.errors import Problem, ScenarioError
from twin.scenario.scenario import Scenario
from twin.world.replay.stamps import instants
from twin.world.tabular import Columns, Table, read_table

Names = NDArray[np.object_]

_NAMELESS: Final = "order "
"""Begins the name of the customer of an order whose customer the log does not name."""


@dataclass(frozen=True)
class Log:
    """Lines of a log in the order of time. Codes are positions in the sorted list of names; -1 is no store."""

    t: NDArray[np.int64]  # us since 1970 UTC
    quantity: NDArray[np.int64]
    price_cents: NDArray[np.float64]  # NaN where the log does not say
    order: NDArray[np.int64]
    orders: Names
    sku: NDArray[np.int64]
    skus: Names
    customer: NDArray[np.int64]  # of a line without a customer the order stands for one
    customers: Names
    store: NDArray[np.int64]
    stores: Names


def find_log(name: str, base: Path, data_dir: Path | None) -> Path:
    """Where a log lies: in the data folder (``--data-dir``, else ``TWIN_DATA``), else beside the scenario."""
    declared = data_dir or (Path(os.environ["TWIN_DATA"]) if os.environ.get("TWIN_DATA") else None)
    in_data = declared / name if declared is not None else None
    return in_data if in_data is not None and in_data.is_file() else base / name


def read_log(scenario: Scenario, base: Path, data_dir: Path | None) -> Log:
    """Read and validate the scenario's log. Raises :class:`ScenarioError` with everything that is wrong."""
    replay = scenario.demand.replay
    assert replay is not None, "asked for the log of a scenario without replay"
    wrong = [*_impossible(scenario, replay), *unreadable(replay)]
    if wrong:
        raise ScenarioError(Problem(scenario.name, 1, 1, f"demand.replay.{path}", rule) for path, rule in wrong)
    return read_lines(replay, find_log(replay.log, base, data_dir))


def read_lines(declared: DemandLog, path: Path) -> Log:
    """Read and validate the lines of a log. Raises :class:`ScenarioError` with everything that is wrong with them."""
    table = _table(declared, path)
    log = _lines(declared, table)
    _check_quantities(declared, table, log)
    behind = np.diff(log.t, prepend=log.t[:1]) < 0
    if not declared.sort:
        rule = "is earlier than the row before (sort: true restores the order)"
        table.complain_where(declared.columns.timestamp, behind, rule)
    table.check()
    return _sorted(log) if behind.any() else log


def _impossible(scenario: Scenario, replay: Replay) -> Iterator[tuple[str, str]]:
    """(path, rule) of what does not fit the rest of the scenario."""
    if replay.target == "channel" and replay.channel not in scenario.demand.channels:
        known = ", ".join(scenario.demand.channels)
        yield "channel", f"no channel is called {replay.channel!r}; there are {known}"
    if replay.target == "tills" and replay.columns.store is None:
        yield "columns.store", "is needed when target is tills"


def unreadable(declared: DemandLog) -> Iterator[tuple[str, str]]:
    """(path, rule) of what cannot be used to read a log, found without a look into it."""
    try:
        re.compile(declared.merchandise or "")
    except re.error as reason:
        yield "merchandise", f"is no regular expression: {reason}"
    try:
        ZoneInfo(declared.time_zone)
    except (ValueError, OSError, KeyError):
        yield "time_zone", f"no time zone is called {declared.time_zone!r}"


def _table(declared: DemandLog, path: Path) -> Table:
    names = declared.columns
    more = (names.customer, names.unit_price, names.line_value, names.store)
    columns = Columns(
        required=(names.order, names.sku, names.quantity, names.timestamp),
        nullable=tuple(name for name in more if name is not None),
        text=tuple(name for name in (names.order, names.sku, names.timestamp, names.customer, names.store) if name),
    )
    return read_table(path, declared.log, columns)


def _lines(declared: DemandLog, table: Table) -> Log:
    columns = declared.columns
    order, orders = _coded(table.text(columns.order))
    sku, skus = _coded(table.text(columns.sku))
    nowhere = np.full(table.rows, None, object)
    store, stores = _coded(table.text(columns.store) if columns.store else nowhere)
    customer_names = table.text(columns.order)
    if columns.customer is not None:
        named = table.text(columns.customer)
        customer_names = np.where(_is_null(named), _NAMELESS + customer_names.astype(str), named)
    customer, customers = _coded(customer_names)
    quantity = _whole(table, columns.quantity)
    t = instants(table, columns.timestamp, declared.time_zone)
    price = _price_cents(declared, table, quantity)
    return Log(t, quantity, price, order, orders, sku, skus, customer, customers, store, stores)


def _coded(values: Names) -> tuple[NDArray[np.int64], Names]:
    """Values as positions in their sorted list; nulls are -1."""
    known = ~_is_null(values)
    names, code = np.unique(values[known].astype(str), return_inverse=True)
    codes = np.full(values.size, -1, np.int64)
    codes[known] = code
    return codes, names.astype(object)


def _is_null(values: Names) -> NDArray[np.bool_]:
    return np.array([value is None for value in values], np.bool_)


def _whole(table: Table, column: str) -> NDArray[np.int64]:
    numbers = table.numbers(column)
    table.complain_where(column, ~(np.abs(numbers) <= 2**31), "must be a number below 2 billion")
    numbers = np.where(np.isfinite(numbers), numbers, 0.0)
    table.complain_where(column, numbers != np.rint(numbers), "must be a whole number of units")
    return np.rint(numbers).astype(np.int64)


def _price_cents(declared: DemandLog, table: Table, quantity: NDArray[np.int64]) -> NDArray[np.float64]:
    """Price of one unit; from the line's value where there is no unit price."""
    price = np.full(table.rows, np.nan)
    if declared.columns.line_value is not None:
        value = table.numbers(declared.columns.line_value)
        price = np.divide(value, quantity, out=price, where=quantity != 0)
    if declared.columns.unit_price is not None:
        unit = table.numbers(declared.columns.unit_price)
        price = np.where(np.isnan(unit), price, unit)
    return np.where(np.isfinite(price), 100 * price, np.nan)


def _check_quantities(declared: DemandLog, table: Table, log: Log) -> None:
    if declared.negatives != "error":
        return
    wrong = (log.quantity < 0) & ~is_cancellation(declared, log) & is_merchandise(declared, log)
    table.complain_where(
        declared.columns.quantity,
        wrong,
        "must not be negative unless negatives says what that means (returns, adjustments)",
    )


def is_cancellation(declared: DemandLog, log: Log) -> NDArray[np.bool_]:
    """Lines of orders that take back another."""
    prefix = declared.return_order_prefix
    flags = np.array([prefix is not None and name.startswith(prefix) for name in log.orders], np.bool_)
    return flags[log.order]


def is_named(declared: DemandLog, log: Log) -> NDArray[np.bool_]:
    """Lines whose customer the log names."""
    names = declared.columns.customer is not None
    return np.array([names and not name.startswith(_NAMELESS) for name in log.customers], np.bool_)[log.customer]


def is_merchandise(declared: DemandLog, log: Log) -> NDArray[np.bool_]:
    """Lines whose article code is that of goods."""
    pattern = re.compile(declared.merchandise) if declared.merchandise is not None else None
    flags = np.array([pattern is None or pattern.fullmatch(name) is not None for name in log.skus], np.bool_)
    return flags[log.sku]


def _sorted(log: Log) -> Log:
    """In the order of time; lines of one instant stay in the order of the log."""
    at = np.argsort(log.t, kind="stable")
    return Log(
        log.t[at], log.quantity[at], log.price_cents[at], log.order[at], log.orders, log.sku[at], log.skus,
        log.customer[at], log.customers, log.store[at], log.stores,
    )  # fmt: skip
