"""``twin presets``: what products and marketplaces ship, value by value."""

from __future__ import annotations

import textwrap
from typing import Final

from twin.core.errors import ExitCode, UsageError
from twin.scenario.catalogue import Family, Preset, families, named
from twin.scenario.suggest import not_among

_WIDTH: Final = 120


def show_presets(name: str | None) -> int:
    """Print the names of all presets, or all of one name in full."""
    if name is None:
        for family in families():
            _print_names(family)
        return ExitCode.OK
    found = named(name)
    if not found:
        known = (preset.name for family in families() for preset in family.presets)
        raise UsageError(f"{not_among('preset', name, known)}; twin presets lists them")
    for family, preset in found:
        _print(family, preset)
    return ExitCode.OK


def _print_names(family: Family) -> None:
    names = ", ".join(preset.name for preset in family.presets)
    print(f"\n{family.title} ({', '.join(family.places)})")
    print(textwrap.fill(names, _WIDTH, initial_indent="  ", subsequent_indent="  "))


def _print(family: Family, preset: Preset) -> None:
    print(f"\n{preset.name}: {family.title.lower()} ({', '.join(family.places)})")
    print(textwrap.fill(preset.about, _WIDTH, initial_indent="  ", subsequent_indent="  "))
    for value in preset.values:
        print(f"\n  {value.parameter}: {value.text}  [{value.unit}]")
        for text in (value.meaning, value.source):
            print(textwrap.fill(text, _WIDTH, initial_indent="      ", subsequent_indent="      "))
