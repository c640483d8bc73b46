"""What becomes of each line of a log, before any scaling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import DAY
from twin.scenario.demand import DemandLog, Replay
from twin.scenario.errors import Problem, ScenarioError
from twin.scenario.scenario import Scenario
from twin.world.horizon import midnight_utc
from twin.world.replay import account as fates
from twin.world.replay.account import FATES, Fate
from twin.world.replay.log import Log, is_cancellation, is_merchandise

TILL_UNITS_MAX: Final = 32_767
"""Units of one till line that the table of physical events can hold."""


@dataclass(frozen=True)
class Period:
    """Parts of a log, us since 1970: fitted from ``fit`` to ``start``, replayed from ``start`` to ``end``."""

    fit: int
    start: int
    end: int


def code(fate: Fate) -> int:
    """A fate as it is held per line."""
    return FATES.index(fate)


def period_of(scenario: Scenario, replay: Replay, log: Log) -> Period:
    """The period of a replay; raises :class:`ScenarioError` if the log does not cover it."""
    try:
        first = date.fromisoformat(replay.from_date)
    except ValueError as reason:
        raise ScenarioError(
            [Problem(scenario.name, 1, 1, "demand.replay.from_date", f"is no date: {reason}")]
        ) from None
    start = _microseconds(midnight_utc(replay.from_date, replay.time_zone))
    fit = _microseconds(midnight_utc((first - timedelta(days=replay.fit_days)).isoformat(), replay.time_zone))
    observed = start + scenario.calendar.warm_up + scenario.calendar.window
    problems = []
    if log.t[0] >= fit + DAY:
        message = f"the log begins {_shown(int(log.t[0]))}, but fit_days before from_date begin {_shown(fit)}"
        problems.append(Problem(replay.log, 1, 1, "demand.replay.fit_days", message))
    if log.t[-1] < observed - DAY:
        message = f"the log ends {_shown(int(log.t[-1]))}, but the observation window ends {_shown(observed)}"
        problems.append(Problem(replay.log, 1, 1, "demand.replay.from_date", message))
    if problems:
        raise ScenarioError(problems)
    return Period(fit, start, start + scenario.calendar.horizon_us)


def _microseconds(instant: datetime) -> int:
    return round(instant.timestamp()) * 1_000_000


def _shown(microseconds: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)).strftime("%Y-%m-%d %H:%M UTC")


def rules_of(declared: DemandLog, log: Log, cap: int) -> list[tuple[NDArray[np.bool_], Fate]]:
    """What sets lines of a log aside whatever it is used for, as (lines, fate); the first that applies counts.

    ``cap``: the most units a line may have.
    """
    cancelled = is_cancellation(declared, log)
    unpriced = (log.price_cents <= 0) & (declared.columns.unit_price is not None)
    return [
        (~is_merchandise(declared, log), fates.SERVICE),
        (log.quantity == 0, fates.ZERO),
        (np.abs(log.quantity) > cap, fates.TOO_MANY),
        (cancelled & (log.quantity > 0), fates.POSITIVE_CANCELLATION),
        ((log.quantity < 0) & ~cancelled & (declared.negatives == "adjustments"), fates.ADJUSTMENT),
        ((log.quantity > 0) & unpriced, fates.UNPRICED),
    ]


def by_rule(rules: Sequence[tuple[NDArray[np.bool_], Fate]]) -> NDArray[np.int8]:
    """Fate of each line: that of the first rule that applies, else a sale."""
    found = np.select([rule for rule, _ in rules], [code(fate) for _, fate in rules], code(fates.SALE))
    return found.astype(np.int8)


def fates_of(replay: Replay, log: Log, period: Period) -> NDArray[np.int8]:
    """Fate of each line: that of the first rule that applies. Only good lines are counted as outside the period."""
    tills = replay.target == "tills"
    cap = min(replay.max_line_units, TILL_UNITS_MAX) if tills else replay.max_line_units
    return by_rule(
        [
            *rules_of(replay, log, cap),
            ((log.store < 0) & tills, fates.NO_STORE),
            ((log.store >= 0) & (not tills), fates.OF_A_STORE),
            (log.t < period.fit, fates.EARLIER),
            (log.t < period.start, fates.FITTED),
            (log.t >= period.end, fates.LATER),
            (log.quantity < 0, fates.RETURN),
        ]
    )
