"""Extending files, and changing values from the command line."""

from collections.abc import Callable
from pathlib import Path

from twin.core.clock import DAY, HOUR
from twin.scenario.loader import load


def test_mappings_merge_and_lists_are_replaced(write: Callable[..., Path], minimal: Path) -> None:
    text = "calendar: {window: 2d}\nestate:\n  dcs: [{name: dc_east, region: east}]\n"
    changed, base = load(write(text)).scenario, load(minimal).scenario
    assert changed.calendar.window == 2 * DAY
    assert changed.calendar.start == base.calendar.start
    assert [dc.name for dc in changed.estate.dcs] == ["dc_east"]
    assert changed.estate.regions == base.estate.regions
    assert list(changed.arms) == list(base.arms)


def test_a_chain_of_files_is_read_and_named_nearest_first(write: Callable[..., Path], minimal: Path) -> None:
    first = write("seed: 5\nname: first\n", "deep/first.yaml")
    second = write("name: second\n", "second.yaml", extends=Path("deep/first.yaml"))
    loaded = load(second)
    assert (loaded.scenario.seed, loaded.scenario.name) == (5, "second")
    assert [path.name for path in loaded.files] == ["second.yaml", "first.yaml", "minimal.yaml"]
    assert loaded.files[1].resolve() == first.resolve()
    assert loaded.base == second.parent


def test_a_circle_of_files_is_refused_where_it_closes(
    write: Callable[..., Path], problems: Callable[..., list[str]]
) -> None:
    write("seed: 1\n", "a.yaml", extends=Path("b.yaml"))
    path = write("seed: 2\n", "b.yaml", extends=Path("a.yaml"))
    assert problems(path) == ["a.yaml:1:10: extends: goes in a circle: b.yaml -> a.yaml -> b.yaml"]


def test_a_circle_is_seen_through_another_spelling_of_the_path(
    write: Callable[..., Path], problems: Callable[..., list[str]]
) -> None:
    path = write("seed: 1\n", "deep/a.yaml", extends=Path("../deep/a.yaml"))
    assert problems(path) == ["a.yaml:1:10: extends: goes in a circle: a.yaml -> a.yaml"]


def test_an_endless_chain_is_refused(write: Callable[..., Path], problems: Callable[..., list[str]]) -> None:
    for number in range(20):
        write("", f"f{number}.yaml", extends=Path(f"f{number + 1}.yaml"))
    assert problems(write("", "start.yaml", extends=Path("f0.yaml"))) == [
        "f14.yaml:1:10: extends: must be a chain of at most 16 files"
    ]


def test_a_problem_is_placed_in_the_file_that_wrote_it(
    write: Callable[..., Path], problems: Callable[..., list[str]]
) -> None:
    write("seed: -1\ncalendar: {window: 0s}\n", "below.yaml")
    path = write("calendar: {window: 1d}\nname: Bad\n", extends=Path("below.yaml"))
    found = problems(path)
    assert [line.split(": ")[0] for line in found] == ["scenario.yaml:3:7", "below.yaml:2:7"]


def test_a_table_is_relative_to_the_file_that_names_it(write: Callable[..., Path], tmp_path: Path) -> None:
    table = tmp_path / "lower" / "skus.csv"
    table.parent.mkdir()
    table.write_text("sku,price_usd,popularity\na,1,1\n", encoding="utf-8")
    write("estate: {skus: {table: skus.csv}}\n", "lower/base.yaml")
    loaded = load(write("", "upper/scenario.yaml", extends=Path("../lower/base.yaml")))
    name = loaded.scenario.estate.skus.table
    assert name is not None
    assert (loaded.base / name).resolve() == table.resolve()


def test_set_changes_any_value_in_order(minimal: Path) -> None:
    sets = ["demand.tills.scale=0.5", "estate.dcs[1].pickers=7", "estate.dcs.0.pickers=8", "seed=4"]
    sets += ["calendar.window=3h"]
    scenario = load(minimal, sets=[*sets, "seed=6"]).scenario
    assert scenario.demand.tills.scale == 0.5
    assert [dc.pickers for dc in scenario.estate.dcs] == [8, 7]
    assert scenario.calendar.window == 3 * HOUR
    assert scenario.seed == 6


def test_set_takes_flow_lists_and_mappings(minimal: Path) -> None:
    sets = ["demand.promotions=[{start: 1h, duration: 2h, multiplier: 4, top_skus: 5}]", "calendar={window: 5h}"]
    scenario = load(minimal, sets=[*sets, "systems={buffers: {pooled: {web: 3}}, preset: hub}"]).scenario
    assert scenario.demand.promotions[0].multiplier == 4
    assert (scenario.calendar.window, scenario.calendar.warm_up) == (5 * HOUR, 12 * HOUR)
    arms = scenario.arms.values()
    assert {(arm.preset, arm.movements.system, arm.buffers.pooled["web"]) for arm in arms} == {("hub", "hub", 3)}


def test_the_seed_option_wins_over_file_and_set(minimal: Path, problems: Callable[..., list[str]]) -> None:
    assert load(minimal, sets=["seed=7"], seed=8).scenario.seed == 8
    assert problems(minimal, seed=-8) == ["--seed:1:1: seed: must be at least 0, it is -8"]


def test_mistakes_in_set_are_placed_by_option_and_column(minimal: Path, problems: Callable[..., list[str]]) -> None:
    found = problems(
        minimal,
        "seed=true",
        "demand.tils.scale=2",
        "arms.hbu.preset=hub",
        "demand.channels.wbe.decline=0",
        "estate.dcs[2].pickers=3",
        "calendar.window=7",
        "no equals sign",
        "a..b=1",
        "calendar.window={a: [}",
        "demand.tills.scale=.nan",
        "estate.dcs[0]={name: dc_east, regoin: east}",
    )
    assert found == [
        "--set:1:6: seed: must be a whole number, it is true",
        "--set:2:1: demand.tils: unknown key (did you mean 'tills'?)",
        "--set:3:1: arms.hbu: no arm is called 'hbu'; there are point_to_point, hub, event_driven, hybrid "
        "(did you mean 'hub'?)",
        "--set:4:1: demand.channels.wbe: no channel is called 'wbe'; there are web, market (did you mean 'web'?)",
        "--set:5:1: estate.dcs[2]: has 2 items, counted from 0; 2 is not one of them",
        "--set:6:17: calendar.window: must be a duration such as 250ms, 30s, 15m, 4h, 1d12h, it is 7",
        "--set:7:1: --set: must be written path=value, for example demand.tills.scale=0.5; it is 'no equals sign'",
        "--set:8:1: --set: must be written path=value, for example demand.tills.scale=0.5; it is 'a..b=1'",
        "--set:9:22: calendar.window: is not YAML: did not find expected node content",
        "--set:10:20: demand.tills.scale: must be a finite number, it is .nan",
        "--set:11:1: estate.dcs[0].regoin: unknown key (did you mean 'region'?)",
    ]


def test_problems_of_file_and_options_are_reported_together(
    write: Callable[..., Path], problems: Callable[..., list[str]]
) -> None:
    found = problems(write("name: Bad\n"), "seed=-1")
    assert [line.split(": ")[1] for line in found] == ["name", "seed"]
