"""Closing the books: what it sees, what heals by itself, what people set right, and that its laws fire."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.model.journals import Journal, arm_of, brief, journal, order_column
from tests.model.runs import INSTANT, PERFECT, Columns, systems
from twin.core.clock import DAY, HOUR
from twin.journal.books import IN_STOCK, Document, ExceptionEnd
from twin.journal.orders import Status
from twin.journal.tables import NONE, TABLES
from twin.kernels.books import correct
from twin.model import books, desk, documents, invariants
from twin.model.documents import Documents
from twin.model.invariants import InvariantError
from twin.scenario.systems import Systems

LOST = {"kind": "lost", "share": 0.5, "at": "10h", "duration": "4h"}
CALM: dict[str, Any] = {"movements": INSTANT, "orders": INSTANT, "posting": INSTANT, "outbox": {"confirmed": False}}
OFTEN: dict[str, Any] = {"on": True, "interval": "6h", "phase": "1h", "opens": "0s", "closes": "24h"}
BUSY = {**OFTEN, "accountants": 40, "handling": "5m", "orders": {"interval": "1h"}}


def _arm(**changes: Any) -> Systems:
    return systems(**CALM, books={**BUSY, **changes})


@cache
def _with_losses(accountants: int, **arm: Any) -> Journal:
    return journal(brief(faults=[LOST]), _arm(accountants=accountants, **arm))


def test_who_only_looks_changes_nothing() -> None:
    description = brief(faults=[LOST])
    blind = journal(description, arm_of("event_driven"))
    seen = journal(description, arm_of("event_driven", books={**OFTEN, "accountants": 0}))
    assert blind["closes"]["close"].size == 0
    assert seen["closes"]["close"].size > 5
    for table in set(TABLES) - {"closes", "exceptions"}:
        assert all(np.array_equal(blind[table][name], seen[table][name]) for name in blind[table]), table


def test_ledgers_that_hear_at_once_and_of_everything_say_the_same() -> None:
    run = journal(brief(**PERFECT), _arm(orders={"interval": "1s"}))
    closes = run["closes"]
    for unit in ("units", "cents"):
        said = [closes[f"{name}_{unit}"] for name in IN_STOCK[:4]]
        assert all(np.array_equal(said[0], other) for other in said[1:])
        assert not any(closes[f"{name}_{unit}"].any() for name in IN_STOCK[4:])
    assert run["exceptions"]["number"].size == 0
    accepted, let_down, booked = (closes[f"{name}_cents"] for name in ("accepted", "let_down", "booked"))
    late = accepted - let_down - booked  # of the last second
    assert np.abs(late).max() < 0.001 * accepted[-1]
    assert accepted[-1] > 0
    assert not let_down.any()  # a belief that is always right makes no promise that it cannot keep


def test_operations_less_finance_is_late_and_dead_and_missing_less_repeated() -> None:
    closes = _with_losses(0)["closes"]
    for unit in ("units", "cents"):
        gap = closes[f"operations_{unit}"] - closes[f"finance_{unit}"]
        parts = [closes[f"{name}_{unit}"] for name in ("late", "dead", "missing", "repeated")]
        assert np.array_equal(gap, parts[0] + parts[1] + parts[2] - parts[3])
    assert closes["missing_units"][-1] != 0
    assert closes["repeated_units"][-1] == 0


def test_what_is_lost_stands_until_people_book_it() -> None:
    nobody, many = (_with_losses(people)["closes"] for people in (0, 40))
    after = nobody["t"] >= 15 * HOUR
    assert (nobody["standing_units"][after] > 100).all()
    assert (np.diff(nobody["waiting"]) >= 0).all()
    assert many["standing_units"][-1] == 0
    assert many["waiting"][-1] == 0


def test_people_book_exactly_what_was_missing() -> None:
    rows = _with_losses(40)["exceptions"]
    assert set(rows["document"].tolist()) == {Document.STOCK}
    assert (rows["outcome"] == ExceptionEnd.CLEARED).all()
    assert (rows["corrected"] != 0).all()
    assert np.array_equal(rows["cents"] == 0, rows["units"] == 0)
    alone = _with_losses(0)["closes"]["missing_units"][-1]
    assert int(rows["corrected"].sum()) == int(alone)


def test_fewer_people_take_longer() -> None:
    few, many = (_with_losses(people, handling="20m")["exceptions"] for people in (1, 40))
    assert np.count_nonzero(few["outcome"] == ExceptionEnd.CLEARED) < few["number"].size / 2
    assert np.count_nonzero(few["outcome"] == ExceptionEnd.OPEN) > few["number"].size / 4
    assert min(few["number"].size, many["number"].size) > 100
    assert (many["outcome"] == ExceptionEnd.CLEARED).all()


def test_people_keep_their_hours_and_end_what_they_have_begun() -> None:
    hours = {"opens": "8h", "closes": "11h", "accountants": 3, "handling": "50m"}
    rows = journal(brief(faults=[LOST]), _arm(**hours))["exceptions"]
    begun = rows["t_begin"][rows["t_begin"] != NONE]
    assert ((begun % DAY >= 8 * HOUR) & (begun % DAY < 11 * HOUR)).all()
    ends = rows["t_end"][rows["outcome"] == ExceptionEnd.CLEARED]
    assert (ends % DAY > 11 * HOUR).any()
    instants, at_once = np.unique(begun, return_counts=True)
    assert instants.size > 3
    assert at_once.max() <= 3


def test_the_dearest_come_first_where_they_are_to() -> None:
    oldest, dearest = (_with_losses(1, handling="20m", queue=queue)["exceptions"] for queue in ("oldest", "dearest"))
    assert (np.diff(_by_beginning(oldest)["number"]) > 0).all()
    first = _by_beginning(dearest)
    of_one_close = first["close"] == first["close"][0]
    assert np.count_nonzero(of_one_close) > 20
    assert (np.diff(first["cents"][of_one_close]) <= 0).all()
    cleared = [float(np.mean(_by_beginning(rows)["cents"])) for rows in (dearest, oldest)]
    assert cleared[0] > 1.2 * cleared[1]


def _by_beginning(rows: Columns) -> Columns:
    """Exceptions that were taken up, in the order of that."""
    order = np.argsort(rows["t_begin"], kind="stable")
    taken = order[rows["t_begin"][order] != NONE]
    return {name: column[taken] for name, column in rows.items()}


def test_a_tolerance_lets_a_difference_stand_for_some_closes() -> None:
    first, third = (
        journal(brief(faults=[LOST]), _arm(tolerance=closes))["exceptions"]["close"].min() for closes in (0, 2)
    )
    assert third == first + 2


def test_the_erp_rejects_as_many_documents_as_it_is_said_to() -> None:
    run = journal(brief(), _arm(orders={"interval": "1s", "rejected": 0.2}, accountants=0))
    last = run["closes"]["t"][-1]
    told = _told_by(run, last)
    rejected = np.count_nonzero(run["exceptions"]["document"] != Document.STOCK)
    assert told > 1000
    assert abs(rejected - 0.2 * told) < 4 * (told * 0.16) ** 0.5
    booked, commerce = (
        run["closes"]["booked_cents"][-1],
        run["closes"]["accepted_cents"] - run["closes"]["let_down_cents"],
    )
    assert booked == pytest.approx(0.8 * commerce[-1], rel=0.1)


def _told_by(run: Journal, t: int) -> int:
    """Documents of lines until an instant."""
    status = run["lines"]["status"]
    sold = np.isin(status, (Status.ACCEPTED, Status.SUPPLIED, Status.OVERSOLD))
    accepted = order_column(run, "t_accept")
    lost = (status == Status.OVERSOLD) & (run["lines"]["t_end"] < t)
    return int(np.count_nonzero(sold & (accepted < t)) + np.count_nonzero(lost))


def test_a_dead_letter_that_was_booked_by_hand_is_booked_twice_when_it_is_redriven() -> None:
    poison = {"kind": "poison", "of": ["sale"], "share": 0.2, "at": "10h", "duration": "2h"}
    failing = {"policy": "divert", "redrive": "repaired", "redrive_delay": "9h"}
    repair = {"detect": "2h", "repair": "1h"}
    arms = {
        policy: _arm(dead_letters=policy).model_copy(
            update={
                "posting": systems(posting={**INSTANT, "failing": failing}).posting,
                "operations": systems(operations=repair).operations,
            }
        )
        for policy in ("wait", "correct")
    }
    waits, corrects = (journal(brief(faults=[poison]), arm) for arm in arms.values())
    assert waits["closes"]["dead_units"].min() < -50
    assert waits["exceptions"]["number"].size == 0
    signs = np.sign(corrects["exceptions"]["corrected"])
    assert np.count_nonzero(signs < 0) > 20
    assert np.count_nonzero(signs > 0) > 20
    assert corrects["exceptions"]["corrected"].sum() == 0
    assert corrects["closes"]["standing_units"][-1] == 0


def _broken(monkeypatch: pytest.MonkeyPatch, where: Any, name: str, wrong: Any, **arm: Any) -> str:
    monkeypatch.setattr(where, name, wrong)
    with pytest.raises(InvariantError) as raised:
        journal(brief(faults=arm.pop("faults", [])), _arm(**arm))
    return str(raised.value)


def test_a_law_that_is_broken_at_a_close_is_told_with_the_close(monkeypatch: pytest.MonkeyPatch) -> None:
    said = _broken(monkeypatch, invariants, "at_close", lambda *_: ["stock: gone"])
    assert "close 0: stock: gone; close 1: stock: gone" in said


def test_a_correction_of_more_than_people_booked_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_much(handle: int, pair: int, units: int) -> None:
        correct(handle, pair, units + 1)

    assert "people by" in _broken(monkeypatch, desk, "correct", too_much, faults=[LOST])


@pytest.mark.parametrize(
    ("sum_of", "said"), [("left_in_catalogue", "ledgers promise"), ("accepted", "open lines cost")]
)
def test_a_line_that_is_sold_and_has_no_promise_is_found(
    monkeypatch: pytest.MonkeyPatch, sum_of: str, said: str
) -> None:
    honest = Documents._sums

    def one_more(self: Documents, lines: Any) -> documents.Sums:
        sums = honest(self, lines)
        return sums._replace(**{sum_of: getattr(sums, sum_of) + 1})

    assert said in _broken(monkeypatch, Documents, "_sums", one_more)


def test_a_difference_that_nothing_explains_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    said = _broken(monkeypatch, books, "on_their_way", lambda plane: plane.memory["moves"][:3])
    assert "finance misses units for no reason" in said


def test_a_repetition_that_nobody_made_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = books.Books._parts

    def repeated(self: books.Books) -> books.Parts:
        parts = honest(self)
        return parts._replace(repeated=parts.repeated + 1)

    assert "finance repeats units for no reason" in _broken(monkeypatch, books.Books, "_parts", repeated)
