"""The frontier: who is on it, how it is drawn, when it is not."""

from __future__ import annotations

from dataclasses import replace

from matplotlib.backends.backend_agg import FigureCanvasAgg

from tests.report import fakes
from twin.experiment.results import Result
from twin.report.frontier import ACROSS, UP, Point, draw_frontier, frontier, points


def point(name: str, across: float, up: float) -> Point:
    return Point((name,), across, up, 0.1, 0.1)


def test_the_frontier_joins_those_that_none_beats_in_both() -> None:
    found = [point("c", 3, 1), point("a", 1, 5), point("beaten", 2, 6), point("b", 2, 2), point("as_high", 2.5, 2)]
    assert [each.label for each in frontier(found)] == ["a", "b", "c"]


def test_of_two_that_refuse_the_same_the_one_that_oversells_less_is_on_it() -> None:
    assert [each.label for each in frontier([point("more", 1, 5), point("less", 1, 4)])] == ["less"]


def result(arms: tuple[str, ...] = fakes.ARMS, **more: int) -> Result:
    """Arms whose oversells are known per line demanded."""
    made = fakes.result(arms, **more)
    told = {(arm, UP): replace(row, kpi=UP) for (arm, kpi), row in made.rows.items() if kpi == "oversell_rate"}
    return replace(made, rows={**made.rows, **told})


def test_every_arm_is_named_inside_the_figure() -> None:
    figure = draw_frontier(result())
    assert figure is not None
    renderer = FigureCanvasAgg(figure).get_renderer()
    names = {text.get_text(): text.get_window_extent(renderer) for text in figure.axes[0].texts}
    assert set(names) == set(fakes.ARMS)
    for box in names.values():
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.x1
    boxes = list(names.values())
    assert not any(a.overlaps(b) for place, a in enumerate(boxes) for b in boxes[:place])


def test_values_are_per_cent_and_arms_that_came_out_the_same_share_a_point() -> None:
    made = result(("first", "second", "third"))
    twins = replace(made, rows={**made.rows, **{("third", kpi): made.rows["second", kpi] for kpi in (ACROSS, UP)}})
    found = points(twins)
    assert [each.label for each in found] == ["first", "second, third"]
    assert 7 < found[0].across < 9
    assert 3 < found[0].up < 5


def test_there_is_no_frontier_of_two_arms_or_of_what_was_not_measured() -> None:
    assert draw_frontier(result(("first", "second"))) is None
    assert draw_frontier(fakes.result()) is None, "no arm's oversells per line demanded are known"


def test_one_world_has_points_without_intervals() -> None:
    assert {(each.half_across, each.half_up) for each in points(result(replications=1))} == {(0.0, 0.0)}
