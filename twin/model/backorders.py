"""Reviews of lines that wait for stock (docs/model.md, section 7, "Shortages")."""

from __future__ import annotations

from typing import Final

import numpy as np

from twin.journal.orders import Status
from twin.kernels import backorders
from twin.model.jobs import Process, Works
from twin.model.orders import begin_again
from twin.model.plane import Plane
from twin.model.shop import Shop
from twin.scenario.shortages import Shortage

REVIEW_KIND: Final = 40 << 40


def reviews(works: Works, shop: Shop, settings: Shortage) -> Process:
    """Ask again and again whether what backorders wait for has come."""
    k = 1
    while True:
        now = k * settings.review
        yield works.at(now, REVIEW_KIND)
        _review(works.plane, shop, settings.give_up, now)
        k += 1


def _review(plane: Plane, shop: Shop, give_up: int, now: int) -> None:
    """Place what seems to be there and give up what has waited too long, the oldest first."""
    plane.advance(now)
    waves: dict[int, int] = {}
    given_up: list[int] = []
    for number, row in _waiting(plane):
        wave = backorders.review(plane.handle, number, row, waves.get(number, 0), give_up, now)
        if wave > 0:
            waves[number] = int(wave)
        elif wave == backorders.GIVEN_UP:
            given_up.append(number)
    if shop.refunds is not None:
        shop.refunds.look_at(dict.fromkeys(given_up), now)
    for number, wave in waves.items():
        plane.begin_wave(number, wave, now)
        begin_again(shop, number, wave, now)


def _waiting(plane: Plane) -> list[tuple[int, int]]:
    """Numbers of orders and rows of lines that wait, in the order of when they were short, of orders and of lines."""
    lines, orders, control = plane.memory["lines"], plane.memory["orders"], plane.control
    rows = np.flatnonzero(lines["status"] == Status.BACKORDERED)
    rows = rows[np.lexsort((lines["line"][rows], lines["order"][rows], lines["t_short"][rows]))]
    owners = np.searchsorted(orders["first"], rows + int(control["line_base"]), side="right") - 1
    return list(zip((owners + int(control["order_base"])).tolist(), rows.tolist(), strict=True))
