"""Digests of values, not of bytes: the same for the same results whatever wrote, compressed, ordered or timed them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray


def digest_tables(folder: Path) -> dict[str, str]:
    """Digest of every Parquet table in ``folder`` by name."""
    return {path.stem: digest_table(pq.read_table(path)) for path in sorted(folder.glob("*.parquet"))}


def digest_table(table: pa.Table) -> str:
    """BLAKE2b-128 over a table's canonical values: rows sorted by all columns in their order, columns by name.

    Integers count as 64 bits and floats as IEEE double with one zero and one NaN, so a narrower type of the same values
    makes no difference. ``TypeError`` for a column that is none of integer, boolean, float and text.
    """
    if table.num_rows > 1:
        keys = [(name, "ascending") for name in table.column_names]
        table = table.take(pc.sort_indices(table, sort_keys=keys))
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(table.column_names):
        column = table.column(name).combine_chunks()
        digest.update(f"{name}\x1f{len(column)}\x1f".encode())
        digest.update(np.packbits(column.is_valid().to_numpy(zero_copy_only=False)).tobytes())
        digest.update(_canonical(name, column))
    return digest.hexdigest()


def fingerprint(digests: Mapping[str, str]) -> str:
    """BLAKE2b-128 over the digests of all result tables, sorted by key."""
    digest = hashlib.blake2b(digest_size=16)
    for key in sorted(digests):
        digest.update(f"{key}\x1f{digests[key]}\x1e".encode())
    return digest.hexdigest()


def _canonical(name: str, column: pa.Array) -> bytes:
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return _bytes(column.cast(pa.int64()).fill_null(0), "<i8")
    if pa.types.is_floating(kind):
        values = column.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False) + 0.0  # -0.0 + 0.0 is 0.0
        return np.where(np.isnan(values), np.nan, values).astype("<f8").tobytes()
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return b"".join(f"{len(text)}:{text}".encode() for text in column.fill_null("").to_pylist())
    raise TypeError(f"column {name} has type {kind}; a journal holds integers, booleans, floats and text")


def _bytes(column: pa.Array, dtype: str) -> bytes:
    values: NDArray[np.int64] = column.to_numpy(zero_copy_only=False)
    return values.astype(dtype).tobytes()
