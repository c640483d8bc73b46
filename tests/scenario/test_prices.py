"""What a scenario cannot say of prices."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from twin.scenario.demand import Promotion
from twin.scenario.prices import EverydayPrices, PriceRoute, Prices
from twin.scenario.systems import Systems

PROMOTION: dict[str, Any] = {"start": "1h", "duration": "2h", "multiplier": 2.0, "top_skus": 5}
IMPOSSIBLE: list[tuple[type[Any], dict[str, Any], str]] = [
    (PriceRoute, {"mode": "file", "interval": "0s"}, "interval: must be above 0 in mode file"),
    (EverydayPrices, {"spread": 1.0}, "spread: must be below 1, it is 1"),
    (EverydayPrices, {"at": "24h"}, "at: must be before 24h, it is 1d"),
    (Promotion, {**PROMOTION, "discount": 1.0}, "discount: must be below 1, it is 1"),
    (Promotion, {**PROMOTION, "discount": 0.2, "tills": False}, "discount: is for promotions at the tills and in all"),
    (Promotion, {**PROMOTION, "discount": 0.2, "channels": ["web"]}, "discount: is for promotions at the tills"),
]


@pytest.mark.parametrize(("model", "values", "message"), IMPOSSIBLE, ids=[message for *_, message in IMPOSSIBLE])
def test_what_cannot_be_is_refused_with_a_reason(model: type[Any], values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        model.model_validate(values)


def test_events_need_no_loads_of_all_prices_and_tills_may_be_promoted_alone_without_a_discount() -> None:
    assert PriceRoute.model_validate({"mode": "event", "interval": "0s"}).interval == 0
    assert Promotion.model_validate({**PROMOTION, "tills": False}).discount == 0


def test_prices_are_everywhere_at_once_unless_an_arm_says_otherwise() -> None:
    prices = Systems().prices
    assert {route.mode for route in (prices.tills, prices.own, prices.marketplace)} == {"at_once"}
    assert prices == Prices()
    assert prices.mismatch == "honour"
