"""The light process beside ordinary SimPy: the documented order of ties, ends, exceptions, and nothing left behind."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Iterable

import pytest
import simpy

from twin.core.clock import NEVER, Tie, tie_key
from twin.model.process import Alarm, Instant, LightProcess, PatientProcess, Story, Turn

Log = list[tuple[int, str]]


def told(env: simpy.Environment, log: Log, name: str, instants: Iterable[int]) -> Story:
    """A story that notes when it wakes."""
    for t in instants:
        yield t
        log.append((int(env.now), name))


def start(env: simpy.Environment, log: Log, name: str, *instants: int, tie: Tie = Tie.ORDER, entity: int = 0) -> None:
    LightProcess(env, told(env, log, name, instants), tie_key(tie, entity, 0))


def note(env: simpy.Environment, log: Log, name: str, t: int, tie: Tie, entity: int = 0) -> None:
    """An event that notes when it happens."""
    event = Instant(env, t, tie, entity)
    assert event.callbacks is not None
    event.callbacks.append(lambda _: log.append((int(env.now), name)))


# ---- Order -----------------------------------------------------------------------------------------------------------


def test_a_story_wakes_at_the_instants_that_it_yields() -> None:
    env, log = simpy.Environment(), Log()
    start(env, log, "story", 3, 3, 10)
    env.run()
    assert log == [(3, "story"), (3, "story"), (10, "story")]
    assert env.now == 10


def test_a_story_begins_at_once_and_not_when_the_queue_comes_to_it() -> None:
    env, begun = simpy.Environment(), []

    def story() -> Story:
        begun.append(env.now)
        yield 1

    env.run(until=5)
    LightProcess(env, story(), 0)
    assert begun == [5]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))), ids=str)
def test_ties_are_settled_by_class_then_entity_whatever_was_put_in_first(order: tuple[int, ...]) -> None:
    env, log = simpy.Environment(), Log()
    makers = (
        lambda: note(env, log, "batch", 7, Tie.BATCH, 9),
        lambda: start(env, log, "order 1", 7, entity=1),
        lambda: start(env, log, "order 2", 7, entity=2),
        lambda: note(env, log, "scrape", 7, Tie.SCRAPE),
    )
    for k in order:
        makers[k]()
    env.run()
    assert [name for _, name in log] == ["batch", "order 1", "order 2", "scrape"]


def test_all_steps_of_one_story_at_an_instant_come_before_the_first_of_the_next() -> None:
    env, log = simpy.Environment(), Log()
    start(env, log, "later", 4, 4, 4, entity=2)
    start(env, log, "sooner", 4, 4, 4, entity=1)
    env.run()
    assert [name for _, name in log] == ["sooner"] * 3 + ["later"] * 3


def test_stories_of_one_entity_take_turns_by_their_steps() -> None:
    env, log = simpy.Environment(), Log()
    LightProcess(env, told(env, log, "third step", (1, 2, 5)), tie_key(Tie.ORDER, 1, 0))
    LightProcess(env, told(env, log, "second step", (5,)), tie_key(Tie.ORDER, 1, 1))
    env.run()
    assert log[-2:] == [(5, "second step"), (5, "third step")]


def test_a_story_begun_at_an_instant_takes_its_place_among_what_is_due_there() -> None:
    env, log = simpy.Environment(), Log()
    batch = Instant(env, 5, Tie.BATCH, 0)
    assert batch.callbacks is not None
    batch.callbacks.append(lambda _: start(env, log, "begun", 5, entity=1))
    start(env, log, "waiting", 5, entity=2)
    note(env, log, "scrape", 5, Tie.SCRAPE)
    env.run()
    assert [name for _, name in log] == ["begun", "waiting", "scrape"]


def test_the_horizon_stops_a_story_before_a_step_at_that_instant_and_lets_it_go_on_later() -> None:
    env, log = simpy.Environment(), Log()
    start(env, log, "story", 5, 10, entity=1)
    env.run(until=10)
    assert log == [(5, "story")]
    env.run()
    assert log == [(5, "story"), (10, "story")]


# ---- Beside ordinary processes ---------------------------------------------------------------------------------------


def test_a_story_may_wake_an_ordinary_process_that_waits_for_an_event() -> None:
    env, log = simpy.Environment(), Log()
    door = env.event()

    def story() -> Story:
        yield 6
        door.succeed("open")

    def waiting() -> simpy.events.ProcessGenerator:
        value = yield door
        log.append((int(env.now), str(value)))

    env.process(waiting())
    LightProcess(env, story(), tie_key(Tie.ORDER, 1, 0))
    env.run()
    assert log == [(6, "open")]


def test_a_story_beside_a_resource_does_not_disturb_its_queue() -> None:
    env, log = simpy.Environment(), Log()
    desk = simpy.Resource(env, capacity=1)

    def customer(name: str, service: int) -> simpy.events.ProcessGenerator:
        with desk.request() as turn:
            yield turn
            yield env.timeout(service)
        log.append((int(env.now), name))

    for number in range(3):
        env.process(customer(f"customer {number}", 4))
    start(env, log, "story", 2, 6, 9, entity=1)
    env.run()
    assert log == [(2, "story"), (4, "customer 0"), (6, "story"), (8, "customer 1"), (9, "story"), (12, "customer 2")]


def test_a_story_may_interrupt_an_ordinary_process() -> None:
    env, log = simpy.Environment(), Log()

    def sleeper() -> simpy.events.ProcessGenerator:
        try:
            yield env.timeout(100)
        except simpy.Interrupt as interrupt:
            log.append((int(env.now), str(interrupt.cause)))

    asleep = env.process(sleeper())

    def story() -> Story:
        yield 8
        asleep.interrupt("outage")

    LightProcess(env, story(), tie_key(Tie.ORDER, 1, 0))
    env.run()
    assert log == [(8, "outage")]


def test_conditions_hold_while_stories_run_and_simpys_own_events_come_first_at_their_instant() -> None:
    env, log = simpy.Environment(), Log()

    def process() -> simpy.events.ProcessGenerator:
        late, soon = Instant(env, 9, Tie.BATCH, 0), env.timeout(4)
        first = yield late | soon
        log.append((int(env.now), "soon" if soon in first else "late"))
        yield late & soon
        log.append((int(env.now), "both"))

    env.process(process())
    start(env, log, "story", 4, 9, entity=1)
    env.run()
    assert log == [(4, "soon"), (4, "story"), (9, "both"), (9, "story")]


# ---- Ends ------------------------------------------------------------------------------------------------------------


def test_a_story_that_never_waits_ends_where_it_began() -> None:
    env, log = simpy.Environment(), Log()
    start(env, log, "story")
    assert env.peek() == float("inf")
    assert log == []


def test_an_ended_story_leaves_nothing_on_the_queue() -> None:
    env, log = simpy.Environment(), Log()
    start(env, log, "story", 2)
    env.run()
    assert log == [(2, "story")]
    with pytest.raises(simpy.core.EmptySchedule):
        env.step()


def test_what_a_story_raises_surfaces_from_the_run_at_its_instant() -> None:
    env, log = simpy.Environment(), Log()

    def story() -> Story:
        yield 3
        raise RuntimeError("the shelf fell over")

    LightProcess(env, story(), tie_key(Tie.ORDER, 1, 0))
    start(env, log, "other", 2, 4, entity=2)
    with pytest.raises(RuntimeError, match="the shelf fell over"):
        env.run()
    assert env.now == 3
    env.run()  # the others may go on
    assert log == [(2, "other"), (4, "other")]


def test_what_a_story_raises_before_it_first_waits_surfaces_where_it_was_begun() -> None:
    def story() -> Story:
        raise RuntimeError("no such order")
        yield 0

    with pytest.raises(RuntimeError, match="no such order"):
        LightProcess(simpy.Environment(), story(), 0)


def test_an_ended_story_is_freed_without_the_garbage_collector() -> None:
    def alive() -> int:
        return sum(type(thing) is LightProcess for thing in gc.get_objects())  # isinstance would ask dead proxies

    env, log = simpy.Environment(), Log()
    gc.collect()
    gc.disable()
    try:
        start(env, log, "story", 1, 2, entity=1)
        env.run(until=2)
        assert alive() == 1
        env.run()
        assert alive() == 0
    finally:
        gc.enable()


# ---- Waiting to be called --------------------------------------------------------------------------------------------


def waiting(env: simpy.Environment, log: Log, turn: Turn, then: int) -> Story:
    yield turn
    log.append((int(env.now), "called" if turn.called_at is not None else "came by itself"))
    yield then
    log.append((int(env.now), "after"))


@pytest.mark.parametrize(
    ("call_at", "expected"),
    [
        (4, [(4, "called"), (9, "after")]),
        (6, [(6, "called"), (9, "after")]),  # the caller's class comes before the one who waits
        (7, [(6, "came by itself"), (9, "after")]),
    ],
)
def test_a_patient_process_goes_on_once_when_called_or_when_its_time_has_come(call_at: int, expected: Log) -> None:
    env, log, turn = simpy.Environment(), Log(), Turn(6)
    PatientProcess(env, waiting(env, log, turn, 9), tie_key(Tie.ORDER, 5, 0))
    event = Instant(env, call_at, Tie.FAULT, 0)
    assert event.callbacks is not None
    event.callbacks.append(lambda _: turn.call(call_at) if call_at < 7 else None)
    env.run()
    assert log == expected


def test_a_process_that_is_called_wakes_in_its_own_turn_among_others_of_the_instant() -> None:
    env, log, turn = simpy.Environment(), Log(), Turn(6)
    PatientProcess(env, waiting(env, log, turn, 9), tie_key(Tie.ORDER, 5, 0))
    event = Instant(env, 4, Tie.FAULT, 0)
    assert event.callbacks is not None
    event.callbacks.append(lambda _: turn.call(4))
    note(env, log, "before", 4, Tie.ORDER, 4)
    note(env, log, "behind", 4, Tie.ORDER, 6)
    env.run(until=5)
    assert log == [(4, "before"), (4, "called"), (4, "behind")]


def test_who_waits_for_ever_is_not_on_the_queue_and_goes_on_at_the_instant_he_is_called_for() -> None:
    env, log, turn = simpy.Environment(), Log(), Turn(NEVER)
    PatientProcess(env, waiting(env, log, turn, 9), tie_key(Tie.ORDER, 5, 0))
    assert not env._queue
    event = Instant(env, 4, Tie.FAULT, 0)
    assert event.callbacks is not None
    event.callbacks.append(lambda _: turn.call(7))
    env.run()
    assert (log, turn.called_at) == ([(7, "called"), (9, "after")], 7)


# ---- Alarms ----------------------------------------------------------------------------------------------------------


def test_an_alarm_rings_before_everything_else_of_the_earliest_instant_and_may_be_set_again() -> None:
    env, log = simpy.Environment(), Log()
    alarm = Alarm(env, lambda now: log.append((now, "rung")))
    alarm.set(NEVER)
    for at in (9, 4, 6):
        alarm.set(at)
    note(env, log, "before", 4, Tie.DELIVERY)
    env.run(until=5)
    assert log == [(4, "rung"), (4, "before")]
    alarm.set(7)
    env.run()
    assert {(7, "rung"), (9, "rung")} <= set(log)
    assert (6, "rung") not in log
