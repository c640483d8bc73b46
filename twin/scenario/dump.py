"""A scenario as text that loads back to an equal scenario."""

from __future__ import annotations

from typing import Any

import yaml

from twin.scenario.scalars import Scalar, resolve
from twin.scenario.scenario import Scenario


class _Dumper(yaml.SafeDumper):
    """Block style, lists indented. PyYAML itself puts quotes around text that YAML 1.1 would take for something else."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style='"' if _is_other_than_text(value) else None)


def _is_other_than_text(value: str) -> bool:
    """Whether YAML 1.2 would take a plain text for a number, a flag or nothing."""
    try:
        read: Scalar = resolve(value)
    except ValueError:
        return True
    return not isinstance(read, str)


_Dumper.add_representer(str, _text)


def dump_resolved(scenario: Scenario) -> str:
    """YAML of a scenario with every value spelled out and every arm in full."""
    return to_yaml(scenario.model_dump(mode="json"))


def to_yaml(value: Any) -> str:
    """Plain data as YAML 1.2 text, keys in their order."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=120, allow_unicode=True)
    return text
