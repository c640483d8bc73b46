"""Built-in platform costs: counted interfaces, sources, overrides."""

from __future__ import annotations

from typing import get_args

import pytest

from tests.measure.make import scenario
from twin.economics.platforms import BACK_OFFICE, SOURCES, built_in, integrations, platform_of
from twin.scenario.economics import PlatformCost
from twin.scenario.systems import PresetName

PRESETS: tuple[PresetName, ...] = get_args(PresetName)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_has_a_platform(preset: PresetName) -> None:
    assert built_in(preset, channels=5).usd_per_integration_year.base > 0


def test_point_to_point_multiplies_what_a_centre_adds() -> None:
    systems = len(BACK_OFFICE)
    assert integrations("point_to_point", channels=5) == 6 * systems
    assert {integrations(preset, channels=5) for preset in PRESETS[1:]} == {6 + systems}


def test_a_channel_more_costs_a_centre_one_interface_and_point_to_point_one_to_every_system() -> None:
    more = {preset: integrations(preset, channels=6) - integrations(preset, channels=5) for preset in PRESETS}
    assert more == {"point_to_point": len(BACK_OFFICE), "hub": 1, "event_driven": 1, "hybrid": 1}


def test_the_scenario_replaces_a_platform_and_leaves_the_others() -> None:
    own = built_in("hub", channels=1).model_dump() | {"integrations": 3.0}
    spec = scenario(economics={"platforms": {"hybrid": own}})
    assert platform_of(spec, "mixed") == PlatformCost.model_validate(own)
    assert platform_of(spec, "files") == built_in("point_to_point", channels=2)


def test_every_number_has_a_source_or_says_that_it_is_an_assumption() -> None:
    assert set(SOURCES) == set(PlatformCost.model_fields)
    assert all("[" in text or "assumption" in text or text.startswith("counted") for text in SOURCES.values())
