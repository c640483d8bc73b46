"""Logs and their declarations, made for tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from twin.calibration.declared import Calibration
from twin.calibration.sales import Logged, read_sales

COLUMNS = {
    "order": "order",
    "sku": "sku",
    "quantity": "quantity",
    "timestamp": "at",
    "customer": "customer",
    "unit_price": "price",
}
MONDAY = datetime(2025, 3, 3)


def declaration(**changes: Any) -> dict[str, Any]:
    """What is declared of a log of online orders."""
    usual = {
        "name": "mine",
        "provenance": {"title": "orders of a test", "citation": "nobody", "licence": "CC0"},
        "log": "log.parquet",
        "columns": COLUMNS,
        "time_zone": "America/New_York",
        "holds": "orders",
        "fit_until": "2025-03-10",
        "sort": True,
    }
    return usual | changes


def row(at: datetime, order: str, sku: str = "a", quantity: int = 1, **more: Any) -> dict[str, Any]:
    """A line of a log."""
    return {
        "at": at,
        "order": order,
        "sku": sku,
        "quantity": quantity,
        "customer": "c",
        "price": 2.0,
        "store": "s",
    } | more


def later(days: float, hours: float = 12) -> datetime:
    """So long after the first midnight."""
    return MONDAY + timedelta(days=days, hours=hours)


TESTED = [row(later(7), "t1"), row(later(8), "t2")]
"""Days kept apart need a sale."""


def write(folder: Path, rows: Sequence[dict[str, Any]], name: str = "log.parquet") -> None:
    """Write a log."""
    pq.write_table(pa.Table.from_pylist(list(rows)), folder / name)


def logged(folder: Path, rows: Sequence[dict[str, Any]], **changes: Any) -> Logged:
    """Write a log and read it as a calibration does."""
    write(folder, rows)
    return read_sales(Calibration.model_validate(declaration(**changes)), folder, None)
