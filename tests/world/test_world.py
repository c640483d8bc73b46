"""The world as a whole: one per replication, the same for every arm, on repeat, and whatever else is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.lib.recfunctions import repack_fields

from tests.world.make import REGIONS, channel, cluster, scenario
from twin.core.clock import DAY
from twin.scenario.errors import ScenarioError
from twin.world.streams import Streams
from twin.world.tables import Physical, WorldDay
from twin.world.world import World


def test_the_same_seed_gives_the_same_world() -> None:
    assert World(scenario(), 3).fingerprint() == World(scenario(), 3).fingerprint()


def test_another_replication_or_seed_gives_another_world() -> None:
    prints = {World(scenario(seed=seed), rep).fingerprint() for seed in (1, 2) for rep in (0, 1)}
    assert len(prints) == 4


def test_the_world_does_not_depend_on_arms_money_or_comparison() -> None:
    plain = World(scenario(), 0).fingerprint()
    other = scenario(
        arms={"batch": {"preset": "point_to_point"}, "tills": {"tills_respect_reservations": True}},
        experiment={"replications": 3, "scrape": "10m"},
        economics={"lost_sale_share": {"low": 0.1, "base": 0.2, "high": 0.3}},
    )
    assert World(other, 0).fingerprint() == plain
    assert World(other, 0).estate is World(scenario(), 0).estate  # it is not even realised anew


def test_all_replications_share_the_estate() -> None:
    assert World(scenario(), 0).estate is World(scenario(), 1).estate


def test_days_can_be_drawn_in_any_order_and_again() -> None:
    one, two = World(scenario(), 0), World(scenario(), 0)
    forward = [one.day(day).digest for day in range(one.days)]
    backward = [two.day(day).digest for day in reversed(range(two.days))][::-1]
    assert forward == backward == [one.day(day).digest for day in range(one.days)]


def test_a_longer_horizon_begins_with_the_same_days() -> None:
    short, long = World(scenario(), 0), World(scenario(calendar__window="9d"), 0)
    assert all(short.day(day).digest == long.day(day).digest for day in range(short.days))


def test_a_day_outside_the_world_is_refused() -> None:
    world = World(scenario(), 0)
    assert world.days == 8
    with pytest.raises(IndexError, match="day 8 is not one of the 8 days"):
        world.day(8)


def _channel(world: World, name: str, day: int) -> list[bytes]:
    """Checkouts of a channel with their lines, without the numbering over all channels."""
    drawn = world.day(day)
    rows = drawn.checkouts[drawn.checkouts["channel"] == world.estate.channels.index(name)]
    kept = rows[[field for field in rows.dtype.names or () if field not in ("order", "first_line", "channel")]]
    lines = [drawn.lines[r["first_line"] : r["first_line"] + r["lines"]].tobytes() for r in rows]
    return [repack_fields(kept).tobytes(), *lines, drawn.sessions[world.estate.channels.index(name)].tobytes()]


def test_a_new_channel_or_fault_moves_no_other_luck() -> None:
    plain = World(scenario(faults=[{"system": "broker", "mtbf": "2d", "duration": "1h"}]), 0)
    channels = {"new": channel(kind="app"), "web": channel(pickup_share=0.2), "market": channel(kind="marketplace")}
    faults = [
        {"system": "erp", "mtbf": "1d", "duration": "1h"},
        {"system": "broker", "mtbf": "2d", "duration": "1h"},
    ]
    grown = World(scenario(demand__channels=channels, faults=faults), 0)
    for day in (0, 5):
        assert np.array_equal(plain.day(day).physical, grown.day(day).physical)
        for name in ("web", "market"):
            assert _channel(plain, name, day) == _channel(grown, name, day)
    assert np.array_equal(plain.windows, grown.windows[grown.windows["system"] == 3])


def test_more_traffic_of_one_channel_leaves_the_tills_alone() -> None:
    channels = {"web": channel(weekly_checkouts=5000.0), "market": channel(kind="marketplace")}
    plain, grown = World(scenario(), 0), World(scenario(demand__channels=channels), 0)
    assert np.array_equal(plain.day(2).physical, grown.day(2).physical)


def test_streams_are_told_apart_by_seed_replication_name_and_day() -> None:
    draws = {
        Streams(seed, rep).generator(name, day).random()
        for seed in (1, 11)
        for rep in (1, 2)
        for name in ("a", "b")
        for day in (0, 1)
    }
    assert len(draws) == 16
    assert len({int(Streams(1, rep).key(name)) for rep in (0, 1) for name in ("a", "b")}) == 4


def test_the_digest_sees_every_table() -> None:
    drawn = World(scenario(), 0).day(1)
    from twin.world.digest import digest

    parts = (drawn.day, drawn.physical, drawn.checkouts, drawn.lines, drawn.sessions, drawn.returns)
    assert digest(*parts) == drawn.digest
    for at in range(1, 5):
        changed = [part if isinstance(part, int) else part.copy() for part in parts]
        raw = changed[at]
        assert isinstance(raw, np.ndarray)
        raw.reshape(-1).view(np.uint8)[-1] ^= 1
        assert digest(*changed) != drawn.digest


DEGENERATE: dict[str, dict[str, Any]] = {
    "no till sale": {"demand__tills": {"scale": 0.0}},
    "no online customer": {"demand__channels": {"web": channel(weekly_checkouts=0.0)}},
    "nothing at all": {"demand__channels": {"web": channel(weekly_checkouts=0.0)}, "demand__tills": {"scale": 0.0}},
    "one SKU": {"estate__skus": {"count": 1}},
    "one SKU and many lines": {
        "estate__skus": {"count": 1},
        "demand__channels": {"web": channel(lines={"values": (3,), "shares": (1.0,)})},
    },
    "one store": {"estate__stores": {"count": 1, "clusters": [cluster()]}},
    "no store": {"estate__stores": {"count": 0, "clusters": [cluster()]}},
    "everything ends": {"estate__skus": {"count": 20, "ending_share": 1.0}},
    "everyone picks up": {"demand__channels": {"web": channel(pickup_share=1.0)}},
    "half a day": {"calendar__warm_up": "0s", "calendar__window": "12h", "calendar__follow_up": "0s"},
}


@pytest.mark.parametrize("case", DEGENERATE)
def test_degenerate_worlds_hold_together(case: str) -> None:
    world = World(scenario(**DEGENERATE[case]), 0)
    for day in range(min(world.days, 2)):
        _check(world, world.day(day))
    assert len(world.fingerprint()) == 32


def test_nothing_happens_without_demand() -> None:
    drawn = World(scenario(**DEGENERATE["nothing at all"]), 0).day(1)
    assert (drawn.physical.size, drawn.checkouts.size, drawn.lines.size, drawn.sessions.sum()) == (0, 0, 0, 0)


def _check(world: World, drawn: WorldDay) -> None:
    """What the tables promise."""
    estate, rows, checkouts = world.estate, drawn.physical, drawn.checkouts
    start, end = drawn.day * DAY, (drawn.day + 1) * DAY
    for t in (rows["t"], checkouts["t"]):
        assert ((t >= start) & (t < end)).all()
    node = estate.pair_node[rows["pair"]]
    assert np.array_equal(np.lexsort((rows["kind"], rows["pair"], node, rows["t"])), np.arange(rows.size))
    assert (estate.nodes["is_dc"][node] == 0).all()
    assert (rows["quantity"] >= 1).all()
    assert (rows["quantity"][rows["kind"] == Physical.SHRINK] == 1).all()
    assert (np.diff(checkouts["t"]) >= 0).all()
    assert np.array_equal(checkouts["order"], (drawn.day << 32) + np.arange(checkouts.size))
    assert (checkouts["lines"] >= 1).all()
    assert checkouts["lines"].sum() == drawn.lines.size
    _check_lines(world, drawn)
    assert (drawn.sessions.sum(axis=1) >= np.bincount(checkouts["channel"], minlength=len(estate.channels))).all()


def _check_lines(world: World, drawn: WorldDay) -> None:
    stocked = set(zip(world.estate.pair_node.tolist(), world.estate.pair_sku.tolist(), strict=True))
    used = np.zeros(drawn.lines.size, np.int64)
    for row in drawn.checkouts:
        own = slice(int(row["first_line"]), int(row["first_line"] + row["lines"]))
        used[own] += 1
        skus = drawn.lines["sku"][own].tolist()
        assert len(set(skus)) == len(skus)
        if row["pickup"] >= 0:
            assert world.estate.nodes["is_dc"][row["pickup"]] == 0
            assert all((int(row["pickup"]), sku) in stocked for sku in skus)
    assert (used == 1).all()
    assert (drawn.lines["quantity"] >= 1).all()


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_small_random_worlds_hold_together(data: st.DataObject) -> None:
    opens = data.draw(st.integers(0, 23), "opens")
    world = World(
        scenario(
            seed=data.draw(st.integers(0, 2**40), "seed"),
            estate__stores={
                "count": data.draw(st.integers(0, 6), "stores"),
                "clusters": [
                    cluster(
                        weekly_lines=data.draw(st.integers(1, 2000), "lines"),
                        assortment=data.draw(st.integers(1, 40), "assortment"),
                        opens=f"{opens}h",
                        closes=f"{data.draw(st.integers(opens + 1, 24), 'closes')}h",
                        profile="flat",
                    )
                ],
            },
            estate__skus={
                "count": data.draw(st.integers(1, 30), "skus"),
                "ending_share": data.draw(st.floats(0, 1), "ending"),
                "popularity_exponent": data.draw(st.floats(0, 3), "exponent"),
            },
            estate__regions=[
                REGIONS[0] | {"share": 0.5, "time_zone": data.draw(st.sampled_from(["Asia/Kolkata", "UTC"]), "zone")},
                REGIONS[1] | {"share": 0.5},
            ],
            demand__channels={
                "web": channel(
                    pickup_share=data.draw(st.floats(0, 1), "pickup"),
                    lines={"values": (1, 9), "shares": (0.5, 0.5)},
                    dispersion=data.draw(st.floats(0, 1), "dispersion"),
                )
            },
            demand__promotions=[
                {"start": "1h", "duration": "5h", "multiplier": 0.1, "top_skus": 3},
                {"start": "4h", "duration": "40h", "multiplier": 8.0, "top_skus": 5, "tills": False, "first_rank": 2},
            ],
        ),
        data.draw(st.integers(0, 99), "replication"),
    )
    _check(world, world.day(0))
    _check(world, world.day(1))
    pairs = world.start.pairs
    assert (pairs["on_hand"] >= 0).all()
    assert (pairs["on_hand"] + pairs["error"] >= 0).all()
    assert (pairs["up_to"] > pairs["reorder"]).all()


def test_a_profile_that_nobody_knows_is_refused() -> None:
    made = scenario(estate__stores={"count": 2, "clusters": [cluster(profile="moonlight")]})
    with pytest.raises(
        ScenarioError, match=r"estate\.stores\.clusters\[0\]\.profile: no profile is called 'moonlight'"
    ):
        World(made, 0)


def test_a_profile_without_sales_in_opening_hours_is_refused() -> None:
    made = scenario(
        estate__stores={"count": 2, "clusters": [cluster(profile="night")]},
        demand__profiles={"night": tuple([1.0] * 6 + [0.0] * 18)},
    )
    with pytest.raises(ScenarioError, match="'night' has no sales within opening hours"):
        World(made, 0)
