"""When an alert is told and when it is over, check by check."""

from collections.abc import Iterator

import pytest

from twin.core.clock import NEVER
from twin.policies.alerting import QUIET, checked


def told(holds: str, *, hold: int = 0, calm: int = 0) -> Iterator[tuple[int, int]]:
    """(since, raised) after checks at 0, 10, ...; ``x`` where the condition holds. (-1, -1) while it is not told."""
    standing = QUIET
    for k, mark in enumerate(holds):
        standing = checked(standing, holds=mark == "x", now=10 * k, hold=hold, calm=calm)
        yield (standing.since, standing.raised) if standing.raised != NEVER else (-1, -1)


NOT = (-1, -1)


@pytest.mark.parametrize(
    ("holds", "hold", "calm", "expected"),
    [
        ("..x.", 0, 0, [NOT, NOT, (20, 20), NOT]),
        (".xxx.", 20, 0, [NOT, NOT, NOT, (10, 30), NOT]),
        (".xx.xxx", 20, 0, [NOT, NOT, NOT, NOT, NOT, NOT, (40, 60)]),  # an interruption before it is told
        ("x.x..", 0, 20, [(0, 0)] * 4 + [NOT]),  # kept standing at 10 and 30; over at 40, 20 after it last held
        ("x..x", 0, 20, [(0, 0), (0, 0), NOT, (30, 30)]),
        (".xx", 15, 0, [NOT, NOT, NOT]),  # ten is not fifteen
        (".xxx", 15, 0, [NOT, NOT, NOT, (10, 30)]),
    ],
)
def test_an_alert_check_by_check(holds: str, hold: int, calm: int, expected: list[tuple[int, int]]) -> None:
    assert list(told(holds, hold=hold, calm=calm)) == expected
