"""Alerts and early repairs of the plain reference, worked out by hand; a check is every 7 s, a message takes 10 s."""

from typing import Any

import pytest

from tests.reference.alerts import Alerts
from tests.reference.bench import Bench, trouble
from tests.reference.worlds import Tree
from twin.core.clock import SECOND
from twin.journal.observability import By, Signal
from twin.journal.tables import NONE
from twin.journal.totals import Fate
from twin.world.tables import TroubleKind

DEAD: Tree = {"signal": "dead_letters", "feed": "movements", "messages": 0}
LAG: Tree = {"signal": "lag", "feed": "movements", "messages": 1}
AGE: Tree = {"signal": "age", "feed": "movements", "longest": "12s"}
MISSING: Tree = {"signal": "missing", "feed": "movements", "messages": 0}
WRONG: Tree = {"signal": "accuracy", "share": 0.0}
DIVERTS: Tree = {"feed": {"failing": {"attempts": 1, "redrive_delay": "20s"}}}
BLOCKS: Tree = {"feed": {"failing": {"policy": "block"}}}
PEOPLE: Tree = {"operations": {"detect": "90s", "repair": "10s"}}
POISON = trouble(TroubleKind.POISON, 0, 50)


class Watched(Bench):
    """A bench whose alerts are looked at."""

    def __init__(self, alert: Tree, *changes: Tree, **world: Any) -> None:
        settings = {"interval": "7s", "hold": "0s", "alerts": [alert]}
        super().__init__({"observability": settings}, *changes, **world)
        self.alerts = Alerts(self.shop, self.stock, lambda t: 0, lambda t: 0)

    def told(self) -> list[tuple[int, int, int]]:
        """Since when, when, until when, in seconds."""
        return [tuple(t // SECOND if t != NONE else NONE for t in row[3:]) for row in self.alerts.rows]  # type: ignore[misc]

    def incidents(self) -> list[tuple[int, By, int]]:
        """Noticed, by whom, repaired, in seconds."""
        rows = [each.row(10_000 * SECOND) for each in self.stock.troubles.all]
        return [(row[3] // SECOND, By(row[4]), row[5] // SECOND if row[5] != NONE else NONE) for row in rows]


def test_people_notice_where_nobody_looks() -> None:
    bench = Bench(DIVERTS, PEOPLE, troubles=[POISON])
    bench.make(1)  # dead at 11, redriven at 100 + 20
    assert bench.run() == [130]


def test_an_alert_comes_before_people_and_the_repair_with_it() -> None:
    bench = Watched(DEAD, DIVERTS, PEOPLE, troubles=[POISON])
    bench.make(1)  # dead at 11, seen at 14, repaired at 24, redriven at 44
    assert bench.run() == [54]
    assert bench.told() == [(14, 14, 56)]  # the record's letter is another feed's
    assert bench.incidents() == [(14, By.ALERT, 24)]


@pytest.mark.parametrize(("hold", "noticed"), [("7s", 21), ("8s", 28), ("70s", 84)])
def test_a_hold_puts_it_off_to_a_check(hold: str, noticed: int) -> None:
    bench = Watched({**DEAD, "hold": hold}, DIVERTS, PEOPLE, troubles=[POISON])
    bench.make(1)
    bench.run()
    assert bench.told()[0][:2] == (14, noticed)
    assert bench.incidents() == [(noticed, By.ALERT, noticed + 10)]


def test_an_alert_that_comes_after_people_changes_nothing() -> None:
    bench = Watched({**DEAD, "hold": "77s"}, DIVERTS, PEOPLE, troubles=[POISON])
    bench.make(1)  # 14 + 77 = 91, and people notice at 90
    assert bench.run() == [130]
    assert bench.incidents() == [(90, By.PEOPLE, 100)]


def test_a_blocked_lane_goes_on_when_it_is_told_of() -> None:
    bench = Watched(LAG, BLOCKS, PEOPLE, troubles=[POISON])
    bench.make(1, 2)  # two wait at the check of 7
    assert bench.run() == [27, 37]
    assert bench.incidents() == [(7, By.ALERT, 17)]


def test_a_repair_that_takes_no_time_comes_after_its_alert() -> None:
    bench = Watched(AGE, BLOCKS, {"operations": {"detect": "90s", "repair": "0s"}}, troubles=[POISON])
    bench.make(2)  # 12 s old at 14, which is not longer: 21
    bench.shop.env.run(until=100 * SECOND)
    assert bench.stock.troubles.all[0].repaired == 21 * SECOND + 1


def test_an_alert_that_began_before_the_trouble_says_nothing_of_it() -> None:
    late = trouble(TroubleKind.POISON, 30, 50)
    bench = Watched(LAG, PEOPLE, {"feed": {"service": "40s"}}, troubles=[late])
    bench.make(1, 2, 3, 35)  # from 7 on more than one waits
    bench.run()
    assert bench.told()[0][:2] == (7, 7)
    assert bench.incidents() == [(120, By.PEOPLE, 130)]


UNTIL_REPAIRED = (*trouble(TroubleKind.LOST, 0, 60)[:-1], 1)
LOSES: Tree = {"outbox": {"confirmed": False}}


def test_a_silent_loss_goes_on_until_somebody_sees_it() -> None:
    alone = Bench(LOSES, PEOPLE, troubles=[UNTIL_REPAIRED])
    alone.make(*range(0, 80, 10))
    assert alone.run()[:6] == [None] * 6  # until it ends at 60, before its repair at 100
    seen = Watched(MISSING, LOSES, PEOPLE, troubles=[UNTIL_REPAIRED])
    seen.make(*range(0, 80, 10))  # the one of 0 is missed at the check of 0, repaired at 10
    assert seen.run() == [None, 20, 30, 40, 50, 60, 70, 80]
    assert seen.incidents() == [(0, By.ALERT, 10)]
    assert seen.fates() == {Fate.APPLIED: 7, Fate.LOST: 1}


def test_what_is_missing_counts_for_its_span() -> None:
    alert = {**MISSING, "span": "20s", "hold": "14s"}
    bench = Watched(alert, LOSES, PEOPLE, troubles=[trouble(TroubleKind.LOST, 0, 15)])
    bench.make(3, 20)  # counts at 7, 14, 21 (less what was missing at 0): no check before 7 is 20 s ago
    bench.run(until=200)
    assert bench.told() == [(7, 21, 28)]


def test_a_trouble_that_ends_by_itself_is_noticed_and_not_repaired() -> None:
    bench = Watched(MISSING, LOSES, PEOPLE, troubles=[trouble(TroubleKind.LOST, 0, 15)])
    bench.make(0, 10, 20)
    assert bench.run() == [None, None, 30]
    assert bench.incidents() == [(0, By.ALERT, NONE)]
    assert bench.told() == [(0, 0, 7), (14, 14, 21)]


def test_what_is_late_shows_in_the_age_only() -> None:
    late = trouble(TroubleKind.LATE, 0, 1, value=30)
    for alert, told in ((AGE, [(14, 14, 42)]), (MISSING, [])):
        bench = Watched(alert, PEOPLE, troubles=[late])
        bench.make(0)  # leaves at 30, in the view at 40
        bench.run()
        assert bench.told() == told


def test_a_file_explains_its_interval() -> None:
    bench = Watched(AGE, {"feed": {"mode": "batch", "interval": "60s"}}, windows=[])
    bench.make(0, 1)
    bench.run(until=300)
    assert bench.told() == []


def test_a_view_that_is_wrong_shows_in_the_accuracy() -> None:
    bench = Watched(WRONG, LOSES, {"operations": {"detect": "1h", "repair": "0s"}}, troubles=[UNTIL_REPAIRED])
    for pair in bench.shop.pairs:
        pair.view = pair.on_hand
    bench.make(3)
    bench.run(until=30)
    assert bench.alerts.rows[0][1:] == [Signal.ACCURACY, NONE, 7 * SECOND, 7 * SECOND, NONE]
