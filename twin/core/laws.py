"""Laws as integer tables: a sample is a table look-up with integer interpolation, so kernels and Python agree to the
bit.

``knots`` holds the quantiles of the law at ``BINS + 1`` equally spaced probabilities; the last one is taken at
1 - 1/(16 BINS), and the whole table is scaled so that the mean of what is sampled is the configured mean.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.core.hashing import bits
from twin.core.jit import kernel

BINS: Final = 2048
_BIN_SHIFT = np.uint64(53)  # top 11 bits choose the bin
_FRACTION_BITS: Final = 20  # a bin may be 2**43 us (100 days) wide before the product overflows
_FRACTION_SHIFT = np.uint64(53 - _FRACTION_BITS)
_FRACTION_MASK = np.uint64((1 << _FRACTION_BITS) - 1)


@kernel
def sample(knots: NDArray[np.int64], random_bits: np.uint64) -> int:
    """The law's value at the 64 uniform ``random_bits``."""
    b = np.int64(random_bits >> _BIN_SHIFT)
    fraction = np.int64((random_bits >> _FRACTION_SHIFT) & _FRACTION_MASK)
    low = knots[b]
    return low + ((knots[b + 1] - low) * fraction >> _FRACTION_BITS)


@kernel
def drawn(knots: NDArray[np.int64], key: np.uint64, entity: int, attempt: int) -> int:
    """The law's value for ``attempt`` of ``entity`` in the stream ``key``, in one call from Python."""
    return sample(knots, bits(key, entity, attempt))


@kernel
def sample_many(knots: NDArray[np.int64], random_bits: NDArray[np.uint64]) -> NDArray[np.int64]:
    """:func:`sample` for every element."""
    out = np.empty(random_bits.size, np.int64)
    for i in range(random_bits.size):
        out[i] = sample(knots, random_bits[i])
    return out


def empirical(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Knots of what was observed: quantiles that are linear between the values at (i - 1/2) / n (Hazen), so that the
    mean is that of the values, up to the width of a bin; nothing is drawn outside of them.
    """
    return np.rint(np.quantile(values, np.arange(BINS + 1) / BINS, method="hazen")).astype(np.int64)


def table(law: str, mean_us: int, cv: float) -> NDArray[np.int64]:
    """Knots of a law. ``law`` is constant, exponential, lognormal or uniform (0 to twice the mean)."""
    if law == "constant" or mean_us == 0:
        return np.full(BINS + 1, mean_us, np.int64)
    p = np.arange(BINS + 1) / BINS
    p[-1] = 1 - 1 / (16 * BINS)
    if law == "uniform":
        raw = np.arange(BINS + 1) / BINS * 2
    elif law == "exponential":
        raw = -np.log1p(-p)
    elif law == "lognormal":
        from scipy.special import ndtri  # imported late: validate must answer in a second

        sigma = np.sqrt(np.log1p(cv * cv))
        raw = np.exp(sigma * ndtri(p) - sigma * sigma / 2)
    else:
        raise ValueError(f"unknown law {law!r}")
    realised = float(np.mean((raw[:-1] + raw[1:]) / 2))
    return np.rint(raw * (mean_us / realised)).astype(np.int64)
