"""Online customers: carts and checkouts per channel, what they are for, and the sessions around them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import HOUR
from twin.core.hashing import bits_of_many
from twin.core.laws import sample_many, table
from twin.scenario.demand import Channel
from twin.scenario.errors import Problem, ScenarioError
from twin.scenario.scenario import Scenario
from twin.world.baskets import ORDER, Shelves, draw_baskets
from twin.world.density import Weekly, density, instants, weekly
from twin.world.estate import RealisedEstate
from twin.world.horizon import weekday
from twin.world.luck import counts, uniforms
from twin.world.places import Homes
from twin.world.profiles import weekly_rates
from twin.world.promotions import Promotions
from twin.world.streams import Streams
from twin.world.tables import CHECKOUT, LINE

_DAY_HOURS = 24


@dataclass(frozen=True)
class ChannelDay:
    """One channel's day: checkouts by time with lines counted from 0, and sessions per hour of simulation time."""

    checkouts: NDArray[np.void]  # CHECKOUT, without order identity
    lines: NDArray[np.void]  # LINE
    sessions: NDArray[np.int64]


@dataclass(frozen=True)
class Arrivals:
    """Who opens a cart when, sorted by time."""

    t: NDArray[np.int64]
    region: NDArray[np.int64]
    epoch: NDArray[np.int64]  # span between promotion boundaries
    hourly: NDArray[np.float64]  # expected carts per hour of the day, given the day's factor


