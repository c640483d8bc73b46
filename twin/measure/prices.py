"""KPIs of prices: what was sold at another price than the list's, what that cost, how late outlets learn of changes.

All money that is charged online is in the margin kept already, at the price that was charged: what is given away is a
part of why that is low, and no cost on top of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import NEVER
from twin.journal.orders import Status
from twin.journal.prices import AT_START, TILLS, Settled
from twin.measure.cohort import Cohort, Integers, Mask, once
from twin.measure.kpi import ChannelKpi, Kpi, quantile_s, ratio

GROUPS: Final = {
    "tills": "all tills together",
    "own": "the retailer's own channels",
    "marketplace": "the marketplaces",
}
"""Who is told of prices in one way."""

_CENTS: Final = 100


class _Told(NamedTuple):
    """What outlets showed, outlet by outlet."""

    late: dict[int, Integers]
    """Of each change of the window, how long it took, us; NEVER if it did not come before the end of the run."""
    apart: dict[int, float]
    """Share of SKUs and time of the window in which the outlet did not show the list price."""


def _taken(cohort: Cohort) -> Mask:
    return np.asarray(cohort.mispriced["settled"] != Settled.WALKED_AWAY)


def _differs(column: str, other: str) -> Callable[[Cohort, Mask], int]:
    def lines(cohort: Cohort, among: Mask) -> int:
        rows = cohort.mispriced
        return int(np.count_nonzero(among & (rows[column] != rows[other])))

    return lines


_FROM_LIST, _FROM_TILL, _SHOWN = (
    _differs("charged_cents", "list_cents"),
    _differs("charged_cents", "till_cents"),
    _differs("shown_cents", "list_cents"),
)


def _rate(lines: Callable[[Cohort, Mask], int]) -> Callable[[Cohort], float | None]:
    """Share of the lines accepted."""
    return lambda cohort: ratio(lines(cohort, _taken(cohort)), int(np.count_nonzero(cohort.accepted)))


def _channel_rate(cohort: Cohort, channel: int) -> float | None:
    mine = _taken(cohort) & (cohort.mispriced["channel"] == channel)
    accepted = np.count_nonzero(cohort.accepted & (cohort.lines["channel"] == channel))
    return ratio(_FROM_LIST(cohort, mine), int(accepted))


def _gaps(cohort: Cohort) -> Integers:
    """Of lines supplied: cents by which they cost less than the list price (negative: more)."""
    rows = cohort.mispriced
    each = rows["list_cents"].astype(np.int64) - rows["charged_cents"]
    gaps: Integers = each * rows["quantity"] * (rows["status"] == Status.SUPPLIED)
    return gaps


def _given_away(cohort: Cohort) -> float:
    return int(np.maximum(_gaps(cohort), 0).sum()) / _CENTS


def _overcharged(cohort: Cohort) -> float:
    return int(np.maximum(-_gaps(cohort), 0).sum()) / _CENTS


def _till_gaps(cohort: Cohort) -> Integers:
    rows = cohort.till_gaps
    cents: Integers = (rows["list_cents"].astype(np.int64) - rows["till_cents"]) * rows["units"]
    return cents


def _lost_customers(cohort: Cohort) -> int:
    rows = cohort.mispriced
    return int(np.unique(rows["order"][rows["settled"] == Settled.WALKED_AWAY]).size)


def _lost_margin(cohort: Cohort) -> float:
    """At the list price, which is what they were asked for."""
    rows = cohort.mispriced
    cents = cohort.at_price(rows, "charged_cents") - cohort.worth_cents(rows, "cost_cents")
    return int(cents[rows["settled"] == Settled.WALKED_AWAY].sum()) / _CENTS


@once
def _told(cohort: Cohort) -> _Told:
    """What every outlet was told, and when."""
    names = ("change", "t", "sku", "price_cents")
    listed = {name: cohort.journal.column("list_prices", name) for name in names}
    shown = {name: cohort.journal.column("shown_prices", name) for name in (*names, "outlet")}
    late, apart = {}, {}
    if listed["t"].size:
        for outlet in range(1 + len(cohort.channels)):
            mine = {name: column[shown["outlet"] == outlet] for name, column in shown.items()}
            late[outlet] = _late(cohort, listed, mine)
            apart[outlet] = _apart(cohort, listed, mine)
    return _Told(late, apart)


Columns = dict[str, NDArray[np.int64]]


def _late(cohort: Cohort, listed: Columns, shown: Columns) -> Integers:
    """From each change of the window to the instant at which the outlet shows it, or a later one of the SKU."""
    chosen = (listed["change"] != AT_START) & (listed["t"] >= cohort.start_us) & (listed["t"] < cohort.end_us)
    changes, skus, since = (listed[name][chosen].astype(np.int64) for name in ("change", "sku", "t"))
    width = int(listed["change"].max()) + 2
    keys = shown["sku"].astype(np.int64) * width + shown["change"] + 1
    order = np.argsort(keys, kind="stable")
    keys, first = keys[order], _earliest(shown["sku"][order], shown["t"][order], cohort.horizon_us)
    place = np.searchsorted(keys, skus * width + changes + 1)
    found = place < keys.size
    found[found] = keys[place[found]] // width == skus[found]
    late = np.full(changes.size, NEVER, np.int64)
    late[found] = first[place[found]] - since[found]
    return late


def _earliest(skus: NDArray[np.int64], times: Integers, horizon: int) -> Integers:
    """The earliest of the times from each row to the last of its SKU; rows are sorted by SKU."""
    groups = np.cumsum(np.diff(skus[::-1], prepend=skus[-1:]) != 0)  # numbered as they are met from behind
    apart = times[::-1] - groups * (horizon + 1)  # so that a group's are below those of all before
    return np.asarray((np.minimum.accumulate(apart) + groups * (horizon + 1))[::-1])


def _apart(cohort: Cohort, listed: Columns, shown: Columns) -> float:
    """Share of SKUs and time of the window in which the outlet's price was not the list's."""
    skus, times, cents = (np.concatenate([listed[name], shown[name]]) for name in ("sku", "t", "price_cents"))
    of_list = np.arange(skus.size) < listed["sku"].size
    at_start = np.zeros(skus.size, np.bool_)
    at_start[: listed["sku"].size] = listed["change"] == AT_START
    order = np.lexsort((np.arange(skus.size), times, skus))  # each SKU begins with its price of the start
    skus, times, cents, of_list, at_start = (column[order] for column in (skus, times, cents, of_list, at_start))
    rows = np.arange(skus.size)
    told = cents[np.maximum.accumulate(np.where(of_list, rows, 0))]
    seen = cents[np.maximum.accumulate(np.where(~of_list | at_start, rows, 0))]
    until = np.where(np.append(np.diff(skus) == 0, False), np.append(times[1:], 0), cohort.horizon_us)
    inside = np.minimum(until, cohort.end_us) - np.maximum(times, cohort.start_us)
    window = (cohort.end_us - cohort.start_us) * np.unique(skus).size
    return int(np.maximum(inside, 0)[told != seen].sum()) / window


def _outlets(cohort: Cohort, group: str) -> list[int]:
    """Outlets of a group."""
    own = [1 + channel for channel in cohort.own_channels]
    others = [1 + channel for channel in range(len(cohort.channels)) if channel not in cohort.own_channels]
    return {"tills": [TILLS], "own": own, "marketplace": others}[group]


def _latency(cohort: Cohort, group: str, percent: int) -> float | None:
    late = _told(cohort).late
    waits = [late[outlet] for outlet in _outlets(cohort, group) if outlet in late]
    return quantile_s(np.concatenate(waits), percent) if waits else None


def _apart_share(cohort: Cohort, group: str) -> float | None:
    apart = _told(cohort).apart
    shares = [apart[outlet] for outlet in _outlets(cohort, group) if outlet in apart]
    return ratio(sum(shares), len(shares))


def _latency_kpi(group: str, percent: int) -> Kpi:
    return Kpi(
        name=f"price_latency_{group}_p{percent}_s",
        unit="s",
        direction="lower",
        formula=f"p{percent} of a list price changes to it, or a later one of the SKU, is shown; over the changes of "
        "the window and the outlets",
        meaning=f"how late {GROUPS[group]} have a new price; told ahead it is 0",
        function=lambda cohort: _latency(cohort, group, percent),
    )


def _apart_kpi(group: str) -> Kpi:
    return Kpi(
        name=f"price_apart_share.{group}",
        unit="share",
        direction="lower",
        formula="time in which the price shown is not the list price / time, over the window, all SKUs and the outlets",
        meaning=f"{GROUPS[group]}; null where list prices never change",
        function=lambda cohort: _apart_share(cohort, group),
    )


PRICES: Final = (
    Kpi(
        name="price_mismatch_rate",
        unit="share",
        direction="lower",
        formula="lines accepted at a price that was not the list price / lines accepted",
        meaning="after the arm's policy: an arm that corrects, or charges the lower price, has fewer",
        function=_rate(_FROM_LIST),
    ),
    Kpi(
        name="price_mismatch_till_rate",
        unit="share",
        direction="lower",
        formula="lines accepted at a price that the tills did not have at that instant / lines accepted",
        meaning="what a customer who stands in a store with the telephone in hand sees",
        function=_rate(_FROM_TILL),
    ),
    Kpi(
        name="price_shown_wrong_rate",
        unit="share",
        direction="lower",
        formula="lines accepted whose channel did not show the list price / lines accepted",
        meaning="before the arm's policy, without customers who left over it",
        function=_rate(_SHOWN),
    ),
    Kpi(
        name="margin_given_away_usd",
        unit="USD",
        direction="lower",
        formula="sum over lines supplied of max(0, list price - price charged) * units",
        meaning="online; a part of why the margin kept is as low as it is, and not to be taken off it again",
        function=_given_away,
    ),
    Kpi(
        name="overcharged_usd",
        unit="USD",
        direction="lower",
        formula="sum over lines supplied of max(0, price charged - list price) * units",
        meaning="online; is in the margin kept, and goes back to who notices",
        function=_overcharged,
    ),
    Kpi(
        name="overcharged_lines",
        unit="lines",
        direction="lower",
        formula="lines supplied that cost more than the list price",
        meaning="complaints to come",
        function=lambda c: int(np.count_nonzero(_gaps(c) < 0)),
    ),
    Kpi(
        name="customers_lost_to_prices",
        unit="orders",
        direction="lower",
        formula="orders whose customer left when told of a higher price than was shown",
        meaning="only where the arm corrects prices at the payment",
        function=_lost_customers,
    ),
    Kpi(
        name="margin_lost_to_prices_usd",
        unit="USD",
        direction="lower",
        formula="list price less cost of the lines of these orders",
        meaning="not in the margin kept",
        function=_lost_margin,
    ),
    Kpi(
        name="till_given_away_usd",
        unit="USD",
        direction="lower",
        formula="sum over units sold at tills of max(0, list price - price at the till)",
        meaning="not in the margin kept, which is that of online sales",
        function=lambda c: int(np.maximum(_till_gaps(c), 0).sum()) / _CENTS,
    ),
    Kpi(
        name="till_overcharged_usd",
        unit="USD",
        direction="lower",
        formula="sum over units sold at tills of max(0, price at the till - list price)",
        meaning="a promotion that is on the shelf edge and not at the till",
        function=lambda c: int(np.maximum(-_till_gaps(c), 0).sum()) / _CENTS,
    ),
    Kpi(
        name="till_mispriced_units",
        unit="units",
        direction="lower",
        formula="units sold at tills while they did not have the list price",
        meaning="cut to the window",
        function=lambda c: int(c.till_gaps["units"].sum()),
    ),
    Kpi(
        name="till_overcharged_units",
        unit="units",
        direction="lower",
        formula="units sold at tills while they had a higher price than the list's",
        meaning="complaints to come",
        function=lambda c: int(c.till_gaps["units"][_till_gaps(c) < 0].sum()),
    ),
    *(_latency_kpi(group, percent) for group in GROUPS for percent in (50, 95)),
    *(_apart_kpi(group) for group in GROUPS),
    Kpi(
        name="price_events_lost",
        unit="events",
        direction="lower",
        formula="events of prices that were lost, over the whole run",
        meaning="each leaves a wrong price until the next change of the SKU, or the next load of all prices",
        function=lambda c: int(c.journal.column("price_events", "lost").sum()),
    ),
)

PRICES_BY_CHANNEL: Final = (
    ChannelKpi(
        name="price_mismatch_rate.channel.<channel>",
        unit="share",
        direction="lower",
        formula="lines accepted at a price that was not the list price / lines accepted, of the channel",
        meaning="price_mismatch_rate of a channel",
        function=_channel_rate,
    ),
)
