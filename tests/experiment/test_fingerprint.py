"""The fingerprint is of values: nothing about how they are stored changes it, and any value does."""

import math

import pyarrow as pa
import pytest

from twin.experiment.fingerprint import digest_table, fingerprint


def table(**columns: object) -> pa.Table:
    return pa.table(columns)


BASE = table(a=[1, 2, 3], b=[0.5, None, -1.5], c=["x", "y", "z"])


def test_order_of_rows_and_columns_and_width_of_integers_do_not_matter() -> None:
    shuffled = table(c=["z", "x", "y"], b=[-1.5, 0.5, None], a=pa.array([3, 1, 2], pa.int16()))
    assert digest_table(shuffled) == digest_table(BASE)


def test_chunks_do_not_matter() -> None:
    assert digest_table(pa.concat_tables([BASE.slice(0, 1), BASE.slice(1)])) == digest_table(BASE)


def test_there_is_one_zero_and_one_nan() -> None:
    other_nan = -math.nan
    assert digest_table(table(b=[0.0, math.nan])) == digest_table(table(b=[-0.0, other_nan]))


@pytest.mark.parametrize(
    "changed",
    [
        table(a=[1, 2, 4], b=[0.5, None, -1.5], c=["x", "y", "z"]),
        table(a=[1, 2, 3], b=[0.5, 0.0, -1.5], c=["x", "y", "z"]),
        table(a=[1, 2, 3], b=[0.5, None, math.nextafter(-1.5, 0)], c=["x", "y", "z"]),
        table(a=[1, 2, 3], b=[0.5, None, -1.5], c=["xy", "", "z"]),
        table(d=[1, 2, 3], b=[0.5, None, -1.5], c=["x", "y", "z"]),
        table(a=[1, 2], b=[0.5, None], c=["x", "y"]),
        table(a=[2, 1, 3], b=[0.5, None, -1.5], c=["x", "y", "z"]),
    ],
)
def test_any_value_name_or_row_matters(changed: pa.Table) -> None:
    assert digest_table(changed) != digest_table(BASE)


def test_an_empty_table_has_a_digest() -> None:
    assert digest_table(BASE.slice(0, 0)) != digest_table(BASE)


def test_a_type_that_no_journal_has_is_refused() -> None:
    with pytest.raises(TypeError, match="column t"):
        digest_table(table(t=pa.array([0], pa.timestamp("us"))))


def test_tables_are_taken_by_key() -> None:
    assert fingerprint({"a": "1", "b": "2"}) == fingerprint({"b": "2", "a": "1"})
    assert fingerprint({"a": "1", "b": "2"}) != fingerprint({"a": "2", "b": "1"})
