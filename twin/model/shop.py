"""How an arm takes and fulfils orders: what the stories of orders need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import simpy
from numpy.typing import NDArray

from twin.core.clock import Tie, tie_key
from twin.journal.writer import Journal
from twin.kernels.codes import ERP, SERVICE, Point
from twin.model.access import Broken, access_of
from twin.model.build import knots_of
from twin.model.clienteling import Associates
from twin.model.collecting import Counter
from twin.model.deadlines import Deadlines
from twin.model.errands import Errand, errands_of
from twin.model.fallbacks import Fallbacks, fallbacks_of
from twin.model.gateway import Gateway
from twin.model.jobs import Works
from twin.model.notices import Notices
from twin.model.observed import results_of
from twin.model.plane import Plane
from twin.model.prices import Prices
from twin.model.process import LightProcess, PatientProcess
from twin.model.refunds import Refunds
from twin.model.release import Desk
from twin.model.saga import Sagas
from twin.model.same_day import Couriers
from twin.scenario.scenario import Scenario
from twin.scenario.systems import Systems

_FIRST_KEY: Final = tie_key(Tie.ORDER, 0, 0)
_ORDER_SHIFT: Final = tie_key(Tie.FAULT, 1, 0).bit_length() - 1


class Customer(NamedTuple):
    """What a story needs to know of a cart."""

    number: int
    order: int
    t: int
    channel: int
    leaves: int
    abandons: int
    declined: int
    cart: int
    checkout: int
    payment: int
    key: int
    """Tie key of the arrival."""
    today: int = 0
    """1: wants it on the same day if possible; 2: or not at all."""


def arrival_key(order: int) -> int:
    """Tie key of an order's arrival."""
    return _FIRST_KEY | order << _ORDER_SHIFT


@dataclass(frozen=True, slots=True)
class Shop:
    """How this arm takes and fulfils orders."""

    env: simpy.Environment
    plane: Plane
    marketplaces: frozenset[int]
    point: Point
    extends: bool
    """Whether holds begin anew when customers go on."""
    calls_first: int | None
    calls_to_reserve: bool
    creates_in_erp: bool
    gateways: Mapping[int, Gateway]
    """By station that checkouts call."""
    errands: tuple[Errand, ...]
    """What is asked of other systems before the payment."""
    prepares: bool
    """Whether something happens between checkout and payment: prices told, errands, holds made or begun anew."""
    journal: Journal
    erp_broken: Broken | None
    payment: NDArray[np.int64]
    payment_key: np.uint64
    fallbacks: Fallbacks | None
    deadlines: Deadlines | None
    """Of marketplaces; ``None``: they have none."""
    desk: Desk | None
    """Where orders wait for their release; ``None``: kernels know when they are released."""
    sagas: Sagas | None
    """What has to happen before an accepted order is released; ``None``: nothing."""
    refunds: Refunds | None
    """What is paid back; ``None``: the arm does not look at that."""
    notices: Notices | None
    """What customers are told; ``None``: they know everything at once."""
    cascades: bool
    """Whether a pick may have lines of other orders rejected."""
    counter: Counter | None
    """Where picked orders wait for their customers; ``None``: nobody asks who comes."""
    couriers: Couriers | None
    """What customers who want an order today are told, and who brings it; ``None``: nobody wants that."""
    associates: Associates | None
    """Who looks at the own shelf first for customers in stores; ``None``: nobody does."""
    prices: Prices | None
    """How changes of list prices come to tills and channels; ``None``: there are none."""
    process: type[LightProcess]
    """What carries an order: one that can be called from a queue, if there are queues."""

    def gone(self, number: int) -> bool:
        """Whether nothing is left of an order that is to be done; its row may be another order's by now."""
        if self.fallbacks is not None and self.fallbacks.gone(number):
            return True
        return self.deadlines is not None and number in self.deadlines.cancelled

    def refund(self, order: int, now: int) -> None:
        """Lines of an order may have ended at ``now`` that were paid and will not be supplied."""
        if self.refunds is not None:
            self.refunds.look_at((order,), now)

    @staticmethod
    def of(works: Works, scenario: Scenario, systems: Systems, marketplaces: frozenset[int]) -> Shop:
        """The shop of an arm."""
        query = systems.publications.own.mode == "query"
        access = access_of(works, scenario, systems, marketplaces)
        results = results_of(systems.degradation)
        service, erp = (
            Gateway.of(works.world, name, systems.resilience, timeout, entry=entry, results=results.get(station))
            for station, name, timeout, entry in (
                (SERVICE, systems.service.system, systems.service.timeout, access.service),
                (ERP, "erp", systems.erp.timeout, access.erp),
            )
        )
        point, extends = Point[systems.reserving.point.upper()], systems.reserving.extends
        errands, prices = errands_of(systems), Prices.of(works, scenario, systems.prices)
        outside = {
            errand.station: Gateway.of(works.world, errand.system, systems.resilience, errand.settings.timeout)
            for errand in errands
        }
        breakers = {SERVICE: service.breaker, ERP: erp.breaker}
        fallbacks = fallbacks_of(
            works, scenario, systems, breakers=breakers, results=results, marketplaces=marketplaces
        )
        notices = Notices.of(works, systems.notification, marketplaces)
        refunds = Refunds.of(works, systems.returns, notices)
        desk = Desk.of(works, systems.release, tuple(scenario.demand.channels))
        return Shop(
            env=works.env,
            plane=works.plane,
            marketplaces=marketplaces,
            point=point,
            extends=extends,
            calls_first=ERP if systems.erp.coupling == "direct" else SERVICE if query else None,
            calls_to_reserve=systems.reserving.mode == "synchronous",
            creates_in_erp=systems.erp.coupling != "consumer",
            gateways={SERVICE: service, ERP: erp, **outside},
            errands=errands,
            prepares=bool(errands)
            or (prices is not None and prices.corrects)
            or point == Point.PAYMENT
            or (extends and point in (Point.CART, Point.CHECKOUT)),
            journal=works.journal,
            erp_broken=access.erp_broken,
            payment=knots_of(systems.payment),
            payment_key=works.world.streams.key("payment"),
            fallbacks=fallbacks,
            deadlines=Deadlines.of(works.env, works.plane, scenario, refunds),
            desk=desk,
            sagas=Sagas.of(works, systems.saga),
            refunds=refunds,
            notices=notices,
            cascades=systems.sourcing.cascade,
            counter=Counter.of(works, scenario, systems, refunds, notices),
            couriers=Couriers.of(works, scenario, systems),
            associates=Associates.of(works, scenario, systems),
            prices=prices,
            process=PatientProcess if access.queues or fallbacks is not None or desk is not None else LightProcess,
        )
