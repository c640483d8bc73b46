"""Every preset with its values and where each comes from, read from the files that ship them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from twin.scenario.arms import FOLDERS, PRESETS, preset_file, products, takers
from twin.scenario.base import Model
from twin.scenario.fields import parameter_at
from twin.scenario.fitted import FOLDER as FITTED
from twin.scenario.fitted import PLACES, Fitted
from twin.scenario.laws import CountLaw, Law
from twin.scenario.nodes import Location, Node, compose, render
from twin.scenario.systems import Systems

TITLES: Final = {
    "": "Integration styles",
    "feeds": "Feeds of messages",
    "outbox": "Outboxes of producers",
    "listings": "Listings, marketplaces and caches of channels",
    "reserving": "Reserving",
    "limits": "Limits of called systems",
    "resilience": "Retry and circuit breaker",
    "observability": "Levels of observability",
    FITTED: "Demand and catalogue, fitted to real logs",
}
"""Of the families, by folder."""


_WHOLE: Final = (Law, CountLaw)
"""Objects that are one value."""

_LISTED_MAX: Final = 24


@dataclass(frozen=True)
class Value:
    """What a preset sets: a parameter, seen from the object that takes the preset."""

    parameter: str
    text: str
    unit: str
    meaning: str
    source: str


@dataclass(frozen=True)
class Preset:
    """A file of values."""

    name: str
    about: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Family:
    """Presets of one kind of object, and where an arm chooses among them."""

    folder: str
    model: type[Model]
    places: tuple[str, ...]
    presets: tuple[Preset, ...]

    @property
    def title(self) -> str:
        """Heading."""
        return TITLES[self.folder]


@cache
def families() -> tuple[Family, ...]:
    """All presets there are."""
    return tuple(_families())


def _families() -> Iterator[Family]:
    yield _family("", Systems, ("preset",), PRESETS)
    for model, folder in FOLDERS.items():
        places = tuple(f"{render(path)}.preset" for path, taker in takers() if taker is model)
        yield _family(folder, model, places, products(model))
    yield _family(FITTED, Fitted, tuple(f"{'.'.join(map(str, path))}.preset" for path in PLACES), products(Fitted))


def _family(folder: str, model: type[Model], places: tuple[str, ...], names: tuple[str, ...]) -> Family:
    return Family(folder, model, places, tuple(_read(folder, model, name) for name in names))


def _read(folder: str, model: type[Model], name: str) -> Preset:
    text = preset_file(folder, name).read_text(encoding="utf-8")
    lines = text.splitlines()
    head = [line.removeprefix("#").strip() for line in lines if line.startswith("#")]
    root, _ = compose(text, name)
    return Preset(name, " ".join(head), tuple(_values(root, model, lines)))


def _values(root: Node, model: type[Model], lines: list[str]) -> Iterator[Value]:
    for path, node in _leaves(root, model):
        parameter = parameter_at(model, path)
        if parameter is None or node.key is None or path == ("preset",):
            continue
        written, _, source = lines[node.key.line - 1].partition("#")
        text = written.partition(":")[2].strip()
        if isinstance(node.value, list) and len(node.value) > _LISTED_MAX:
            text = f"{len(node.value)} numbers"
        yield Value(render(path), text, parameter.unit, parameter.meaning, source.strip())


def _leaves(node: Node, model: type[Model]) -> Iterator[tuple[Location, Node]]:
    """Parameters that are set; a law is one, written on one line."""
    parameter = parameter_at(model, node.path)
    if node.mapping and (parameter is None or parameter.shape.model not in _WHOLE):
        for child in node.mapping.values():
            yield from _leaves(child, model)
    elif node.path:
        yield node.path, node


def named(name: str) -> list[tuple[Family, Preset]]:
    """Presets called ``name``, or ``folder/name``."""
    return [
        (family, preset)
        for family in families()
        for preset in family.presets
        if name in (preset.name, f"{family.folder}/{preset.name}")
    ]


def presets_page() -> str:
    """The text of ``docs/presets.md``."""
    return "\n".join([_HEAD, *(_section(family) for family in families())])


_HEAD: Final = """\
# Presets

Generated from `twin/scenario/presets`; do not edit (a test compares the two). `twin presets` prints the same, `twin presets NAME` one of them.

    arms:
      ours:
        preset: hybrid                                              # the style of the whole arm
        movements: {preset: kafka_4, partitions: 24}                # what is set beside a preset wins over it
        publications: {marketplace: {preset: amazon_sp_api}}
        reserving: {preset: spree}
        erp: {limits: {preset: netsuite_premium}}
    estate: {skus: {preset: completejourney}}                       # what real logs say of the world, not of an arm
    demand:
      tills: {preset: completejourney}
      channels: {web: {preset: online_retail, kind: web, weekly_checkouts: 9000, dispersion: 0.1}}

A style fills what its products say nothing of, a product what the scenario says nothing of. Behind a value stands where it comes from: [C] read in the source or its documentation, [D] read in an excerpt of an official page;
[F] fitted to a log by `twin calibrate` ([calibration.md](calibration.md)); [S] secondary, [M] from memory. What rests on [S], [M] or nothing is called an assumption: sweep it. What no preset of a family sets has the default of the scenario (`twin init` prints them all).
"""


def _section(family: Family) -> str:
    chosen = ", ".join(f"`{place}`" for place in family.places)
    known = {value.parameter: value for preset in family.presets for value in preset.values}
    rows = [f"| `{name}` | {value.unit} | {_cell(value.meaning)} |" for name, value in sorted(known.items())]
    head = [f"## {family.title}", "", f"Chosen as {chosen}.", ""]
    table = ["| parameter | unit | meaning |", "|---|---|---|", *rows, ""]
    return "\n".join([*head, *table, *(_preset(preset) for preset in family.presets)])


def _preset(preset: Preset) -> str:
    rows = [f"| `{v.parameter}` | {_cell(v.text)} | {v.unit} | {_cell(v.source)} |" for v in preset.values]
    table = ["| parameter | value | unit | source |", "|---|---|---|---|", *rows, ""]
    return "\n".join([f"### {preset.name}", "", preset.about, "", *table])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
