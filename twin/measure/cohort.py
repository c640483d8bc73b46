"""The cohort: demand of the observation window, followed to the end of the run, and observations made in the window.

Every KPI is a function of this object and of nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, wraps
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from twin.core.errors import InvariantError, ResultsError
from twin.journal.orders import LET_DOWN, PROMISED, Cause, Refusal, Status
from twin.journal.tables import NONE
from twin.measure.read import Journal, open_journal
from twin.scenario.scenario import Scenario

Mask = NDArray[np.bool_]
Integers = NDArray[np.int64]
T = TypeVar("T")

_PICKED: Final = (Status.SUPPLIED, Status.READY, Status.NOT_COLLECTED)
_KEPT_BYTES: Final = 4
"""Wider columns (instants, identities) are read again each time: memory matters more than a few milliseconds."""


@dataclass(frozen=True)
class Rows:
    """Rows of a table whose instant ``clock`` lies in ``[start_us, end_us)``; columns are read when asked for."""

    journal: Journal
    table: str
    clock: str
    start_us: int
    end_us: int
    leaving_out: tuple[str, int] | None = None
    """A column, and the value of it whose rows do not count."""
    _read: dict[str, NDArray[Any]] = field(default_factory=dict, repr=False, compare=False)

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name in self._read:
            return self._read[name]
        values = self.journal.column(self.table, name)[self._inside]
        if values.itemsize <= _KEPT_BYTES:
            self._read[name] = values
        return values

    @cached_property
    def _inside(self) -> Mask:
        instants: Integers = self.journal.column(self.table, self.clock)
        inside = (instants >= self.start_us) & (instants < self.end_us)
        if self.leaving_out is not None:
            column, value = self.leaving_out
            inside &= self.journal.column(self.table, column) != value
        return np.asarray(inside)

    @property
    def size(self) -> int:
        """Number of rows inside."""
        return int(np.count_nonzero(self._inside))


@dataclass(frozen=True)
class Cohort:
    """What one run's journal says about its observation window. Times in microseconds."""

    journal: Journal
    channels: tuple[str, ...]
    own_channels: tuple[int, ...]
    """Places in ``channels`` of those that the retailer runs itself: all but the marketplaces."""
    start_us: int
    end_us: int
    horizon_us: int
    release_target_us: int
    """How long after its acceptance an order is released on time."""
    refund_target_us: int
    """How long after it was due a refund is posted on time."""
    ready_target_us: int
    """How long after its acceptance an order for pickup is ready on time."""
    ship_within_us: tuple[int, ...]
    """By channel: how long after its acceptance a marketplace's order is shipped in time; 0: nobody asks."""
    backorder_promise_us: int
    """How long after a line was short its customer is told to wait, where the arm offers that."""
    release_cycle_us: tuple[int, int] | None = None
    """Interval and phase of the jobs that release orders; ``None`` where each is released by itself."""
    kept: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """What :func:`once` has worked out."""

    @cached_property
    def lines(self) -> Rows:
        """First-attempt online lines demanded in the window, the same in every arm; a cart that was left is none."""
        return Rows(
            self.journal, "lines", "t_demand", self.start_us, self.end_us, leaving_out=("status", int(Status.LEFT))
        )

    @cached_property
    def orders(self) -> Rows:
        """Carts opened in the window."""
        return self._rows("orders", "t_demand")

    @cached_property
    def sagas(self) -> Rows:
        """Sagas that began in the window."""
        return self._rows("sagas", "t_begin")

    @cached_property
    def returns(self) -> Rows:
        """Goods handed in in the window."""
        return self._rows("returns", "t_received")

    @cached_property
    def refunds(self) -> Rows:
        """Claims due in the window."""
        return self._rows("refunds", "t_due")

    @cached_property
    def counts(self) -> Rows:
        """Counts of stock that ended in the window."""
        return self._rows("counts", "t_end")

    @cached_property
    def transfers(self) -> Rows:
        """Stock that stores sent each other in the window."""
        return self._rows("transfers", "t_sent")

    @cached_property
    def closes(self) -> Rows:
        """Closes of the books that took place in the window."""
        return self._rows("closes", "t")

    @cached_property
    def exceptions(self) -> Rows:
        """What closes of the window listed."""
        return self._rows("exceptions", "t_listed")

    @cached_property
    def censuses(self) -> Rows:
        """What was on the stores' shelves at the beginning of each day of the window."""
        return self._rows("censuses", "t")

    @cached_property
    def collections(self) -> Rows:
        """Orders that were ready for their customers in the window."""
        return self._rows("collections", "t_ready")

    @cached_property
    def errands(self) -> Rows:
        """What checkouts asked of other systems in the window, before their payments."""
        return self._rows("errands", "t_asked")

    @cached_property
    def notices(self) -> Rows:
        """Messages to customers about what happened in the window."""
        return self._rows("notices", "t")

    @cached_property
    def supplies(self) -> Rows:
        """Orders of DCs to suppliers, made in the window."""
        return self._rows("supplies", "t_ordered")

    @cached_property
    def absences(self) -> Rows:
        """Absences of pickers that began in the window."""
        return self._rows("absences", "t")

    @cached_property
    def parcels(self) -> Rows:
        """Parcels that left, or were ready in a store, of orders demanded in the window."""
        return self._rows("parcels", "t_demand")

    @cached_property
    def picked_parcels(self) -> Rows:
        """Parcels of which something was found in the window."""
        return self._rows("parcels", "t_pick")

    @cached_property
    def mispriced(self) -> Rows:
        """Lines demanded in the window that were accepted while prices differed, or lost over that."""
        return self._rows("mispriced", "t_demand")

    @cached_property
    def till_gaps(self) -> Rows:
        """Times of the window in which tills had another price than the list; they do not reach beyond it."""
        return self._rows("till_gaps", "t_from")

    @cached_property
    def scrapes(self) -> Rows:
        """Observations of the ledgers made in the window."""
        return self._rows("scrapes", "t")

    def whole(self, table: str, clock: str) -> Rows:
        """Rows of the whole run, warm-up and follow-up included."""
        return Rows(self.journal, table, clock, 0, self.horizon_us)

    def _rows(self, table: str, clock: str) -> Rows:
        return Rows(self.journal, table, clock, self.start_us, self.end_us)

    @cached_property
    def flows(self) -> dict[str, int]:
        """Totals over the whole run, by the names of :class:`twin.journal.totals.Flow` in lower case."""
        names, values = (self.journal.column("flows", column) for column in ("name", "value"))
        return {str(name): int(value) for name, value in zip(names, values, strict=True)}

    @cached_property
    def fates(self) -> dict[tuple[int, int], int]:
        """Messages by feed (:class:`twin.journal.totals.FeedName`) and fate at the end (`Fate` there)."""
        columns = (self.journal.column("fates", column).tolist() for column in ("feed", "fate", "messages"))
        return {(feed, fate): messages for feed, fate, messages in zip(*columns, strict=True)}

    @cached_property
    def latency(self) -> dict[str, NDArray[Any]]:
        """Histograms of movements made in the window: one row per measure, channel and bin."""
        return {name: self.journal.column("latency", name) for name in ("measure", "channel", "bin", "count")}

    @cached_property
    def accepted(self) -> Mask:
        """Lines that were promised, whatever became of them."""
        return np.isin(self.lines["status"], PROMISED)

    @cached_property
    def still_open(self) -> Mask:
        """Lines promised and neither supplied, nor cancelled, nor oversold when the run ended."""
        return np.asarray((self.lines["status"] == Status.ACCEPTED) & ~self.oversold)

    @cached_property
    def oversold(self) -> Mask:
        """Lines promised and not supplied as promised for lack of stock: cancelled, or late."""
        return np.asarray(self.lines["t_short"] != NONE)

    @cached_property
    def oversold_cancelled(self) -> Mask:
        """Oversold lines that the customer did not get."""
        return self.oversold & np.isin(self.lines["status"], LET_DOWN)

    @cached_property
    def substituted(self) -> Mask:
        """Oversold lines whose customer took another item."""
        return np.asarray(self.lines["substitute"] != NONE)

    @cached_property
    def picked(self) -> Mask:
        """Lines whose units were found, whether the customer collected them or not."""
        return np.isin(self.lines["status"], _PICKED)

    @cached_property
    def not_collected(self) -> Mask:
        """Lines that were ready in a store and that the customer did not come for in time."""
        return np.asarray(self.lines["status"] == Status.NOT_COLLECTED)

    @cached_property
    def supplied(self) -> Mask:
        """Lines supplied, as promised or late; not those that still wait in a store for their customer."""
        return np.asarray(self.lines["status"] == Status.SUPPLIED)

    @cached_property
    def refused(self) -> Mask:
        """Lines that the customer was told no to, or whose call failed."""
        return np.asarray(self.lines["status"] == Status.REFUSED)

    @cached_property
    def false_oos(self) -> Mask:
        """Lines refused although the truth could have backed them."""
        return np.asarray(self.lines["false_oos"] != 0)

    @cached_property
    def under_way(self) -> Mask:
        """Orders of which at least one line was still open when the run ended."""
        return np.isin(self.orders["order"], self.lines["order"][self.still_open])

    @cached_property
    def price_cents(self) -> Integers:
        """What each line costs: the price that its customer pays, or would have, times quantity."""
        return self.at_price(self.lines, "price_cents")

    @cached_property
    def margin_cents(self) -> Integers:
        """Gross margin of each line: price of the units that were ordered less cost of those that are sent."""
        return self.price_cents - self.worth_cents(self.lines, "cost_cents", sent=True)

    def at_price(self, rows: Rows, column: str) -> Integers:
        """What each row's units cost at the row's own price of a unit."""
        return np.asarray(rows[column].astype(np.int64) * rows["quantity"])

    def worth_cents(self, rows: Rows, name: str, *, sent: bool = False) -> Integers:
        """What each row's units are worth: ``name`` is price_cents or cost_cents; ``sent``: those of the substitute."""
        each, sku = self._skus[name], rows["sku"]
        sku = np.where(rows["substitute"] == NONE, sku, rows["substitute"]) if sent else sku
        if sku.size and not 0 <= int(sku.min()) <= int(sku.max()) < each.size:
            path = self.journal.path("skus")
            raise ResultsError(f"{path}: a line wants SKU {int(sku.max())}, the table has {each.size} SKUs")
        return np.asarray(each[sku] * rows["quantity"].astype(np.int64))

    @cached_property
    def _skus(self) -> dict[str, Integers]:
        if not np.array_equal(sku := self.journal.column("skus", "sku"), np.arange(sku.size)):
            raise ResultsError(f"{self.journal.path('skus')}: column 'sku' must count 0, 1, 2, ...")
        return {name: self.journal.column("skus", name).astype(np.int64) for name in ("price_cents", "cost_cents")}


