"""Plain scalars follow the core schema of YAML 1.2, not the habits of 1.1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.scenario.base import format_duration, parse_duration
from twin.scenario.nodes import compose
from twin.scenario.scalars import resolve

CORE = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "nULL": "nULL",
    "true": True,
    "FALSE": False,
    "tRUE": "tRUE",
    "yes": "yes",
    "no": "no",
    "on": "on",
    "Off": "Off",
    "017": 17,
    "0o17": 15,
    "0o18": "0o18",
    "0x1F": 31,
    "-12": -12,
    "+12": 12,
    "1_000": "1_000",
    "12:30:45": "12:30:45",
    "0b11": "0b11",
    "1.": 1.0,
    ".5": 0.5,
    "1e3": 1000.0,
    "-1.5E-3": -0.0015,
    ".": ".",
    "2026-11-02": "2026-11-02",
    "=": "=",
    "9223372036854775807": 2**63 - 1,
    "0" * 30 + "7": 7,
}


@pytest.mark.parametrize(("text", "value"), CORE.items(), ids=lambda part: repr(part))
def test_a_scalar_is_what_the_core_schema_says(text: str, value: object) -> None:
    read = resolve(text)
    assert (type(read), read) == (type(value), value)


@pytest.mark.parametrize(
    "text", [".nan", ".NaN", ".inf", "-.INF", "+.Inf", "1e400", str(2**63), "0x" + "f" * 40, "9" * 5000]
)
def test_a_number_that_is_not_finite_or_too_large_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must"):
        resolve(text)


def test_quotes_and_the_string_tag_make_text() -> None:
    root, problems = compose('a: "1"\nb: \'true\'\nc: !!str 1\nd: |\n  1\ne: "~"\n', "file")
    assert problems == []
    assert root.plain() == {"a": "1", "b": "true", "c": "1", "d": "1\n", "e": "~"}


@given(st.integers(-(2**63) + 1, 2**63 - 1))
def test_every_64_bit_integer_is_read(value: int) -> None:
    assert resolve(str(value)) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_float_is_read(value: float) -> None:
    assert resolve(repr(value)) == value


@given(st.integers(0, 2**53))
def test_every_duration_is_written_and_read_back(microseconds: int) -> None:
    assert parse_duration(format_duration(microseconds)) == microseconds


@pytest.mark.parametrize("text", ["", "4", "h", "4 hours", "-4h", "4h,", "1e3s", "4H", "999999999999w", ".5h"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a duration"):
        parse_duration(text)