class DrawnChannel:
    """Draws one channel's customers by day."""

    def __init__(
        self,
        name: str,
        scenario: Scenario,
        estate: RealisedEstate,
        *,
        promotions: Promotions,
        homes: Homes,
        shelves: Shelves,
    ) -> None:
        self._name, self._law = name, scenario.demand.channels[name]
        self._shares = np.array([region.share for region in scenario.estate.regions])
        self._estate, self._promotions, self._homes, self._shelves = estate, promotions, homes, shelves
        self._number = estate.channels.index(name)
        self._weekly = channel_profile(name, scenario)
        self._weekday = weekday(scenario.calendar)
        self._weekly_carts = self._law.weekly_checkouts / (1 - self._law.cart_abandonment)
        self._cart = table(self._law.cart.law, self._law.cart.mean, self._law.cart.cv)
        self._checkout = table(self._law.checkout.law, self._law.checkout.mean, self._law.checkout.cv)

    def day(self, day: int, streams: Streams) -> ChannelDay:
        """Draw one day."""
        arrivals = self._arrivals(day, streams)
        rows = np.zeros(arrivals.t.size, CHECKOUT)
        entity = (np.int64(day) << 32) + np.arange(rows.size)
        rows["t"], rows["region"], rows["channel"] = arrivals.t, arrivals.region, self._number
        self._settle(rows, entity, streams)
        lines = self._fill(rows, entity, arrivals.epoch, day, streams)
        return ChannelDay(rows, lines, sessions(self._name, self._law, day, rows["t"], arrivals.hourly, streams))

    def _arrivals(self, day: int, streams: Streams) -> Arrivals:
        """Non-homogeneous Poisson by region and span, times one gamma factor of the day."""
        generator = streams.generator(f"channel.{self._name}", day)
        variance = self._law.dispersion**2
        factor = generator.gamma(1 / variance, variance) if variance > 0 else 1.0
        spans, hourly = [], np.zeros(_DAY_HOURS)
        for epoch, (start, end) in enumerate(self._promotions.epochs(day)):
            promoted = self._promotions.at_channel(start, self._name)
            uplift = 1.0 if promoted is None else float((self._estate.popularity * promoted).sum())
            for region, share in enumerate(self._shares):
                shift = int(self._estate.zone_shift[region, day])
                law = density(self._weekly, start, end, shift=shift, weekday=self._weekday)
                expected = self._weekly_carts * share * uplift * factor * law.masses
                np.add.at(hourly, law.segments["start"] // HOUR % _DAY_HOURS, expected)
                t = instants(law.segments, generator.random(generator.poisson(expected.sum())))
                spans.append(np.stack([t, np.full_like(t, region), np.full_like(t, epoch)]))
        t, region_of, epoch_of = np.concatenate(spans, axis=1)
        order = np.argsort(t, kind="stable")
        return Arrivals(t[order], region_of[order], epoch_of[order], hourly)

    def _settle(self, rows: NDArray[np.void], entity: NDArray[np.int64], streams: Streams) -> None:
        """Where the customers live, whether they pick up, leave or are declined, and how long they take."""
        place = self._homes.places(self._key(streams, "place"), entity, rows["region"].astype(np.int64))
        rows["x_km"], rows["y_km"], rows["pickup"] = place[:, 0], place[:, 1], -1
        picks_up = np.flatnonzero(uniforms(self._key(streams, "pickup"), entity) < self._law.pickup_share)
        rows["pickup"][picks_up] = self._homes.store_of(place[picks_up])
        rows["leaves"] = uniforms(self._key(streams, "leaves"), entity) < self._law.cart_abandonment
        rows["cart"] = sample_many(self._cart, bits_of_many(self._key(streams, "cart"), entity, 0))
        rows["abandons"] = uniforms(self._key(streams, "abandons"), entity) < self._law.abandonment
        rows["declined"] = uniforms(self._key(streams, "declined"), entity) < self._law.decline
        rows["checkout"] = sample_many(self._checkout, bits_of_many(self._key(streams, "checkout"), entity, 0))

    def _fill(
        self, rows: NDArray[np.void], entity: NDArray[np.int64], epoch: NDArray[np.int64], day: int, streams: Streams
    ) -> NDArray[np.void]:
        """Draw the lines; sets ``lines`` and ``first_line`` of the checkouts."""
        first, last = self._shelves.ranges(rows["pickup"].astype(np.int64))
        wanted = counts(self._law.lines, uniforms(self._key(streams, "lines"), entity))
        orders = np.zeros(rows.size, ORDER)
        orders["entity"], orders["first"], orders["last"] = entity, first, last
        orders["lines"] = np.minimum(wanted, last - first)
        orders["line"] = np.cumsum(orders["lines"]) - orders["lines"]
        rows["lines"], rows["first_line"] = orders["lines"], orders["line"]
        chosen = np.full(int(orders["lines"].sum()), -1, np.int64)
        for number, (start, _) in enumerate(self._promotions.epochs(day)):
            upto = self._shelves.weights(self._promotions.at_channel(start, self._name))
            draw_baskets(self._key(streams, "basket"), orders[epoch == number], upto, chosen)
        lines = np.zeros(chosen.size, LINE)
        lines["sku"] = self._shelves.sku[chosen]
        line_entity = (np.int64(day) << 32) + np.arange(chosen.size)
        lines["quantity"] = counts(self._law.units, uniforms(self._key(streams, "units"), line_entity))
        return lines

    def _key(self, streams: Streams, what: str) -> np.uint64:
        return streams.key(f"channel.{self._name}.{what}")


def channel_profile(name: str, scenario: Scenario) -> Weekly:
    """A channel's profile; raises :class:`ScenarioError` for an unknown name."""
    profile = scenario.demand.channels[name].profile
    try:
        law = weekly(weekly_rates(profile, scenario.demand.profiles), 0, 24 * HOUR)
    except KeyError:
        path = f"demand.channels.{name}.profile"
        raise ScenarioError([Problem(scenario.name, 1, 1, path, f"no profile is called {profile!r}")]) from None
    assert law is not None, "the scenario refuses profiles without a rate"
    return law


def sessions(
    name: str, law: Channel, day: int, starts: NDArray[np.int64], hourly: NDArray[np.float64], streams: Streams
) -> NDArray[np.int64]:
    """Sessions per hour of the day: those that open a cart that is followed, and a Poisson number of others by the
    conversion.
    """
    buyers = np.bincount(starts // HOUR % _DAY_HOURS, minlength=_DAY_HOURS)
    if law.conversion == 0:
        return buyers
    for_each_cart = (1 - law.cart_abandonment) / law.conversion
    others = streams.generator(f"sessions.{name}", day).poisson(hourly * (for_each_cart - 1))
    return buyers + others
