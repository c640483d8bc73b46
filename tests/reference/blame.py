"""Why a line was refused, and why it was oversold (docs/model.md, section 9)."""

from __future__ import annotations

from collections.abc import Callable

from tests.reference.channels import VIEW
from tests.reference.clock import NOW
from tests.reference.ledgers import Pair, Trail
from tests.reference.orderlines import Line
from tests.reference.shop import Shop
from twin.journal.orders import Cause, Refusal


def offered(line: Line, view: Callable[[Pair], int], *, own: int = 0, buffered: bool = True) -> int:
    """F with the views replaced, leaving out ``own`` units that the line itself has reserved at its pair."""
    total = 0
    for pair in line.scope():
        mine = own if pair is line.pair else 0
        total += pair.free_if(view(pair) + mine) if buffered else pair.left_if(view(pair) + mine)
    return total


def as_it_is(pair: Pair) -> int:
    return pair.view


def told_all(pair: Pair) -> int:
    """The view, had every movement on its way been delivered."""
    return pair.on_hand + pair.err + pair.lost + pair.extra


def without_loss(pair: Pair) -> int:
    """The view, had no message gone missing; what is still reserved over it counts as if it were in the view."""
    return pair.view - pair.lost + pair.resv_lost


def without_duplicates(pair: Pair) -> int:
    """The view, had every message been applied once and in order; likewise."""
    return pair.view - pair.extra + pair.resv_extra


def without_error(pair: Pair) -> int:
    """The view, were the record right."""
    return pair.view - pair.err


def false_out_of_stock(line: Line) -> bool:
    """Whether the truth could have supplied a refused line."""
    somewhere = any(pair.on_hand - pair.promised >= line.quantity for pair in line.scope())
    return somewhere and line.backed() >= line.quantity


def refusal_reason(line: Line, now: int) -> Refusal:
    """The first correction that alone lets a line refused for stock pass."""
    if not line.asked:
        return Refusal.LIMITED
    short = line.quantity - line.belief - line.withheld
    f = offered(line, as_it_is)
    held_back = 0 if line.bound else line.channel.held_back(line.sku)
    if held_back + offered(line, as_it_is, buffered=False) - f >= short:
        return Refusal.BUFFER
    short = line.quantity - line.belief
    if max(0, _set_aside_for_nobody(line)) >= short:
        return Refusal.HOLD
    if offered(line, told_all) - f + _copy_behind(line, now) >= short:
        return Refusal.STALE
    if offered(line, without_error) - f >= short:
        return Refusal.RECORD
    if offered(line, without_loss) - f + (0 if line.bound else line.sku.reserved_lost) >= short:
        return Refusal.LOSS
    if offered(line, without_duplicates) - f + (0 if line.bound else line.sku.reserved_extra) >= short:
        return Refusal.DUPLICATE
    return Refusal.JOINT


def _set_aside_for_nobody(line: Line) -> int:
    """Units reserved beyond what orders were promised."""
    spare = sum(pair.resv - pair.promised for pair in line.scope())
    return spare if line.bound else spare + line.sku.reserved - line.sku.unplaced


def _copy_behind(line: Line, now: int) -> int:
    """Units by which the view is ahead of the copy that was asked."""
    if not line.asked_copy:
        return 0
    return max(0, line.sku.offered()) - max(0, line.channel.learnt(line.sku, now))


def without_own(line: Line) -> tuple[int, int, int]:
    """Units that the view has set aside for the line, what the pairs offer without those at them, and what the view
    offers without any of them.
    """
    own = line.quantity if line.in_view > 0 else 0
    f = offered(line, as_it_is, own=own)
    return own, f, f if line.bound else f - line.sku.reserved + (own if line.pair is None else 0)


def backed_by_view(line: Line) -> bool:
    """Whether a line would pass if the view were asked now, its own reservation left aside."""
    return without_own(line)[2] - (0 if line.bound else line.channel.held_back(line.sku)) >= line.quantity


