"""A scenario as text that loads back to an equal scenario."""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

from twin.scenario.scalars import Scalar, resolve
from twin.scenario.scenario import Scenario

_AMBIGUOUS: Final = re.compile(r"(?i)y|yes|n|no|on|off|[-+0-9.].*|")
"""Texts that some parser of YAML 1.1 or 1.2 takes for something else; written in quotes."""

_DURATION: Final = re.compile(r"([0-9]+(us|ms|s|m|h|d))+")
"""Begins with a digit, and is text for all of them."""


class _Dumper(yaml.SafeDumper):
    """Block style, lists indented, text in quotes where any parser could take it for a number or a flag."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    quoted = not _DURATION.fullmatch(value) and (_AMBIGUOUS.fullmatch(value) is not None or _is_other_than_text(value))
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style='"' if quoted else None)


def _is_other_than_text(value: str) -> bool:
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
