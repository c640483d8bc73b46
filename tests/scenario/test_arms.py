"""Each arm in full: model defaults < style < products < the file's ``systems`` < its own changes < ``--set``."""

from collections.abc import Callable
from pathlib import Path

from twin.core.clock import HOUR, MINUTE, SECOND
from twin.scenario.loader import load
from twin.scenario.scenario import Scenario
from twin.scenario.systems import Publications, Systems


def systems(path: Path, arm: str, *sets: str) -> Systems:
    return load(path, sets=sets).scenario.arms[arm]


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
