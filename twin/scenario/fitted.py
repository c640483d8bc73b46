"""Presets of demand and catalogue, fitted to real logs by ``twin calibrate``: what each holds, and where a scenario takes it.

One file per log. Its parts fill the objects of the world that name it, under everything that is written there; its profile
is a built-in one of the same name.
"""

from __future__ import annotations

from functools import cache
from typing import Final, Literal

from twin.scenario.arms import preset, products
from twin.scenario.base import Model, Seq, par
from twin.scenario.demand import Channel, Tills
from twin.scenario.estate import Skus
from twin.scenario.merge import merge
from twin.scenario.nodes import Location, Node
from twin.scenario.return_demand import ReturnDemand

FOLDER: Final = "demand"

PLACES: Final[dict[Location, tuple[str, type[Model]]]] = {
    ("demand", "channels", "<channel>"): ("channel", Channel),
    ("demand", "tills"): ("tills", Tills),
    ("demand", "returns"): ("returns", ReturnDemand),
    ("estate", "skus"): ("skus", Skus),
}
"""Objects of the world that may name a log as their ``preset``, with the part of its file that fills them."""


class Fitted(Model):
    """What a log says of demand; parts that it cannot say anything of are left out."""

    preset: Literal["none", "online_retail", "completejourney"] = par(
        "none", unit="name", meaning="log that the rest is fitted to"
    )
    profile: Seq[float] = par(
        (1.0,) * 168,
        unit="relative rates",
        meaning="hour-of-week profile: 168 numbers from Monday 00:00 local time, 1 on average",
    )
    channel: Channel = par(unit="object", meaning="fills a channel")
    tills: Tills = par(unit="object", meaning="fills the tills")
    returns: ReturnDemand = par(unit="object", meaning="fills the returns")
    skus: Skus = par(unit="object", meaning="fills the drawn catalogue")


@cache
def fitted(name: str) -> Node:
    """The preset of a log."""
    return preset(f"{FOLDER}/{name}")


def fitted_profile(name: str) -> tuple[float, ...]:
    """The 168 rates of a log's profile; ``KeyError`` for a log that has no preset."""
    if name not in products(Fitted):
        raise KeyError(name)
    return tuple(map(float, fitted(name).mapping["profile"].plain()))


def with_fitted(root: Node) -> Node:
    """The scenario with the parts of presets under what names them."""
    for path, (part, model) in PLACES.items():
        root = _filled(root, path, part, model)
    return root


def _filled(node: Node, path: Location, part: str, model: type[Model]) -> Node:
    if not isinstance(node.value, dict):
        return node
    if not path:
        chosen = node.mapping.get("preset", Node(None)).value
        return merge(fitted(str(chosen)).mapping[part], node) if chosen in products(model) else node
    inside = {
        name: _filled(child, path[1:], part, model)
        for name, child in node.value.items()
        if path[0] in (name, "<channel>")
    }
    return Node({**node.value, **inside}, node.mark, node.key, node.path)
