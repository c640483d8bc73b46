"""What is on the stores' shelves and what the record says, at the beginning of a day (docs/model.md, section 10)."""

from __future__ import annotations

from tests.reference.shop import Shop


class Census:
    """Remembers for how many censuses in a row a pair's record promised what was not there."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._days = shop.scenario.experiment.frozen_days
        self._seen: dict[int, tuple[int, int]] = {}  # pair: (censuses in a row, units sold at the last)
        self.rows: list[tuple[int, ...]] = []

    def take(self, now: int, waiting: int) -> None:
        """Write the row of a day."""
        pairs = self._shop.pairs
        shelves = [pair for pair in pairs if not pair.node.is_dc]
        phantom = {pair.number: pair.sold for pair in shelves if pair.record > 0 and pair.on_hand == 0}
        self._seen = {number: (self._before(number, sold) + 1, sold) for number, sold in phantom.items()}
        wrong = sum(pair.record != pair.on_hand for pair in shelves)
        frozen = sum(times > self._days for times, _ in self._seen.values())
        hidden = sum(pair.record <= 0 < pair.on_hand for pair in shelves)
        lying = sum(pair.misplaced for pair in pairs), sum(pair.unbooked for pair in pairs)
        self.rows.append((now, len(shelves), wrong, len(phantom), frozen, hidden, *lying, waiting))

    def _before(self, number: int, sold: int) -> int:
        times, sold_then = self._seen.get(number, (0, sold))
        return times if sold == sold_then else 0
