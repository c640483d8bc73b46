"""How messages of one kind travel from those who make them to those who handle them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from twin.scenario.base import Broken, Duration, Model, Positive, Share, par
from twin.scenario.laws import DurationLaw, lognormal
from twin.scenario.messaging import Consumers, Failing, Topic
from twin.scenario.middleware import Middleware

FeedPreset = Literal[
    "none",
    "kafka_3",
    "kafka_4",
    "kafka_4_consumer",
    "celigo_15m",
    "celigo_30m",
    "celigo_60m",
    "d365_hourly",
    "hotwax_daily",
    "rabbitmq_4",
    "sqs",
    "azure_service_bus",
]


class Feed(Model):
    """How messages of one kind travel: in batches extracted at intervals, one by one through partitions of a stream, or
    through one queue whose consumers compete for them.
    """

    preset: FeedPreset = par("none", unit="name", meaning="product whose shipped values fill what is not set here")
    mode: Literal["batch", "stream", "queue"] = par("stream", unit="name", meaning="batch file, stream or queue")
    system: Middleware = par(
        "broker", unit="name", meaning="middleware that carries the messages; nothing moves while it is down"
    )
    interval: Duration = par(
        "1h",
        unit="duration",
        meaning="batch: time between two starts",
        source="D365 Commerce: hourly snapshot; Celigo presets 15/30/60 min",
    )
    phase: Duration = par(
        "0s", unit="duration", meaning="batch: start of the first job after local midnight of the start"
    )
    start_jitter: Duration = par("0s", unit="duration", meaning="batch: each job starts late by a uniform part of this")
    job: DurationLaw = par(
        lognormal("90s", 0.3), unit="duration law", meaning="batch: extract, transfer and load, without the rows"
    )
    per_row: Duration = par("200us", unit="duration/row", meaning="batch: load time of each row")
    failure: Share = par(0.0, unit="share", meaning="batch: jobs that fail; the next one carries their rows too")
    partitions: Positive = par(
        12, unit="partitions", meaning="stream: partitions per topic, keyed by node (movements) or SKU (orders)"
    )
    store_link: Duration = par("300ms", unit="duration", meaning="stream: store system to broker")
    dc_link: Duration = par("40ms", unit="duration", meaning="stream: DC or head office system to broker")
    service: DurationLaw = par(
        lognormal("2ms", 1.0),
        unit="duration law",
        meaning="stream: handling of one message by the partition's consumer",
    )
    content: Literal["delta", "level"] = par(
        "delta",
        unit="name",
        meaning="what a movement's message says: the units moved, or the units that its source system counts after it",
    )
    topic: Topic = par(
        default_factory=Topic, unit="object", meaning="stream: how messages are kept until they are handled"
    )
    consumers: Consumers = par(default_factory=Consumers, unit="object", meaning="who handles the messages")
    failing: Failing = par(
        default_factory=Failing, unit="object", meaning="what becomes of messages that cannot be handled"
    )

    def broken(self) -> Iterator[Broken]:
        if self.mode == "batch" and self.interval <= 0:
            yield Broken(("interval",), "must be longer than 0 for mode batch")
        if self.topic.backlog_limit and self.consumers.catch_up != "oldest":
            yield Broken(
                ("consumers", "catch_up"),
                f"must be oldest with a topic.backlog_limit, it is {self.consumers.catch_up}: what has no room waits behind what has",
            )
        if self.failing.replay and self.mode != "stream":
            yield Broken(("failing", "replay"), f"must be false for mode {self.mode}: only a log can be read again")
        if self.mode == "queue":
            yield from self._unlike_a_queue()

    def _unlike_a_queue(self) -> Iterator[Broken]:
        """What only a stream can do."""
        if self.consumers.catch_up != "oldest":
            said = f"must be oldest for mode queue, it is {self.consumers.catch_up}: a queue hands out in its own order"
            yield Broken(("consumers", "catch_up"), said)
        if self.failing.policy == "block":
            said = "must be divert or skip for mode queue: the other members would pass whatever one is blocked by"
            yield Broken(("failing", "policy"), said)
        if self.topic.backlog_limit > 0 and self.topic.overflow == "hold_back":
            said = "must be drop_oldest or reject for mode queue with a backlog_limit: it holds nothing back"
            yield Broken(("topic", "overflow"), said)
        if self.topic.unreplicated > 0:
            yield Broken(("topic", "unreplicated"), "must be 0s for mode queue: it confirms what every replica has")
