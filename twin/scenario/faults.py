"""What fails: part of the world, so the same in every arm; an arm without the failed system is not touched by it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final, Literal

from twin.core.shares import MILLION, parts
from twin.scenario.base import Broken, Duration, Model, Positive, Seq, Share, par
from twin.scenario.fields import is_default
from twin.scenario.incidents import FaultDuration
from twin.scenario.suggest import shown

System = Literal[
    "erp", "files", "hub", "broker", "service", "wms", "link", "identity", "orchestrator", "payment", "fraud", "crm",
    "tax", "notification", "supplier_portal", "oms", "finance", "workforce", "pos",
    "courier",
]  # fmt: skip
"""ERP; file transfer host (point_to_point); hub; broker; availability and reservation service; warehouse systems of DCs; what joins a
store to the middleware; identity provider; orchestrator of sagas, and payment provider (which refunds call too), fraud screening and CRM
as their steps call them (checkouts may ask the CRM too); tax engine; what sends messages to customers; suppliers' portal;
order management system; finance system, in which books are closed; rosters; till systems of stores; the couriers' platform, on which runs are booked."""

FeedKind = Literal["movements", "orders", "posting"]

Topic = Literal["movements", "orders"]

MessageKind = Literal[
    "sale", "pick", "receipt", "dispatch", "return", "reserve", "release", "count", "correction", "restock"
]

FaultKind = Literal[
    "outage", "errors", "slow", "crash", "stuck", "failover", "poison", "schema", "duplicates", "late", "lost",
    "absent",
]  # fmt: skip

FEEDS: Final[dict[Topic, tuple[FeedKind, ...]]] = {"movements": ("movements", "posting"), "orders": ("orders",)}
"""The consumers of each topic."""

MESSAGES: Final[dict[Topic, tuple[MessageKind, ...]]] = {
    "movements": ("sale", "pick", "receipt", "dispatch", "return", "count", "correction", "restock"),
    "orders": ("reserve", "release"),
}
"""The kinds of message of each topic."""

_FIELDS: Final[dict[FaultKind, tuple[str, ...]]] = {
    "outage": ("system", "node", "region", "stores"),
    "errors": ("system", "share"),
    "slow": ("system", "factor"),
    "crash": ("feed", "member"),
    "stuck": ("feed", "member"),
    "failover": ("system",),
    "poison": ("topic", "feeds", "of", "share", "ends"),
    "schema": ("topic", "feeds", "of", "ends"),
    "duplicates": ("topic", "of", "share", "copies", "ends"),
    "late": ("topic", "of", "share", "by", "ends"),
    "lost": ("topic", "of", "share", "ends"),
    "absent": ("node", "region", "stores", "share"),
}
"""What each kind of fault may say besides when it comes and how long it lasts."""

_NEEDED: Final = ("system", "feed", "share", "factor")
"""What a kind that may say it must say."""

_OF_SOME: Final = tuple(dict.fromkeys(name for fields in _FIELDS.values() for name in fields))

_CALLED: Final = ("erp", "files", "hub", "broker", "service", "identity", "payment", "fraud", "crm", "tax")
"""Systems that checkouts or sagas may call, or whose tokens they need."""

_SERVING: Final = (
    "erp",
    "files",
    "hub",
    "broker",
    "service",
    "payment",
    "fraud",
    "crm",
    "tax",
    "notification",
    "supplier_portal",
    "oms",
)
"""Systems that serve calls, or carry orders to their release."""

_REPLICATED: Final = ("broker", "hub")
"""Systems that carry messages and change to a replica."""

_WITH_NODES: Final = ("wms", "link", "pos")
"""Systems of nodes; the others are central."""