class Blame:
    """Asks for suspects; knows how the arm's movements travel."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._batch = shop.systems.movements.mode == "batch"
        self._outages = shop.outages(shop.systems.movements.system)

    def at_acceptance(self, line: Line) -> None:
        """Name what would have prevented the promise, if the truth does not back it."""
        line.truth = line.backed()
        if line.truth >= line.quantity:
            return
        spare = line.belief - line.quantity  # at the check
        own, f, available = without_own(line)
        lost, extra = (0, 0) if line.bound else (line.sku.reserved_lost, line.sku.reserved_extra)
        refused_now = not backed_by_view(line)
        causes = {
            Cause.DEGRADED: line.unanswered and refused_now,
            Cause.EXPIRED_HOLD: line.lapsed and refused_now,
        }
        if not line.asked:
            _name(line, causes)
            return
        causes |= {
            Cause.RECORD_ERROR: spare < f - offered(line, without_error, own=own),
            Cause.LOSS: spare < f - offered(line, without_loss, own=own) - lost,
            Cause.DUPLICATE: spare < f - offered(line, without_duplicates, own=own) - extra,
            Cause.RACE: spare < max(0, _promised_elsewhere(line, own)),
        }
        if spare < f - offered(line, told_all, own=own):
            causes[self._delay(line.store().trail if line.bound else line.sku.trail)] = True
        if not line.bound and _copy_ahead(line, available):
            causes[self._copy_age(line)] = True
        _name(line, causes)

    def _copy_age(self, line: Line) -> Cause:
        """What kept the channel's copy from showing what the view knew."""
        channel, now = line.channel, self._shop.env.now
        age = channel.staleness(line.sku, now)
        if age and channel.outages.touched(now - age, now):
            return Cause.OUTAGE
        return Cause.BATCH_AGE if channel.publication.mode == "file" else Cause.CHANNEL_CACHE

    def _delay(self, trail: Trail) -> Cause:
        """What held up the movements that the view has not been told of."""
        now = self._shop.env.now
        oldest = trail.oldest(VIEW, NOW)
        if oldest is not None:
            link = self._shop.outages("link", oldest.pair.node.number)
            if self._outages.touched(oldest.t, now) or link.touched(oldest.t, now):
                return Cause.OUTAGE
        return Cause.BATCH_AGE if self._batch else Cause.QUEUE_BACKLOG

    def at_choice(self, line: Line, pair: Pair, promised: int) -> None:
        """Name what would have kept the line away from a pair that cannot supply it; ``promised`` leaves it out."""
        if line.cause:
            return
        if line.suspect and not line.suspect_from_choice:
            return
        line.suspect, line.also = Cause.NONE, 0
        quantity = line.quantity
        if pair.on_hand - promised >= quantity:
            return
        causes = {
            Cause.RECORD_ERROR: pair.left_if(without_error(pair)) < quantity,
            Cause.LOSS: pair.left_if(without_loss(pair)) < min(quantity, pair.have()),
            Cause.DUPLICATE: pair.left_if(without_duplicates(pair)) < min(quantity, pair.have()),
            Cause.RACE: pair.have() - max(0, promised - pair.resv) < quantity,
        }
        if pair.left_if(told_all(pair)) < quantity:
            causes[self._delay(pair.trail)] = True
        _name(line, causes)
        line.suspect_from_choice = True

    def hidden(self, line: Line) -> None:
        """A node has what the line wants, but did not seem to: name what hid it."""
        quantity, causes = line.quantity, {Cause.NONE: False}
        for pair in line.sku.pooled:
            if pair.on_hand - pair.promised < quantity:
                continue
            shown = {
                Cause.RECORD_ERROR: without_error(pair),
                self._delay(pair.trail): told_all(pair),
                Cause.LOSS: without_loss(pair),
                Cause.DUPLICATE: without_duplicates(pair),
            }
            for cause, view in shown.items():
                causes[cause] = causes.get(cause, False) or pair.left_if(view) >= quantity
        _name(line, causes)


def _copy_ahead(line: Line, available: int) -> bool:
    """Whether the channel's copy offered what the view, without the line's own reservation, did not."""
    channel = line.channel
    taken = channel.own.get(line.sku.number, 0) - (line.quantity if line.took_own else 0)
    return available - taken - channel.held_back(line.sku) < line.quantity


def _promised_elsewhere(line: Line, own: int) -> int:
    """Promises that the belief had not been told of."""
    if line.pair is not None:
        return line.pair.promised - line.pair.resv + own
    return line.sku.unplaced - line.sku.reserved + own


def _name(line: Line, causes: dict[Cause, bool]) -> None:
    found = sorted(cause for cause, sufficient in causes.items() if sufficient)
    line.suspect = found[0] if found else Cause.JOINT
    line.also = sum(1 << cause for cause in found[1:])
    line.suspect_from_choice = False


def cause_of(line: Line, left: int, *, at_pair: bool) -> Cause:
    """Why an oversold line was: its suspect, or what happened later."""
    if line.suspect:
        return line.suspect
    scope = [line.store()] if at_pair else line.sku.pooled
    sold, shrunk = gone(scope)
    sold_before, shrunk_before = line.mark if at_pair else line.pool_mark
    if left >= line.quantity:
        whole = at_pair or any(pair.on_hand - pair.promised >= line.quantity for pair in line.sku.pooled)
        return Cause.JOINT if whole else Cause.FRAGMENTED
    if left + sold - sold_before >= line.quantity:
        return Cause.WALK_IN
    if left + sold - sold_before + shrunk - shrunk_before >= line.quantity:
        return Cause.DAMAGE
    return Cause.OTHER_LATER


def gone(pairs: list[Pair]) -> tuple[int, int]:
    """Units sold at the till and vanished, since the start."""
    return sum(pair.sold for pair in pairs), sum(pair.shrunk for pair in pairs)
