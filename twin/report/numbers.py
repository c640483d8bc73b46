"""Numbers as people read them: a mean with as many digits as its interval supports, in the unit that suits its size."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

MINUS: Final = "\N{MINUS SIGN}"
NOTHING: Final = "\N{EN DASH}"
"""Shown where a number does not exist."""

_DIGITS_OF_HALF_WIDTH: Final = 2
_DIGITS_OF_MEAN_MAX: Final = 4
_DIGITS_ALONE: Final = 3
_DECIMALS_MAX: Final = 4


@dataclass(frozen=True)
class Scale:
    """How a stored unit is shown: ``value * factor``, then the word, with a currency sign before it if any."""

    factor: float
    word: str
    sign: str = ""
    whole: bool = False

    @property
    def suffix(self) -> str:
        """The word, if it belongs to every number and not to the whole."""
        return "" if self.word.startswith(" ") else self.word

    def number(self, value: float, decimals: int) -> str:
        """The scaled value with its currency sign between minus and digits."""
        text = _fixed(value * self.factor, decimals)
        return MINUS + self.sign + text[1:] if text.startswith(MINUS) else self.sign + text


_PERCENT: Final = Scale(100, " %")
_POINTS: Final = Scale(100, " pp")
_MONEY: Final = Scale(1, "", sign="$", whole=True)
_THOUSANDS: Final = Scale(1e-3, "k", sign="$", whole=True)
_THOUSANDS_FROM: Final = 1e5
_DURATIONS: Final = (
    (1.0, Scale(1e3, " ms")),
    (120.0, Scale(1, " s")),
    (7_200.0, Scale(1 / 60, " min")),
    (172_800.0, Scale(1 / 3600, " h")),
    (math.inf, Scale(1 / 86400, " d")),
)


def scale_of(unit: str, magnitude: float, *, difference: bool = False) -> Scale:
    """Scale for values of about ``magnitude``; shares differ by percentage points."""
    if unit.startswith("share"):
        return _POINTS if difference else _PERCENT
    if unit.startswith("USD"):
        return _MONEY if abs(magnitude) < _THOUSANDS_FROM else _THOUSANDS
    if unit == "s" and magnitude:
        return next(scale for bound, scale in _DURATIONS if abs(magnitude) < bound)
    return Scale(1, " s" if unit == "s" else "")


def mean_text(mean: float | None, low: float | None, high: float | None, unit: str) -> str:
    """``mean ± half-width unit``; without the half-width where there is no interval."""
    if mean is None:
        return NOTHING
    scale = scale_of(unit, mean)
    if low is None or high is None:
        return _alone(mean, scale) + scale.word
    half = (high - low) / 2
    decimals = _decimals(half * scale.factor, mean * scale.factor, scale)
    return f"{scale.number(mean, decimals)}{scale.suffix} ± {_fixed(half * scale.factor, decimals)}{scale.word}"


def difference_text(mean: float | None, low: float | None, high: float | None, unit: str) -> tuple[str, str]:
    """A signed difference and its interval, both with the same digits and unit."""
    if mean is None:
        return NOTHING, NOTHING
    scale = scale_of(unit, max(abs(mean), abs(low or 0.0), abs(high or 0.0)), difference=True)
    if low is None or high is None:
        return _plus(mean) + _alone(mean, scale) + scale.word, NOTHING
    decimals = _decimals((high - low) / 2 * scale.factor, mean * scale.factor, scale)
    bounds = f"{scale.number(low, decimals)}{scale.suffix} to {scale.number(high, decimals)}{scale.suffix}"
    return _plus(mean) + scale.number(mean, decimals) + scale.word, bounds


def p_text(p: float | None) -> str:
    """A p-value to three decimals."""
    if p is None:
        return NOTHING
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def percent_text(share: float | None) -> str:
    """A share to the whole percent; small ones to one digit, so that nothing that exists reads as 0."""
    if share is None:
        return NOTHING
    percent = share * 100
    if 0 < percent < 0.1:
        return "< 0.1 %"
    return f"{percent:.1f} %" if 0 < percent < 10 else f"{percent:.0f} %"


def many(count: int, noun: str) -> str:
    """``1 run``, ``2 runs``."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def _plus(value: float) -> str:
    return "+" if value > 0 else ""


def _decimals(half_width: float, mean: float, scale: Scale) -> int:
    """Decimals that show two digits of the half-width, but no more than four of the mean."""
    if scale.whole:
        return 0
    return _clip(min(_DIGITS_OF_HALF_WIDTH - 1 - _exponent(half_width), _DIGITS_OF_MEAN_MAX - 1 - _exponent(mean)))


def _alone(value: float, scale: Scale) -> str:
    """A value without an interval: three digits, without zeros at the end."""
    decimals = 0 if scale.whole else _clip(_DIGITS_ALONE - 1 - _exponent(value * scale.factor))
    text = scale.number(value, decimals)
    return text.rstrip("0").rstrip(".") if decimals else text


def _clip(decimals: int) -> int:
    return min(max(decimals, 0), _DECIMALS_MAX)


def _exponent(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else 0


def _fixed(value: float, decimals: int) -> str:
    text = f"{value:,.{decimals}f}"
    if text.startswith("-"):
        text = text[1:] if float(text.replace(",", "")) == 0 else MINUS + text[1:]
    return text
