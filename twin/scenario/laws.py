"""Laws of durations and sizes, as an architect writes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BeforeValidator

from twin.scenario.base import Broken, Duration, Model, Seq, par


class Law(Model):
    """How long a step takes when it is not queued. A bare duration is shorthand for a constant law."""

    law: Literal["constant", "exponential", "lognormal", "uniform"] = par(
        "constant", unit="name", meaning="shape of the distribution; uniform runs from 0 to twice the mean"
    )
    mean: Duration = par(unit="duration", meaning="mean of the distribution")
    cv: float = par(1.0, unit="ratio", meaning="standard deviation over mean; used by lognormal only", gt=0, le=10)


def lognormal(mean: str, cv: float) -> Law:
    """A lognormal law by its mean and coefficient of variation."""
    return Law.model_validate({"law": "lognormal", "mean": mean, "cv": cv})


def constant(duration: str) -> Law:
    """A law without spread."""
    return Law.model_validate({"law": "constant", "mean": duration})


def _from_duration(value: object) -> object:
    return {"law": "constant", "mean": value} if isinstance(value, str) else value


DurationLaw = Annotated[Law, BeforeValidator(_from_duration)]


class CountLaw(Model):
    """A law of small whole numbers, such as units per line."""

    values: Seq[int] = par((1,), unit="count", meaning="the numbers that occur", min_length=1)
    shares: Seq[float] = par((1.0,), unit="share", meaning="share of each number; must sum to 1")

    def broken(self) -> Iterator[Broken]:
        if len(self.values) != len(self.shares):
            yield Broken(
                ("shares",), f"must have as many items as values, {len(self.shares)} is not {len(self.values)}"
            )
        for place, value in enumerate(self.values):
            if value < 1:
                yield Broken(("values", place), f"must be at least 1, it is {value}")
        if any(share < 0 for share in self.shares) or abs(sum(self.shares) - 1) > 1e-9:
            yield Broken(("shares",), f"must be non-negative and sum to 1, they sum to {sum(self.shares):g}")

    @property
    def mean(self) -> float:
        return sum(value * share for value, share in zip(self.values, self.shares, strict=True))
