"""Each arm in full: model defaults < preset < the file's ``systems`` < its own changes < ``--set``."""

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from twin.core.clock import HOUR, MINUTE, SECOND
from twin.scenario.arms import LIBRARIES, PRESETS, PRODUCTS
from twin.scenario.base import format_duration
from twin.scenario.loader import load
from twin.scenario.scenario import Scenario
from twin.scenario.systems import PresetName, Publications, Systems

PRESET_FILES = Path(__file__).parents[2] / "twin" / "scenario" / "presets"


def systems(path: Path, arm: str, *sets: str) -> Systems:
    return load(path, sets=sets).scenario.arms[arm]


def test_every_preset_has_its_file_and_every_file_its_preset() -> None:
    assert {path.stem for path in PRESET_FILES.glob("*.yaml")} == set(PRESETS) == set(get_args(PresetName))


def test_every_library_has_its_file_and_every_file_its_library() -> None:
    assert {path.stem for path in (PRESET_FILES / "resilience").glob("*.yaml")} == set(LIBRARIES)


def test_a_library_fills_what_the_arm_does_not_set(minimal: Path) -> None:
    resilience = systems(
        minimal, "hub", "systems.resilience.preset=resilience4j", "arms.hub.resilience.preset=polly",
        "arms.hub.resilience.breaker.open=9s",
    ).resilience  # fmt: skip
    assert (resilience.retry.attempts, resilience.retry.wait, resilience.retry.jitter) == (4, 2 * SECOND, "none")
    assert (resilience.breaker.window, resilience.breaker.threshold) == ("time", 0.1)
    assert (resilience.breaker.span, resilience.breaker.open) == (30 * SECOND, 9 * SECOND)
    plain = systems(minimal, "hub").resilience
    assert (plain.retry.attempts, plain.breaker.window) == (1, "off")


def test_every_product_has_its_file_and_every_file_its_product() -> None:
    assert {path.stem for path in (PRESET_FILES / "limits").glob("*.yaml")} == set(PRODUCTS)


@pytest.mark.parametrize("name", PRODUCTS)
def test_every_limit_of_a_product_has_a_mark_and_what_is_weak_is_called_an_assumption(name: str) -> None:
    text = (PRESET_FILES / "limits" / f"{name}.yaml").read_text(encoding="utf-8")
    values = [line for line in text.splitlines() if not line.startswith(("#", "preset"))]
    assert all("#" in line for line in values)
    assert all("assumption" in line or "[C]" in line or "[D]" in line or "shortest" in line for line in values)
    assert all("assumption" in line for line in values if "[S]" in line or "[M]" in line)


@pytest.mark.parametrize("name", PRODUCTS)
@pytest.mark.parametrize("system", ["service", "erp"])
def test_a_product_fills_the_limits_that_the_arm_does_not_set(minimal: Path, name: str, system: str) -> None:
    named = f"systems.{system}.limits.preset={name}"
    shipped, changed = (
        getattr(systems(minimal, "hub", named, *more), system).limits
        for more in ((), (f"arms.hub.{system}.limits.concurrency=77",))
    )
    assert not shipped.unlimited
    assert changed == shipped.model_copy(update={"concurrency": 77})
    other = {"service": "erp", "erp": "service"}[system]
    assert getattr(systems(minimal, "hub", named), other).limits.unlimited


@pytest.mark.parametrize("name", PRODUCTS)
def test_the_page_on_the_gateway_shows_what_each_product_ships(minimal: Path, name: str) -> None:
    limits = systems(minimal, "hub", f"systems.erp.limits.preset={name}").erp.limits
    bucket = (f"{limits.rate:g}", f"{limits.burst}") if limits.rate else ("", "")
    window = (f"{limits.calls}", format_duration(limits.window)) if limits.calls else ("", "")
    queue = (f"{limits.queue}", format_duration(limits.wait)) if limits.queue else ("", "")
    cells = (f"`{name}`", *bucket, *window, f"{limits.concurrency or ''}", *queue)
    row = "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"
    assert row in (Path(__file__).parents[2] / "docs" / "gateway.md").read_text(encoding="utf-8").splitlines()


def test_shipped_limits_are_those_of_their_vendors(minimal: Path) -> None:
    netsuite = systems(minimal, "hub", "systems.erp.limits.preset=netsuite_premium").erp.limits
    assert (netsuite.concurrency, netsuite.queue, netsuite.rate, netsuite.calls) == (15, 0, 0, 0)
    dataverse = systems(minimal, "hub", "systems.erp.limits.preset=dataverse").erp.limits
    assert (dataverse.calls, dataverse.window, dataverse.concurrency) == (6000, 300 * SECOND, 52)
    shopify = systems(minimal, "hub", "systems.service.limits.preset=shopify_standard").service.limits
    assert (shopify.rate, shopify.burst) == (2, 40)
    bulkhead = systems(minimal, "hub", "systems.service.limits.preset=resilience4j_bulkhead").service.limits
    assert (bulkhead.concurrency, bulkhead.queue) == (25, 0)