class Fault(Model):
    """Something fails: once, every so often, or at random."""

    kind: FaultKind = par(
        "outage",
        unit="name",
        meaning="outage: a system is down; errors: a share of the calls to it is answered with an error; slow: it serves calls and releases orders, "
        "but takes longer; crash, stuck: a member of a "
        "consumer group dies, or hangs; failover: the broker changes to a replica; and of the messages that are made: poison: a share cannot be handled, "
        "schema: none can, duplicates: a share is sent again, late: a share leaves late, lost: a share is lost on its way; absent: pickers of stores are missing",
    )
    at: Duration | None = par(
        None, unit="duration since start", meaning="beginning, counted from the start of the simulation"
    )
    duration: FaultDuration = par(
        unit="duration law", meaning="how long it lasts; failover: how long it takes, which nothing waits for"
    )
    every: Duration | None = par(None, unit="duration", meaning="repeats after this much (maintenance windows)")
    mtbf: Duration | None = par(
        None, unit="duration", meaning="instead of at: mean time between the end of a failure and the next, exponential"
    )
    system: System | None = par(None, unit="name", meaning="outage, errors, slow, failover: the system")
    node: str | None = par(
        None,
        unit="name",
        meaning="wms: the DC whose system is down; link: the store or DC that is cut off; pos, absent: the store; empty means all DCs, or stores",
    )
    region: str | None = par(None, unit="name", meaning="link, pos, absent: only stores of this region")
    stores: Share | None = par(
        None, unit="share", meaning="link, pos, absent: only this share of the stores, drawn for each fault"
    )
    share: Share | None = par(
        None,
        unit="share",
        meaning="errors: calls that fail; poison, duplicates, late, lost: messages that are hit; absent: a store's pickers, at least one",
    )
    factor: float | None = par(
        None,
        unit="factor",
        meaning="slow: what begins while it lasts takes so many times as long; where several cover an instant, the largest",
        ge=0,
        le=1_000,
    )
    feed: FeedKind | None = par(None, unit="name", meaning="crash, stuck: whose consumer group")
    member: int = par(
        0,
        unit="integer",
        meaning="crash, stuck: which member, counted from 0; a group without it is not touched",
        ge=0,
        le=63,
    )
    topic: Topic = par("movements", unit="name", meaning="faults of messages: stock movements, or reservation messages")
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
    ends: Literal["by_itself", "repaired"] = par(
        "by_itself",
        unit="name",
        meaning="faults of messages: by_itself: it hits messages for its duration; repaired: until the arm has repaired it, for its duration at "
        "most, so for longer where nobody sees it",
    )

    def broken(self) -> Iterator[Broken]:
        yield from self._time_rules()
        yield from self._field_rules()
        yield from self._system_rules()
        yield from self._message_rules()

    def _time_rules(self) -> Iterator[Broken]:
        if (self.at is None) == (self.mtbf is None):
            yield Broken(
                (),
                "give either at (scheduled) or mtbf (at random), "
                + ("not both" if self.at is not None else "one of them"),
            )
        if self.every is not None and self.at is None:
            yield Broken(("every",), "repeats a scheduled fault, so it needs at")
        elif self.every is not None and self.every <= self.duration.mean:  # of incidents nothing is known here
            yield Broken(("every",), "must be longer than the duration, the windows would overlap")
        if self.mtbf is not None and self.mtbf <= 0:
            yield Broken(("mtbf",), "must be longer than 0")
        if self.duration.mean <= 0 and self.duration.incidents is None:
            yield Broken(("duration",), "must be longer than 0: give a mean, or incidents to draw from")

    def _field_rules(self) -> Iterator[Broken]:
        """A fault says all that its kind needs, and nothing that its kind has no use for."""
        own = _FIELDS[self.kind]
        for name in _OF_SOME:
            if name not in own and not is_default(self, name):
                kinds = [kind for kind, fields in _FIELDS.items() if name in fields]
                yield Broken((name,), f"is for {_listed('kind', kinds)}, the kind is {self.kind}")
        for name in _NEEDED:
            if name in own and getattr(self, name) is None:
                yield Broken((name,), f"is missing: kind {self.kind} needs a {name}")
        if "factor" in own and self.factor is not None and parts(self.factor) <= MILLION:
            yield Broken(("factor",), f"must be above 1 by at least a millionth, it is {self.factor:g}")
        if self.kind == "absent" and self.node is not None and (self.region is not None or self.stores is not None):
            yield Broken(("node",), "is one store: region and stores choose among many")
        for name in ("share", "stores"):
            share = getattr(self, name)
            if name in own and share is not None and parts(share) == 0:
                yield Broken((name,), f"must be at least a millionth, it is {share:g}")

    def _system_rules(self) -> Iterator[Broken]:
        """The system can fail in this way, and only what has nodes fails at some of them."""
        if self.kind == "errors" and self.system not in (None, *_CALLED):
            yield Broken(
                ("system",), f"must be one that checkouts or sagas call ({', '.join(_CALLED)}), it is {self.system!r}"
            )
        if self.kind == "slow" and self.system not in (None, *_SERVING):
            yield Broken(
                ("system",),
                f"must be one that serves calls or carries orders ({', '.join(_SERVING)}), it is {self.system!r}",
            )
        if self.kind == "failover" and self.system not in (None, *_REPLICATED):
            yield Broken(
                ("system",), f"must be one that changes to a replica ({', '.join(_REPLICATED)}), it is {self.system!r}"
            )
        if self.kind != "outage" or self.system is None:
            return
        if self.node is not None and self.system not in _WITH_NODES:
            yield Broken(("node",), f"is for {_listed('system', _WITH_NODES)}, the system is {self.system}")
        for name in ("region", "stores"):
            if getattr(self, name) is None:
                continue
            if self.system not in ("link", "pos"):
                yield Broken((name,), f"is for systems link, pos, the system is {self.system}")
            elif self.node is not None:
                yield Broken((name,), f"is for faults of many stores, the node is {shown(self.node)}")

    def _message_rules(self) -> Iterator[Broken]:
        """Consumers and kinds of message are those of the topic."""
        for place, feed in enumerate(self.feeds):
            if feed not in FEEDS[self.topic]:
                yield Broken(("feeds", place), _not_of(self.topic, "consumers", FEEDS[self.topic], feed))
        for place, kind in enumerate(self.of):
            if kind not in MESSAGES[self.topic]:
                yield Broken(("of", place), _not_of(self.topic, "messages", MESSAGES[self.topic], kind))
        if self.by <= 0:
            yield Broken(("by",), "must be longer than 0")


def _listed(what: str, names: Collection[str]) -> str:
    return f"{what} {', '.join(names)}" if len(names) == 1 else f"{what}s {', '.join(names)}"


def _not_of(topic: str, what: str, known: Collection[str], name: str) -> str:
    return f"must be one of the {what} of topic {topic} ({', '.join(known)}), it is {name!r}"
