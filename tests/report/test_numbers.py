"""Numbers read well: digits follow the interval, units follow the size, nothing is invented."""

import pytest

from twin.report.numbers import difference_text, mean_text, p_text, percent_text


@pytest.mark.parametrize(
    ("mean", "half", "unit", "text"),
    [
        (0.04123, 0.0013, "share", "4.12 ± 0.13 %"),
        (0.88143, 0.00064, "share", "88.14 ± 0.06 %"),
        (0.42, 0.013, "s", "420 ± 13 ms"),
        (61.04, 1.9, "s", "61.0 ± 1.9 s"),
        (1510.0, 51.0, "s", "25.17 ± 0.85 min"),
        (11900.0, 400.0, "s", "3.31 ± 0.11 h"),
        (360000.0, 9000.0, "s", "4.17 ± 0.10 d"),
        (78123.4, 230.6, "orders", "78,123 ± 231"),
        (1204433.0, 71901.0, "USD/year", "$1,204k ± 72k"),
        (-1204433.0, 71901.0, "USD/year", "−$1,204k ± 72k"),
        (812.4, 33.2, "USD", "$812 ± 33"),
    ],
)
def test_a_mean_has_the_digits_its_interval_supports(mean: float, half: float, unit: str, text: str) -> None:
    assert mean_text(mean, mean - half, mean + half, unit) == text


@pytest.mark.parametrize(
    ("mean", "unit", "text"),
    [
        (None, "s", "–"),
        (0.0, "share", "0 %"),
        (1.0, "share", "100 %"),
        (14400.0, "s", "4 h"),
        (3.4, "s", "3.4 s"),
        (100.0, "orders", "100"),
        (0.012345, "share", "1.23 %"),
    ],
)
def test_a_mean_without_an_interval_shows_none(mean: float | None, unit: str, text: str) -> None:
    assert mean_text(mean, None, None, unit) == text


def test_shares_differ_by_points_and_bounds_share_the_digits() -> None:
    assert difference_text(-0.02265, -0.02307, -0.02223, "share") == ("−2.265 pp", "−2.307 to −2.223")


def test_a_difference_of_money_keeps_its_unit_in_the_bounds() -> None:
    assert difference_text(1186642, 1114740, 1258543, "USD/year") == ("+$1,187k", "$1,115k to $1,259k")


def test_a_difference_takes_the_unit_of_its_widest_bound() -> None:
    assert difference_text(60.0, -60.0, 180.0, "s") == ("+1.0 min", "−1.0 to 3.0 min".removesuffix(" min"))


def test_nothing_rounds_to_minus_zero() -> None:
    assert difference_text(-0.00001, -0.02, 0.02, "share")[0] == "0.0 pp"


def test_a_difference_without_variance_has_no_interval() -> None:
    assert difference_text(-12670.0, None, None, "s") == ("−3.52 h", "–")


@pytest.mark.parametrize(("p", "text"), [(None, "–"), (0.00002, "< 0.001"), (0.0312, "0.031"), (1.0, "1.000")])
def test_p_values_have_three_decimals(p: float | None, text: str) -> None:
    assert p_text(p) == text


@pytest.mark.parametrize(
    ("share", "text"), [(None, "–"), (0.0, "0 %"), (0.0004, "< 0.1 %"), (0.034, "3.4 %"), (0.749, "75 %")]
)
def test_a_share_that_exists_never_reads_as_nothing(share: float | None, text: str) -> None:
    assert percent_text(share) == text
