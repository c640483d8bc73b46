"""KPIs of messages: what became of them, to each feed (docs/model.md, section 4, "Fates"). All cover the whole run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twin.journal.totals import Fate, FeedName, Flow
from twin.measure.cohort import Cohort
from twin.measure.kpi import Kpi, ratio

_FEEDS: Final = (FeedName.MOVEMENTS, FeedName.ORDERS, FeedName.POSTING)

Function = Callable[[Cohort], float | None]


def _with_fate(*fates: Fate) -> Function:
    """Messages that had one of the fates to a feed, over all feeds."""
    return lambda cohort: sum(cohort.fates[feed, fate] for feed in _FEEDS for fate in fates)


def _share_of_movements(*fates: Fate) -> Function:
    def function(cohort: Cohort) -> float | None:
        known = {fate: cohort.fates[FeedName.MOVEMENTS, fate] for fate in Fate}
        return ratio(sum(known[fate] for fate in fates), sum(known.values()))

    return function


def _flow(flow: Flow) -> Function:
    return lambda cohort: cohort.flows.get(flow.name.lower())


MESSAGES: Final = (
    Kpi(
        name="movements_in_flight_messages",
        unit="messages",
        direction="none",
        formula="movements that are on their way to the view at the end of the run",
        meaning="message fate: with the other fates it accounts for every movement",
        function=lambda cohort: cohort.fates[FeedName.MOVEMENTS, Fate.IN_FLIGHT],
    ),
    Kpi(
        name="movements_missing_share",
        unit="share",
        direction="lower",
        formula="movements lost, expired or dead letters to the view at the end of the run / movements produced",
        meaning="what the availability service will never learn by itself",
        function=_share_of_movements(Fate.LOST, Fate.EXPIRED, Fate.DEAD_LETTER),
    ),
    Kpi(
        name="lost_messages",
        unit="messages",
        direction="lower",
        formula="messages that were lost to a feed, over all feeds; a movement counts for view and record",
        meaning="0 where the design promises it: a confirmed outbox, a replicated topic, no skipping",
        function=_with_fate(Fate.LOST),
    ),
    Kpi(
        name="expired_messages",
        unit="messages",
        direction="lower",
        formula="messages older than their topic's retention when their turn came, over all feeds",
        meaning="what a consumer that is away for too long never sees",
        function=_with_fate(Fate.EXPIRED),
    ),
    Kpi(
        name="superseded_messages",
        unit="messages",
        direction="none",
        formula="movements overtaken by a later level of their pair or by a snapshot, over view and record",
        meaning="late messages that a consumer rightly left alone",
        function=_with_fate(Fate.SUPERSEDED),
    ),
    Kpi(
        name="dead_letter_messages",
        unit="messages",
        direction="lower",
        formula="dead letters at the end of the run, over all feeds",
        meaning="what still waits for somebody",
        function=_with_fate(Fate.DEAD_LETTER),
    ),
    Kpi(
        name="dead_lettered_messages",
        unit="messages",
        direction="none",
        formula="times that a message became a dead letter",
        meaning="what could not be handled, whether or not it was redriven later",
        function=_flow(Flow.DEAD_LETTERED),
    ),
    Kpi(
        name="redriven_messages",
        unit="messages",
        direction="none",
        formula="dead letters that were applied after all",
        meaning="what a repair and a redrive made good",
        function=_flow(Flow.REDRIVEN),
    ),
    Kpi(
        name="handed_again_messages",
        unit="messages",
        direction="none",
        formula="messages handed out again: a consumer was lost before its commit; in a queue it failed, or took long",
        meaning="at least once: the price of never losing one",
        function=_flow(Flow.HANDED_AGAIN),
    ),
    Kpi(
        name="duplicate_messages",
        unit="messages",
        direction="lower",
        formula="times that a message was applied once more by a consumer that did not recognise it",
        meaning="what idempotence would have prevented",
        function=_flow(Flow.APPLIED_AGAIN),
    ),
    Kpi(
        name="reload_corrections",
        unit="pairs",
        direction="none",
        formula="times that a snapshot changed the view of a pair",
        meaning="what reloads and reconciliation put right, or wrong; the labour to look into differences follows it",
        function=_flow(Flow.CORRECTIONS),
    ),
    Kpi(
        name="reload_corrected_units",
        unit="units",
        direction="none",
        formula="sizes of the changes that snapshots made to the view, added up",
        meaning="how far the view was from its source, or behind it",
        function=_flow(Flow.CORRECTED_UNITS),
    ),
)
