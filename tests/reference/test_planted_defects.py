from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.reference.agree import DIFFERS
from tests.reference.cases import CASES

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Defect:
    """A small mistake in a file of the twin."""

    name: str
    file: str
    right: str
    wrong: str
    shown_in: str = "as-shipped"
    """The case that is looked at first, to lose no time."""


DEFECTS = (
    Defect(
        "a-slow-link-does-not-hold-up-the-lane",
        "kernels/lanes",
        "earliest = max(earliest, _arrival(consumer, row))",
        "earliest = max(earliest, row.sent) + _arrival(consumer, row) - row.sent",
    ),
    Defect(
        "a-copy-holds-what-order-steps-did-at-its-instant",
        "kernels/sending",
        "    settle(handle, s, t)",
        "    settle(handle, s, t - 1)",
    ),
    Defect(
        "a-message-that-has-arrived-is-taken-for-the-oldest",
        "kernels/topics",
        "fate_of(moves(handle)[number & c.moves_mask], who) != 0",
        "fate_of(moves(handle)[number & c.moves_mask], who) == 1",
    ),
    Defect(
        "a-receipt-does-not-unblock",
        "kernels/applying",
        "        set_blocked(handle, row.pair, 0, t - 1)\n    count_visibility",
        "        pass\n    count_visibility",
    ),
    Defect(
        "a-refresh-is-visible-at-once",
        "kernels/publication",
        "copy.live = value if last > due else copy.staged",
        "copy.live = value",
    ),
    Defect(
        "sales-during-an-extract-are-forgotten",
        "kernels/publication",
        "copy.staged_own = max(0, copy.staged_own + units)",
        "copy.staged_own = 0",
    ),
    Defect(
        "a-listing-of-changes-forgets-what-the-channel-sold",
        "kernels/publication",
        "value == copy.live and copy.live_own == 0",
        "value == copy.live",
        shown_in="in-deltas",
    ),
    Defect(
        "a-feed-does-not-wait-for-the-one-before",
        "model/listings",
        "max(self._submit(extract), live)",
        "self._submit(extract)",
        shown_in="in-feeds",
    ),
    Defect(
        "a-listing-has-its-limit-for-itself",
        "model/listings",
        "self._submitted: deque[int] = deque(maxlen=publication.feeds)",
        "self._submitted: deque[int] = deque(maxlen=2 * publication.feeds)",
        shown_in="in-feeds",
    ),
    Defect("a-hold-is-released-without-lag", "kernels/holding", "now + c.ttl + c.expiry_lag", "now + c.ttl"),
    Defect("calls-do-not-queue", "kernels/calls", "max(ready, servers(handle)[server])", "ready"),
    Defect(
        "one-re-brokering-too-few",
        "kernels/declining",
        "short_picks > control(handle)[0].rebroker",
        "short_picks >= control(handle)[0].rebroker",
    ),
    Defect(
        "short-shipments-stay-on-order",
        "kernels/supply",
        "p, booked, ordered, review <<",
        "p, booked, booked, review <<",
    ),
    Defect(
        "blame-forgets-the-record-error",
        "kernels/truth",
        "pair.viewed - pair.error",
        "pair.viewed",
    ),
    Defect(
        "a-throttle-counts-from-when-an-order-came",
        "kernels/calls",
        "station.next = start + station.gap",
        "station.next = ready + station.gap",
    ),
    Defect(
        "a-service-is-as-slow-as-when-it-was-asked-for",
        "kernels/calls",
        "paced(handle, station.outage, start, duration)",
        "paced(handle, station.outage, ready, duration)",
    ),
    Defect("the-oldest-are-the-newest", "model/station", "newest_first else 1", "newest_first else -1"),
    Defect(
        "a-file-is-begun-while-it-is-written", "model/station", "        if joins > now:", "        if joins < now:"
    ),
    Defect(
        "a-queue-of-priorities-is-never-throttled", "model/station", "self._next = now + self._gap", "self._next = now"
    ),
    Defect("who-has-no-priority-comes-first", "model/release", "_LAST: Final = 1 << 62", "_LAST: Final = -1"),
    Defect(
        "a-channel-s-class-wins-over-a-mode-s",
        "model/release",
        "min(given.get(channel, _LAST), given.get(mode, _LAST))",
        "given.get(channel, given.get(mode, _LAST))",
    ),
    Defect("a-queue-of-priorities-is-never-slow", "model/release", "self.slow.paced(duration, start)", "duration"),
    Defect(
        "calls-of-an-earlier-state-decide-about-the-probes",
        "model/breaker",
        "if permit != self._state or self.until is not None:",
        "if self.until is not None:",
    ),
    Defect(
        "a-token-of-the-bucket-is-not-taken",
        "model/limits",
        "self._filled(now) - CALL, now",
        "self._filled(now), now",
    ),
    Defect(
        "the-last-who-waits-passes-first",
        "model/limits",
        "self._waiting.popleft()",
        "self._waiting.pop()",
    ),
    Defect(
        "the-refused-come-back-when-they-like",
        "model/calling",
        "max(pause, gateway.retry_after(customer.channel, now))",
        "pause",
    ),
    Defect(
        "patience-begins-when-the-call-has-passed",
        "model/entry",
        "Admission(_NONE, now, turn.called_at)",
        "Admission(_NONE, turn.called_at, turn.called_at)",
    ),
    Defect(
        "a-token-lives-from-the-call-for-it",
        "model/tokens",
        "self.valid = self.fetch.end + lifetime",
        "self.valid = now + lifetime",
    ),
    Defect(
        "people-are-never-busy",
        "model/versions",
        "max(work.ready, free[0])",
        "work.ready",
    ),
    Defect(
        "what-a-snapshot-covers-is-missed-all-the-same",
        "kernels/applying",
        "if row.held == 0:  # else",
        "if row.held >= 0:  # else",
    ),
    Defect(
        "dead-letters-are-not-covered",
        "model/reloads",
        'dead["held"][mine[pairs[dead["pair"][mine]]]] = 1',
        "pass",
    ),
    Defect(
        "replay-begins-at-the-load",
        "model/reloads",
        'views + memory["drifts"]["since"][snapshot.pairs]',
        "views + 0",
    ),
    Defect(
        "the-view-goes-on-waiting-for-what-a-snapshot-holds",
        "kernels/reloads",
        "        let_go(handle, p)",
        "        pass",
    ),
    Defect(
        "an-allotment-is-never-used-up",
        "kernels/checkout",
        "        quotas(handle)[first + line.sku] -= line.quantity",
        "        pass",
        "sold-by-allotment",
    ),
    Defect(
        "what-dcs-are-to-supply-comes-from-stores",
        "kernels/barring",
        "order.dc_only != 0 and",
        "order.dc_only > 1 and",
        "sold-from-dcs",
    ),
    Defect(
        "what-is-confirmed-is-not-reserved",
        "kernels/confirming",
        "            _set_aside(handle, line, now)\n",
        "            pass\n",
        "confirmed-later",
    ),
    Defect(
        "a-buffer-does-not-grow",
        "model/fallbacks",
        'row["withheld"] = grown',
        'row["quota"] = grown',
        "random-6",
    ),
    Defect(
        "all-channels-are-shed",
        "model/fallbacks",
        "priorities.get(name, 0) >= fallback.below",
        "priorities.get(name, 0) > fallback.below",
        "random-6",
    ),
    Defect(
        "calls-of-long-ago-still-count",
        "model/observed",
        "if t > now - span]",
        "if t > now - self._span]",
        "random-10",
    ),
    Defect(
        "who-comes-after-the-end-waits-for-another",
        "model/orders",
        "if rule.on(customer.channel):\n            rule.taken",
        "if rule.reconfirms:\n            rule.taken",
        "checked-again",
    ),
    Defect(
        "whoever-waits-to-be-confirmed-is-too-patient",
        "model/orders",
        "now + rule.fallback.confirm_within",
        "now + 2 * rule.fallback.confirm_within",
        "confirmed-later",
    ),
    Defect("a-fallback-ends-before-its-time", "model/fallbacks", "dwell=fallback.dwell", "dwell=0", "random-2"),
    Defect(
        "what-a-lost-member-had-begun-is-kept",
        "kernels/lane_faults",
        "if lane.kept == lane.head:",
        "if lane.kept == lane.head and first == NIL:",
        shown_in="random-221",
    ),
    Defect(
        "the-last-of-equal-members-is-handed-the-message",
        "kernels/queues",
        "lane.out == 0 and lane.size < fewest",
        "lane.out == 0 and lane.size <= fewest",
    ),
    Defect(
        "one-delivery-too-many",
        "kernels/queues",
        "ticket.times >= consumer.delivery_limit",
        "ticket.times > consumer.delivery_limit",
    ),
    Defect(
        "what-is-taken-back-is-broken-off",
        "kernels/queues",
        "begun = lane.ghost == NIL and lane.start < t",
        "begun = lane.ghost == NIL and lane.start < 0",
    ),
    Defect(
        "a-late-acknowledgement-does-nothing-to-the-view",
        "kernels/queues",
        "            _conclude(handle, who, ghost, outcome, t)",
        "            pass",
    ),
    Defect(
        "every-pause-has-the-luck-of-the-first",
        "model/gateway",
        "attempt | retry << RETRY_SHIFT",
        "attempt",
    ),
    Defect(
        "positions-are-never-committed",
        "kernels/lanes",
        "if interval > 0 else now\n        lane.committed = NIL",
        "if interval > 0 else now",
    ),
    Defect(
        "a-message-that-was-held-back-is-kept-since-it-was-sent",
        "kernels/lanes",
        "lane.start - entered(row, who) > consumer.retention",
        "lane.start - row.sent > consumer.retention",
        shown_in="random-4",
    ),
    Defect(
        "what-is-sold-online-overtakes-the-head",
        "kernels/lanes",
        "        place = lane.head if lane.high == NIL else lane.high\n",
        """\
        if lane.high == NIL and lane.committed == NIL and lane.repeated == 0 and lane.start > row.sent:
            link(handle, who, number, lane.head)
            lane.head = number
            begin(handle, who, k, 0)
            return
        place = lane.head if lane.high == NIL else lane.high
""",
        shown_in="random-1",
    ),
    Defect(
        "what-is-sold-online-overtakes-its-like",
        "kernels/lanes",
        "place = lane.head if lane.high == NIL else lane.high",
        "place = lane.head",
        shown_in="random-1",
    ),
    Defect(
        "a-cooperative-group-stalls-as-a-whole",
        "model/lanes",
        'eager=settings.protocol == "eager"',
        "eager=True",
    ),
    Defect("a-redrive-has-no-rate", "kernels/letters", "floor, lane.last + consumer.redrive_gap)", "floor, lane.last)"),
    Defect(
        "a-full-partition-drops-its-head",
        "kernels/lanes",
        """\
    second = follower(handle, who, lane.head)
    link(handle, who, lane.head, follower(handle, who, second))
""",
        """\
    second = lane.head
    lane.head = follower(handle, who, second)
""",
        shown_in="random-2",
    ),
    Defect(
        "an-old-level-is-applied-by-versioned-consumers",
        "kernels/applying",
        "consumer.versioned != 0 and number < drift.latest:",
        "consumer.versioned < 0 and number < drift.latest:",
        shown_in="superseded",
    ),
    Defect(
        "copies-are-not-handled",
        "kernels/lanes",
        "lane.repeated < row.copies",
        "lane.repeated < 0",
        shown_in="applied-twice",
    ),
    Defect(
        "whoever-is-not-idempotent-is-all-the-same",
        "kernels/applying",
        "if consumers(handle)[who].idempotent != 0:",
        "if consumers(handle)[who].idempotent >= 0:",
        shown_in="applied-twice",
    ),
    Defect(
        "what-was-not-confirmed-is-not-sent-again",
        "kernels/sending",
        "return row.t + c.resend if c.confirmed != 0 else NEVER",
        "return NEVER",
    ),
    Defect(
        "an-outbox-is-sent-newest-first",
        "kernels/sending",
        """\
        box.head = number
    else:
        moves(handle)[box.tail & mask].next = number
    box.tail = number
""",
        """\
        box.tail = number
    else:
        moves(handle)[number & mask].next = box.head
    box.head = number
""",
        shown_in="cut-off",
    ),
    Defect(
        "a-replay-begins-with-the-last-commit",
        "kernels/lane_faults",
        "    first = lanes(handle)[k].kept\n",
        "    first = lanes(handle)[k].committed\n",
        shown_in="replayed",
    ),
    Defect(
        "what-was-skipped-stays-lost-after-a-replay",
        "kernels/applying",
        "fate == _LOST and consumers(handle)[who].replays != 0",
        "fate == _LOST and consumers(handle)[who].replays > 1",
        shown_in="replayed",
    ),
    Defect(
        "what-was-made-good-still-counts-as-never-seen",
        "kernels/applying",
        "        count_after_all(handle, who, row)\n",
        "        pass\n",
        shown_in="replayed",
    ),
    Defect(
        "a-blocked-lane-goes-on-before-the-repair",
        "kernels/lanes",
        "and trouble.repaired > at",
        "and min(trouble.repaired, trouble.end) > at",
        shown_in="blocked",
    ),
    Defect(
        "a-repair-wakes-lanes-that-wait-for-another",
        "kernels/lane_faults",
        "if lane.head == NIL or not strikes(trouble, message_of(handle, who, lane.head)):",
        "if lane.head == NIL:",
        shown_in="blocked-too-long",
    ),
    Defect(
        "a-blocked-lane-goes-on-at-any-repair",
        "kernels/lane_faults",
        """\
        begin(handle, who, k, now)
""",
        """\
        waited = lane.outcome == _WAIT
        begin(handle, who, k, now)
        if waited and lane.outcome == _WAIT:
            lane.outcome, dues(handle)[k] = 0, lane.start
""",
        shown_in="blocked-too-long",
    ),
    Defect(
        "a-trouble-hits-what-is-made-after-its-repair",
        "kernels/topics",
        "        trouble.end = min(trouble.end, now)\n",
        "        trouble.end = trouble.end\n",
        shown_in="told-of-losses",
    ),
    Defect(
        "an-alert-tells-of-what-began-after-it",
        "model/incidents",
        "if incident.start <= since and now",
        "if incident.start <= now and now",
        shown_in="watched-and-blocked",
    ),
    Defect(
        "an-alert-tells-of-other-feeds",
        "model/incidents",
        "and incident.moves(feed):",
        "and incident.moves(NONE):",
        shown_in="told-of-losses",
    ),
    Defect(
        "what-an-alert-told-of-is-repaired-when-people-would-have",
        "model/incidents",
        "        due = now + max(1, incident.repair)",
        "        due = incident.due + max(1, incident.repair)",
        shown_in="watched-and-redriven",
    ),
    Defect(
        "what-is-missing-is-missing-at-every-check",
        "model/alerts",
        "return missed - before",
        "return missed",
        shown_in="told-of-losses",
    ),
    Defect(
        "a-file-does-not-explain-its-interval",
        "model/alerts",
        "longest += settings.interval if",
        "longest += 0 * settings.interval if",
        shown_in="watched-and-blocked",
    ),
    Defect(
        "an-order-that-was-never-released-is-forgotten",
        "kernels/topics",
        "settled = settled and over",
        "settled = settled and (over or order.t_accept == NIL)",
        shown_in="watched-and-redriven",
    ),
    Defect(
        "an-alert-ends-as-soon-as-its-condition",
        "model/alerts",
        "hold=rule.hold, calm=calm",
        "hold=rule.hold, calm=0",
        shown_in="watched-and-blocked",
    ),
    Defect(
        "a-redriven-pick-is-not-traced",
        "kernels/applying",
        "    dead(handle)[c.letters] = row\n",
        "    dead(handle)[c.letters] = row\n    dead(handle)[c.letters].line = NIL\n",
        shown_in="watched-and-redriven",
    ),
    Defect(
        "a-wave-is-traced-from-the-acceptance",
        "model/traces",
        "self._waves.pop((order, wave)) if wave else",
        "self._waves.pop((order, wave)) if wave < 0 else",
        shown_in="watched-and-redriven",
    ),
    Defect(
        "a-time-out-undoes-the-effect",
        "model/participants",
        "        if carried_out:\n",
        "        if carried_out and done - now <= 60_000_000:\n",
        shown_in="orchestrated",
    ),
    Defect(
        "a-key-is-remembered-for-ever",
        "policies/sagas",
        "if known_until is None or t >= known_until:",
        "if known_until is None or not lifetime:",
        shown_in="random-1",
    ),
    Defect(
        "steps-are-undone-the-first-first",
        "model/saga",
        "for step in reversed(self._steps[: tale.failed]):",
        "for step in self._steps[: tale.failed]:",
        shown_in="orchestrated",
    ),
    Defect(
        "sagas-go-on-while-their-orchestrator-is-down",
        "model/coordination",
        'self._up = Spans.of_outages(works.world, "orchestrator").up',
        "self._up = Spans(()).up",
        shown_in="orchestrated",
    ),
    Defect(
        "a-trouble-that-ends-before-the-saga-does-is-not-seen",
        "model/clear_run",
        "self._ends[before - 1] > now",
        "self._ends[before - 1] > end",
        shown_in="alone-in-their-sagas",
    ),
    Defect(
        "a-saga-under-way-at-the-end-has-made-all-its-calls",
        "model/clear_run",
        "end >= self._horizon",
        "end >= self._horizon + 3_600_000_000",
        shown_in="alone-in-their-sagas",
    ),
    Defect(
        "a-case-that-has-begun-takes-room",
        "model/participants",
        "while self._starts and self._starts[0] <= now:",
        "while self._starts and self._starts[0] < now - 600_000_000:",
        shown_in="orchestrated",
    ),
    Defect(
        "an-order-that-hangs-is-found-at-once",
        "model/coordination",
        "return found(now, tale.t_begin, sweep=self._settings.sweep, stuck_after=self._settings.stuck_after)",
        "return now",
        shown_in="choreographed",
    ),
    Defect(
        "an-event-that-comes-twice-takes-no-server",
        "model/saga",
        "        step.call(tale, number | COPY, now)\n",
        "        tale.note(step.place | number & UNDO, now)\n",
        shown_in="choreographed",
    ),
    Defect(
        "a-cancelled-order-keeps-its-reservation",
        "kernels/confirming",
        "        _withdraw(handle, line)\n        drop_reservation(handle, row, line, now)\n        end_line",
        "        _withdraw(handle, line)\n        end_line",
        shown_in="orchestrated",
    ),
    Defect(
        "a-refund-does-not-wait-for-the-next-file",
        "model/refunds",
        "        while self._files.cover(file):\n",
        "        while False:\n",
        shown_in="refunded-by-file",
    ),
    Defect(
        "people-pay-again-what-was-paid",
        "model/refunds",
        "            if not claim.has_paid(now):\n",
        "            if claim:\n",
        shown_in="refunded-by-file",
    ),
    Defect(
        "a-second-case-has-a-key-of-its-own",
        "model/claims",
        "return self.number in self.matter.paid(now + 1)",
        "return True",
        shown_in="refunded-once",
    ),
    Defect(
        "a-line-that-is-cancelled-is-not-paid-back",
        "kernels/confirming",
        "        c.let_down += 1\n",
        "",
        shown_in="refunded-once",
    ),
    Defect(
        "an-online-purchase-is-inspected-in-a-store-that-cannot-see-its-order",
        "model/returns",
        "return blind and not self._is_dc",
        "return blind and self._is_dc",
        shown_in="refunded-once",
    ),
    Defect(
        "a-store-asks-the-view-whether-it-needs-what-came-back",
        "model/returns",
        'position, reorder = int(stock["record"])',
        'position, reorder = int(stock["viewed"])',
        shown_in="refunded-by-file",
    ),
    Defect(
        "a-reservation-of-a-confirmation-is-taken-back-by-message",
        "kernels/confirming",
        "    line.set_at_once = 1\n",
        "",
        shown_in="undone-when-confirmed",
    ),
    Defect(
        "a-count-does-not-take-a-pair-back-that-was-set-aside",
        "kernels/sending",
        "in (_RECEIPT, _RETURN, _COUNT, _CORRECTION, _RESTOCK)",
        "in (_RECEIPT, _RETURN, _CORRECTION, _RESTOCK)",
        shown_in="random-25",
    ),
    Defect(
        "what-a-count-finds-goes-on-being-misplaced",
        "kernels/counting",
        "    if finds != 0:\n",
        "    if finds < 0:\n",
        shown_in="random-26",
    ),
    Defect(
        "what-is-booked-wrong-is-what-came",
        "kernels/supply",
        "            _book(handle, p, booked[i], rows[i, 1], review, now)",
        "            _book(handle, p, units, rows[i, 1], review, now)",
        shown_in="minute-27",
    ),
    Defect(
        "a-late-booking-waits-for-the-whole-delivery",
        "model/receiving",
        "for t, pair, row in sorted(zip(due, pairs",
        "for t, pair, row in sorted(zip([max(due)] * len(due), pairs",
        shown_in="random-25",
    ),
    Defect(
        "stores-give-away-what-is-on-order-too",
        "model/transfers",
        "surplus = np.maximum(record - self._keeps[pairs], 0)",
        "surplus = np.maximum(record + on_order - self._keeps[pairs], 0)",
        shown_in="random-22",
    ),
    Defect(
        "the-oldest-on-the-list-comes-first-however-urgent",
        "model/count_lists",
        "(waiting, self.listed[waiting], self.why[waiting])",
        "(waiting, self.why[waiting], self.listed[waiting])",
        shown_in="random-26",
    ),
    Defect(
        "goods-go-back-without-anybody-s-time",
        "kernels/collecting",
        "    return picker_done(handle, node, law(handle, _LAW, bits(keys(handle)[_KEY], order.order, 0)), now)",
        "    return now + law(handle, _LAW, bits(keys(handle)[_KEY], order.order, 0))",
        shown_in="collected",
    ),
    Defect(
        "customers-come-at-night",
        "model/collecting",
        'return int(next_open(t, int(node["opens"]), int(node["closes"]), shift))',
        "return t",
        shown_in="collected",
    ),
    Defect(
        "a-mismatch-sets-the-count-right",
        "kernels/declining",
        "        delta = pair.on_hand - line.quantity\n",
        "        delta = -pair.error\n",
        shown_in="declined",
    ),
    Defect(
        "a-correction-does-not-unblock",
        "kernels/sending",
        "in (_RECEIPT, _RETURN, _COUNT, _CORRECTION, _RESTOCK)",
        "in (_RECEIPT, _RETURN, _COUNT, _RESTOCK)",
        shown_in="declined",
    ),
    Defect(
        "pickups-are-not-rejected",
        "kernels/declining",
        "line.status != _ACCEPTED or line.parcel == NIL or line.order == order:",
        "line.status != _ACCEPTED or line.parcel == NIL or line.order == order or line.mode == _PICKUP:",
        shown_in="declined",
    ),
    Defect(
        "what-people-booked-still-counts-as-booked-twice",
        "kernels/books",
        "    drift.again = 0\n",
        "",
        shown_in="closed-with-losses",
    ),
    Defect(
        "what-was-booked-again-is-not-remembered",
        "kernels/applying",
        "            drifts(handle)[row.pair].again += row.delta\n",
        "",
        shown_in="closed-with-losses",
    ),
    Defect(
        "an-order-at-the-instant-of-a-file-is-in-it",
        "model/documents",
        "phase + ((t - phase) // interval + 1) * interval)",
        "phase + (t - phase + interval - 1) // interval * interval)",
        shown_in="closed-on-the-minute",
    ),
    Defect(
        "people-book-what-is-in-the-dead-letter-queue",
        "model/books",
        '(parts.dead if self._settings.dead_letters == "wait" else 0)',
        "0",
        shown_in="closed-over-dead-letters",
    ),
    Defect(
        "what-has-healed-is-worked-on",
        "model/desk",
        "item.document == Document.STOCK and self._standing(item.at) == 0:",
        "item.document == Document.STOCK and self._standing(item.at) == 10**9:",
        shown_in="closed-with-dead-letters",
    ),
    Defect(
        "a-file-that-the-erp-misses-is-not-missed",
        "model/documents",
        "        while self._down.cover(due):\n",
        "        while False:\n",
        shown_in="closed-with-refunds",
    ),
    Defect(
        "an-extended-hold-keeps-its-first-time",
        "kernels/holding",
        "            holds(handle)[line.hold & c.holds_mask].alive = 0\n            hold(handle, row, line, now)",
        "            pass",
        shown_in="held-in-carts",
    ),
    Defect(
        "a-pick-settles-what-was-never-reserved",
        "kernels/picking",
        "settled = q if line.reserved == _NODE else 0",
        "settled = q",
        shown_in="never-reserved",
    ),
    Defect(
        "a-short-pick-gives-back-what-was-never-reserved",
        "kernels/declining",
        "    reserved = line.reserved == _NODE",
        "    reserved = True",
        shown_in="never-reserved",
    ),
    Defect(
        "the-last-units-are-offered",
        "policies/availability",
        "return left if left > _THRESHOLDS - buffer else 0",
        "return left if left >= _THRESHOLDS - buffer else 0",
        shown_in="at-risk",
    ),
    Defect(
        "a-class-is-protected-from-itself",
        "model/buffers",
        "zip(ranked[1:], np.rint(levels).astype(np.int64), strict=True)",
        "zip(ranked, np.rint(levels).astype(np.int64), strict=False)",
        shown_in="protected",
    ),
    Defect(
        "a-review-of-backorders-is-late",
        "model/backorders",
        "now = k * settings.review",
        "now = k * settings.review + 1",
        shown_in="backordered",
    ),
    Defect(
        "backorders-are-given-up-too-late",
        "model/backorders",
        "settings.give_up, now)",
        "settings.give_up + 3_600_000_000, now)",
        shown_in="backordered",
    ),
    Defect(
        "a-substitute-is-taken-for-what-was-ordered",
        "model/days",
        'out["sku"] = rows["wanted"]',
        'out["sku"] = rows["sku"]',
        shown_in="substituted",
    ),
    Defect(
        "who-takes-a-substitute-is-who-would-wait",
        "model/offers",
        'key("takes_substitute")',
        'key("waits")',
        shown_in="substituted",
    ),
    Defect(
        "an-order-is-confirmed-when-it-is-accepted",
        "model/deadlines",
        "            self.unconfirmed.add(number)",
        "            pass",
        shown_in="hurried-sagas",
    ),
    Defect(
        "a-marketplace-cancels-what-was-confirmed",
        "model/deadlines",
        "            if number in self.unconfirmed:",
        "            if number not in self.unconfirmed:",
        shown_in="hurried-sagas",
    ),
    Defect(
        "the-age-of-a-copy-is-forgotten",
        "kernels/asking",
        "        age += copy_age(handle, line.channel, line.sku, now)",
        "        age += 0",
        shown_in="at-risk",
    ),
    Defect(
        "the-own-store-supplies-what-its-shelf-lacks",
        "kernels/choosing",
        "pair.pooled == 0 or pair.node == order.barred or available",
        "pair.pooled == 0 or available",
        shown_in="assisted",
    ),
    Defect(
        "associates-work-at-night",
        "model/clienteling",
        "if not self._is_open(store, now):",
        "if now < 0:",
        shown_in="assisted",
    ),
    Defect(
        "a-courier-is-back-on-arrival",
        "model/same_day",
        "serve(2 * takes, joins)",
        "serve(takes, joins)",
        shown_in="today",
    ),
    Defect(
        "the-cut-off-is-by-the-clock-of-the-retailer",
        "kernels/promising",
        "(now + region_shifts(handle)[order.region]) % DAY",
        "now % DAY",
        shown_in="today",
    ),
    Defect(
        "the-node-is-changed-after-the-cut-off-too",
        "kernels/sourcing",
        "now < order.until and control",
        "control",
        shown_in="today-from-afar",
    ),
    Defect(
        "the-time-of-an-errand-goes-on-while-the-customer-pays",
        "model/calling",
        "        shop.plane.answered(customer.number, now)\n",
        "",
        shown_in="asked-before-payment",
    ),
    Defect(
        "tax-quotes-come-while-the-tax-engine-is-down",
        "model/build",
        'systems.tax.servers, "tax"',
        'systems.tax.servers, "crm"',
        shown_in="asked-before-payment",
    ),
    Defect(
        "a-lost-message-is-told-after-all",
        "model/notices",
        "np.where(lost, NEVER, begun + takes)",
        "np.where(lost, begun + takes, begun + takes)",
        shown_in="told-late",
    ),
    Defect(
        "who-picks-up-knows-before-being-told",
        "model/collecting",
        "self.notices.knows(visit.order, channel, visit.t_ready)",
        "visit.t_ready",
        shown_in="told-late",
    ),
    Defect(
        "the-lead-time-counts-from-the-order",
        "model/ordering",
        "axis=1), told + lead",
        "axis=1), now + lead",
        shown_in="ordered-through-a-portal",
    ),
    Defect(
        "what-a-supplier-will-not-send-stays-on-order",
        "model/ordering",
        '        self._pairs["on_order"][pairs] -= short.astype(np.int32)\n',
        "        pass\n",
        shown_in="ordered-through-a-portal",
    ),
    Defect(
        "absent-pickers-leave-their-work",
        "model/staff",
        "max(int(free[place]), back)",
        "back",
        shown_in="short-of-staff",
    ),
    Defect(
        "rosters-know-while-they-are-down",
        "model/staff",
        'Spans.of_outages(works.world, "workforce").up(start)',
        "start",
        shown_in="short-of-staff",
    ),
    Defect(
        "accountants-work-without-their-system",
        "model/desk",
        " and not self._down.cover(now)",
        "",
        shown_in="closed-in-finance",
    ),
    Defect(
        "nobody-goes-on-when-finance-is-back",
        "model/desk",
        "        self._works.env.process(self._recoveries())\n",
        "",
        shown_in="closed-in-finance",
    ),
    Defect(
        "what-is-on-paper-is-known-to-the-stores-system",
        "kernels/tills",
        "    pairs(handle)[p].error += units\n    flows(handle)[_BY_HAND] += units",
        "    flows(handle)[_BY_HAND] += units",
        shown_in="sold-on-paper",
    ),
    Defect(
        "the-paper-of-other-stores-is-thrown-away",
        "model/plane",
        'self.control["by_hand"] = left.size',
        'self.control["by_hand"] = 0',
        shown_in="sold-on-paper",
    ),
    Defect(
        "a-store-sends-at-the-price-of-a-dc",
        "policies/sourcing",
        "zones[best].dc_cents if is_dc != 0 else",
        "zones[best].dc_cents if is_dc == 0 else",
    ),
    Defect(
        "a-pickup-is-paid-for",
        "kernels/picking",
        "0 if mode != _SHIP else parcel_cents",
        "parcel_cents",
    ),
    Defect(
        "who-travels-along-pays-again",
        "kernels/choosing",
        "    if _is_shared(handle, line, order, n):\n        return -1\n",
        "",
        shown_in="sent-cheaply",
    ),
    Defect(
        "a-closed-store-has-time",
        "kernels/pickers",
        "        free = next_open(free, node.opens, node.closes, node.shift)",
        "        free += 0",
        shown_in="sent-by-who-has-time",
    ),
    Defect(
        "complete-orders-go-to-pieces",
        "kernels/sourcing",
        "    if control(handle)[0].whole != 0:\n        return NIL\n",
        "",
        shown_in="sent-complete",
    ),
    Defect(
        "what-was-sent-is-no-parcel-of-the-order",
        "kernels/sourcing",
        "(line.status == _SUPPLIED or line.status == _ACCEPTED)",
        "line.status == _ACCEPTED",
        shown_in="sent-complete",
    ),
    Defect(
        "a-line-kept-from-a-node-is-nobodys-fault",
        "kernels/sourcing",
        "line.cause == _JOINT and kept_away",
        "line.cause == _FRAGMENTED and kept_away",
        shown_in="sent-complete",
    ),
    Defect(
        "a-store-that-had-enough-has-enough-for-ever",
        "kernels/choosing",
        "        today.day, today.parcels = day, 0",
        "        today.day = day",
        shown_in="sent-cheaply",
    ),
    Defect(
        "pickups-count-for-the-cap",
        "kernels/sourcing",
        "    if mode == _SHIP:\n        count_parcel",
        "    if n >= 0:\n        count_parcel",
        shown_in="sent-cheaply",
    ),
    Defect(
        "a-parcel-of-an-order-that-is-full-may-not-grow",
        "kernels/choosing",
        "    return not _is_shared(handle, line, order, n)",
        "    return True",
        shown_in="stores-have-enough",
    ),
    Defect(
        "pickers-do-not-wait-for-the-list",
        "kernels/pickers",
        "max(_listed(handle, node, now), servers(handle)[best])",
        "max(now, servers(handle)[best])",
        shown_in="sent-complete",
    ),
    Defect(
        "a-picker-takes-nothing-more-from-the-list-he-has",
        "kernels/pickers",
        "max(_listed(handle, node, now), servers(handle)[best])",
        "_listed(handle, node, max(now, servers(handle)[best]))",
        shown_in="sent-complete",
    ),
    Defect(
        "the-lower-price-is-not-charged",
        "kernels/pricing",
        "charged(c.mismatch == _LOWER, shown, charge.listed)",
        "charged(c.mismatch == _LOWER, shown, shown)",
        shown_in="priced-by-event",
    ),
    Defect(
        "customers-leave-over-lower-prices-too",
        "kernels/pricing",
        "charge.listed > charge.shown",
        "charge.listed != charge.shown",
        shown_in="priced-by-file",
    ),
    Defect(
        "a-file-of-prices-says-what-holds-when-it-is-live",
        "model/prices",
        "told = self.latest.copy()",
        "told = self.latest",
        shown_in="priced-by-file",
    ),
    Defect(
        "an-old-price-is-not-overtaken",
        "model/prices",
        "shows(change, int(outlet.shown[sku]), int(outlet.route.versioned))",
        "shows(change, int(outlet.shown[sku]), 0)",
        shown_in="priced-by-event",
    ),
    Defect(
        "what-tills-sold-before-a-change-is-sold-after-it",
        "model/prices",
        "            self._works.plane.advance(now)\n            self.gaps",
        "            self.gaps",
        shown_in="priced-by-event",
    ),
)


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_defect_can_be_planted_in_one_place(defect: Defect) -> None:
    assert defect.right != defect.wrong
    assert defect.shown_in in {case.name for case in CASES}
    assert _source(defect, ROOT).read_text().count(defect.right) == 1


@pytest.mark.planted
@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_planted_defect_makes_the_journals_differ(defect: Defect, tmp_path: Path) -> None:
    _copy_sources(tmp_path)
    planted = _source(defect, tmp_path)
    planted.write_text(planted.read_text().replace(defect.right, defect.wrong))
    ended = _agree(tmp_path, defect.shown_in)
    assert ended.returncode == DIFFERS, f"not caught: {ended.stdout}{ended.stderr}"


def _copy_sources(folder: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "twin", folder / "twin", ignore=ignored)
    shutil.copytree(ROOT / "tests" / "reference", folder / "tests" / "reference", ignore=ignored)


def _source(defect: Defect, root: Path) -> Path:
    return root / "twin" / f"{defect.file}.py"


def _agree(folder: Path, first: str) -> subprocess.CompletedProcess[str]:
    """Compare twin and reference with the sources in ``folder``; kernels are compiled into it too."""
    surroundings = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    surroundings |= {"PYTHONPATH": str(folder), "TWIN_CACHE_DIR": str(folder / "cache")}
    command = [sys.executable, "-m", "tests.reference.agree", first]
    return subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True, check=False)