@pytest.mark.parametrize("name", PRESETS)
def test_every_value_of_a_preset_names_its_source_or_is_called_an_assumption(name: str) -> None:
    lines = (PRESET_FILES / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    values = [line for line in lines if not line.startswith(("#", "preset")) and not line.endswith(":")]
    styles = ("mode", "system")  # what the preset is, not how much of it
    assert [line for line in values if "#" not in line and line.split(":")[0].strip() not in styles] == []


def test_presets_differ_as_the_design_says(minimal: Path) -> None:
    arms = load(minimal).scenario.arms
    assert [(arm.movements.mode, arm.movements.interval, arm.movements.system) for arm in arms.values()][:2] == [
        ("batch", 4 * HOUR, "files"),
        ("batch", 5 * MINUTE, "hub"),
    ]
    assert {name: arm.publications.own.mode for name, arm in arms.items()} == {
        "point_to_point": "file",
        "hub": "query",
        "event_driven": "read_model",
        "hybrid": "cache",
    }
    assert [arm.reserving.mode for arm in arms.values()] == ["own_copy", "synchronous", "events", "synchronous"]
    assert [arm.erp.coupling for arm in arms.values()] == ["direct", "adapter", "consumer", "consumer"]
    assert [arm.release.interval for arm in arms.values()][:2] == [30 * MINUTE, 5 * MINUTE]


def test_marketplaces_keep_the_default_feed_in_every_preset(minimal: Path) -> None:
    arms = load(minimal).scenario.arms.values()
    assert {arm.publications.marketplace for arm in arms} == {Publications().marketplace}


def test_later_layers_win_over_earlier_ones(write: Callable[..., Path]) -> None:
    path = write("systems: {movements: {interval: 3h}}\narms:\n  hub: {movements: {interval: 7m}}\n")
    assert systems(path, "point_to_point").movements.interval == 3 * HOUR
    assert systems(path, "hub").movements.interval == 7 * MINUTE
    assert systems(path, "hub", "systems.movements.interval=2m").movements.interval == 2 * MINUTE
    both = ("arms.hub.movements.interval=1m", "systems.movements.interval=2m")
    assert systems(path, "hub", *both).movements.interval == MINUTE
    assert systems(path, "hybrid", *both).movements.interval == 2 * MINUTE


def test_an_arm_changes_only_what_it_says(write: Callable[..., Path]) -> None:
    path = write("arms:\n  hub: {movements: {job: {mean: 40s}}}\n")
    job = systems(path, "hub").movements.job
    assert (job.law, job.mean, job.cv) == ("lognormal", 40 * SECOND, 0.3)
    assert systems(path, "hub").movements.interval == 5 * MINUTE


def test_an_arm_without_preset_is_hybrid_and_common_systems_may_choose_another(write: Callable[..., Path]) -> None:
    arms = "arms:\n  mine: {reserving: {ttl: 5m}}\n"
    assert systems(write(arms), "mine").publications.own.mode == "cache"
    common = systems(write("systems: {preset: hub}\n" + arms), "mine")
    assert (common.preset, common.publications.own.mode) == ("hub", "query")


def test_a_set_preset_brings_its_values(minimal: Path) -> None:
    changed = systems(minimal, "point_to_point", "arms.point_to_point.preset=hub")
    assert changed == systems(minimal, "hub")
    everywhere = load(minimal, sets=["systems.preset=hybrid"]).scenario.arms
    assert len({arm.model_dump_json() for arm in everywhere.values()}) == 1


def test_an_object_that_is_partly_written_keeps_the_rest_of_its_default(write: Callable[..., Path]) -> None:
    path = write("systems: {publications: {marketplace: {interval: 40m}}, payment: {mean: 2s}}\n")
    arm = systems(path, "hub")
    assert arm.publications.marketplace.mode == "file"
    assert arm.publications.marketplace.interval == 40 * MINUTE
    assert (arm.payment.law, arm.payment.mean, arm.payment.cv) == ("lognormal", 2 * SECOND, 0.5)


def test_a_bare_duration_replaces_a_law_and_a_later_part_refines_it(write: Callable[..., Path]) -> None:
    path = write("systems: {payment: 2s}\n")
    assert systems(path, "hub").payment.law == "constant"
    refined = systems(path, "hub", "systems.payment.mean=3s").payment
    assert (refined.law, refined.mean) == ("constant", 3 * SECOND)


def test_what_arms_differ_in_is_no_part_of_the_world(write: Callable[..., Path], minimal: Path) -> None:
    changed = load(write("systems: {movements: {interval: 3h}}\n")).scenario
    assert changed.world_part() == load(minimal).scenario.world_part()
    assert "arms" not in Scenario.world_part(changed)


def test_a_mistake_in_common_systems_is_reported_once_and_where_it_was_written(
    write: Callable[..., Path], problems: Callable[..., list[str]]
) -> None:
    path = write("systems:\n  movements: {interval: 5}\n")
    rule = "must be a duration such as 250ms, 30s, 15m, 4h, 1d12h, it is 5"
    assert problems(path) == [f"scenario.yaml:3:25: systems.movements.interval: {rule}"]
