"""Tables of a run that grow: a ring that is short of room is replaced by a longer one with the same rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.kernels import latency
from twin.kernels.advance import ROOM
from twin.kernels.memory import Memory

_RINGS = {"moves": "moves", "notes": "notes", "holds": "holds"}
_TICKETS = {"moves": ("move_tickets", "post_tickets"), "notes": ("note_tickets",)}
"""What queues know of the messages of a ring; as long as the ring where the feed is a queue."""


class Rings:
    """The memory of a run, with room for what is to come."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.handle = memory.handle
        self.control = memory["control"][0]

    def grow(self) -> None:
        """Double every ring that is short of room."""
        for ring in _RINGS:
            self._ensure(ring, 2 * ROOM)
        self._ensure_applied(ROOM)
        self._ensure_letters(2 * ROOM)
        self._ensure_rows("late", int(self.control["late"]) + 2 * ROOM)
        self._ensure_rows("parcels", int(self.control["parcels"]) + ROOM)

    def _ensure_letters(self, room: int) -> None:
        rows = int(self.control["letters"]) + room + ROOM
        self._ensure_rows("letters", rows)
        self._ensure_rows("dead", rows)

    def _ensure_rows(self, table: str, rows: int) -> None:
        """Give a table that only grows at the end at least so many rows."""
        old = self.memory[table]
        if old.size < rows:
            self.memory.put(table, np.concatenate([old, np.zeros(rows, old.dtype)]))

    def _ensure(self, ring: str, room: int) -> None:
        control = self.control
        low, high, mask = (int(control[f"{ring}_{part}"]) for part in ("low", "high", "mask"))
        if mask - (high - low) < room:
            for tickets in _TICKETS.get(ring, ()):
                if self.memory[tickets].size > mask:
                    self._enlarge(tickets, (low, high, mask), room)
            control[f"{ring}_mask"] = self._enlarge(ring, (low, high, mask), room)

    def _ensure_applied(self, room: int) -> None:
        control = self.control
        latency.make_applied_room(self.handle)
        free, mask, high = int(control["applied_room"]), int(control["applied_mask"]), int(control["applied_high"])
        if control["listings"] and free < room:
            control["applied_mask"] = self._enlarge("applied", (high - (mask + 1 - free), high, mask), room)
            latency.make_applied_room(self.handle)

    def _enlarge(self, ring: str, span: tuple[int, int, int], room: int) -> int:
        """Replace a ring by one with at least ``room`` more places; its new mask."""
        low, high, mask = span
        old = self.memory[ring]
        size = 1 << int(high - low + room + 1).bit_length()
        new = np.zeros(size, old.dtype)
        numbers = np.arange(low, high)
        new[numbers & (size - 1)] = old[numbers & mask]
        self.memory.put(ring, new)
        return size - 1

    def put(self, table: str, array: NDArray[Any]) -> None:
        """Replace a table."""
        self.memory.put(table, array)
