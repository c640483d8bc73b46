"""What fails: part of the world, so the same in every arm; an arm without the failed system is not touched by it."""

from __future__ import annotations

from typing import Final, Literal

from twin.scenario.base import Duration, Model, Positive, Seq, Share, par
from twin.scenario.laws import DurationLaw

System = Literal["erp", "files", "hub", "broker", "service", "wms", "link"]
"""ERP; file transfer host (point_to_point); hub; broker; availability and reservation service; warehouse systems of DCs; what joins a
store to the middleware."""

FeedKind = Literal["movements", "orders", "posting"]

MessageKind = Literal["sale", "pick", "receipt", "dispatch", "return", "reserve", "release"]

FaultKind = Literal["outage", "errors", "crash", "stuck", "failover", "poison", "schema", "duplicates", "late", "lost"]

_FIELDS: Final[dict[str, frozenset[str]]] = {
    "outage": frozenset({"system", "node", "region", "stores"}),
    "errors": frozenset({"system", "share"}),
    "crash": frozenset({"feed", "member"}),
    "stuck": frozenset({"feed", "member"}),
    "failover": frozenset({"system"}),
    "poison": frozenset({"topic", "feeds", "of", "share"}),
    "schema": frozenset({"topic", "feeds", "of"}),
    "duplicates": frozenset({"topic", "of", "share", "copies"}),
    "late": frozenset({"topic", "of", "share", "by"}),
    "lost": frozenset({"topic", "of", "share"}),
}
"""What each kind of fault may say besides when it comes and how long it lasts."""


class Fault(Model):
    """Something fails: once, every so often, or at random."""

    kind: FaultKind = par(
        "outage",
        unit="name",
        meaning="outage: a system is down; errors: a share of the calls to it is answered with an error; crash, stuck: a member of a "
        "consumer group dies, or hangs; failover: the broker changes to a replica; and of the messages that are made: poison: a share cannot be handled, "
        "schema: none can, duplicates: a share is sent again, late: a share leaves late, lost: a share is lost on its way",
    )
    at: Duration | None = par(
        None, unit="duration since start", meaning="beginning, counted from the start of the simulation"
    )
    duration: DurationLaw = par(
        unit="duration law", meaning="how long it lasts; failover: how long it takes, which nothing waits for"
    )
    every: Duration | None = par(None, unit="duration", meaning="repeats after this much (maintenance windows)")
    mtbf: Duration | None = par(
        None, unit="duration", meaning="instead of at: mean time between the end of a failure and the next, exponential"
    )
    system: System | None = par(None, unit="name", meaning="outage, errors, failover: the system")
    node: str | None = par(
        None,
        unit="name",
        meaning="wms: the DC whose system is down; link: the store or DC that is cut off; empty means all DCs, or stores",
    )
    region: str | None = par(None, unit="name", meaning="link: only stores of this region")
    stores: Share | None = par(None, unit="share", meaning="link: only this share of the stores, drawn for each fault")
    share: Share | None = par(
        None, unit="share", meaning="errors: calls that fail; poison, duplicates, late, lost: messages that are hit"
    )
    feed: FeedKind | None = par(None, unit="name", meaning="crash, stuck: whose consumer group")
    member: int = par(
        0,
        unit="number",
        meaning="crash, stuck: which member, counted from 0; a group without it is not touched",
        ge=0,
        le=63,
    )
    topic: Literal["movements", "orders"] = par(
        "movements", unit="name", meaning="faults of messages: stock movements, or reservation messages"
    )
    feeds: Seq[FeedKind] = par(
        (),
        unit="list",
        meaning="poison, schema: whose consumers cannot handle them; empty: every consumer of the topic",
    )
    of: Seq[MessageKind] = par(
        (), unit="list", meaning="faults of messages: only messages of these kinds; empty: all of the topic"
    )
    copies: Positive = par(1, unit="messages", meaning="duplicates: how many times more a message is sent", le=100)
    by: Duration = par("1m", unit="duration", meaning="late: how much later a message leaves")
