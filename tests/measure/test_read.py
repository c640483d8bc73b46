"""Reading a journal: what is not as declared is named, not guessed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.measure.make import journal, line, write
from twin.core.errors import ResultsError
from twin.journal.orders import Status
from twin.journal.tables import PRICE, TABLES
from twin.measure.read import open_journal


def test_columns_come_back_with_the_declared_types(tmp_path: Path) -> None:
    made = open_journal(journal(tmp_path, lines=[line(Status.SUPPLIED, quantity=3)], flows={"picks": 5}))
    for table, dtype in {**TABLES, "skus": PRICE}.items():
        for name in dtype.names or ():
            read = made.column(table, name)
            assert read.dtype == dtype[name] or dtype[name].kind == "U", (table, name)
    assert list(made.column("lines", "quantity")) == [3]
    assert list(made.column("flows", "name")) == ["picks"]


def test_a_column_longer_than_one_batch_comes_back_whole(tmp_path: Path) -> None:
    rows = np.zeros(140_000, TABLES["scrapes"])
    rows["t"] = np.arange(rows.size)
    write(journal(tmp_path), "scrapes", rows)
    assert np.array_equal(open_journal(tmp_path).column("scrapes", "t"), rows["t"])


@pytest.mark.parametrize("table", [*TABLES, "skus"])
def test_a_missing_table_is_named(tmp_path: Path, table: str) -> None:
    (journal(tmp_path) / f"{table}.parquet").unlink()
    with pytest.raises(ResultsError, match=rf"{table}\.parquet: cannot be read as a journal table"):
        open_journal(tmp_path)


def test_a_torn_table_is_named(tmp_path: Path) -> None:
    path = journal(tmp_path) / "lines.parquet"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ResultsError, match=r"lines\.parquet: cannot be read as a journal table"):
        open_journal(tmp_path)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = journal(tmp_path) / "scrapes.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["unseen"]), path)
    with pytest.raises(ResultsError, match=r"scrapes\.parquet: column 'unseen' is missing"):
        open_journal(tmp_path)


def test_a_column_of_another_type_is_named_with_both_types(tmp_path: Path) -> None:
    dtype = np.dtype([(name, "f8" if name == "t" else "i8") for name in TABLES["scrapes"].names or ()])
    write(journal(tmp_path), "scrapes", np.zeros(1, dtype))
    with pytest.raises(ResultsError, match=r"column 't' is double, the journal declares int64"):
        open_journal(tmp_path)


def test_skus_that_are_not_numbered_from_0_are_refused(tmp_path: Path) -> None:
    from tests.measure.make import scenario
    from twin.measure.kpis import measure

    write(journal(tmp_path, lines=[line(Status.SUPPLIED)]), "skus", np.array([(1, 10, 5)], PRICE))
    with pytest.raises(ResultsError, match=r"column 'sku' must count 0, 1, 2"):
        measure(tmp_path, scenario(), "files")


def test_nulls_are_refused(tmp_path: Path) -> None:
    path = journal(tmp_path) / "scrapes.parquet"
    schema = pq.read_schema(path)
    pq.write_table(pa.table({name: pa.nulls(1, schema.field(name).type) for name in schema.names}), path)
    with pytest.raises(ResultsError, match=r"scrapes\.parquet: column 't' has nulls"):
        open_journal(tmp_path).column("scrapes", "t")
