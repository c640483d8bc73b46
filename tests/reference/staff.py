"""Pickers who are missing (docs/model.md, section 16)."""

from __future__ import annotations

from tests.reference.clock import Instant, Process, fault_key
from tests.reference.shop import Shop
from tests.reference.stations import Station
from twin.journal.tables import NONE


class Staff:
    """Takes pickers away from stores, and brings them or others back."""

    def __init__(self, shop: Shop, pickers: list[Station]) -> None:
        self._shop, self._pickers = shop, pickers
        self._workforce = shop.systems.workforce
        self._substitute = shop.stream("workforce.substitute", self._workforce.substitute)
        self.rows: list[tuple[int, ...]] = []
        for number, (node, start, end, missing) in enumerate(shop.world.absences.tolist()):
            shop.env.process(self._absence(number, node, missing, start, end))

    def _absence(self, number: int, node: int, missing: int, start: int, end: int) -> Process:
        env, horizon = self._shop.env, self._shop.world.horizon_us
        yield Instant(env, start, fault_key(7, number))
        told, back = NONE, end
        if self._workforce.on:
            told = self._shop.outages("workforce").up(start)
            back = min(end, told + self._substitute.sample(number))
        for _ in range(missing):
            self._pickers[node].withdraw(back)
        self.rows.append((node, missing, start, end, *(t if t < horizon else NONE for t in (told, back))))
