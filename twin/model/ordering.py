"""Orders of DCs on their way through the suppliers' portal (docs/model.md, section 8, "Supplier portal")."""

from __future__ import annotations

from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from twin.journal.tables import NONE
from twin.model.build import knots_of
from twin.model.jobs import Process, Works
from twin.model.windows import Slowdowns, Spans
from twin.scenario.supplier_portal import SupplierPortal

Rows = NDArray[np.int64]

ACKNOWLEDGEMENT_KIND: Final = 55 << 40
_SYSTEM: Final = "supplier_portal"
_REVIEW_SHIFT: Final = 24
_SUPPLIERS: Final = 4096


class Portal:
    """The portal of an arm."""

    def __init__(self, works: Works, settings: SupplierPortal) -> None:
        self._works, self._tells_short = works, settings.tells_short
        self._down, self._slow = Spans.of_outages(works.world, _SYSTEM), Slowdowns.of(works.world, _SYSTEM)
        self._knots = knots_of(settings.acknowledgement)
        self._pairs = works.plane.memory["pairs"]

    @classmethod
    def of(cls, works: Works, settings: SupplierPortal) -> Self | None:
        """The portal of an arm; ``None`` if suppliers have orders at once."""
        return cls(works, settings) if settings.on else None

    def order(self, whose: tuple[int, int, int], rows: Rows, sent: Rows, *, lead: int, now: int) -> tuple[Rows, int]:
        """A DC orders ``rows`` (pair, units) of a supplier at a review (``whose``), who sends ``sent`` of each: what is
        left on order until it arrives, and when that is.
        """
        dc, supplier, review = whose
        placed = self._down.up(now)
        takes = self._works.duration(self._knots, "supplier.acknowledged", dc << 40 | supplier << 24 | review)
        told = placed + self._slow.paced(takes, placed)
        known = [t if t < self._works.world.horizon_us else NONE for t in (placed, told, told + lead)]
        ordered, short = rows[:, 1], rows[:, 1] - sent
        self._works.journal.supplies.append((*whose, now, *known, len(rows), int(ordered.sum()), int(short.sum())))
        if not self._tells_short:
            return rows, told + lead
        if short.any():
            entity = ACKNOWLEDGEMENT_KIND | review << _REVIEW_SHIFT | dc * _SUPPLIERS + supplier
            self._works.env.process(self._acknowledged(rows[:, 0], short, entity, told))
        return np.stack([rows[:, 0], sent], axis=1), told + lead

    def _acknowledged(self, pairs: Rows, short: Rows, entity: int, told: int) -> Process:
        """The supplier says what it will not send: that is not on order any more."""
        yield self._works.at(told, entity)
        self._works.plane.advance(told)
        self._pairs["on_order"][pairs] -= short.astype(np.int32)
