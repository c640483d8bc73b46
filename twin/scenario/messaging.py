"""How messages are kept, handed out and handled: topics, consumer groups, and what becomes of messages that fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from twin.scenario.base import Broken, Count, Duration, Model, Positive, par


class Topic(Model):
    """What is kept between producers and a feed's consumers, and how. Only streams have one: a file is kept until it is loaded."""

    keyed: bool = par(
        True,
        unit="flag",
        meaning="messages of one node (movements) or SKU (orders) share a partition and keep their order; else any partition takes any message",
        source="Kafka: order is kept within a partition only",
    )
    retention: Duration = par(
        "168h",
        unit="duration",
        meaning="a message whose turn comes later than this after it was sent has expired",
        source="Kafka log.retention.hours 168",
    )
    backlog_limit: Count = par(0, unit="messages", meaning="most messages that wait in a partition; 0: no limit")
    overflow: Literal["hold_back", "drop_oldest", "reject"] = par(
        "hold_back",
        unit="name",
        meaning="what a full partition does with one more: its producer keeps it back; the oldest that waits is lost; the new one is lost",
        source="RabbitMQ overflow drop-head (default), reject-publish",
    )
    unreplicated: Duration = par(
        "0s",
        unit="duration",
        meaning="messages younger than this are lost when the broker fails over (0: every replica has acknowledged them)",
        source="Kafka acks=all",
    )

    def broken(self) -> Iterator[Broken]:
        if self.retention <= 0:
            yield Broken(("retention",), "must be longer than 0: every message would have expired")


class Consumers(Model):
    """The group of processes that handle a feed's stream, one lane of work for each partition."""

    members: Positive = par(
        3, unit="processes", meaning="members of the group; partition p begins at member p mod members", le=64
    )
    session_timeout: Duration = par(
        "45s",
        unit="duration",
        meaning="a member that is dead for longer is noticed, and its partitions go to the others",
        source="Kafka session.timeout.ms 45 s",
    )
    max_poll_interval: Duration = par(
        "5m",
        unit="duration",
        meaning="a member that is stuck, but not dead, is noticed after this",
        source="Kafka max.poll.interval.ms 300 s",
    )
    protocol: Literal["eager", "cooperative"] = par(
        "cooperative",
        unit="name",
        meaning="eager: all partitions pause while the group rebalances; cooperative: only those that move",
        source="Kafka 4: cooperative sticky assignor is among the defaults",
    )
    rebalance: Duration = par("3s", unit="duration", meaning="pause of partitions while they are assigned anew")
    poll: Positive = par(
        500,
        unit="messages",
        meaning="most messages of a partition handed out together",
        source="Kafka max.poll.records 500",
    )
    commit_interval: Duration = par(
        "5s",
        unit="duration",
        meaning="positions are committed at the first poll after this much; 0s: at every poll",
        source="Kafka auto.commit.interval.ms 5 s",
    )
    idempotent: bool = par(
        True,
        unit="flag",
        meaning="a message that was applied before is recognised by its identity and not applied again",
    )
    versioned: bool = par(
        True, unit="flag", meaning="content level: a level that is older than the one applied last is not applied"
    )
    catch_up: Literal["oldest", "newest", "pooled_first"] = par(
        "oldest",
        unit="name",
        meaning="which waiting message of a partition is next: the oldest; the newest; those of stock that is sold online first",
    )
    prefetch: Positive = par(
        100,
        unit="messages",
        meaning="queue: most messages that a member holds without having acknowledged them",
        source="RabbitMQ: 100 to 300 recommended",
    )
    visibility: Duration = par(
        "30m",
        unit="duration",
        meaning="queue: a message that is not acknowledged for so long after it was handed out is ready again, before the others",
        source="RabbitMQ consumer_timeout 30 min; SQS visibility timeout 30 s",
    )
    delivery_limit: Positive = par(
        20,
        unit="deliveries",
        meaning="queue: a message that was handed out so often becomes a dead letter instead of ready again",
        source="RabbitMQ 4 quorum queues 20; Azure Service Bus 10",
    )
    returned: Duration = par(
        "0s", unit="duration", meaning="queue: pause before a message whose handling failed is ready again"
    )
    rate: Count = par(
        0,
        unit="messages/s",
        meaning="most messages that a partition's lane begins in a second; 0: no limit",
        le=1_000_000,
    )

    def broken(self) -> Iterator[Broken]:
        if self.rebalance < 0 or self.session_timeout <= 0:
            yield Broken(("session_timeout",), "must be longer than 0")
        if self.max_poll_interval <= 0:
            yield Broken(("max_poll_interval",), "must be longer than 0")
        if self.visibility <= 0:
            yield Broken(("visibility",), "must be longer than 0: nothing would ever be acknowledged in time")


class Failing(Model):
    """What becomes of a message that cannot be handled: poison, or of a schema that its consumer does not know."""

    policy: Literal["block", "divert", "skip"] = par(
        "divert",
        unit="name",
        meaning="block: its partition (or file) waits until the consumer is repaired; divert: to the dead-letter queue; skip: it is acknowledged and lost",
    )
    attempts: Positive = par(
        3, unit="attempts", meaning="divert: times that it is tried", source="resilience4j: 3 attempts", le=20
    )
    wait: Duration = par(
        "500ms",
        unit="duration",
        meaning="divert: pause before the second attempt",
        source="resilience4j waitDuration 500 ms",
    )
    factor: float = par(
        1.5,
        unit="factor",
        meaning="divert: each further pause is longer by this factor",
        source="resilience4j multiplier 1.5",
        ge=1,
        le=100,
    )
    cap: Duration = par(
        "20s", unit="duration", meaning="divert: longest pause", source="AWS back-off simulator: cap 20 s"
    )
    redrive: Literal["none", "repaired"] = par(
        "repaired",
        unit="name",
        meaning="dead letters stay where they are, or are handled again once the consumer is repaired",
    )
    redrive_delay: Duration = par("10m", unit="duration", meaning="from the repair to the redrive, or the replay")
    redrive_rate: Positive = par(
        50, unit="messages/s", meaning="most dead letters that a redrive begins in a second", le=1_000_000
    )
    redrive_order: Literal["oldest", "newest"] = par(
        "oldest", unit="name", meaning="which dead letter is redriven first"
    )
    replay: bool = par(
        False,
        unit="flag",
        meaning="skip, stream: once the consumer is repaired, partitions are read again from where they were when the fault began",
        source="Kafka: a consumer group may be reset to any offset that is kept",
    )

    def broken(self) -> Iterator[Broken]:
        if self.cap < self.wait:
            yield Broken(("cap",), "must not be shorter than wait")
        if self.replay and self.policy != "skip":
            said = f"must be false with policy {self.policy}: only what was skipped is read again"
            yield Broken(("replay",), said)


OutboxPreset = Literal["none", "kafka", "rabbitmq", "rabbitmq_confirms"]


class Outbox(Model):
    """How a system that makes messages keeps them until they are sent."""

    preset: OutboxPreset = par("none", unit="name", meaning="producer whose shipped values fill what is not set here")
    capacity: Count = par(
        100_000,
        unit="messages",
        meaning="a store's messages kept while its link is down; the oldest is lost when it is full; 0: none is kept",
    )
    confirmed: bool = par(
        True,
        unit="flag",
        meaning="the broker confirms each message, so that one lost on its way is sent again; else it is gone",
        source="Kafka acks=all, RabbitMQ publisher confirms",
    )
    resend: Duration = par(
        "30s",
        unit="duration",
        meaning="from sending to sending again what was not confirmed",
        source="Kafka request.timeout.ms 30 s",
    )
