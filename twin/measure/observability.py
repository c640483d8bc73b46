"""KPIs of observability: how soon somebody knows, how soon it is repaired, and how much noise that takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from twin.core.clock import SECOND
from twin.journal.observability import By
from twin.journal.tables import NONE
from twin.measure.cohort import Cohort, Integers, Mask, once
from twin.measure.kpi import Kpi, ratio

Function = Callable[[Cohort], float | None]


@once
def _incidents(cohort: Cohort) -> dict[str, Integers]:
    """Faults of messages that begin in the window; what has not happened counts as happening at the end of the run."""
    names = ("start", "noticed", "repaired", "repairable", "by")
    columns = {name: cohort.journal.column("incidents", name) for name in names}
    inside = (columns["start"] >= cohort.start_us) & (columns["start"] < cohort.end_us)
    out: dict[str, Integers] = {name: column[inside].astype(np.int64) for name, column in columns.items()}
    for name in ("noticed", "repaired"):
        out[name] = np.where(out[name] == NONE, cohort.horizon_us, out[name])
    return out


@once
def _alerts(cohort: Cohort) -> tuple[Integers, Integers]:
    """Of all alerts: since when their condition held, and when they were raised."""
    return cohort.journal.column("alerts", "start"), cohort.journal.column("alerts", "raised")


def _mean_s(values_us: Integers) -> float | None:
    return ratio(float(values_us.sum()) / SECOND, values_us.size)


def _detect(cohort: Cohort) -> float | None:
    incidents = _incidents(cohort)
    return _mean_s(incidents["noticed"] - incidents["start"])


def _repair(cohort: Cohort) -> float | None:
    incidents = _incidents(cohort)
    return _mean_s((incidents["repaired"] - incidents["start"])[incidents["repairable"] != 0])


def _by_alert(cohort: Cohort) -> float | None:
    by = _incidents(cohort)["by"]
    return ratio(int(np.count_nonzero(by == By.ALERT)), by.size)


def _raised(cohort: Cohort) -> Mask:
    raised = _alerts(cohort)[1]
    return np.asarray((raised >= cohort.start_us) & (raised < cohort.end_us))


@once
def _wrong(cohort: Cohort) -> list[tuple[int, int]]:
    """When something was wrong: while a fault lasts, and until what must be repaired is."""
    faults = zip(*(cohort.journal.column("faults", name).tolist() for name in ("start", "end")), strict=True)
    start, repaired, repairable = (
        cohort.journal.column("incidents", name) for name in ("start", "repaired", "repairable")
    )
    until = np.where(repaired == NONE, cohort.horizon_us, repaired)
    mended = zip(start[repairable != 0].tolist(), until[repairable != 0].tolist(), strict=True)
    return [*faults, *mended]


def _false_alerts(cohort: Cohort) -> int:
    since = _alerts(cohort)[0][_raised(cohort)]
    right = np.zeros(since.size, bool)
    for start, end in _wrong(cohort):
        right |= (since >= start) & (since < end)
    return int(np.count_nonzero(~right))


@once
def _told(cohort: Cohort) -> list[int | None]:
    """Of each fault that begins in the window: how long after that the first alert of its time told of it."""
    since, raised = _alerts(cohort)
    faults = zip(*(cohort.journal.column("faults", name).tolist() for name in ("start", "end")), strict=True)
    out: list[int | None] = []
    for start, end in faults:
        if cohort.start_us <= start < cohort.end_us:
            telling = raised[(since >= start) & (since < end)]
            out.append(int(telling.min()) - start if telling.size else None)
    return out


def _told_share(cohort: Cohort) -> float | None:
    told = _told(cohort)
    return ratio(sum(each is not None for each in told), len(told))


def _told_mean_s(cohort: Cohort) -> float | None:
    return _mean_s(np.array([each for each in _told(cohort) if each is not None], np.int64))


OBSERVABILITY: Final = (
    Kpi(
        name="detect_mean_s",
        unit="s",
        direction="lower",
        formula="mean over faults of messages that begin in the window: start to noticed, by an alert or by people; "
        "what was not noticed counts until the end of the run",
        meaning="mean time to detect (MTTD)",
        function=_detect,
    ),
    Kpi(
        name="repair_mean_s",
        unit="s",
        direction="lower",
        formula="mean over those of them that do not end by themselves: start to repaired; what was not repaired "
        "counts until the end of the run",
        meaning="mean time to repair (MTTR), from the start of the fault, so with the time to detect in it",
        function=_repair,
    ),
    Kpi(
        name="noticed_by_alert_share",
        unit="share",
        direction="higher",
        formula="faults of messages that begin in the window and were noticed by an alert first / such faults",
        meaning="what people did not have to find out by themselves",
        function=_by_alert,
    ),
    Kpi(
        name="alerts_raised",
        unit="alerts",
        direction="none",
        formula="alerts raised in the window",
        meaning="what somebody has to look at",
        function=lambda c: int(np.count_nonzero(_raised(c))),
    ),
    Kpi(
        name="false_alerts",
        unit="alerts",
        direction="lower",
        formula="of these, those whose condition began while nothing had failed and nothing waited for its repair",
        meaning="noise: backlogs of rush hours, thresholds that are too low, and the catching up after a fault",
        function=_false_alerts,
    ),
    Kpi(
        name="fault_alerted_share",
        unit="share",
        direction="higher",
        formula="faults of any kind that begin in the window and during which the condition of a raised alert began / "
        "such faults",
        meaning="what the arm could see at all, outages and slow-downs too; a fault that it does not use moves nothing",
        function=_told_share,
    ),
    Kpi(
        name="fault_alert_mean_s",
        unit="s",
        direction="lower",
        formula="mean over those: start to the first such alert",
        meaning="how soon the arm sees what it can see; null without any, and to be read with the share beside it",
        function=_told_mean_s,
    ),
)