def once(function: Callable[[Cohort], T]) -> Callable[[Cohort], T]:
    """The function, worked out once for each cohort: several KPIs are made from the same pieces."""

    @wraps(function)
    def kept(cohort: Cohort) -> T:
        name = f"{function.__module__}.{function.__qualname__}"
        if name not in cohort.kept:
            cohort.kept[name] = function(cohort)
        value: T = cohort.kept[name]
        return value

    return kept


def cohort_of(folder: Path, scenario: Scenario, arm: str) -> Cohort:
    """The cohort of the run of ``arm`` whose journal lies in ``folder``.

    Raises :class:`ResultsError` if the folder holds no such journal, :class:`InvariantError` if it contradicts itself.
    """
    if arm not in scenario.arms:
        raise ResultsError(f"{folder}: {arm!r} is not an arm of scenario {scenario.name!r}")
    calendar, channels, release = scenario.calendar, scenario.demand.channels, scenario.arms[arm].release
    cohort = Cohort(
        journal=open_journal(folder),
        channels=tuple(channels),
        own_channels=tuple(place for place, channel in enumerate(channels.values()) if channel.kind != "marketplace"),
        start_us=calendar.warm_up,
        end_us=calendar.warm_up + calendar.window,
        horizon_us=calendar.horizon_us,
        release_target_us=scenario.experiment.release_target,
        refund_target_us=scenario.experiment.refund_target,
        ready_target_us=scenario.experiment.ready_target,
        ship_within_us=tuple(channel.ship_within for channel in channels.values()),
        backorder_promise_us=scenario.arms[arm].sourcing.shortage.promise,
        release_cycle_us=(release.interval, release.phase) if release.mode == "batch" else None,
    )
    _check_consistent(cohort)
    return cohort


