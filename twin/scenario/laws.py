"""Laws of durations and sizes, as an architect writes them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, model_validator

from twin.scenario.base import Duration, Model, Seq, par


class Law(Model):
    """How long a step takes when it is not queued. A bare duration is shorthand for a constant law."""

    law: Literal["constant", "exponential", "lognormal", "uniform"] = par(
        "constant", unit="name", meaning="shape of the distribution; uniform runs from 0 to twice the mean"
    )
    mean: Duration = par(unit="duration", meaning="mean of the distribution")
    cv: float = par(
        1.0, unit="ratio", meaning="standard deviation over mean; used by lognormal only", gt=0, le=10
    )


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

    @model_validator(mode="after")
    def _consistent(self) -> CountLaw:
        if len(self.values) != len(self.shares):
            raise ValueError(f"values and shares must have the same length, {len(self.values)} is not {len(self.shares)}")
        if any(value < 1 for value in self.values):
            raise ValueError("values must be at least 1")
        if any(share < 0 for share in self.shares) or abs(sum(self.shares) - 1) > 1e-9:
            raise ValueError(f"shares must be non-negative and sum to 1, they sum to {sum(self.shares):g}")
        return self

    @property
    def mean(self) -> float:
        return sum(value * share for value, share in zip(self.values, self.shares, strict=True))
