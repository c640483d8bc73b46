"""Digests of arrays: BLAKE2b-128 over names, types, shapes and values, so that equal worlds have equal fingerprints."""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


def digest(*parts: Any) -> bytes:
    """Digest of arrays, texts, numbers, tuples of those, and dataclasses made of those."""
    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        _add(state, part)
    return state.digest()


def _add(state: hashlib.blake2b, part: Any) -> None:
    if isinstance(part, np.ndarray):
        _add_array(state, part)
    elif is_dataclass(part):
        for item in fields(part):
            state.update(item.name.encode())
            _add(state, getattr(part, item.name))
    elif isinstance(part, tuple):
        state.update(f"({len(part)}".encode())
        for item in part:
            _add(state, item)
    else:
        state.update(f"{type(part).__name__}:{part!r}".encode())


def _add_array(state: hashlib.blake2b, array: NDArray[Any]) -> None:
    little = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"), copy=False))
    state.update(f"{array.dtype.descr}{array.shape}".encode())
    if little.size:
        state.update(little.reshape(-1).view(np.uint8).data)