def _check_consistent(cohort: Cohort) -> None:
    """Refuse a journal whose parts would not sum to their total: a line without its cause or its reason."""
    lines = cohort.lines
    unbacked = np.isin(lines["refusal"], (Refusal.NONE, Refusal.NO_STOCK))
    laws = {
        "every oversold line has one cause": cohort.oversold & ~_known(lines["cause"], Cause),
        "only an oversold line has a cause": ~cohort.oversold & (lines["cause"] != Cause.NONE),
        "a line that is cancelled for lack of stock is oversold": (lines["status"] == Status.OVERSOLD)
        & ~cohort.oversold,
        "only a line that was promised is oversold": cohort.oversold & ~cohort.accepted,
        "only an oversold line has a substitute": cohort.substituted & ~cohort.oversold,
        "only a refused line is a false out-of-stock": cohort.false_oos & ~cohort.refused,
        "a false out-of-stock has a reason other than stock": cohort.false_oos
        & (unbacked | ~_known(lines["refusal"], Refusal)),
        "a line's channel is one of the scenario": (lines["channel"] < 0) | (lines["channel"] >= len(cohort.channels)),
    }
    for law, broken in laws.items():
        if broken.any():
            raise InvariantError(f"journal: {law}: broken by {_first(lines, broken)} and {int(broken.sum()) - 1} more")


def _known(values: NDArray[Any], names: type[Cause] | type[Refusal]) -> Mask:
    """Which values are names of the enumeration other than NONE (0)."""
    return (values > 0) & (values < len(names))


def _first(lines: Rows, broken: Mask) -> str:
    index = int(np.argmax(broken))
    return f"line {int(lines['line'][index])} of order {int(lines['order'][index])}"
