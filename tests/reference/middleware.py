"""A feed: how the messages of a topic reach one of its consumers (docs/model.md, section 4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Generic

from tests.reference.clock import Instant, Outages, Process, fault_key, up_in_all
from tests.reference.files import Files
from tests.reference.handling import Handler
from tests.reference.lanes import Lane, lane_key
from tests.reference.messages import Consumer, Delivery, M, Place
from tests.reference.partitions import Partition
from tests.reference.queues import Queue
from tests.reference.shop import Shop, rows_of
from tests.reference.troubles import Trouble, Troubles
from twin.journal.totals import Fate, FeedName
from twin.policies.membership import Absence, partitions
from twin.policies.membership import Partition as Membership
from twin.scenario.systems import Feed as Settings
from twin.world.tables import SYSTEMS

LOSS, FAILOVER, REDRIVE = 2, 3, 5


class Feed(Generic[M]):
    """Carries messages to one consumer, in partitions of a stream or in files."""

    def __init__(
        self,
        shop: Shop,
        troubles: Troubles,
        number: FeedName,
        settings: Settings,
        *,
        consumer: Consumer[M],
        needs: tuple[str, ...] = (),
    ) -> None:
        self._shop, self._env, self._troubles = shop, shop.env, troubles
        self.number, self._settings = number, settings
        self._outages = [shop.outages(system) for system in (settings.system, *needs)]
        self._spread = shop.stream("message.lane")
        self._handler = Handler(shop, number, settings, consumer)
        self.deliveries: list[Delivery[M]] = []  # of all messages of the topic
        self._partitions: list[Partition[M]] = []
        self._files: Files[M] | None = None
        self._queue: Queue[M] | None = None
        if settings.mode == "stream":
            self._open_partitions()
        elif settings.mode == "queue":
            handler, absences = self._handler, self._absences()
            self._queue = Queue(shop, number, settings, handler=handler, outages=self._outages, absences=absences)
        else:
            self._files = Files(shop, number, settings, handler=self._handler, up=self._up)
        self._redriven: Lane[M] = Lane(
            shop.env,
            lane_key(number, 1 << 16),
            self._handler,
            up=self._up,
            rate=settings.failing.redrive_rate,
            pending=Fate.DEAD_LETTER,
        )
        if settings.failing.redrive == "repaired":
            for trouble in troubles.of(number):
                shop.env.process(self._redrive(trouble))
        if settings.failing.replay:
            for trouble in troubles.of(number):
                self._handler.replayed.append(trouble)
                shop.env.process(self._replay(trouble))

    def _up(self, t: int) -> int:
        return up_in_all(self._outages, t)

    def fates(self) -> list[int]:
        """How many messages had each fate."""
        fates = Counter(delivery.fate for delivery in self.deliveries)
        return [fates[fate] for fate in Fate]

    def oldest(self) -> M | None:
        """The message on its way that was made first."""
        on_their_way = (each.message for each in self.deliveries if each.fate == Fate.IN_FLIGHT)
        return next(on_their_way, None)

    def expect(self, message: M) -> Delivery[M]:
        """A message was made that is to reach the consumer."""
        troubles = self._troubles
        delivery = Delivery(message, troubles.copies(message, self.number), troubles.poisons(message, self.number))
        self.deliveries.append(delivery)
        return delivery

    def lose(self, delivery: Delivery[M], *, over: Delivery[M] | None = None) -> None:
        """A message did not get as far as the feed."""
        self._handler.lose(delivery, over=over)

    def send(self, delivery: Delivery[M]) -> None:
        """Append a message to its lane, or to the next file."""
        if self._files is not None:
            self._files.send(delivery)
            return
        message, now, settings = delivery.message, self._env.now, self._settings
        from_store = message.source is not None and not message.source.is_dc
        link = settings.store_link if from_store else settings.dc_link
        place = Place(delivery, arrives=now + link, entered=now)
        if self._queue is not None:
            self._queue.join(place)
            return
        lane = message.key if settings.topic.keyed else self._spread.bits(message.entity, message.part)
        self._partitions[lane % len(self._partitions)].join(place)

    def _open_partitions(self) -> None:
        settings, process = self._settings, self._env.process
        for number, membership in enumerate(self._memberships()):
            outages = [*self._outages, Outages(membership.stalls)]
            partition = Partition(self._shop, self.number, number, settings, handler=self._handler, outages=outages)
            self._partitions.append(partition)
            process(self._losses(partition, membership.losses))
        system = SYSTEMS.index(settings.system)
        process(self._failovers([t for carrier, t in self._shop.world.failovers.tolist() if carrier == system]))

    def _absences(self) -> list[Absence]:
        """When members are dead or stuck, and when that is noticed."""
        consumers = self._settings.consumers
        absences = []
        for row in rows_of(self._shop.world.crashes):
            if row["feed"] == self.number and row["member"] < consumers.members:
                patience = consumers.max_poll_interval if row["stuck"] else consumers.session_timeout
                absences.append(Absence(row["member"], row["start"], row["start"] + patience, row["end"]))
        return absences

    def _memberships(self) -> list[Membership]:
        """Who works on each partition, and when nobody does."""
        consumers = self._settings.consumers
        return partitions(
            self._absences(),
            members=consumers.members,
            count=self._settings.partitions,
            eager=consumers.protocol == "eager",
            rebalance=consumers.rebalance,
        )

    def _losses(self, partition: Partition[M], losses: Iterable[tuple[int, int]]) -> Process:
        for t, member in losses:
            yield Instant(self._env, t, fault_key(LOSS, self.number << 16 | member))
            partition.lose_member()

    def _failovers(self, instants: Iterable[int]) -> Process:
        """The broker changes to a replica, which does not have the youngest messages."""
        for t in instants:
            yield Instant(self._env, t, fault_key(FAILOVER, 0))
            for partition in self._partitions:
                partition.fail_over(t - self._settings.topic.unreplicated)

    def _replay(self, trouble: Trouble) -> Process:
        """A trouble is repaired, and some time later what was handled since it began is handled again."""
        yield trouble.over
        yield Instant(self._env, self._env.now + self._settings.failing.redrive_delay, fault_key(REDRIVE, self.number))
        for partition in self._partitions:
            partition.replay()

    def _redrive(self, trouble: Trouble) -> Process:
        """A trouble is repaired, and some time later the dead letters are handled again."""
        yield trouble.over
        t = self._env.now + self._settings.failing.redrive_delay
        yield Instant(self._env, t, fault_key(REDRIVE, self.number))
        letters = sorted(self._handler.dead_letters, key=lambda letter: (letter.died, letter.message.serial))
        self._handler.dead_letters.clear()
        if self._settings.failing.redrive_order == "newest":
            letters.reverse()
        for letter in letters:
            self._redriven.join(Place(letter, arrives=t, entered=t))
