"""Plain scalars by the core schema of YAML 1.2 (section 10.3.2): ``yes`` is text, ``017`` is seventeen, ``0o17`` fifteen."""

from __future__ import annotations

import re
from math import isinf
from typing import Final

Scalar = None | bool | int | float | str

_WORDS: Final[dict[str, Scalar]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGERS: Final = (
    (re.compile(r"[-+]?[0-9]+"), 10),
    (re.compile(r"0o[0-7]+"), 8),
    (re.compile(r"0x[0-9a-fA-F]+"), 16),
)
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_DIGITS_MAX: Final = 20  # no 64-bit integer is longer; Python's own limit would raise at 4,300


def resolve(text: str) -> Scalar:
    """Value of a plain scalar. Raises ``ValueError`` for numbers that are not finite or do not fit into 64 bits."""
    if text in _WORDS:
        return _WORDS[text]
    for pattern, base in _INTEGERS:
        if pattern.fullmatch(text):
            return _integer(text, base)
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"must be a finite number, it is {text}")
    if not _FLOAT.fullmatch(text):
        return text
    value = float(text)
    if isinf(value):
        raise ValueError(f"must be a finite number, {text[:40]} is too large")
    return value


def _integer(text: str, base: int) -> int:
    digits = text.lstrip("+-0ox") if base != 10 else text.lstrip("+-0")
    value = int(text, base) if len(digits) <= _DIGITS_MAX + 4 else 2**64
    if abs(value) >= 2**63:
        raise ValueError(f"must fit into 64 bits, {text[:40]} does not")
    return value
