"""When a fallback goes on and off: the rule on its own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from twin.core.clock import HOUR, MINUTE
from twin.policies.degrading import BUFFER_MAX, OFF, failing, grown, looked, share_of, silent

LOOKS = st.lists(st.tuples(st.booleans(), st.booleans()), max_size=80)
"""Whether the system is ill, and whether it is well otherwise."""


@given(looks=LOOKS, dwell=st.integers(0, 12), calm=st.integers(0, 8))
def test_it_is_on_for_its_dwell_at_least_and_ends_only_after_a_calm(
    looks: list[tuple[bool, bool]], dwell: int, calm: int
) -> None:
    state, history = OFF, []
    for now, (ill, otherwise) in enumerate(looks):
        well = otherwise and not ill
        before, state = state, looked(state, ill=ill, well=well, now=now, dwell=dwell, calm=calm)
        history.append(well)
        if not before.on:
            assert state.on == ill
        elif not state.on:
            assert now - before.since >= dwell
            assert all(history[max(now - calm, before.since + 1) :])
            assert now - calm > before.since


@given(looks=LOOKS)
def test_without_dwell_and_calm_it_ends_at_the_first_look_that_finds_all_well(looks: list[tuple[bool, bool]]) -> None:
    state = OFF
    for now, (ill, otherwise) in enumerate(looks):
        well = otherwise and not ill
        was_on, state = state.on, looked(state, ill=ill, well=well, now=now, dwell=0, calm=0)
        assert state.on == (not well if was_on else ill)


def test_neither_ill_nor_well_keeps_what_is() -> None:
    assert looked(OFF, ill=False, well=False, now=5, dwell=0, calm=0) == OFF
    on = looked(OFF, ill=True, well=False, now=5, dwell=0, calm=0)
    assert looked(on, ill=False, well=False, now=9, dwell=0, calm=0).on


def test_silence_must_have_lasted_for_longer() -> None:
    assert silent(0, 0) == (False, True)
    assert silent(1, 0) == (True, False)
    assert silent(MINUTE, MINUTE) == (False, False)


def test_shares_count_from_the_threshold_on_and_too_few_calls_say_nothing() -> None:
    limits = {"enter": 500_000, "leave": 100_000}
    assert failing(5, 10, minimum=10, **limits) == (True, False)
    assert failing(4, 10, minimum=10, **limits) == (False, False)
    assert failing(1, 10, minimum=10, **limits) == (False, True)
    assert failing(9, 9, minimum=10, **limits) == (False, True)


def test_a_buffer_grows_by_whole_units_at_the_instant_at_which_they_are_full() -> None:
    rate = 2_500_000
    assert [grown(age, rate) for age in (0, 24 * MINUTE - 1, 24 * MINUTE, HOUR, 2 * HOUR)] == [0, 0, 1, 2, 5]
    assert grown(10**15, 10**12) == BUFFER_MAX


def test_a_share_of_less_than_nothing_is_nothing() -> None:
    assert [share_of(value, 400_000) for value in (-3, 0, 2, 3, 5)] == [0, 0, 0, 1, 2]
