"""How long a fault lasts: a law, or the durations of real incidents, chosen from a log by a declared mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, SerializerFunctionWrapHandler, WithJsonSchema, model_serializer

from twin.core.clock import DAY
from twin.scenario.base import Broken, Duration, format_duration, par
from twin.scenario.fields import is_default
from twin.scenario.laws import Law
from twin.scenario.suggest import listed

LogName = Literal["google_cloud", "github", "service_desk"]

INCIDENTS_MIN: Final = 10
"""Fewer incidents than this say nothing of a distribution."""

LONGEST_MAX: Final = 100 * DAY
"""What the integer tables of laws can hold between two knots (twin/core/laws.py)."""


@dataclass(frozen=True)
class IncidentLog:
    """What the rows of a log mean: which file, from which instant to which, and what incidents can be chosen by."""

    file: str
    begins: str  # columns of instants
    ends: str
    choices: Mapping[str, str]  # what one may choose by -> column
    lists: frozenset[str] = frozenset()  # choices whose column holds several values, with | between them
    usual: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # what is chosen unless the scenario says otherwise
    one_event: bool = False  # rows with the same beginning and end are one event
    incident: str | None = None  # a row is an update of the incident of this column: the last row counts
    months: tuple[str, str] | None = None  # complete months: beginnings from this day on, and before that one

    @property
    def columns(self) -> tuple[str, ...]:
        """All that are read."""
        return (self.begins, self.ends, *self.choices.values(), *((self.incident,) if self.incident else ()))


LOGS: Final[dict[LogName, IncidentLog]] = {
    "google_cloud": IncidentLog(
        file="gcp_incidents.parquet",
        begins="start_utc",
        ends="end_utc",
        choices={
            "severity": "severity",
            "status_impact": "status_impact",
            "service": "service",
            "product": "products",
        },
        lists=frozenset({"product"}),
        one_event=True,
    ),
    "github": IncidentLog(
        file="github_incidents.parquet",
        begins="downtime_start_utc",
        ends="downtime_end_utc",
        choices={"impact": "impact", "component": "components"},
        lists=frozenset({"component"}),
        usual={"impact": ("none", "minor", "major", "critical")},
        one_event=True,
    ),
    "service_desk": IncidentLog(
        file="itsm_incident_events.parquet",
        begins="opened_at",
        ends="resolved_at",
        choices={
            "priority": "priority",
            "impact": "impact",
            "urgency": "urgency",
            "category": "category",
            "subcategory": "subcategory",
            "contact_type": "contact_type",
            "assignment_group": "assignment_group",
        },
        incident="number",
        months=("2016-03-01", "2016-06-01"),
    ),
}
"""The logs (docs/faults.md, "How long real incidents last"). google_cloud: what the provider declared; an event that hit several products has
a row for each. github: from the post-mortem where it says so, else from the posts; maintenance is announced work, so it must be asked for.
service_desk: opened to resolved; complete for three months only."""


def _values(value: object) -> object:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list | tuple):
        return tuple(value)
    raise ValueError("must be text, or a list of texts")


_Values = Annotated[
    tuple[str, ...],
    BeforeValidator(_values),
    Field(min_length=1),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]

_OF_A_LAW: Final = ("law", "mean", "cv")
_CHOOSING: Final = ("where", "longest")


class FaultLaw(Law):
    """How long a fault lasts: a law, or drawn from a log of incidents. A bare duration is shorthand for a constant law."""

    mean: Duration = par("0s", unit="duration", meaning="mean of the distribution; not with incidents")
    incidents: LogName | None = par(
        None,
        unit="name",
        meaning="instead of a law: the durations of the incidents of this log, which is looked for like a log of demand",
    )
    where: dict[str, _Values] = par(
        default_factory=dict,
        unit="object",
        meaning="incidents: only those with one of these values, such as severity: high",
    )
    longest: Duration = par(
        "30d",
        unit="duration",
        meaning="incidents: those that were on record for longer count as this long",
    )

    def broken(self) -> Iterator[Broken]:
        unused, rule = (
            (_CHOOSING, "needs incidents") if self.incidents is None else (_OF_A_LAW, "is for a law, not for incidents")
        )
        for name in unused:
            if not is_default(self, name):
                yield Broken((name,), rule)
        if self.incidents is None:
            return
        for name in self.where:
            choices = LOGS[self.incidents].choices
            if name not in choices:
                yield Broken(("where", name), f"{self.incidents} has no such choice{listed(choices, name)}", key=True)
        if not 0 < self.longest <= LONGEST_MAX:
            most = format_duration(LONGEST_MAX)
            yield Broken(
                ("longest",), f"must be longer than 0 and at most {most}, it is {format_duration(self.longest)}"
            )

    @model_serializer(mode="wrap")
    def _what_counts(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        used = _OF_A_LAW if self.incidents is None else ("incidents", *_CHOOSING)
        return {name: value for name, value in handler(self).items() if name in used}


def _from_duration(value: object) -> object:
    return {"law": "constant", "mean": value} if isinstance(value, str) else value


FaultDuration = Annotated[FaultLaw, BeforeValidator(_from_duration)]
