"""Which price is shown, and which is charged."""

from __future__ import annotations

import pytest

from twin.policies.prices import charged, shows


@pytest.mark.parametrize(
    ("told", "shown", "versioned", "expected"),
    [(3, 2, 1, True), (2, 2, 1, False), (1, 2, 1, False), (3, 2, 0, True), (2, 2, 0, False), (1, 2, 0, True)],
)
def test_an_outlet_with_versions_never_goes_back(told: int, shown: int, versioned: int, expected: bool) -> None:
    assert shows(told, shown, versioned) is expected


def test_the_lower_price_is_charged_only_where_the_arm_says_so() -> None:
    assert [charged(0, 900, 1000), charged(0, 1100, 1000)] == [900, 1100]
    assert [charged(1, 900, 1000), charged(1, 1100, 1000)] == [900, 1000]
