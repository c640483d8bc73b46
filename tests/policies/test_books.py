"""Which exception comes first, and in which file an order is."""

from __future__ import annotations

import pytest

from twin.policies.books import file_after, place


def test_the_oldest_comes_first_or_the_dearest_and_then_the_oldest() -> None:
    waiting = [(0, 500), (1, 900), (2, 900), (3, 100)]
    by_age = sorted(waiting, key=lambda item: place("oldest", number=item[0], cents=item[1]))
    by_value = sorted(waiting, key=lambda item: place("dearest", number=item[0], cents=item[1]))
    assert [number for number, _ in by_age] == [0, 1, 2, 3]
    assert [number for number, _ in by_value] == [1, 2, 0, 3]


@pytest.mark.parametrize(
    ("t", "file"),
    [(0, 5), (4, 5), (5, 15), (14, 15), (15, 25)],
    ids=["before the first", "just before it", "at it", "just before the next", "at the next"],
)
def test_what_happens_at_the_instant_of_a_file_is_in_the_next(t: int, file: int) -> None:
    assert file_after(t, phase=5, interval=10) == file
