"""Beliefs of the reference differ from the truth by what is on its way and by drift, and by nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.reference.cases import CASES, Case
from tests.reference.ledgers import Movement, Pair, Sku
from tests.reference.middleware import Feed
from tests.reference.model import Reference
from tests.reference.orderlines import Line
from tests.reference.refunds import LOST
from twin.journal.books import Document
from twin.journal.orders import Status
from twin.journal.prices import AT_START, Settled
from twin.journal.returns import Claim as Kind
from twin.journal.returns import RefundEnd, ReturnEnd
from twin.journal.tables import NONE, TABLES
from twin.journal.totals import Fate, Flow

TOUGH = [case for case in CASES if case.seed in (4, 9, 16, 19, *range(108, 116), 127, 128, 135, *range(138, 149))]


@pytest.mark.parametrize("case", TOUGH, ids=lambda case: case.name)
def test_beliefs_are_the_truth_but_for_what_is_on_its_way_and_drift(case: Case) -> None:
    scenario, world = case.scenario(), case.world()
    for systems in scenario.arms.values():
        reference = Reference(world, scenario, systems)
        reference.run()
        _check_fates(reference)
        _check_units(reference)
        _check_reservations(reference)
        _check_returns(reference)
        _check_books(reference)
        _check_set_aside(reference)
        _check_couriers(reference)
        _check_promises(reference)
        _check_parcels(reference)
        _check_prices(reference)


def _check_prices(reference: Reference) -> None:
    """Outlets show what was the list price once, events come to one end, and lines cost what was shown or listed."""
    prices, changes = reference.shop.prices, reference.shop.world.prices.changes
    newest = {int(row["sku"]): number for number, row in enumerate(changes)}
    for outlet in prices.outlets:
        for sku, change in outlet.shown.items():
            assert change == AT_START or (changes["sku"][change] == sku and change <= newest[sku])
        if prices.on and outlet.route.mode == "at_once":
            assert outlet.shown == newest
        assert set(outlet.events) <= {"lost", "overtaken", "shown", "under way"}
    gaps = prices.gap_rows()
    assert sum(row[-1] for row in gaps) <= reference.shop.flows[Flow.TILL_UNITS]
    assert all(listed != till and until > since for _, since, until, listed, till, _ in gaps)
    for line in (line for order in reference.orders.placed for line in order.lines if line.tag is not None):
        assert line.price in (line.tag.shown, line.tag.listed) or line.tag.settled == Settled.CORRECTED


def _check_set_aside(reference: Reference) -> None:
    """What was picked for pickups is with its customers, back on the shelf, or behind the counter."""
    waiting: Counter[Pair] = Counter()
    flows, put_aside = reference.shop.flows, 0
    for shelf in reference.orders.sourcing.collection.shelves:
        for line in shelf.lines:
            put_aside += line.quantity
            if shelf.collected == shelf.back == NONE:
                waiting[line.store()] += line.quantity
    for pair in reference.shop.pairs:
        assert pair.set_aside == waiting[pair]
    assert put_aside == flows[Flow.COLLECTED_UNITS] + flows[Flow.RESTOCKED_UNITS] + waiting.total()


def _check_couriers(reference: Reference) -> None:
    """What was picked for today left with a courier, or waits for one; nobody has two parcels at once."""
    drops, flows = reference.orders.today.drops, reference.shop.flows
    left = [drop for drop in drops if drop.left != NONE]
    assert flows[Flow.SAME_DAY_UNITS] == sum(drop.units for drop in drops)
    assert flows[Flow.COURIER_UNITS] == sum(drop.units for drop in left)
    taken = sum(line.quantity for order in reference.orders.placed for line in order.lines if _is_taken(line))
    assert taken == flows[Flow.SAME_DAY_UNITS]
    assert all(drop.ready <= drop.booked <= drop.left < drop.delivered for drop in left)


def _is_taken(line: Line) -> bool:
    return line.today and line.status == Status.SUPPLIED


def _check_promises(reference: Reference) -> None:
    """Promised is what accepted lines are to come from; what is short has a cause, and waits at no node."""
    promised: Counter[Pair | Sku] = Counter()
    waiting = 0
    for order in reference.orders.placed:
        for line in order.lines:
            if line.status == Status.ACCEPTED:
                promised[line.pair or line.sku] += line.quantity
            waiting += line.status == Status.BACKORDERED
            assert bool(line.cause) == (line.t_short != NONE)
            assert line.sku is line.ordered or line.t_short != NONE
    assert all(pair.promised == promised[pair] for pair in reference.shop.pairs)
    assert all(sku.unplaced == promised[sku] for sku in reference.shop.skus)
    flows = reference.shop.flows
    ends = (Flow.BACKORDERS_PLACED, Flow.BACKORDERS_GIVEN_UP, Flow.BACKORDERS_WITHDRAWN)
    assert waiting == flows[Flow.BACKORDERED] + flows[Flow.BACKORDERED_AGAIN] - sum(flows[flow] for flow in ends)


def _check_parcels(reference: Reference) -> None:
    """All that pickers found left in parcels, and no order in more of them than it may."""
    shop, book = reference.shop, reference.orders.sourcing.carrier.book
    units = TABLES["parcels"].names.index("units")  # type: ignore[union-attr]
    assert sum(row[units] for row in book) == shop.flows[Flow.PICKED_UNITS]
    settings = shop.systems.sourcing
    most = 1 if settings.split == "never" else settings.most_parcels
    sent = Counter(order for order, *_ in book)
    assert not most or max(sent.values(), default=0) <= most


def _check_fates(reference: Reference) -> None:
    stock, flows = reference.stock, reference.shop.flows
    assert sum(stock.to_view.fates()) == sum(stock.to_record.fates()) == flows[Flow.MOVEMENTS]
    assert sum(stock.reservations.fates()) == flows[Flow.RESERVE_MESSAGES]
    feeds = (stock.to_view, stock.to_record, stock.reservations)
    applied = [flows[flow] for flow in (Flow.SEEN, Flow.POSTED, Flow.RESERVE_APPLIED)]
    assert applied == [feed.fates()[Fate.APPLIED] for feed in feeds]


def _check_units(reference: Reference) -> None:
    holds = reference.stock.view.holds  # what a snapshot covers is awaited no longer
    unseen, unposted = _on_their_way(reference.stock.to_view, holds), _on_their_way(reference.stock.to_record)
    for pair, start in zip(reference.shop.pairs, reference.shop.world.start.pairs, strict=True):
        told = pair.on_hand + pair.err
        unknown = pair.shrunk + pair.misplaced - pair.unbooked + pair.misbooked + pair.corrected
        assert pair.err == start["error"] + unknown
        assert pair.view == told - unseen[pair] + pair.lost + pair.extra
        assert pair.record == told - unposted[pair] + pair.record_drift


def _on_their_way(feed: Feed, holds: Callable[[Movement], bool] = lambda _: False) -> Counter[Pair]:
    units: Counter[Pair] = Counter()
    for delivery in feed.deliveries:
        if delivery.fate == Fate.IN_FLIGHT and not holds(delivery.message):
            units[delivery.message.pair] += delivery.message.delta
    return units


def _check_reservations(reference: Reference) -> None:
    """What is reserved, and what is not yet settled by picks that were made."""
    told: Counter[Pair | Sku] = Counter()
    for order in reference.orders.placed:
        for line in order.lines:
            if line.reserved and line.status in (Status.OPEN, Status.ABANDONED, Status.LEFT, Status.ACCEPTED):
                told[line.pair or line.sku] += line.quantity
    for delivery in reference.stock.to_view.deliveries:
        if delivery.fate == Fate.IN_FLIGHT:
            told[delivery.message.pair] += delivery.message.settled_reservation()
    for delivery in reference.stock.reservations.deliveries:
        if delivery.fate == Fate.IN_FLIGHT:
            told[delivery.message.pair or delivery.message.line.ordered] -= delivery.message.units
    for pair in reference.shop.pairs:
        assert pair.resv == told[pair] + pair.resv_lost + pair.resv_extra
    for sku in reference.shop.skus:
        assert sku.reserved == told[sku] + sku.reserved_lost + sku.reserved_extra


def _check_returns(reference: Reference) -> None:
    """What came back is on a shelf, given up or on its way; who was let down has a claim; nothing is paid unasked."""
    goods, claims = reference.returns.all, reference.refunds.claims
    if not reference.refunds.are_on:
        assert not goods
        assert not claims
        return
    shelved = sum(each.units for each in goods if each.outcome == ReturnEnd.RESTOCKED)
    assert shelved == reference.shop.flows[Flow.RETURNED_UNITS]
    assert all((each.end >= 0) == (each.outcome != ReturnEnd.LIMBO) for each in goods)
    lost = {
        (line.order, line.number) for order in reference.orders.placed for line in order.lines if line.status in LOST
    }
    assert {(claim.order, claim.line) for claim in claims if claim.kind == Kind.CANCELLED} == lost
    owed = {claim.number for claim in claims if claim.outcome == RefundEnd.POSTED}
    assert owed <= {claim.number for claim in claims if reference.refunds.payments(claim)}
    denied = [claim for claim in claims if claim.outcome in (RefundEnd.DENIED, RefundEnd.RECOGNISED)]
    assert not any(reference.refunds.payments(claim) for claim in denied)


def _check_books(reference: Reference) -> None:
    """The ERP has what was there at the start, what it was told once, and what people booked by hand; money adds up."""
    posting = reference.shop.systems.posting
    if posting.content == "delta" and posting.consumers.idempotent:
        told: Counter[tuple[int, int]] = Counter()
        for delivery in reference.stock.to_record.deliveries:
            if delivery.fate == Fate.APPLIED:
                told[_place(delivery.message.pair)] += delivery.message.delta
        for _, _, document, node, sku, *_, corrected in reference.books.rows():
            if document == Document.STOCK:
                told[node, sku] += corrected
        for pair, start in zip(reference.shop.pairs, reference.shop.world.start.pairs, strict=True):
            assert pair.record == start["on_hand"] + start["error"] + told[_place(pair)]
    for row in reference.books.closes:
        close = dict(zip(TABLES["closes"].names or (), row, strict=True))
        for unit in ("units", "cents"):
            why = close[f"late_{unit}"] + close[f"dead_{unit}"] + close[f"missing_{unit}"] - close[f"repeated_{unit}"]
            assert close[f"operations_{unit}"] - close[f"finance_{unit}"] == why
        assert close["accepted_cents"] >= close["supplied_cents"] + close["let_down_cents"]


def _place(pair: Pair) -> tuple[int, int]:
    return pair.node.number, pair.sku.number
