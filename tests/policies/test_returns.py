"""Where goods that came back are sold again, and which payments of a matter move money."""

from __future__ import annotations

import pytest

from twin.policies.returns import counted, stays


@pytest.mark.parametrize(
    ("policy", "position", "here"),
    [("where_it_is", 99, True), ("dc", 0, False), ("best", 3, True), ("best", 4, False)],
)
def test_a_store_keeps_what_its_policy_lets_it_keep(policy: str, position: int, here: bool) -> None:
    assert stays(policy, is_dc=False, stocked=True, position=position, reorder=3) is here


@pytest.mark.parametrize("policy", ["where_it_is", "dc", "best"])
def test_a_dc_keeps_everything_and_a_store_nothing_that_it_does_not_stock(policy: str) -> None:
    assert stays(policy, is_dc=True, stocked=True, position=99, reorder=3)
    assert not stays(policy, is_dc=False, stocked=False, position=0, reorder=-1)


def test_what_is_never_replenished_is_sold_by_the_dc() -> None:
    assert not stays("best", is_dc=False, stocked=True, position=0, reorder=-1)


def test_without_keys_every_effect_moves_money_and_with_them_the_first() -> None:
    effects = [(50, 1), (40, 2), (40, 1), (90, 2)]
    assert counted(effects, keys=False, before=60) == [1, 2, 1]
    assert counted(effects, keys=True, before=60) == [2]  # of one instant the call made first
    assert counted(effects, keys=True, before=40) == []
