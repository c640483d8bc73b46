"""Snapshots of stock that the view is set to, or compared with (docs/model.md, section 4, "Reloads")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.journal.tables import NONE
from twin.journal.totals import Fate, FeedName, Flow
from twin.kernels.codes import VIEW
from twin.kernels.memory import Memory
from twin.kernels.reloads import set_view
from twin.model.build import knots_of
from twin.model.jobs import Process, Works, happens, uniform
from twin.policies.calendars import next_job
from twin.scenario.reloads import Reload
from twin.world.tables import SYSTEMS
from twin.world.world import World

RELOAD_KIND: Final = 7 << 40

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Snapshot:
    """What the source said at an extract."""

    taken: int
    covers: int
    """Movements made before it, which are those of lower numbers."""
    pairs: Numbers
    says: Numbers
    """Of each of these pairs."""
    netted: Numbers


def reload_jobs(works: Works, settings: Reload, *, level: bool) -> Process:
    """Extract a snapshot, wait for it, load it, again and again; ``level``: movements say what their source counts."""
    systems = (settings.system, "erp") if settings.source == "record" else (settings.system,)
    knots = knots_of(settings.job)
    k, live = 0, 0
    while True:
        due = settings.phase + k * settings.interval
        start = max(due + uniform(works.luck("reload.jitter", k), settings.start_jitter), live)
        extract = works.up(start, *systems)
        yield works.at(extract, RELOAD_KIND)
        works.plane.advance(extract)
        snapshot = _extract(works.plane.memory, works.world, settings, extract)
        rows = snapshot.pairs.size
        live = extract + works.duration(knots, "reload.job", k) + rows * settings.per_row
        yield works.at(live, RELOAD_KIND)
        works.plane.advance(live)
        failed = happens(works.luck("reload.failure", k), settings.failure)
        if not failed:
            _load(works.plane.memory, settings, snapshot, live, level=level)
        works.journal.jobs.append((FeedName.RELOAD, NONE, due, extract, live, rows, failed))
        k = next_job(k, live, settings.phase, settings.interval)


def _extract(memory: Memory, world: World, settings: Reload, t: int) -> Snapshot:
    """What the source says now; from here on is remembered what the view applies by itself."""
    pairs, control = memory["pairs"], memory["control"][0]
    memory["drifts"]["since"] = 0
    control["extracted"] = covers = int(control["moves_high"])
    told = np.arange(pairs.size)
    says = pairs["record"].astype(np.int64)
    if settings.source == "stores":
        told = told[~np.isin(pairs["node"], _cut_off(world, t))]
        says = pairs["on_hand"].astype(np.int64) + pairs["error"]
    netted = pairs["promised"].astype(np.int64) * (settings.nets == "promised")
    return Snapshot(t, covers, told, (says - netted)[told], netted[told])


def _cut_off(world: World, t: int) -> NDArray[np.int64]:
    """Nodes whose link is down."""
    windows = world.windows[world.windows["system"] == SYSTEMS.index("link")]
    down: NDArray[np.int64] = windows["node"][(windows["start"] <= t) & (t < windows["end"])]
    return down


def _load(memory: Memory, settings: Reload, snapshot: Snapshot, t: int, *, level: bool) -> None:
    """Set the view to the snapshot, as far as the rules let it."""
    views = snapshot.says
    if settings.rule == "replay" and not level:
        views = views + memory["drifts"]["since"][snapshot.pairs]
    fit = _may_be_set(memory, settings, snapshot, views, level=level)
    which, views, netted = snapshot.pairs[fit], views[fit], snapshot.netted[fit]
    _cover(memory, which, snapshot.covers)
    _count(memory, which, views)
    set_view(int(memory.handle), which, views, t)
    _set_drift(memory, which, netted)


def _may_be_set(
    memory: Memory, settings: Reload, snapshot: Snapshot, views: Numbers, *, level: bool
) -> NDArray[np.bool_]:
    """Which pairs of a snapshot the view may be set to."""
    drifts, told = memory["drifts"][snapshot.pairs], memory["pairs"]["viewed"][snapshot.pairs]
    fit = np.full(views.size, True)
    if settings.rule == "younger" or (level and settings.rule == "replay"):  # a level says all
        fit = drifts["heard"] < snapshot.covers
    if settings.mode == "compare":
        fit &= (np.abs(views - told) >= settings.threshold) & (drifts["heard_at"] <= snapshot.taken - settings.age)
    return fit


def _cover(memory: Memory, which: Numbers, covers: int) -> None:
    """Mark the movements that the view has from now on by the snapshot, wherever they are."""
    control, pairs = memory["control"][0], np.zeros(memory["pairs"].size, np.bool_)
    pairs[which] = True
    numbers = np.arange(int(control["moves_low"]), covers) & int(control["moves_mask"])
    ring, dead = memory["moves"], memory["dead"]
    ring["held"][numbers[pairs[ring["pair"][numbers]]]] = 1
    letters = memory["letters"][: int(control["letters"])]
    mine = np.flatnonzero((letters["who"] == VIEW) & (letters["number"] < covers))
    dead["held"][mine[pairs[dead["pair"][mine]]]] = 1


def _count(memory: Memory, which: Numbers, views: Numbers) -> None:
    """Count the corrections that are about to be made."""
    changed = np.abs(views - memory["pairs"]["viewed"][which])
    memory["flows"][Flow.CORRECTIONS] += np.count_nonzero(changed)
    memory["flows"][Flow.CORRECTED_UNITS] += changed.sum()


def _set_drift(memory: Memory, which: Numbers, netted: Numbers) -> None:
    """By how much the view is off now: what was taken off twice, and all else that it will never know of."""
    control, pairs, drifts = memory["control"][0], memory["pairs"], memory["drifts"]
    numbers = np.arange(int(control["moves_low"]), int(control["moves_high"])) & int(control["moves_mask"])
    rows = memory["moves"][numbers]
    awaited = rows[(rows["seen"] == Fate.IN_FLIGHT) & (rows["held"] == 0)]
    pending = np.bincount(awaited["pair"], awaited["delta"], pairs.size).astype(np.int64)
    off = pairs["viewed"].astype(np.int64) - pairs["on_hand"] - pairs["error"] + pending
    drifts["extra"][which] = -netted
    drifts["lost"][which] = off[which] + netted
