"""What channels believe, and how old it is (docs/model.md, section 5)."""

from __future__ import annotations

from tests.reference.clock import NOW, Process, after_reloads, before_all, before_orders
from tests.reference.ledgers import Movement, Sku
from tests.reference.shop import Shop
from twin.journal.totals import FeedName, Latency
from twin.scenario.laws import Law

LISTING_KIND = 6 << 40
VIEW = -1
"""The reader of trails that looks at the view itself; the others are channels."""


class Channel:
    """A place to buy. A copy is not kept: what it holds is looked up in the view's history."""

    def __init__(self, shop: Shop, number: int, name: str) -> None:
        kind = shop.scenario.demand.channels[name].kind
        publications = shop.systems.publications
        self._shop = shop
        self.number = number
        self.marketplace = kind == "marketplace"
        self.publication = publications.marketplace if self.marketplace else publications.own
        self.takes_own = self.marketplace or shop.systems.reserving.mode == "own_copy"
        self._held_back = shop.systems.buffers.pooled.get(name, 0)
        self.quota: dict[int, int] | None = None  # units of each SKU that it may still sell, if stock is allotted to it
        self._whole_listing = 0  # extract of the last listing that is live as a whole
        self.own: dict[int, int] = {}  # units sold off the copy since the extract that is live, by SKU
        self.own_since_extract: dict[int, int] = {}
        self.outages = shop.outages(self.publication.system)
        self._movements = shop.outages(shop.systems.movements.system)
        self._listed: dict[int, int] = {}  # the moment of the extract that is live, by SKU
        self._phase = shop.stream("publication.phase")
        self._first: dict[int, int] = {}
        self._unlisted: list[Movement] = []
        self._submitted: list[int] = []
        if self.publication.mode == "file":
            shop.env.process(self._listings())

    def silence(self, t: int) -> int:
        """How long the channel's sources have been silent."""
        movements, publication = self._movements.since(t), self.outages.since(t)
        if not self.marketplace:
            return max(t - start if start is not None else 0 for start in (movements, publication))
        if movements is None:
            return 0
        return max(0, (t if publication is None else publication) - movements)  # it is closed over its publication

    def asks_down_system(self, t: int) -> bool:
        """Whether the system that the channel queries is down."""
        return self.publication.mode == "query" and self.outages.since(t) is not None

    def told_until(self, sku: Sku, t: int) -> int:
        """The moment up to which the channel has been told what the view offers."""
        mode = self.publication.mode
        if mode == "query":
            began = self.outages.since(t)
            return NOW if began is None else before_all(began)
        if mode == "file":
            return self._listed.get(sku.number, -1)
        refresh = self._refresh_before(sku, t - self.publication.delay)
        return -1 if refresh is None else after_reloads(refresh)

    def learnt(self, sku: Sku, t: int) -> int:
        """The value that the channel has learnt."""
        return sku.offer.at(self.told_until(sku, t))

    def belief(self, sku: Sku, t: int) -> int:
        """Units that the channel believes it can sell."""
        return max(0, self.learnt(sku, t)) - self.own.get(sku.number, 0) - self.held_back(sku)

    def held_back(self, sku: Sku) -> int:
        """Units of the pooled stock that are not for this channel."""
        return self._held_back + self._shop.kept.protected(self.number, sku.number)

    def copy_age(self, sku: Sku, t: int) -> int:
        """How old what it has learnt is known to be."""
        if self.publication.mode == "file":
            return t - self._whole_listing
        if self.publication.mode == "query":
            began = self.outages.since(t)
            return 0 if began is None else t - began
        return t - (self._refresh_before(sku, t - self.publication.delay) or 0)

    def staleness(self, sku: Sku, t: int) -> int:
        """Age of the oldest movement that the belief does not hold."""
        return age(sku.trail.oldest(self.number, self.told_until(sku, t)), t)

    def take(self, sku: Sku, units: int) -> None:
        """Take units off the copy, or give them back (negative)."""
        for count in (self.own, self.own_since_extract):
            count[sku.number] = max(0, count.get(sku.number, 0) + units)

    def observe(self, movement: Movement, t: int) -> None:
        """The view applied a movement of a pooled pair at ``t``: count when the channel will know."""
        mode = self.publication.mode
        if mode == "query":
            self._shop.observe(Latency.CHANNEL, self.number, movement.t, self.outages.up(t))
        elif mode == "file":
            self._unlisted.append(movement)
        else:
            late = movement.seen > after_reloads(t)  # applied after the refreshes of its instant
            shown = self._refresh_from(movement.pair.sku, t + late) + self.publication.delay
            self._shop.observe(Latency.CHANNEL, self.number, movement.t, shown)

    def observe_waiting(self, movement: Movement, horizon: int) -> None:
        """The run ends: count how long a movement of the pooled stock has waited, if it has not arrived."""
        if movement.seen > NOW or movement in self._unlisted:
            self._shop.observe(Latency.CHANNEL, self.number, movement.t, horizon)

    def _list(self, skus: list[Sku], extract: int, now: int) -> None:
        """What was extracted of these SKUs at ``extract`` is on the channel."""
        moment, numbers = before_orders(extract), {sku.number for sku in skus}
        shown = [m for m in self._unlisted if m.pair.sku.number in numbers and m.seen <= moment]
        for movement in shown:
            self._shop.observe(Latency.CHANNEL, self.number, movement.t, now)
        self._unlisted = [m for m in self._unlisted if m not in shown]
        for number in numbers:
            self._listed[number] = moment

    def _phase_of(self, sku: Sku) -> int:
        first = self._first.get(sku.number)
        if first is None:
            first = self._phase.below(self.publication.interval, self.number << 32 | sku.number)
            self._first[sku.number] = first
        return first

    def _refresh_before(self, sku: Sku, t: int) -> int | None:
        """Last refresh at or before ``t``."""
        first, interval = self._phase_of(sku), self.publication.interval
        while t >= first:
            tick = first + (t - first) // interval * interval
            began = self.outages.since(tick)
            if began is None:
                return tick
            t = began - 1
        return None

    def _refresh_from(self, sku: Sku, t: int) -> int:
        """First refresh at or after ``t``."""
        first, interval = self._phase_of(sku), self.publication.interval
        while True:
            tick = first + max(0, -(-(t - first) // interval)) * interval
            t = self.outages.up(tick)
            if t == tick:
                return tick

    def _listings(self) -> Process:
        shop, publication = self._shop, self.publication
        entity = LISTING_KIND | self.number
        spread = {"law": "lognormal", "cv": publication.spread} if publication.spread else {"law": "constant"}
        delay = shop.stream("publication.delay", Law.model_construct(mean=publication.delay, **spread))
        jitter = shop.stream("publication.jitter")
        first = self._phase.below(publication.interval, self.number << 32)
        k, live = 0, 0
        while True:
            due = first + k * publication.interval
            start = self.outages.up(max(due + jitter.below(publication.jitter, self.number << 32 | k), live))
            yield shop.batch_time(start, entity)
            live = start
            skus = self._extract(start)
            size = publication.items or len(shop.skus)
            for feed, at in enumerate(range(0, len(skus), size)):
                part = skus[at : at + size]
                live = max(self._submit(start), live) + delay.sample(self.number << 32 | k, feed)
                yield shop.batch_time(live, entity, 1)
                for sku in part:
                    self.own[sku.number] = self.own_since_extract.get(sku.number, 0)
                self._list(part, start, live)
                shop.jobs.append((FeedName.PUBLICATION, self.number, due, start, live, len(part), 0))
            self._whole_listing = start
            k = max(k + 1, (live - first) // publication.interval)

    def _extract(self, now: int) -> list[Sku]:
        """The SKUs of a new listing; the others' copies are told that nothing has changed."""
        same = [sku for sku in self._shop.skus if self.publication.content == "delta" and self._is_told(sku)]
        self._list(same, now, now)
        self.own_since_extract = {}
        return [sku for sku in self._shop.skus if sku not in same]

    def _is_told(self, sku: Sku) -> bool:
        return sku.offered() == sku.offer.at(self._listed.get(sku.number, -1)) and not self.own.get(sku.number, 0)

    def _submit(self, extract: int) -> int:
        """When the next feed of a listing is submitted."""
        publication = self.publication
        t = extract
        if publication.feeds and len(self._submitted) >= publication.feeds:
            t = max(t, self._submitted[-publication.feeds] + publication.window)
        self._submitted.append(self.outages.up(t))
        return self._submitted[-1]


def age(oldest: Movement | None, t: int) -> int:
    """Staleness at ``t`` of a belief that misses ``oldest`` and perhaps later movements."""
    return 0 if oldest is None else t - oldest.t
