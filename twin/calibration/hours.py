"""When customers come: the profile over the hours of the week."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.calibration.finding import Finding
from twin.calibration.sales import Logged, Numbers, Sales, weekday
from twin.core.clock import DAY, HOUR
from twin.scenario.base import parse_duration
from twin.scenario.demand import Channel
from twin.scenario.estate import Cluster
from twin.scenario.fields import parameters
from twin.stats.distances import total_variation, variation_by_chance
from twin.world.profiles import HOURS, weekly_rates
from twin.world.replay.stamps import wall

_DECIMALS: Final = 4
_SHOPS: Final = ("high_street", "mall", "neighbourhood")


@dataclass(frozen=True)
class HourProfile:
    """Relative rates, 1 on average over the week, as they were counted: nothing is smoothed, and an hour without any
    customer has rate 0.
    """

    rates: NDArray[np.float64]
    counts: Numbers  # customers per hour of the week
    exposure: Numbers  # how often the hour came on a day of trade
    closed_days: int  # days without a customer on a weekday of trade: not part of the exposure


def starts(sales: Sales, *, whole_orders: bool) -> Numbers:
    """Lines at which somebody comes: the first of each order, or every line of the tills."""
    if not whole_orders:
        return np.arange(sales.day.size)
    _, first = np.unique(sales.order, return_index=True)
    return np.sort(first)


def open_days(sales: Sales) -> NDArray[np.bool_]:
    """Days of the period that count: those of trade, and those of weekdays that never see any."""
    traded = np.isin(sales.days, sales.day)
    never = ~np.isin(weekday(sales.days), weekday(sales.day))
    days: NDArray[np.bool_] = traded | never
    return days


def profile_of(sales: Sales, time_zone: str, *, whole_orders: bool) -> HourProfile:
    """Customers per hour of the week over how often that hour came, clock changes and closed days considered."""
    days = open_days(sales)
    local = wall(np.arange((sales.first_day - 1) * DAY, (sales.end_day + 1) * DAY, HOUR), time_zone)
    day, hour = local // DAY, local % DAY // HOUR
    inside = np.isin(day, sales.days[days])
    exposure = np.bincount((weekday(day) * 24 + hour)[inside], minlength=HOURS)
    counts = np.bincount(sales.hour[starts(sales, whole_orders=whole_orders)], minlength=HOURS)
    rates = np.divide(counts, exposure, out=np.zeros(HOURS), where=exposure > 0)
    return HourProfile(np.round(rates / rates.mean(), _DECIMALS), counts, exposure, int((~days).sum()))


def judge_hours(logged: Logged, fitted: HourProfile, tested: HourProfile) -> Finding:
    """Distances are total variation: the share of customers who come in another hour."""
    law = fitted.rates / fitted.rates.sum()
    raw = [np.divide(p.counts, p.exposure, out=np.zeros(HOURS), where=p.exposure > 0) for p in (fitted, tested)]
    default, against = _default(logged, law)
    return Finding(
        "hour profile",
        f"{int((fitted.rates > 0).sum())} of 168 hours, busiest {_named(int(fitted.rates.argmax()))}",
        int(fitted.counts.sum()),
        "other hour",
        total_variation(law, raw[0]),
        total_variation(law, raw[1]),
        variation_by_chance(law, int(tested.counts.sum()), int(fitted.counts.sum())),
        f"{fitted.rates.max():.2f} → {tested.rates.max():.2f} at the peak",
        default,
        against,
    )


def _default(logged: Logged, law: NDArray[np.float64]) -> tuple[str, float]:
    if logged.declared.holds == "orders":
        name = str(parameters(Channel)["profile"].default)
        return name, total_variation(law, weekly_rates(name, {}))
    opens, closes = (parse_duration(parameters(Cluster)[name].default) for name in ("opens", "closes"))
    far = {name: total_variation(law, _within(name, opens, closes)) for name in _SHOPS}
    return ", ".join(f"{name} {value:.2f}" for name, value in far.items()), far[_SHOPS[0]]


def _within(name: str, opens: int, closes: int) -> NDArray[np.float64]:
    """A built-in profile where a store with the usual opening hours, which are whole, has it."""
    hour = np.arange(HOURS) % 24 * HOUR
    return np.where((hour >= opens) & (hour < closes), weekly_rates(name, {}), 0.0)


def _named(hour: int) -> str:
    names = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    return f"{names[hour // 24]} {hour % 24:02d}h"
