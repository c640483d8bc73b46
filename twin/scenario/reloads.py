"""Full reloads of the view beside its feed of movements: what they read, how they are laid over what is newer, what they correct."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from twin.scenario.base import Broken, Duration, Model, Positive, Share, par
from twin.scenario.laws import DurationLaw, lognormal


class Reload(Model):
    """A periodic snapshot of every pair, loaded into the view while movements are still on their way."""

    mode: Literal["off", "load", "compare"] = par(
        "off",
        unit="name",
        meaning="off: the view lives on movements alone; load: every pair is set to the snapshot; compare: only pairs that differ and are quiet",
        source="D365 Commerce: hourly snapshot; HotWax: daily QOH feed from the ERP",
    )
    source: Literal["record", "stores"] = par(
        "record",
        unit="name",
        meaning="what is read: the ERP's record; or what each node's own system counts, where its link is up",
    )
    rule: Literal["overwrite", "younger", "replay"] = par(
        "younger",
        unit="name",
        meaning="overwrite: the snapshot takes the place of whatever the view says; younger: only where no movement made after the extract was applied; "
        "replay: with the movements that were made after it and applied on top. Under younger and replay movements that the snapshot covers are not applied later",
        source="SCAYLE: blockers are released only by a stock update that is younger",
    )
    nets: Literal["none", "promised"] = par(
        "none",
        unit="name",
        meaning="promised: the source has taken off the units of open orders already, and the view takes its reservations off once more",
        source="HotWax: turn ReserveInventory off if the source nets committed stock",
    )
    system: Literal["files", "hub", "broker", "service"] = par(
        "files", unit="name", meaning="middleware that carries the snapshot; no job starts while it is down"
    )
    interval: Duration = par(
        "24h", unit="duration", meaning="time between two starts", source="HotWax: daily QOH feed from the ERP"
    )
    phase: Duration = par("3h", unit="duration", meaning="start of the first job after local midnight of the start")
    start_jitter: Duration = par("0s", unit="duration", meaning="each job starts late by a uniform part of this")
    job: DurationLaw = par(
        lognormal("10m", 0.3), unit="duration law", meaning="extract, transfer and load, without the rows"
    )
    per_row: Duration = par("200us", unit="duration/row", meaning="load time of each pair")
    failure: Share = par(0.0, unit="share", meaning="jobs that fail, and change nothing")
    threshold: Positive = par(1, unit="units", meaning="compare: least difference that is corrected")
    age: Duration = par(
        "2h",
        unit="duration",
        meaning="compare: a pair is quiet if the view has applied no movement of it made later than this before the extract",
    )

    def broken(self) -> Iterator[Broken]:
        if self.interval <= 0:
            yield Broken(("interval",), "must be longer than 0: one reload would follow on the other for ever")
