"""Presets of demand and catalogue: each fills what names it, and nothing that is written there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from twin.scenario.arms import products
from twin.scenario.demand import Channel, Demand, Tills
from twin.scenario.estate import ProfileName, Skus
from twin.scenario.fitted import PLACES, Fitted, fitted, fitted_profile
from twin.scenario.loader import load
from twin.scenario.return_demand import ReturnDemand
from twin.world.profiles import BUILT_IN, weekly_rates


def demand(path: Path, *sets: str) -> Demand:
    return load(path, sets=sets).scenario.demand


def test_a_log_fills_the_channel_that_names_it_and_no_other(minimal: Path) -> None:
    plain = demand(minimal)
    name = next(iter(plain.channels))
    taken = demand(minimal, f"demand.channels.{name}.preset=online_retail")
    part = fitted("online_retail").mapping["channel"].plain()
    found = taken.channels[name]
    assert (found.preset, found.profile, found.dispersion) == ("online_retail", "online_retail", part["dispersion"])
    assert (list(found.lines.values), list(found.units.shares)) == (part["lines"]["values"], part["units"]["shares"])
    assert found.weekly_checkouts == plain.channels[name].weekly_checkouts
    assert demand(minimal, "demand.returns.preset=online_retail").returns.of(name) == pytest.approx(0.017, abs=0.001)
    assert found.lines.mean > 20  # a wholesaler's orders
    assert taken.tills == plain.tills
    assert {other: channel for other, channel in taken.channels.items() if other != name} == {
        other: channel for other, channel in plain.channels.items() if other != name
    }


def test_what_is_written_wins_over_a_log(write: Callable[..., Path]) -> None:
    path = write(
        "estate: {skus: {preset: completejourney, count: 700}}\n"
        "demand: {tills: {preset: completejourney, dispersion: 0.3}}\n"
    )
    made = load(path).scenario
    skus, shipped = made.estate.skus, fitted("completejourney").mapping["skus"].plain()
    assert (skus.count, skus.popularity_exponent) == (700, shipped["popularity_exponent"])
    assert (skus.price_mean_usd, skus.price_cv) == (shipped["price_mean_usd"], shipped["price_cv"])
    assert skus.margin == Skus().margin
    assert made.demand.tills.dispersion == 0.3
    assert made.demand.tills.units != Tills().units
    assert load(path, sets=("estate.skus.popularity_exponent=0.5",)).scenario.estate.skus.popularity_exponent == 0.5


def test_nothing_changes_where_no_log_is_named(minimal: Path) -> None:
    made = load(minimal).scenario
    assert made.demand.tills == Tills()
    assert {channel.preset for channel in made.demand.channels.values()} == {"none"}


def test_a_part_that_a_log_cannot_fill_is_refused(
    write: Callable[..., Path], problems: Callable[..., list[str]]
) -> None:
    path = write("demand: {tills: {preset: online_retail}}\n")
    assert problems(path) == [
        "scenario.yaml:2:26: demand.tills.preset: must be one of none, completejourney, it is 'online_retail'"
    ]
    assert problems(write("demand: {tills: 3}\n")) != []


def test_every_part_of_a_file_has_a_place_and_every_choice_has_a_part() -> None:
    models = dict(PLACES.values())
    assert models == {"channel": Channel, "tills": Tills, "returns": ReturnDemand, "skus": Skus}
    for name in products(Fitted):
        parts = set(fitted(name).mapping) - {"preset", "profile"}
        assert parts == {part for part, model in models.items() if name in products(model)}


@pytest.mark.parametrize("name", products(Fitted))
def test_the_profile_of_a_log_is_a_built_in_one(name: str) -> None:
    rates = weekly_rates(name, {})
    assert rates.size == 168
    assert rates.mean() == pytest.approx(1, abs=1e-3)
    assert (rates >= 0).all()
    assert tuple(rates) == fitted_profile(name)
    assert set(get_args(ProfileName)) == set(BUILT_IN)
    with pytest.raises(KeyError):
        fitted_profile("none")
