"""Snapshots: the view is told, all at once, what another ledger says (docs/model.md, section 4, "Reloads")."""

from __future__ import annotations

from dataclasses import dataclass

from tests.reference.clock import NOW, Process, after_reloads, up_in_all
from tests.reference.consumers import View
from tests.reference.ledgers import Node, Pair
from tests.reference.shop import Shop
from twin.journal.tables import NONE
from twin.journal.totals import FeedName, Flow

RELOAD_KIND = 7 << 40


@dataclass(frozen=True)
class Page:
    """What a snapshot says of one pair."""

    pair: Pair
    says: int
    netted: int
    off: int
    """By how much the source was off its node's own count, apart from what it netted."""


class Reloads:
    """The job that reads a source every so often, and sets the view to it."""

    def __init__(self, shop: Shop, view: View) -> None:
        self._shop, self._view, self._settings = shop, view, shop.systems.reload
        self._levels = shop.systems.movements.content == "level"
        self._jitter, self._failure = shop.stream("reload.jitter"), shop.stream("reload.failure")
        self._job = shop.stream("reload.job", self._settings.job)
        needs = (self._settings.system, "erp") if self._settings.source == "record" else (self._settings.system,)
        self._outages = [shop.outages(system) for system in needs]
        if self._settings.mode != "off":
            shop.env.process(self._jobs())

    def _jobs(self) -> Process:
        settings, shop = self._settings, self._shop
        k, live = 0, 0
        while True:
            due = settings.phase + k * settings.interval
            taken = up_in_all(self._outages, max(due + self._jitter.below(settings.start_jitter, k), live))
            yield shop.batch_time(taken, RELOAD_KIND)
            made = shop.flows[Flow.MOVEMENTS]
            pages = [self._read(pair) for pair in shop.pairs if self._answers(pair.node)]
            live = taken + self._job.sample(k) + len(pages) * settings.per_row
            yield shop.batch_time(live, RELOAD_KIND, 1)
            failed = self._failure.happens(settings.failure, k)
            if not failed:
                for page in pages:
                    self._load(page, made, taken)
            shop.jobs.append((FeedName.RELOAD, NONE, due, taken, live, len(pages), failed))
            k = max(k + 1, (live - settings.phase) // settings.interval)

    def _answers(self, node: Node) -> bool:
        """Whether the source can say what a node has."""
        return (
            self._settings.source == "record"
            or self._shop.outages("link", node.number).since(self._shop.env.now) is None
        )

    def _read(self, pair: Pair) -> Page:
        count = pair.on_hand + pair.err
        says = pair.record if self._settings.source == "record" else count
        netted = pair.promised if self._settings.nets == "promised" else 0
        return Page(pair, says - netted, netted, says - count)

    def _load(self, page: Page, made: int, taken: int) -> None:
        """Set the view of one pair; ``made`` movements had been made when the snapshot was taken."""
        pair, settings = page.pair, self._settings
        later = [movement for movement in pair.trail.movements if movement.serial >= made]
        kept = [movement for movement in later if movement.applied and settings.rule == "replay" and not self._levels]
        view = page.says + sum(movement.delta for movement in kept)
        if settings.rule != "overwrite" and not kept and any(movement.applied for movement in later):
            return
        if settings.mode == "compare" and not self._should_correct(pair, view, taken):
            return
        self._shop.flows[Flow.CORRECTIONS] += view != pair.view
        self._shop.flows[Flow.CORRECTED_UNITS] += abs(view - pair.view)
        moment = after_reloads(self._shop.env.now)
        pair.change(moment, view=view - pair.view)
        pair.extra = -page.netted
        pair.lost = page.off - sum(m.delta for m in later if m.gone <= NOW and m not in kept)
        self._view.cover(pair, made, moment)

    def _should_correct(self, pair: Pair, view: int, taken: int) -> bool:
        """Whether the difference is large enough, and the pair has been quiet for long enough."""
        heard = (movement.t for movement in pair.trail.movements if movement.applied)
        quiet = max(heard, default=-NOW) <= taken - self._settings.age
        return quiet and abs(view - pair.view) >= self._settings.threshold
