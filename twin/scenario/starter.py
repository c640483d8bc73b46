"""A commented starter file, written from the models themselves, so that it can never lag behind them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any, Final

from twin.scenario.base import Model
from twin.scenario.dump import to_yaml
from twin.scenario.economics import Range
from twin.scenario.fields import Parameter, Shape, parameters
from twin.scenario.incidents import FaultLaw
from twin.scenario.laws import CountLaw, Law
from twin.scenario.scenario import Scenario
from twin.scenario.schema import plain_default
from twin.scenario.systems import Systems

_WIDTH: Final = 118

_HEAD: Final = """\
# A scenario of the twin. Every parameter is here with its meaning, unit and, where it has a default, its source.
# Check it with `twin validate`, run it with `twin run`. Durations carry a unit: 250ms, 30s, 15m, 4h, 1d12h.
# Explanations within what is commented out begin with ##.
# `extends: other.yaml` would take everything that this file does not say from another one; lists are replaced as a whole.
"""

_SYSTEMS: Final = """\
# Changes common to all arms go under `systems`, an arm's own under its name. Values come from the arm's preset first
# (point_to_point, hub, event_driven, hybrid) and from the defaults below where the preset says nothing.
"""

_VALUES: Final[dict[str, Any]] = {
    "twin": 1,
    "name": "starter",
    "description": "How do four ways of integrating compare for a small retailer?",
    "seed": 1,
    "calendar": {"start": "2026-11-02", "window": "2d"},
    "estate": {
        "regions": [
            {"name": "east", "time_zone": "America/New_York", "share": 0.6},
            {"name": "west", "time_zone": "America/Los_Angeles", "share": 0.4},
        ],
        "dcs": [{"name": "dc_east", "region": "east"}, {"name": "dc_west", "region": "west"}],
        "stores": {
            "count": 20,
            "clusters": [
                {"name": "high_street", "share": 0.4, "weekly_lines": 6000, "assortment": 600, "ships": 0.5},
                {"name": "neighbourhood", "share": 0.6, "weekly_lines": 4000, "assortment": 400, "ships": 0.0},
            ],
        },
        "skus": {"count": 1000},
    },
    "demand": {
        "channels": {
            "web": {"kind": "web", "weekly_checkouts": 5000.0, "pickup_share": 0.15},
            "market": {
                "kind": "marketplace",
                "weekly_checkouts": 1500.0,
                "profile": "marketplace",
                "abandonment": 0.0,
                "decline": 0.0,
                "checkout": "0s",
            },
        }
    },
    "arms": {name: {"preset": name} for name in ("point_to_point", "hub", "event_driven", "hybrid")},
}
"""Values of what has no default: an example that runs."""

_EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "Promotion": {"start": "36h", "duration": "1d", "multiplier": 4.0, "top_skus": 50},
    "Fault": {"system": "erp", "at": "1d12h", "duration": "4h"},
    "Fallback": {"of": "movements", "strategy": "growing_buffer"},
    "Threshold": {"kpi": "oversell_rate", "arm": "hybrid", "operator": "<=", "value": 0.02},
    "Replay": {
        "log": "orders.parquet",
        "columns": {"order": "order_id", "sku": "sku", "quantity": "quantity", "timestamp": "ordered_at"},
        "time_zone": "Europe/London",
        "from_date": "2026-03-02",
        "channel": "web",
    },
    "PlatformCost": {
        "licence_usd_per_year": {"low": 80000, "base": 300000, "high": 500000},
        "usd_per_million_messages": {"low": 0.5, "base": 5, "high": 20},
        "integrations": 16,
        "usd_per_integration_year": {"low": 2000, "base": 5000, "high": 12000},
        "build_usd": {"low": 300000, "base": 600000, "high": 1200000},
    },
}
"""Examples of what a scenario need not have; written as comments."""


_ON_ONE_LINE: Final = (Law, FaultLaw, CountLaw, Range)


def starter() -> str:
    """YAML text of a small scenario that loads, with every parameter of the language explained."""
    lines = [_HEAD]
    for name, parameter in parameters(Scenario).items():
        if name == "arms":
            lines += [_SYSTEMS, *_commented(_member("systems", Systems, {}, 0)), ""]
        lines += [*_parameter(parameter, _VALUES, 0), ""]
    return "\n".join(lines)


def _member(name: str, model: type[Model], values: dict[str, Any], depth: int) -> Iterator[str]:
    yield f"{'  ' * depth}{name}:"
    yield from _object(model, values, depth + 1)


def _object(model: type[Model], values: dict[str, Any], depth: int) -> Iterator[str]:
    for parameter in parameters(model).values():
        yield from _parameter(parameter, values, depth)


def _parameter(parameter: Parameter, values: dict[str, Any], depth: int) -> Iterator[str]:
    """Meaning, then the value: given, or the default."""
    yield from _meaning(parameter, depth)
    value = values[parameter.name] if parameter.name in values else plain_default(parameter)
    model, item = parameter.shape.model, parameter.shape.item
    if model is not None and model not in _ON_ONE_LINE and isinstance(value, dict):
        yield from _member(parameter.name, model, value, depth)
    elif item is not None and item.model is Systems:
        yield to_yaml({parameter.name: value}).rstrip("\n")
    elif item is not None and item.model is not None and value:
        yield f"{'  ' * depth}{parameter.name}:"
        yield from _items(parameter.shape, item.model, value, depth + 1)
    else:
        yield f"{'  ' * depth}{parameter.name}: {_inline(value)}"
        yield from _example(parameter.shape, depth + 1)


def _meaning(parameter: Parameter, depth: int) -> Iterator[str]:
    indent = "  " * depth + "# "
    source = "" if parameter.info.is_required() or parameter.unit in ("object", "list") else f"; {parameter.source}"
    yield from textwrap.wrap(
        f"{parameter.meaning} [{parameter.unit}{source}]", _WIDTH, initial_indent=indent, subsequent_indent=indent
    )


def _items(shape: Shape, model: type[Model], value: Any, depth: int) -> Iterator[str]:
    """Items of a list or members of a mapping; the first explains every parameter, the others give values only."""
    members = enumerate(value) if isinstance(value, list) else value.items()
    for place, (name, item) in enumerate(members):
        body = list(_object(model, item, depth + 1)) if place == 0 else _plain_lines(item, depth + 1)
        if shape.kind == "list":
            body[0] = "  " * depth + "- " + body[0].lstrip()
            yield from body
        else:
            yield f"{'  ' * depth}{name}:"
            yield from body


def _plain_lines(value: Any, depth: int) -> list[str]:
    return textwrap.indent(to_yaml(value).rstrip("\n"), "  " * depth).split("\n")


def _example(shape: Shape, depth: int) -> Iterator[str]:
    """A commented example of an object that the scenario does without."""
    model = shape.model or (shape.item.model if shape.item else None)
    if model is not None and model.__name__ in _EXAMPLES:
        yield f"{'  ' * depth}# for example:"
        yield from _commented(_object(model, _EXAMPLES[model.__name__], depth))


def _commented(lines: Iterator[str]) -> Iterator[str]:
    """What to uncomment behind ``#``, its explanations behind ``##``."""
    for line in lines:
        indent = len(line) - len(line.lstrip())
        text = line.strip()
        yield f"{line[:indent]}#{text}" if text.startswith("#") else f"{line[:indent]}# {text}"


def _inline(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_inline(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return to_yaml(value).removesuffix("...\n").rstrip("\n")
