"""Sagas in whole runs: known answers of retries, pauses and queues; what keys prevent, what is undone, who waits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.model.journals import Journal, arm_of, brief, by_status, journal, order_column
from twin.core.clock import DAY, HOUR, MINUTE, SECOND
from twin.journal.orders import SagaEnd, Status
from twin.journal.tables import NONE
from twin.model.clear_run import ClearRun
from twin.scenario.arms import PRESETS
from twin.selfcheck.estate import estate, stocked, systems

ALWAYS = {"at": "0s", "duration": "30d"}
FAILING = [{"kind": "errors", "system": "crm", "share": 1.0, **ALWAYS}]
PLENTY = 10**9
_END = ClearRun.end


def run(
    steps: list[dict[str, Any]],
    faults: list[dict[str, Any]] | None = None,
    *,
    days: int = 2,
    weekly: float = 3500.0,
    **saga: Any,
) -> Journal:
    """One channel, one SKU that is never sold out, and nothing takes time but the saga."""
    named = [{"name": f"step_{place}", "service": "0s", **step} for place, step in enumerate(steps)]
    description = estate(1, weekly_checkouts=weekly, days=days, faults=faults or [])
    arm = systems(reserving={"point": "none"}, saga={"mode": "orchestration", "steps": named, **saga})
    return journal(description, arm, stocked(description, PLENTY))


def retrying(attempts: int, **more: Any) -> dict[str, Any]:
    return {"retry": {"attempts": attempts, "wait": "0s", "jitter": "none", **more}}


_TROUBLE = [
    {"system": "payment", "at": "5h", "duration": "10m", "every": "9h"},
    {"kind": "errors", "system": "erp", "at": "7h", "duration": "1h", "every": "11h", "share": 0.4},
    {"kind": "slow", "system": "crm", "at": "3h", "duration": "1h", "every": "13h", "factor": 5},
    {"system": "orchestrator", "at": "10h", "duration": "10m"},
    {"system": "broker", "at": "11h", "duration": "10m"},
]


@pytest.mark.parametrize("mode", ["orchestration", "choreography"])
def test_delays_taken_as_one_leave_the_journal_of_every_step_by_itself(
    mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    description, arm = brief(faults=_TROUBLE), arm_of("hybrid", saga={"mode": mode})
    clear: list[bool] = []

    def counted(self: ClearRun, order: int, now: int) -> tuple[int, int] | None:
        told = _END(self, order, now)
        clear.append(told is not None)
        return told

    monkeypatch.setattr(ClearRun, "end", counted)
    quick = journal(description, arm)
    monkeypatch.setattr(ClearRun, "end", lambda self, order, now: None)
    stepwise = journal(description, arm)
    assert sum(clear) > 1000
    assert clear.count(False) > 100
    for name, table in quick.items():
        for column, values in table.items():
            assert np.array_equal(values, stepwise[name][column]), f"{name}.{column}"


@pytest.mark.parametrize(("failure", "most", "known"), [(0.1, 3, 1.11), (0.3, 5, 1.4251)])
def test_a_step_is_called_as_often_as_the_geometric_law_says(failure: float, most: int, known: float) -> None:
    errors = [{"kind": "errors", "system": "payment", "share": failure, **ALWAYS}]
    sagas = run([{"system": "payment", **retrying(most)}], errors, days=7, weekly=20_000)["sagas"]
    assert sagas["calls"].mean() == pytest.approx(known, abs=4 * sagas["calls"].std() / np.sqrt(sagas["calls"].size))
    given_up = (sagas["outcome"] == SagaEnd.COMPENSATED).mean()
    assert given_up == pytest.approx(failure**most, abs=4 * np.sqrt(failure**most / sagas["calls"].size))
    assert (sagas["failures"] == sagas["calls"] - (sagas["outcome"] == SagaEnd.COMPLETED)).all()


def test_full_jitter_waits_half_of_each_pause_on_average() -> None:
    pauses = retrying(6) | {"retry": {"attempts": 6, "wait": "100ms", "factor": 2.0, "cap": "20s", "jitter": "full"}}
    sagas = run([{"system": "crm", **pauses}], FAILING, days=7, weekly=10_000)["sagas"]
    waits = (sagas["t_given_up"] - sagas["t_begin"]) / SECOND
    assert waits.mean() == pytest.approx(1.55, abs=4 * waits.std() / np.sqrt(waits.size))
    assert waits.max() <= 3.1


def test_calls_of_a_step_queue_like_any_customers() -> None:
    """M/M/1 at half its capacity: time to the answer is twice the service (Erlang 1917)."""
    service = {"law": "exponential", "mean": "20s"}
    weekly = 7 * DAY / (40 * SECOND)
    sagas = run([{"system": "erp", "servers": 1, "service": service, "timeout": "1h"}], days=14, weekly=weekly / 0.776)[
        "sagas"
    ]
    load = sagas["order"].size * 20 * SECOND / (14 * DAY)
    waits = (sagas["t_end"] - sagas["t_begin"])[sagas["t_end"] != NONE] / SECOND
    assert 0.45 < load < 0.55
    assert waits.mean() == pytest.approx(20 / (1 - load), rel=0.05)


@pytest.mark.parametrize(("step", "keys", "duplicates"), [(True, True, 0), (False, True, 2), (True, False, 2)])
def test_a_call_that_came_too_late_took_effect_all_the_same(step: bool, keys: bool, duplicates: int) -> None:
    slow = {"system": "payment", "service": "20s", "timeout": "10s", "idempotent": step, **retrying(3)}
    sagas = run([slow], keys=keys)["sagas"]
    known = (sagas["t_given_up"] != NONE) & (sagas["t_begin"] < DAY)
    assert known.sum() > 100
    assert set(sagas["duplicates"][known]) == {duplicates}
    assert set(sagas["orphans"][known]) == {1}
    assert set((sagas["t_given_up"] - sagas["t_begin"])[known]) == {30 * SECOND}


def test_a_key_that_is_forgotten_protects_no_longer() -> None:
    slow = {"system": "payment", "service": "20s", "timeout": "10s", **retrying(3)}
    for lifetime, duplicates in (("10s", 2), ("11s", 1), ("21s", 0)):
        sagas = run([{**slow, "key_lifetime": lifetime}])["sagas"]
        assert set(sagas["duplicates"][sagas["t_begin"] < DAY]) == {duplicates}, lifetime


STEPS: list[dict[str, Any]] = [
    {"system": "payment", "compensation": "7s"},
    {"system": "fraud"},
    {"system": "erp", "compensation": "9s"},
    {"system": "crm", **retrying(2)},
]


def test_what_was_done_is_undone_and_the_order_cancelled_and_nothing_oversold() -> None:
    made = run(STEPS, FAILING)
    sagas, lines = made["sagas"], made["lines"]
    over = sagas["outcome"] == SagaEnd.COMPENSATED
    assert over.sum() > 500
    assert not (sagas["outcome"] == SagaEnd.COMPLETED).any()
    assert set((sagas["t_end"] - sagas["t_given_up"])[over]) == {16 * SECOND}
    assert set(sagas["undone"][over]) == {2}
    assert set(sagas["calls"][over]) == {3 + 2 + 2}
    cancelled = by_status(lines, Status.CANCELLED)
    assert cancelled.sum() == over.sum()
    assert not lines["cause"].any()
    assert (order_column(made, "t_release")[cancelled] == NONE).all()
    assert made["scrapes"]["promised"].max() <= 3  # those whose saga is under way just then


def test_what_people_do_completes_a_saga_in_the_hours_in_which_they_work() -> None:
    human = {"agents": 2, "handling": "10m", "opens": "9h", "closes": "17h"}
    steps = [{"system": "crm", "on_failure": "human"}]
    sagas = run(steps, FAILING, weekly=300, human=human)["sagas"]
    done = sagas["outcome"] == SagaEnd.COMPLETED
    assert done.sum() > 30
    clock = (sagas["t_end"][done] - 10 * MINUTE) % DAY
    assert clock.min() >= 9 * HOUR
    assert clock.max() < 17 * HOUR
    assert set(sagas["cases"]) == {1}
    assert set(sagas["human"][done]) == {10 * MINUTE}
    assert (sagas["waited"] == np.where(done, sagas["t_end"] - sagas["t_begin"], 0)).all()


def test_a_full_queue_of_people_costs_the_order() -> None:
    human = {"agents": 1, "handling": "2h", "limit": 3}
    sagas = run([{"system": "crm", "on_failure": "human"}], FAILING, human=human)["sagas"]
    waiting = sagas["cases"] > 0
    assert (sagas["outcome"][~waiting] == SagaEnd.COMPENSATED).all()
    assert 3 * 2 * HOUR < sagas["waited"].max() <= 4 * 2 * HOUR  # three wait at most, for one who works
    assert 20 < waiting.sum() < 30


def test_sagas_stand_still_while_their_orchestrator_is_down() -> None:
    down = [{"system": "orchestrator", "at": "1d", "duration": "2h"}]
    sagas = run([{"system": "payment", "service": "3s"}], down)["sagas"]
    inside = (sagas["t_begin"] >= DAY) & (sagas["t_begin"] < DAY + 2 * HOUR)
    assert inside.sum() > 20
    assert set(sagas["t_end"][inside]) == {DAY + 2 * HOUR + 3 * SECOND}
    assert set((sagas["t_end"] - sagas["t_begin"])[(sagas["t_begin"] < DAY - MINUTE)]) == {3 * SECOND}


def test_past_its_deadline_a_saga_is_given_up() -> None:
    down = [{"system": "payment", "at": "1d", "duration": "2h"}]
    step = {"system": "payment", "on_failure": "human", "timeout": "10m", **retrying(50, wait="5m", cap="5m")}
    sagas = run([step], down, deadline="30m")["sagas"]
    late = sagas["t_given_up"] != NONE
    assert late.sum() > 10
    assert set((sagas["t_given_up"] - sagas["t_begin"])[late]) == {35 * MINUTE}


def test_an_order_that_hangs_is_found_by_a_search_once_it_is_old_enough() -> None:
    sweep = {"hop": "1s", "sweep": "20m", "stuck_after": "45m", "redelivered": 0.0}
    sagas = run([{"system": "payment"}, {"system": "crm"}], FAILING, mode="choreography", choreography=sweep)["sagas"]
    found = sagas["t_given_up"] != NONE
    assert found.sum() > 500
    assert not (sagas["t_given_up"][found] % (20 * MINUTE)).any()
    ages = (sagas["t_given_up"] - sagas["t_begin"])[found]
    assert 45 * MINUTE <= ages.min() < ages.max() < 65 * MINUTE
    assert set(sagas["hops"][found]) == {3}


def test_an_event_that_comes_twice_is_handled_twice_by_who_keeps_no_keys() -> None:
    twice = {"hop": "1s", "redelivered": 0.25}
    both = [{"system": "payment"}, {"system": "fraud", "idempotent": False}]
    sagas = run(both, mode="choreography", choreography=twice, weekly=20_000)["sagas"]
    repeated = sagas["calls"] - 2
    assert repeated.mean() == pytest.approx(0.5, abs=4 * np.sqrt(2 * 0.25 * 0.75 / repeated.size))
    assert sagas["duplicates"].mean() == pytest.approx(0.25, abs=4 * np.sqrt(0.25 * 0.75 / repeated.size))
    assert set((sagas["t_end"] - sagas["t_begin"])[sagas["t_end"] != NONE]) == {3 * SECOND}


@pytest.mark.parametrize("name", PRESETS)
def test_a_saga_that_takes_no_time_changes_nothing(name: str) -> None:
    description = brief()
    instant = {"mode": "orchestration", "steps": [{"name": "pay", "system": "payment", "service": "0s"}]}
    without, within = (journal(description, arm_of(name, **more)) for more in ({}, {"saga": instant}))
    assert without.pop("sagas")["order"].size == 0
    assert (within.pop("sagas")["outcome"] == SagaEnd.COMPLETED).all()
    for table, columns in without.items():
        for column, values in columns.items():
            assert np.array_equal(values, within[table][column]), f"{table}, {column}"
